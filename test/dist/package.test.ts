import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { FuseState } from '@electron/fuses/dist/constants';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { packed } from '../../main/dev/dist.mjs';
import { which } from '../../main/dev/exec.mjs';
import { inRoot } from '../../main/dev/paths.mjs';
import { resolveRuntime } from '../../main/dev/runtime.mjs';
import packageJson from '../../package.json';
import { lacks } from './install';

let made: Awaited<ReturnType<typeof packed>>;
/** The .deb, unpacked. */
let tree = '';
let official = false;

beforeAll(async () => {
  if (lacks) return;
  made = await packed();
  official = (await resolveRuntime()).kind === 'official';
  tree = mkdtempSync(join(tmpdir(), 'packet-lab-deb-'));
  execFileSync('dpkg-deb', ['--raw-extract', made.deb, tree]);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));
beforeEach((context) => context.skip(lacks !== null, lacks ?? ''));

function field(name: string): string {
  return execFileSync('dpkg-deb', ['--field', made.deb, name], { encoding: 'utf8' }).trim();
}

/** State of a fuse in the packed executable. */
async function fuse(which: FuseV1Options): Promise<string> {
  const value = (await getCurrentFuseWire(made.executable))[which];
  if (value === undefined) return 'none';
  return value === FuseState.ENABLE ? 'on' : value === FuseState.DISABLE ? 'off' : `state ${value}`;
}

/** Both streams of a checker, and whether it was content. */
function check(command: string, ...args: string[]): Promise<{ ok: boolean; said: string }> {
  return new Promise((done) =>
    execFile(command, args, (error, stdout, stderr) => done({ ok: error === null, said: stdout + stderr })),
  );
}

/** Width and height in a PNG's header. */
function pngSize(file: string): [number, number] {
  const bytes = readFileSync(file);
  expect(bytes.toString('latin1', 1, 4)).toBe('PNG');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe('names', () => {
  test('say what is in it, and that a development build is one', () => {
    const version = official ? packageJson.version : `${packageJson.version}-dev`;
    expect(made.version).toBe(version);
    expect(made.deb).toBe(inRoot('release', `packet-lab-${version}-amd64.deb`));
    expect(made.tar).toBe(inRoot('release', `packet-lab-${version}-x64.tar.gz`));
    expect(field('Package')).toBe('packet-lab');
    // A tilde sorts before everything: the release replaces its development builds.
    expect(field('Version')).toBe(version.replace('-', '~'));
    expect(field('Architecture')).toBe('amd64');
    expect(/Development build, not for distribution/.test(field('Description'))).toBe(!official);
  });
});

describe('the application', () => {
  test('has the fuses of electron-builder.yml', async () => {
    expect({
      runAsNode: await fuse(FuseV1Options.RunAsNode),
      nodeOptions: await fuse(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: await fuse(FuseV1Options.EnableNodeCliInspectArguments),
      onlyAsar: await fuse(FuseV1Options.OnlyLoadAppFromAsar),
      cookies: await fuse(FuseV1Options.EnableCookieEncryption),
    }).toEqual({ runAsNode: 'off', nodeOptions: 'off', inspect: 'off', onlyAsar: 'on', cookies: 'on' });
  });

  test('gives file: no privileges, on an Electron that has any to give', async () => {
    expect(readFileSync(inRoot('electron-builder.yml'), 'utf8')).toMatch(
      /^ {2}grantFileProtocolExtraPrivileges: false$/m,
    );
    // The fuse came with Electron 29; before, nothing of the app is on file: anyway.
    const major = Number(readFileSync(join(made.folder, 'version'), 'utf8').replace(/^v/, '').split('.')[0]);
    const state = await fuse(FuseV1Options.GrantFileProtocolExtraPrivileges);
    expect([major, state]).toEqual([major, major >= 29 ? 'off' : 'none']);
  });

  test('is its bundles in an archive, with the addon outside, and nothing else', () => {
    const resources = join(made.folder, 'resources');
    const list = execFileSync(inRoot('node_modules/.bin/asar'), ['list', join(resources, 'app.asar')], {
      encoding: 'utf8',
    });
    const files = list.split('\n').filter((name) => /\.\w+$|helper$/.test(name));
    expect(files.map((name) => name.replace(/-[\w-]{8}\./, '-HASH.')).sort()).toEqual([
      '/dist/THIRD-PARTY-NOTICES.txt',
      '/dist/icon.png',
      '/dist/main.cjs',
      '/dist/native/packet-lab-helper',
      '/dist/native/packet_lab.node',
      '/dist/page/assets/index-HASH.css',
      '/dist/page/assets/index-HASH.js',
      '/dist/page/index.html',
      '/dist/preload.cjs',
      '/package.json',
    ]);
    const addon = readFileSync(join(resources, 'app.asar.unpacked/dist/native/packet_lab.node'));
    expect(addon.equals(readFileSync(inRoot('dist/native/packet_lab.node')))).toBe(true);
    for (const name of ['app', 'default_app.asar'])
      expect(existsSync(join(resources, name)), name).toBe(false);
  });

  test('is whole in the tar.gz, in one folder', () => {
    const names = execFileSync('tar', ['-tzf', made.tar], { encoding: 'utf8' }).trim().split('\n');
    const top = `packet-lab-${made.version}-x64/`;
    expect(names.filter((name) => !name.startsWith(top))).toEqual([]);
    const inside = names
      .map((name) => name.slice(top.length))
      .filter((name) => name !== '' && !name.endsWith('/'));
    const there = execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], {
      cwd: made.folder,
      encoding: 'utf8',
    });
    expect(inside.sort()).toEqual(there.trim().split('\n').sort());
  });
});

describe('the .deb', () => {
  test('belongs to root, and nobody else may write to it', () => {
    const list = execFileSync('dpkg-deb', ['--contents', made.deb], { encoding: 'utf8' }).trim().split('\n');
    expect(list.length).toBeGreaterThan(40);
    expect(list.filter((line) => !/^(-rw-r--r--|[-d]rwxr-xr-x|lrwxrwxrwx) root\/root /.test(line))).toEqual(
      [],
    );
  });

  test('has the right checksums and size', async () => {
    expect(await check('sh', '-c', `cd '${tree}' && md5sum --check --quiet DEBIAN/md5sums`)).toEqual({
      ok: true,
      said: '',
    });
    const bytes = statSync(join(tree, 'opt/Packet Lab/packet-lab')).size;
    expect(Number(field('Installed-Size'))).toBeGreaterThan(bytes / 1024);
  });

  test('has scripts that a shell can read', async () => {
    for (const script of ['postinst', 'postrm'])
      expect(await check('sh', '-n', join(tree, 'DEBIAN', script))).toEqual({ ok: true, said: '' });
  });

  test('has a desktop file that is valid and leads to the app', async (context) => {
    const file = join(tree, 'usr/share/applications/packet-lab.desktop');
    const text = readFileSync(file, 'utf8');
    const target = /^Exec="([^"]+)" %U$/m.exec(text)?.[1] ?? '';
    expect(existsSync(join(tree, target))).toBe(true);
    expect(text).toMatch(/^Icon=packet-lab$/m);
    expect(text).toMatch(/^StartupWMClass=packet-lab$/m);
    context.skip(which('desktop-file-validate') === null, 'desktop-file-validate is not installed');
    expect(await check('desktop-file-validate', file)).toEqual({ ok: true, said: '' });
  });

  test('has the icon in every usual size', () => {
    for (const size of [16, 24, 32, 48, 64, 128, 256, 512]) {
      const file = join(tree, `usr/share/icons/hicolor/${size}x${size}/apps/packet-lab.png`);
      expect(pngSize(file), file).toEqual([size, size]);
    }
  });

  const profile = () => join(tree, 'opt/Packet Lab/resources/apparmor-profile');

  test('has an AppArmor profile for exactly the programs there are', async () => {
    const text = readFileSync(profile(), 'utf8');
    const profiles = [...text.matchAll(/^profile [\w-]+ "([^"]+)" flags=\(unconfined\) \{\n {2}userns,$/gm)];
    expect(profiles).toHaveLength(2);
    for (const [, program = ''] of profiles) expect(statSync(join(tree, program)).mode & 0o111).toBe(0o111);
    // Where an AppArmor is that knows rules about user namespaces, it reads the profile, too.
    const parser = which('apparmor_parser');
    if (parser !== null && existsSync('/etc/apparmor.d/abi/4.0'))
      expect((await check(parser, '--skip-kernel-load', '--debug', profile())).ok).toBe(true);
  });
});
