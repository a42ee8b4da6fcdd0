// npm run dist: builds, and packs the app for this machine into release/: the unpacked folder, a tar.gz and a .deb, as
// electron-builder.yml says. Nothing is downloaded but the Electron runtime, if there is none yet. On any runtime but the
// official one the packages are development builds: their version ends with -dev, and so do their files and the app say.
//
//   node main/dev/dist.mjs
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from './build.mjs';
import { must, Problem, report, which } from './exec.mjs';
import { FUSES, fusesOf } from './fuses.mjs';
import { bin, DIST, inRoot, isProgram, ROOT } from './paths.mjs';
import { say, step } from './progress.mjs';
import { checkNode, provideNpmPackages, provideSystem } from './provision.mjs';
import { resolveRuntime } from './runtime.mjs';
import { filesBelow, hashFiles, hashOf, isFresh, stamp } from './stamps.mjs';

const RELEASE = inRoot('release');

/** Where the app lies once the .deb is installed. */
const INSTALLED = '/opt/Packet Lab';

/**
 * @typedef {object} Packages
 * @property {string} version as the packages have it; ends with -dev for a development build
 * @property {string} folder the unpacked app
 * @property {string} executable
 * @property {string} tar
 * @property {string} deb
 */

/** package.json. */
function aboutPackage() {
  return /** @type {{ name: string, version: string, description: string }} */ (
    JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  );
}

/**
 * Names of what is made on this runtime.
 * @param {import('./runtime.mjs').Runtime} runtime
 * @returns {Packages}
 */
function packagesOn(runtime) {
  const { name, version: plain } = aboutPackage();
  const version = runtime.kind === 'official' ? plain : `${plain}-dev`;
  const folder = join(RELEASE, 'linux-unpacked');
  return {
    version,
    folder,
    executable: join(folder, 'packet-lab'),
    tar: join(RELEASE, `${name}-${version}-x64.tar.gz`),
    deb: join(RELEASE, `${name}-${version}-amd64.deb`),
  };
}

/** What the .deb holds beside the app, in release/deb: the command, its man page, copyright and changelog. */
function layOutForDeb() {
  const tree = join(RELEASE, 'deb');
  rmSync(tree, { recursive: true, force: true });
  const place = (/** @type {string} */ path) => {
    const file = join(tree, path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  const packed = (/** @type {string} */ source) => gzipSync(readFileSync(inRoot(source)), { level: 9 });
  symlinkSync(join('..', '..', INSTALLED, 'bin', 'packet-lab'), place('usr/bin/packet-lab'));
  writeFileSync(place('usr/share/man/man1/packet-lab.1.gz'), packed('main/packaging/packet-lab.1'));
  writeFileSync(place('usr/share/doc/packet-lab/changelog.gz'), packed('CHANGELOG.md'));
  copyFileSync(inRoot('main', 'packaging', 'copyright'), place('usr/share/doc/packet-lab/copyright'));
}

/**
 * Writes the configuration for this runtime: electron-builder.yml without the fuses that the runtime does not have, which
 * electron-builder would refuse to set.
 * @param {import('./runtime.mjs').Runtime} runtime
 */
function writeConfiguration(runtime) {
  const has = fusesOf(runtime.executable);
  const lacks = FUSES.filter((fuse) => !has.includes(fuse)).map((fuse) => `  ${fuse}:`);
  const lines = readFileSync(inRoot('electron-builder.yml'), 'utf8').split('\n');
  const file = join(RELEASE, 'electron-builder.yml');
  writeFileSync(file, lines.filter((line) => !lacks.some((start) => line.startsWith(start))).join('\n'));
  return file;
}

/**
 * What only this machine can know.
 * @param {import('./runtime.mjs').Runtime} runtime
 * @param {Packages} packages
 */
function settings(runtime, packages) {
  const { description } = aboutPackage();
  const mark = 'Development build, not for distribution: its Electron runtime is not the released one.';
  return [
    `--config=${writeConfiguration(runtime)}`,
    `-c.electronDist=${dirname(runtime.executable)}`,
    `-c.electronVersion=${runtime.version}`,
    `-c.extraMetadata.version=${packages.version}`,
    ...(runtime.kind === 'official' ? [] : [`-c.deb.description=${description} ${mark}`]),
  ];
}

/**
 * Where the packages of this tree are or will be, and whether they are up to date.
 * @param {import('./runtime.mjs').Runtime} runtime
 */
function standing(runtime) {
  const packages = packagesOn(runtime);
  const inputs = [
    ...['package.json', 'package-lock.json', 'electron-builder.yml', 'CHANGELOG.md'].map((file) =>
      inRoot(file),
    ),
    ...filesBelow(inRoot('main', 'packaging'), []),
    ...filesBelow(inRoot('main', 'dev'), ['.mjs']),
    ...filesBelow(join(DIST, 'page'), []),
    ...[
      'main.cjs',
      'icon.png',
      'preload.cjs',
      'THIRD-PARTY-NOTICES.txt',
      'native/packet_lab.node',
      'native/packet-lab-helper',
    ].map((file) => join(DIST, file)),
  ];
  const key = hashOf(JSON.stringify(runtime), hashFiles(inputs));
  return { packages, key, fresh: isFresh('dist', key, [packages.executable, packages.tar, packages.deb]) };
}

/**
 * The packages that pack() made. Tests ask here: two of them at a time must not both pack.
 * @returns {Promise<Packages>}
 */
export async function packed() {
  const { packages, fresh } = standing(await resolveRuntime());
  if (!fresh)
    throw new Problem(
      'The packages are not up to date: npm run dist makes them, npm test -- dist also tests them.',
    );
  return packages;
}

/** Packs the app unless that is done already. */
export async function pack() {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Problem('npm run dist packs for Linux on x64; electron-builder.yml has the other systems.');
  if (which('dpkg-deb') === null) throw new Problem('dpkg-deb is missing; it is needed to make the .deb.');
  const failures = await build();
  if (failures.length > 0) throw failures[0];
  const runtime = await resolveRuntime();
  const { packages, key, fresh } = standing(runtime);
  if (fresh) return packages;
  layOutForDeb();
  await step('packages: folder and .deb', async (detail) => {
    await must(
      'electron-builder did not make the packages.',
      bin('electron-builder'),
      ['--linux', '--x64', '--publish', 'never', ...settings(runtime, packages)],
      {
        cwd: ROOT,
        env: { ...process.env, CUSTOM_FPM_PATH: inRoot('main', 'dev', 'fpm.mjs') },
        output: 'stream',
        onChunk: detail,
        limitMs: 600_000,
      },
    );
  });
  await step('packages: tar.gz', async () => {
    const top = basename(packages.tar, '.tar.gz');
    await must(
      'The tar.gz could not be written.',
      'tar',
      [
        '--owner=0',
        '--group=0',
        '--sort=name',
        `--transform=s,^[.],${top},S`,
        '-I',
        'gzip -4',
        '-cf',
        packages.tar,
        '.',
      ],
      { cwd: packages.folder, limitMs: 600_000 },
    );
  });
  stamp('dist', key);
  return packages;
}

if (isProgram(import.meta.url)) {
  try {
    checkNode();
    await provideNpmPackages();
    await provideSystem(['build'], { yes: process.argv.includes('--yes') });
    const { folder, tar, deb, version } = await pack();
    for (const made of [folder, tar, deb]) process.stdout.write(`${made}\n`);
    if (version.endsWith('-dev'))
      say('These are development builds: the Electron runtime here is not the official one.');
  } catch (error) {
    process.exitCode = report(error);
  }
}
