import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  emptyNames,
  lines,
  nodeHeaders,
  processEnders,
  type SizeException,
  sizeBreaches,
  topLevelBreaches,
} from './files';
import { filesIn, ROOT, readSources } from './sources';

/** Sources that are longer than the rest, each with its reason. */
const SIZE_EXCEPTIONS: readonly SizeException[] = [];

const LAYERS = ['app', 'main', 'renderer', 'native'] as const;

const NEEDED = [
  '.ci',
  '.gitignore',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'DECISIONS.md',
  'DEPENDENCIES.md',
  'LICENSE',
  'README.md',
  ...LAYERS,
  'biome.json',
  'electron-builder.yml',
  'package-lock.json',
  'package.json',
  'playwright.config.ts',
  'test',
  'tsconfig.json',
  'vite.config.mts',
  'vitest.config.mts',
];

/** What git knows and what it would take up, by path. */
function gitFiles(): string[] {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const names = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).split('\0');
  return names.filter((name) => name !== '' && existsSync(join(ROOT, name)));
}

describe('sizes', () => {
  const sources = readSources(LAYERS, ['.c', '.h', '.ts', '.tsx', '.mts', '.mjs']);
  test('every source can be read in one sitting', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sizeBreaches(sources, SIZE_EXCEPTIONS)).toEqual([]);
  });
  test('a long file is seen', () => {
    const long = { path: 'app/a.ts', text: 'x\n'.repeat(401) };
    expect(sizeBreaches([long], [])).toEqual(['app/a.ts: 401 lines, at most 400']);
    expect(sizeBreaches([long], [{ path: 'app/a.ts', reason: 'a table' }])).toEqual([]);
    expect(sizeBreaches([{ path: 'app/a.ts', text: 'x\n'.repeat(400) }], [])).toEqual([]);
  });
  test('an exception that is not needed or has no reason is seen', () => {
    const short = { path: 'app/a.ts', text: 'x\n' };
    expect(sizeBreaches([short], [{ path: 'app/a.ts', reason: 'a table' }])).toHaveLength(1);
    expect(sizeBreaches([short], [{ path: 'app/gone.ts', reason: 'a table' }])).toHaveLength(1);
    expect(
      sizeBreaches([{ path: 'app/a.ts', text: 'x\n'.repeat(401) }], [{ path: 'app/a.ts', reason: ' ' }]),
    ).toHaveLength(1);
  });
  test('lines are counted as an editor counts them', () => {
    expect([lines(''), lines('a'), lines('a\n'), lines('a\nb')]).toEqual([0, 1, 1, 2]);
  });
});

describe('names', () => {
  test('say what is inside', () => expect(emptyNames([...LAYERS, 'test'].flatMap(filesIn))).toEqual([]));
  test('that say nothing are seen', () => {
    const bad = [
      'app/utils/x.ts',
      'main/util.ts',
      'renderer/view/helpers.tsx',
      'native/src/common/a.c',
      'app/misc',
    ];
    expect(emptyNames([...bad, 'native/helper/open.c', 'app/utility.ts'])).toEqual(bad);
  });
});

describe('the C core', () => {
  const core = readSources(['native/src', 'native/include'], ['.c', '.h']);
  test('is there', () => expect(core.length).toBeGreaterThan(0));
  test('knows nothing of Node', () => {
    expect(nodeHeaders(core)).toEqual([]);
    expect(nodeHeaders([{ path: 'a.c', text: '#include <stdio.h>\n# include <node_api.h>' }])).toHaveLength(
      1,
    );
    expect(nodeHeaders([{ path: 'a.c', text: '#include "js_native_api.h"' }])).toHaveLength(1);
  });
  test('never ends the process', () => {
    const own = core.filter((source) => source.path.startsWith('native/src/'));
    expect(processEnders(own)).toEqual([]);
    for (const call of ['abort();', 'exit( 1 );', 'assert(x);', '_exit(2);']) {
      expect(processEnders([{ path: 'a.c', text: `void f(void) { ${call} }` }])).toHaveLength(1);
    }
    const fine =
      '/* abort() */ // exit(1)\nstatic_assert(1); _Static_assert(1, "exit(1)"); int on_exit(int); pl_abort(x);';
    expect(processEnders([{ path: 'a.c', text: fine }])).toEqual([]);
  });
});

describe('the repository', () => {
  beforeEach((context) => context.skip(!existsSync(join(ROOT, '.git')), 'this is not a git clone'));

  test('has its top-level entries and no other', () => {
    const entries = [...new Set(gitFiles().map((name) => name.split('/')[0] ?? ''))];
    expect(topLevelBreaches(entries, NEEDED, [])).toEqual([]);
  });
  test('strays and gaps are seen', () => {
    expect(topLevelBreaches(['app', 'notes.txt'], ['app', 'main'], [])).toHaveLength(2);
  });
  test('holds nothing that is built', () => {
    expect(
      gitFiles().filter((name) => /^(dist|release)\/|(^|\/)node_modules\/|\.(o|node|asar)$/.test(name)),
    ).toEqual([]);
  });
  test('has no package.json in app, which electron-builder would take for the application', () => {
    expect(existsSync(join(ROOT, 'app', 'package.json'))).toBe(false);
  });
  test('ties nobody to a registry', () => {
    expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/);
    expect(gitFiles().filter((name) => name.endsWith('.npmrc'))).toEqual([]);
  });
});
