// Everything in test/ that runs under plain Node; the e2e tests are Playwright's.
import { defineConfig } from 'vitest/config';
import { OutcomeReporter } from './main/dev/vitestReporter.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['test/e2e/**', 'node_modules/**'],
    // Each file in a process of its own: one that crashes in native code must not take the others with it.
    pool: 'forks',
    // What is waited for has bounds of its own; these end what hangs, on a busy machine, too.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', new OutcomeReporter('test-results/vitest.json')],
  },
});
