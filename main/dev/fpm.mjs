#!/usr/bin/env node
// The part of fpm's command line that electron-builder uses for a .deb, over dpkg-deb. Electron-builder takes it for fpm by
// CUSTOM_FPM_PATH; fpm itself is not in Debian and is otherwise downloaded.
//
//   fpm.mjs -s dir -t deb --name N --version V --package OUT.deb ... SOURCE=TARGET...
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { must, Problem, report } from './exec.mjs';
import { isProgram } from './paths.mjs';
import { filesBelow } from './stamps.mjs';

const VALUE = /** @type {const} */ ({ type: 'string' });
const VALUES = /** @type {const} */ ({ type: 'string', multiple: true });

/** What electron-builder says; an option that is not here is an error, not something to leave out in silence. */
const OPTIONS = /** @type {const} */ ({
  input: { ...VALUE, short: 's' },
  output: { ...VALUE, short: 't' },
  depends: { ...VALUES, short: 'd' },
  'deb-recommends': VALUES,
  'deb-compression': VALUE,
  'deb-priority': VALUE,
  architecture: VALUE,
  'after-install': VALUE,
  'after-remove': VALUE,
  description: VALUE,
  version: VALUE,
  package: VALUE,
  name: VALUE,
  maintainer: VALUE,
  vendor: VALUE,
  url: VALUE,
  category: VALUE,
  license: VALUE,
  force: { type: 'boolean' },
});

/** @typedef {Record<string, string | string[] | boolean | undefined>} Given */

/** Puts each SOURCE=TARGET into the tree; a source that ends with / gives its content. */
function layOut(/** @type {string} */ tree, /** @type {string[]} */ mappings) {
  for (const mapping of mappings) {
    const at = mapping.lastIndexOf('=');
    if (at < 1) throw new Problem(`'${mapping}' is not SOURCE=TARGET.`);
    const [source, target] = [mapping.slice(0, at), join(tree, mapping.slice(at + 1))];
    mkdirSync(dirname(target), { recursive: true });
    if (source.endsWith('/')) cpSync(source, target, { recursive: true, verbatimSymlinks: true });
    else copyFileSync(source, target);
  }
}

/** Folders and files as a system has them, whatever the umask of who builds: 0755, or 0644 for what nobody runs. */
function setModes(/** @type {string} */ tree) {
  for (const path of ['', ...allBelow(tree)]) {
    const file = join(tree, path);
    const stat = lstatSync(file);
    if (stat.isSymbolicLink()) continue;
    chmodSync(file, stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Everything below, folders too, relative. */
function allBelow(/** @type {string} */ tree) {
  const files = filesBelow(tree, []).map((file) => relative(tree, file));
  const folders = new Set();
  for (const file of files)
    for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return [...folders, ...files];
}

/** The control file. The first line of the description is the synopsis; those after it are the text. */
function control(/** @type {Given} */ given, /** @type {number} */ kib) {
  const [synopsis = '', ...text] = String(given.description).trim().split('\n');
  const list = (/** @type {string | string[] | boolean | undefined} */ names) =>
    Array.isArray(names) ? names.join(', ') : '';
  const fields = {
    Package: given.name,
    Version: given.version,
    Section: given.category,
    Priority: given['deb-priority'],
    Architecture: given.architecture,
    Maintainer: given.maintainer,
    'Installed-Size': kib,
    Depends: list(given.depends),
    Recommends: list(given['deb-recommends']),
    Homepage: given.url,
    Description: [synopsis, ...text.map((line) => ` ${line.trim() || '.'}`)].join('\n'),
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

/** Builds the package that these arguments describe. */
export async function fpm(/** @type {string[]} */ args) {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  if (values.input !== 'dir' || values.output !== 'deb')
    throw new Problem(`This makes .deb packages from folders; it was asked for ${values.output}.`);
  if (!values.package || !values.name || !values.version)
    throw new Problem('Name, version or package is missing.');
  const work = mkdtempSync(join(tmpdir(), 'packet-lab-deb-'));
  try {
    const tree = join(work, 'tree');
    mkdirSync(tree);
    layOut(tree, positionals);
    setModes(tree);
    const files = filesBelow(tree, []).filter((file) => !lstatSync(file).isSymbolicLink());
    const kib = files.reduce((sum, file) => sum + Math.ceil(lstatSync(file).size / 1024), 0);
    const meta = join(tree, 'DEBIAN');
    mkdirSync(meta);
    chmodSync(meta, 0o755);
    const sums = files.map(
      (file) => `${createHash('md5').update(readFileSync(file)).digest('hex')}  ${relative(tree, file)}\n`,
    );
    writeFileSync(join(meta, 'md5sums'), sums.join(''), { mode: 0o644 });
    writeFileSync(join(meta, 'control'), control(values, kib), { mode: 0o644 });
    for (const [script, source] of [
      ['postinst', values['after-install']],
      ['postrm', values['after-remove']],
    ]) {
      if (!script || !source) continue;
      copyFileSync(source, join(meta, script));
      chmodSync(join(meta, script), 0o755);
    }
    const compression = values['deb-compression'] === 'gz' ? 'gzip' : (values['deb-compression'] ?? 'gzip');
    // Level 9 takes three times as long and saves 3 %.
    await must(
      'The .deb could not be built.',
      'dpkg-deb',
      ['--root-owner-group', `-Z${compression}`, '-z4', '--build', tree, values.package],
      { limitMs: 600_000 },
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (isProgram(import.meta.url)) {
  try {
    await fpm(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
  }
}
