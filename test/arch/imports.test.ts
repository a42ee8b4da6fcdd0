import { describe, expect, test } from 'vitest';
import { importBreaches, importsOf } from './imports';
import { allScripts } from './sources';

/** Breaches of one source with this text. */
function breaches(path: string, text: string): string[] {
  return importBreaches([{ path, text }]);
}

describe('the import table', () => {
  test('holds in every source', () => {
    const sources = allScripts();
    expect(sources.length).toBeGreaterThan(20);
    expect(importBreaches(sources)).toEqual([]);
  });

  test('sees every way to import', () => {
    const text = [
      "import a from './a';",
      "import type { B } from './b';",
      "import './c';",
      "export * from './d';",
      "export { e } from './e';",
      "const f = import('./f');",
      "const g = require('./g');",
      "type H = import('./h').H;",
      "import i = require('./i');",
      "const j = require.resolve('./j');",
    ].join('\n');
    const specifiers = importsOf({ path: 'app/x.ts', text }).map((found) => found.specifier);
    expect(specifiers.sort()).toEqual('abcdefghij'.split('').map((letter) => `./${letter}`));
  });

  test('does not take comments and texts for imports', () => {
    expect(importsOf({ path: 'app/x.ts', text: `// import './a'\nconst s = "import './b'";` })).toEqual([]);
  });

  test('names file, line and reason', () => {
    expect(breaches('app/run/plan.ts', "\nimport { x } from '../../main/lab/x';")).toEqual([
      "app/run/plan.ts:2: imports '../../main/lab/x': app imports only app",
    ]);
  });

  test.each([
    ['app/a.ts', "import 'node:fs';"],
    ['app/a.ts', "import 'electron';"],
    ['app/a.ts', "import 'react';"],
    ['app/a.ts', "import type { X } from '../renderer/store/x';"],
    ['app/a.ts', 'export const load = (name: string) => import(name);'],
    ['app/a.ts', "import '../../elsewhere/x';"],
    ['main/index.ts', "import '../renderer/bridge';"],
    ['main/index.ts', "import './dev/paths.mjs';"],
    ['main/index.ts', "import 'recharts';"],
    ['main/lab/run.ts', "import { app } from 'electron';"],
    ['main/lab/run.ts', "const { app } = require('electron');"],
    ['main/cli/index.ts', "import type { App } from 'electron';"],
    ['main/backends/udp.ts', "import 'electron';"],
    ['main/store/settings.ts', "import 'electron/main';"],
    ['main/lab/run.ts', "import { window } from '../window';"],
    ['main/dev/x.mjs', "import 'esbuild';"],
    ['main/dev/x.mjs', "import 'fs';"],
    ['main/dev/x.mjs', "import '../../app/run/plan';"],
    ['renderer/view/a.tsx', "import '../../main/window';"],
    ['renderer/view/a.tsx', "import 'electron';"],
    ['renderer/view/a.tsx', "import 'node:path';"],
    ['renderer/store/a.ts', "import '../view/b';"],
    ['renderer/bridge.ts', "import './view/b';"],
    ['renderer/view/a.tsx', "import '../../test/fixtures/x';"],
    ['main/lab/a.ts', "import '../../test/unit/x';"],
    ['vite.config.mts', "import './test/arch/x';"],
  ])('%s may not say %s', (path, text) => {
    expect(breaches(path, text)).toHaveLength(1);
  });

  test.each([
    ['app/a.ts', "import { z } from 'zod'; import './b'; import '../app/c';"],
    ['main/index.ts', "import 'electron'; import 'node:path'; import './lab/run'; import '../app/x';"],
    ['main/lab/run.ts', "import '../native/addon'; import '../../app/x'; import 'node:path';"],
    ['main/dev/x.mjs', "import 'node:fs'; import './paths.mjs';"],
    ['renderer/view/a.tsx', "import 'react'; import '../store/b'; import '../../app/x'; import './a.css';"],
    ['renderer/store/a.ts', "import 'zustand'; import '../bridge'; import '../../app/x';"],
    ['test/unit/a.test.ts', "import '../../main/lab/a'; import 'vitest'; import '../../renderer/store/a';"],
  ])('%s may say %s', (path, text) => {
    expect(breaches(path, text)).toEqual([]);
  });
});
