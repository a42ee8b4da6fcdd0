// The packages that ship: what the bundles are made of, and Electron. Writes DEPENDENCIES.md, which a test compares, and
// for the build dist/THIRD-PARTY-NOTICES.txt with the texts of their licences. Why a package is used stands in
// reasons.json; one that is there for another package says which.
//
//   node main/dev/dependencies.mjs
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { must, Problem, report } from './exec.mjs';
import { bin, inRoot, isProgram, ROOT } from './paths.mjs';
import { writeWhole } from './stamps.mjs';

export const DEPENDENCIES = inRoot('DEPENDENCIES.md');

/** What each bundle begins with. */
const ENTRIES = ['main/index.ts', 'main/preload.ts', 'main/cli/index.ts', 'renderer/main.tsx'];

/** Licences that ask for no more than that their text goes along. */
const ALLOWED = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0', 'Unlicense'],
]);

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} version
 * @property {string} licence SPDX expression; empty when the package names none
 * @property {string[]} neededBy shipped packages that depend on it
 * @property {string} folder
 */

/** @typedef {{ version: string, license?: string, dependencies?: Record<string, string>,
 *   peerDependencies?: Record<string, string> }} Locked */

/** Whether an SPDX expression of names, AND and OR is allowed. */
export function isAllowed(/** @type {string} */ licence) {
  return licence
    .replace(/[()]/g, ' ')
    .split(/\sOR\s/)
    .some((choice) => choice.split(/\sAND\s/).every((name) => ALLOWED.has(name.trim())));
}

/** The folder of the package that a bundled file belongs to, from the root; null for our own files. */
export function packageFolder(/** @type {string} */ file) {
  const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file);
  return found?.[1] ?? null;
}

/** Files that the bundles are made of. */
async function bundledFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'packet-lab-dependencies-'));
  const metafile = join(folder, 'meta.json');
  try {
    await must(
      'What the bundles are made of cannot be listed.',
      bin('esbuild'),
      [
        ...ENTRIES,
        ...['--bundle', '--platform=node', '--format=cjs', '--external:electron', '--jsx=automatic'],
        ...['--main-fields=browser,module,main', '--conditions=browser', '--log-level=error'],
        ...[`--outdir=${folder}`, `--metafile=${metafile}`],
      ],
      { cwd: ROOT, limitMs: 120_000 },
    );
    /** @type {{ inputs: Record<string, unknown> }} */
    const { inputs } = JSON.parse(readFileSync(metafile, 'utf8'));
    return Object.keys(inputs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The packages that ship, by name.
 * @returns {Promise<Package[]>}
 */
export async function shippedPackages() {
  /** @type {{ packages: Record<string, Locked> }} */
  const { packages } = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8'));
  const files = await bundledFiles();
  const folders = [...new Set(files.map(packageFolder).filter((folder) => folder !== null))];
  const list = [...folders, 'node_modules/electron'].map((folder) => {
    const locked = packages[folder];
    if (!locked) throw new Problem(`${folder} ships and is not in package-lock.json: run npm ci.`);
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const { version, license = '', dependencies, peerDependencies } = locked;
    return {
      name,
      version,
      licence: license,
      folder,
      needs: Object.keys({ ...dependencies, ...peerDependencies }),
    };
  });
  return list
    .map(({ needs: _needs, ...one }) => ({
      ...one,
      neededBy: list
        .filter((other) => other.name !== 'electron' && other.needs.includes(one.name))
        .map(({ name }) => name)
        .sort(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * What is wrong with a list: a licence that is not allowed, a package without a reason, a reason without a package.
 * @param {readonly Package[]} packages
 * @param {Readonly<Record<string, string>>} reasons
 */
export function problemsOf(packages, reasons) {
  const problems = [];
  for (const { name, licence, neededBy } of packages) {
    if (!isAllowed(licence)) problems.push(`${name} has the licence “${licence}”, which is not on the list.`);
    if (!reasons[name] && neededBy.length === 0) problems.push(`${name} ships and has no reason.`);
  }
  for (const name of Object.keys(reasons)) {
    if (!packages.some((one) => one.name === name)) problems.push(`${name} has a reason and does not ship.`);
  }
  return problems;
}

/** Why packages are used, by name. @returns {Record<string, string>} */
export function reasonsFor() {
  return JSON.parse(readFileSync(inRoot('main', 'dev', 'reasons.json'), 'utf8'));
}

/**
 * The list as a page of text.
 * @param {readonly Package[]} packages
 * @param {Readonly<Record<string, string>>} reasons
 */
export function dependenciesPage(packages, reasons) {
  const rows = packages.map(
    ({ name, version, licence, neededBy }) =>
      `| ${name} | ${version} | ${licence} | ${reasons[name] ?? `for ${neededBy.join(', ')}`} |`,
  );
  return [
    '# What ships with Packet Lab',
    '',
    'Made by `node main/dev/dependencies.mjs` from the bundles and the lock file; a test fails when it is stale. Packages',
    'are bundled into `dist/`, their licences into `dist/THIRD-PARTY-NOTICES.txt`. The native core uses the C library only.',
    "Electron brings its own licence and Chromium's beside its program.",
    '',
    '| package | version | licence | why |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** The licence file of a package, as text; null when it has none. */
export function licenceText(/** @type {string} */ folder) {
  if (!existsSync(inRoot(folder))) return null;
  const names = readdirSync(inRoot(folder)).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name));
  const texts = names.sort().map((name) => readFileSync(inRoot(folder, name), 'utf8').trim());
  return texts.length > 0 ? texts.join('\n\n') : null;
}

/** Third-party notices of what is bundled. @param {readonly Package[]} packages */
export function noticesText(packages) {
  return packages
    .filter(({ name }) => name !== 'electron')
    .map(({ name, version, licence, folder }) => {
      const text = licenceText(folder) ?? `No text comes with the package. Its licence is ${licence}.`;
      return `${'='.repeat(80)}\n${name} ${version} (${licence})\n${'='.repeat(80)}\n\n${text}\n`;
    })
    .join('\n');
}

if (isProgram(import.meta.url)) {
  try {
    const packages = await shippedPackages();
    const reasons = reasonsFor();
    const [problem] = problemsOf(packages, reasons);
    if (problem) throw new Problem(problem);
    writeWhole(DEPENDENCIES, dependenciesPage(packages, reasons));
  } catch (error) {
    process.exitCode = report(error);
  }
}
