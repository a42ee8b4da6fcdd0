// Tests on the real Electron. `npm test` starts them on a virtual display and says which runtime to use; when they are
// started by hand the runtime is looked for here.
import { execFileSync } from 'node:child_process';
import { defineConfig } from '@playwright/test';

if (process.env.PACKET_LAB_ELECTRON === undefined) {
  const text = execFileSync(process.execPath, ['main/dev/runtime.mjs', '--json'], { encoding: 'utf8' });
  const runtime: { executable: string; kind: string } = JSON.parse(text);
  process.env.PACKET_LAB_ELECTRON = runtime.executable;
  process.env.PACKET_LAB_RUNTIME = runtime.kind;
}

export default defineConfig({
  testDir: 'test',
  testMatch: ['e2e/*.spec.ts', 'soak/*.spec.ts'],
  outputDir: 'test-results/e2e',
  // One window at a time: two on a small machine would only slow each other down.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // A window on a machine without graphics and with other work to do is slow at times; these end what hangs.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/e2e.json' }]],
  use: { trace: 'off', video: 'off', screenshot: 'off' },
});
