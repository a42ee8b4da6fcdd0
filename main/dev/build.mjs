// Builds everything into dist/. Parts that are up to date are skipped silently; parts are independent of each other and
// run at the same time.
//
//   node main/dev/build.mjs [main preload cli page notices native]
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileObjects, findCompiler, headers, isOfLinux, link, PRODUCT_FLAGS } from './compile.mjs';
import { noticesText, shippedPackages } from './dependencies.mjs';
import { must, Problem, report } from './exec.mjs';
import { bin, DIST, inRoot, isProgram, ROOT } from './paths.mjs';
import { step } from './progress.mjs';
import { filesBelow, hashFiles, hashOf, isFresh, stamp, writeWhole } from './stamps.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} title what a person sees while it is being built
 * @property {() => string | null} missing the sentence to fail with when its inputs are not there
 * @property {() => string[]} inputs
 * @property {string[]} outputs
 * @property {(detail: (text: string) => void) => Promise<void>} make
 */

/** Files that every bundle depends on besides its sources. */
function common() {
  return [inRoot('package.json'), inRoot('package-lock.json'), inRoot('main', 'dev', 'build.mjs')];
}

/** Sources of the TypeScript bundles that run in Node. */
function nodeSources() {
  const dev = inRoot('main', 'dev');
  return [
    ...filesBelow(inRoot('app'), ['.ts', '.json']),
    ...filesBelow(inRoot('main'), ['.ts', '.json'], (path) => path === dev),
  ];
}

/**
 * A bundle made by esbuild.
 * @param {{ name: string, title: string, entry: string, output: string, target: string, program?: boolean, icon?: string }} spec icon: an
 *   image that goes beside it, as icon.png
 * @returns {Part}
 */
function bundle(spec) {
  const output = join(DIST, spec.output);
  const icon = join(DIST, 'icon.png');
  return {
    name: spec.name,
    title: spec.title,
    outputs: spec.icon ? [output, icon] : [output],
    missing: () => (existsSync(inRoot(spec.entry)) ? null : `${spec.entry} is missing.`),
    inputs: () => [...common(), ...nodeSources(), ...(spec.icon ? [inRoot(spec.icon)] : [])],
    make: async () => {
      const args = [
        spec.entry,
        '--bundle',
        '--platform=node',
        '--format=cjs',
        `--target=${spec.target}`,
        '--external:electron',
        '--sourcemap',
        '--sources-content=false',
        '--log-level=warning',
        `--outfile=${output}`,
      ];
      const hasHashbang = readFileSync(inRoot(spec.entry), 'utf8').startsWith('#!');
      if (spec.program && !hasHashbang) args.push('--banner:js=#!/usr/bin/env node');
      await must(`${spec.title} does not build from ${spec.entry}.`, bin('esbuild'), args, {
        cwd: ROOT,
        limitMs: 120_000,
      });
      if (spec.program) chmodSync(output, 0o755);
      if (spec.icon) copyFileSync(inRoot(spec.icon), icon);
    },
  };
}

/** @type {Part} */
const page = {
  name: 'page',
  title: 'page',
  outputs: [join(DIST, 'page', 'index.html')],
  missing: () => (existsSync(inRoot('renderer', 'index.html')) ? null : 'renderer/index.html is missing.'),
  inputs: () => [
    ...common(),
    inRoot('vite.config.mts'),
    ...filesBelow(inRoot('app'), []),
    ...filesBelow(inRoot('renderer'), []),
  ],
  make: async (detail) => {
    await must(
      'The page does not build from renderer/index.html.',
      bin('vite'),
      ['build', '--logLevel', 'warn'],
      {
        cwd: ROOT,
        env: { ...process.env, NODE_ENV: 'production' },
        output: 'stream',
        onChunk: detail,
        limitMs: 300_000,
      },
    );
  },
};

const NOTICES = join(DIST, 'THIRD-PARTY-NOTICES.txt');

/** Licences of what the bundles are made of. @type {Part} */
const notices = {
  name: 'notices',
  title: 'third-party notices',
  outputs: [NOTICES],
  missing: () => null,
  inputs: () => [
    ...common(),
    inRoot('main', 'dev', 'dependencies.mjs'),
    ...nodeSources(),
    ...filesBelow(inRoot('renderer'), []),
  ],
  make: async () => writeWhole(NOTICES, noticesText(await shippedPackages())),
};

const ADDON = join(DIST, 'native', 'packet_lab.node');
const NODE_HEADERS = inRoot('node_modules', 'node-api-headers', 'include');

/** Sources of the addon, with or without what only Linux has. */
function addonSources(linux = process.platform === 'linux') {
  const all = [
    ...filesBelow(inRoot('native', 'src'), ['.c']),
    ...filesBelow(inRoot('native', 'addon'), ['.c']),
  ];
  return linux ? all : all.filter((source) => !isOfLinux(source));
}

/** Flags for a shared object that Node loads; its Node-API symbols are found at load time. */
function sharedFlags() {
  return process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
}

/**
 * Compiles and links the addon.
 * @param {{ flags: string[], folder: string, output: string, linux?: boolean }} how flags: on top of the usual ones;
 *   folder: of objects; linux: with what only Linux has
 * @param {(text: string) => void} detail
 */
export async function compileAddon({ flags, folder, output, linux }, detail) {
  const compiler = await findCompiler();
  const objects = await compileObjects(
    compiler,
    {
      sources: addonSources(linux),
      headers: headers('native', join('node_modules', 'node-api-headers', 'include')),
      flags: [...PRODUCT_FLAGS, '-DNAPI_VERSION=8', ...flags, `-I${NODE_HEADERS}`],
      folder,
    },
    detail,
  );
  detail('linking');
  await link(compiler, { objects, flags: [...sharedFlags(), '-pthread', '-lm'], output });
}

/** @type {Part} */
const native = {
  name: 'native',
  title: 'native addon',
  outputs: [ADDON],
  missing: () => {
    if (filesBelow(inRoot('native', 'src'), ['.c']).length === 0)
      return 'There is no C source in native/src.';
    if (filesBelow(inRoot('native', 'addon'), ['.c']).length === 0)
      return 'There is no C source in native/addon.';
    return null;
  },
  inputs: () => [
    ...common(),
    inRoot('main', 'dev', 'compile.mjs'),
    ...addonSources(),
    ...headers('native', join('node_modules', 'node-api-headers', 'include')),
  ],
  make: (detail) => compileAddon({ flags: [], folder: join(DIST, 'obj'), output: ADDON }, detail),
};

const HELPER = join(DIST, 'native', 'packet-lab-helper');

/** Sources of the lab's helper program: its own, and the check of requests that the core has as well. */
export function helperSources() {
  return [...filesBelow(inRoot('native', 'helper'), ['.c']), inRoot('native', 'src', 'net', 'lab_check.c')];
}

/** @type {Part} */
const helper = {
  name: 'helper',
  title: 'lab helper',
  outputs: [HELPER],
  missing: () => (existsSync(inRoot('native', 'helper')) ? null : 'native/helper is missing.'),
  inputs: () => [
    ...common(),
    inRoot('main', 'dev', 'compile.mjs'),
    ...helperSources(),
    ...headers(join('native', 'include'), join('native', 'helper')),
  ],
  make: async (detail) => {
    const compiler = await findCompiler();
    const objects = await compileObjects(
      compiler,
      {
        sources: helperSources(),
        headers: headers(join('native', 'include'), join('native', 'helper')),
        flags: [...PRODUCT_FLAGS, '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2'],
        folder: join(DIST, 'obj-helper'),
      },
      detail,
    );
    await link(compiler, { objects, flags: ['-pie', '-Wl,-z,relro,-z,now'], output: HELPER });
  },
};

/** Every part, in the order they are listed when something is said about them. */
export const PARTS = Object.freeze([
  bundle({
    name: 'main',
    title: 'main process',
    entry: 'main/index.ts',
    output: 'main.cjs',
    target: 'node18.15',
    icon: 'main/packaging/icons/128x128.png',
  }),
  bundle({
    name: 'preload',
    title: 'preload',
    entry: 'main/preload.ts',
    output: 'preload.cjs',
    target: 'chrome114',
  }),
  bundle({
    name: 'cli',
    title: 'command line',
    entry: 'main/cli/index.ts',
    output: 'cli.cjs',
    target: 'node18.15',
    program: true,
  }),
  page,
  notices,
  native,
  // Network namespaces are Linux's own; elsewhere there is no lab.
  ...(process.platform === 'linux' ? [helper] : []),
]);

/** Builds one part unless it is up to date. Answers whether something was done. */
export async function buildPart(/** @type {Part} */ part) {
  const lacking = part.missing();
  if (lacking !== null) throw new Problem(`${part.title}: ${lacking}`);
  const key = hashOf(process.version, hashFiles(part.inputs()));
  if (isFresh(part.name, key, part.outputs)) return false;
  await step(part.title, part.make);
  stamp(part.name, key);
  return true;
}

/**
 * Builds these parts (all when none is named). One part's failure does not stop the others; the answer lists the
 * failures.
 * @param {string[]} [names]
 */
export async function build(names = []) {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined) {
    throw new Problem(
      `There is no part '${unknown}'; there are ${PARTS.map((part) => part.name).join(', ')}.`,
    );
  }
  const chosen = PARTS.filter((part) => names.length === 0 || names.includes(part.name));
  if (!existsSync(bin('esbuild'))) throw new Problem('The npm packages are not installed: run npm ci.');
  const results = await Promise.allSettled(chosen.map(buildPart));
  return results
    .filter((result) => result.status === 'rejected')
    .map((result) => /** @type {unknown} */ (result.reason));
}

if (isProgram(import.meta.url)) {
  try {
    const failures = await build(process.argv.slice(2));
    for (const failure of failures) process.exitCode = report(failure);
  } catch (error) {
    process.exitCode = report(error);
  }
}
