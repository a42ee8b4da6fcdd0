// Where things are, seen from the repository root. Everything built goes into dist/, which is never committed.

import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Repository root (the folder with package.json). */
export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Output folder of every build step. */
export const DIST = join(ROOT, 'dist');

/** Stamps of build parts: one small file per part, holding the hash of what it was built from. */
export const STAMPS = join(DIST, '.stamps');

/** Absolute path of a file in the repository. */
export function inRoot(/** @type {string[]} */ ...parts) {
  return join(ROOT, ...parts);
}

/** Command of an installed npm package, e.g. bin('tsc'). */
export function bin(/** @type {string} */ name) {
  return join(ROOT, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
}

/**
 * Folder for things that outlive node_modules, such as an Electron runtime.
 * @param {NodeJS.ProcessEnv} env
 */
export function cacheFolder(env = process.env) {
  const base = env.XDG_CACHE_HOME;
  return join(base ? base : join(env.HOME || homedir(), '.cache'), 'packet-lab');
}

/** True when this file is the program that Node was asked to run (not an import of it). */
export function isProgram(/** @type {string} */ moduleUrl) {
  return process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(moduleUrl);
}
