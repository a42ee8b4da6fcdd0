import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultAppArchive } from '../../main/dev/defaultApp.mjs';
import {
  cachedFallback,
  checkIntegrity,
  FALLBACK,
  fallbackFolder,
  prepare,
} from '../../main/dev/fallback.mjs';
import { cacheFolder } from '../../main/dev/paths.mjs';
import {
  electronCommand,
  firstRuntime,
  installedRuntime,
  overrideRuntime,
  resolveRuntime,
} from '../../main/dev/runtime.mjs';
import { folderWith } from './folder';

const found = { executable: '/x/electron', kind: 'official' as const, version: '1.2.3' };

describe('the order of runtimes', () => {
  test('is the order of the sources; later ones are not asked', async () => {
    const asked: string[] = [];
    const source = (name: string, answer: typeof found | null) => async () => {
      asked.push(name);
      return answer;
    };
    const runtime = await firstRuntime([source('a', null), source('b', found), source('c', found)]);
    expect(runtime).toEqual(found);
    expect(asked).toEqual(['a', 'b']);
  });

  test('ends in one sentence when nobody has one', async () => {
    await expect(firstRuntime([async () => null])).rejects.toThrow(
      /There is no Electron runtime for .*ELECTRON_OVERRIDE_DIST_PATH/,
    );
  });

  test('starts with the override, then the installed binary', async () => {
    const override = folderWith({ electron: '', version: 'v9.9.9' });
    const root = folderWith({
      'node_modules/electron/package.json': '{"version":"1.2.3"}',
      'node_modules/electron/dist/version': '1.2.3',
      'node_modules/electron/dist/electron': '',
    });
    const at = { root, cache: folderWith(), platform: 'linux', arch: 'x64' };
    const first = await resolveRuntime({ ...at, env: { ELECTRON_OVERRIDE_DIST_PATH: override } });
    expect(first).toEqual({ executable: join(override, 'electron'), kind: 'override', version: '9.9.9' });
    const second = await resolveRuntime({ ...at, env: {} });
    expect(second).toEqual({
      executable: join(root, 'node_modules/electron/dist/electron'),
      kind: 'official',
      version: '1.2.3',
    });
  });

  test('ends with the prepared fallback, without asking a server that has just refused', async () => {
    const root = folderWith({
      'node_modules/electron/package.json': '{"version":"1.2.3"}',
      'node_modules/electron/install.js': "require('fs').writeFileSync(__dirname + '/asked', '')",
    });
    const cache = folderWith({
      'official-1.2.3.refused': '',
      [`electron-${FALLBACK.version}/electron`]: '',
      [`electron-${FALLBACK.version}/version`]: FALLBACK.version,
      [`electron-${FALLBACK.version}/resources/default_app.asar`]: 'of an older version',
    });
    const runtime = await resolveRuntime({ root, cache, env: {}, platform: 'linux', arch: 'x64' });
    expect(runtime).toEqual({
      executable: join(fallbackFolder(cache), 'electron'),
      kind: 'fallback',
      version: FALLBACK.version,
    });
    expect(existsSync(join(root, 'node_modules/electron/asked'))).toBe(false);
    const archive = readFileSync(join(fallbackFolder(cache), 'resources', 'default_app.asar'));
    expect(archive.equals(defaultAppArchive())).toBe(true);
  });

  test('has no fallback for other machines', async () => {
    const at = { root: folderWith(), cache: folderWith(), env: {} };
    await expect(resolveRuntime({ ...at, platform: 'linux', arch: 'riscv64' })).rejects.toThrow(
      /no Electron runtime/,
    );
    await expect(resolveRuntime({ ...at, platform: 'darwin', arch: 'x64' })).rejects.toThrow(
      /no Electron runtime/,
    );
  });
});

describe('the override', () => {
  test('is no override when it is not set', async () => {
    expect(await overrideRuntime({ env: {}, platform: 'linux' })).toBeNull();
  });
  test('without an Electron in it is an error that names the folder', async () => {
    const folder = folderWith();
    const env = { ELECTRON_OVERRIDE_DIST_PATH: folder };
    await expect(overrideRuntime({ env, platform: 'linux' })).rejects.toThrow(
      `${folder}, but there is no electron`,
    );
  });
});

describe('the installed binary', () => {
  const manifest = { 'node_modules/electron/package.json': '{"version":"1.2.3"}' };
  const executable = { 'node_modules/electron/dist/electron': '' };
  test.each([
    ['nothing', {}],
    ['the package without a binary', manifest],
    ['a half unpacked one', { ...manifest, ...executable }],
    ['one of another version', { ...manifest, ...executable, 'node_modules/electron/dist/version': '1.2.2' }],
  ])('is not %s', async (_what, files) => {
    expect(await installedRuntime({ root: folderWith(files), platform: 'linux' })).toBeNull();
  });
});

describe('the fallback', () => {
  test('with other bytes than expected is refused, with both integrities', async () => {
    const file = join(folderWith({ 'a.tgz': 'bytes' }), 'a.tgz');
    const integrity = `sha512-${createHash('sha512').update('bytes').digest('base64')}`;
    await expect(checkIntegrity(file, integrity)).resolves.toBeUndefined();
    await expect(checkIntegrity(file, FALLBACK.integrity)).rejects.toThrow(
      /refused: integrity sha512-.*expected sha512-/,
    );
  });

  test('is fetched as an exact version with a whole integrity', () => {
    expect(FALLBACK.spec).toMatch(/@\d+\.\d+\.\d+$/);
    expect(FALLBACK.integrity).toMatch(/^sha512-[\w+/]{86}==$/);
  });

  test('is prepared: foreign app removed, executable renamed, default app in a real archive', async () => {
    const folder = folderWith({
      [FALLBACK.executable]: 'ELF',
      'resources/app/package.json': '{}',
      'resources/app-update.yml': '',
    });
    await prepare(folder);
    expect(existsSync(join(folder, 'resources', 'app'))).toBe(false);
    expect(existsSync(join(folder, 'resources', 'app-update.yml'))).toBe(false);
    expect(readFileSync(join(folder, 'electron'), 'utf8')).toBe('ELF');
    expect(readFileSync(join(folder, 'resources', 'default_app.asar')).equals(defaultAppArchive())).toBe(
      true,
    );
  });

  test('that was not finished does not count', async () => {
    expect(await cachedFallback(folderWith())).toBeNull();
    expect(await cachedFallback(folderWith({ [`electron-${FALLBACK.version}/electron`]: '' }))).toBeNull();
  });
});

describe('the cache folder', () => {
  test('follows XDG_CACHE_HOME, else the home folder', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/c', HOME: '/h' })).toBe('/c/packet-lab');
    expect(cacheFolder({ HOME: '/h' })).toBe('/h/.cache/packet-lab');
    expect(cacheFolder({ XDG_CACHE_HOME: '', HOME: '/h' })).toBe('/h/.cache/packet-lab');
  });
});

describe('the command that starts the app', () => {
  test('tells the app its runtime, and drops the sandbox for root only', () => {
    const call = electronCommand({ ...found, kind: 'fallback' }, '/repo', ['--x']);
    expect(call.env.PACKET_LAB_RUNTIME).toBe('fallback');
    expect(call.args.includes('--no-sandbox')).toBe(process.getuid?.() === 0);
    expect(call.args.slice(-2)).toEqual(['/repo', '--x']);
  });
});
