// Compiles and links C: every object on its own, as many at a time as there are cores, and only what changed. Used for
// the addon and, with other flags, for the C tests.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { Problem, run, which } from './exec.mjs';
import { inRoot, ROOT } from './paths.mjs';
import { filesBelow, hashFiles, hashOf, writeWhole } from './stamps.mjs';

/** Flags of every C file of this project. */
export const C_FLAGS = ['-std=gnu17', '-g', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-pthread'];

/** Flags of what ships, and of what it is measured against. */
export const PRODUCT_FLAGS = [
  ...C_FLAGS,
  '-O2',
  '-fPIC',
  '-fvisibility=hidden',
  '-Inative/include',
  '-Inative/src',
];

/**
 * @typedef {object} Compiler
 * @property {string} command
 * @property {string} version the compiler's own words; part of every key
 */

/**
 * The C compiler: CC, or cc.
 * @returns {Promise<Compiler>}
 */
export async function findCompiler() {
  const command = process.env.CC || 'cc';
  const missing = 'A C compiler is missing (cc); on Debian: sudo apt-get install build-essential';
  if (!command.includes('/') && which(command) === null) throw new Problem(missing);
  const result = await run(command, ['--version']);
  if (result.code !== 0) throw new Problem(missing, result.stderr);
  return { command, version: result.stdout };
}

/** Every header of the C code; a change of any of them rebuilds everything. */
export function headers(/** @type {string[]} */ ...folders) {
  return folders.flatMap((folder) => filesBelow(inRoot(folder), ['.h']));
}

/**
 * Whether a C source is about what only Linux has: it lies in native/src/net, or includes a header of that part. Such sources
 * are left out elsewhere; who refers to them does so behind PL_OS_LINUX (native/src/os/os.h).
 * @param {string} source absolute path
 */
export function isOfLinux(source) {
  if (source.startsWith(inRoot('native', 'src', 'net'))) return true;
  return /^#include "(net\/|pl_lab\.h|pl_device\.h)/m.test(readFileSync(source, 'utf8'));
}

/**
 * @typedef {object} ObjectPlan
 * @property {string[]} sources absolute paths
 * @property {string[]} headers absolute paths
 * @property {string[]} flags
 * @property {string} folder where objects and their keys go
 */

/**
 * Runs work on each item, `width` at a time. The first failure is thrown after the others have ended.
 * @template T, R
 * @param {T[]} items
 * @param {number} width
 * @param {(item: T) => Promise<R>} work
 */
export async function inParallel(items, width, work) {
  /** @type {R[]} */
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await work(/** @type {T} */ (items[index]));
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, width) }, worker));
  for (const end of ended) if (end.status === 'rejected') throw end.reason;
  return results;
}

/** Number of compilers to run at a time. */
export function cores() {
  return Math.max(1, availableParallelism());
}

/**
 * Compiles what changed and answers all objects, in the order of the sources.
 * @param {Compiler} compiler
 * @param {ObjectPlan} plan
 * @param {(text: string) => void} detail
 */
export async function compileObjects(compiler, plan, detail = () => {}) {
  const common = hashOf(compiler.version, compiler.command, plan.flags.join('\0'), hashFiles(plan.headers));
  mkdirSync(plan.folder, { recursive: true });
  return inParallel(plan.sources, cores(), async (source) => {
    const name = relative(ROOT, source);
    const object = join(plan.folder, `${name.replaceAll('/', '__').replace(/\.c$/, '')}.o`);
    const keyFile = `${object}.key`;
    const key = hashOf(common, hashFiles([source]));
    if (existsSync(object) && existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return object;
    detail(name);
    const beside = `${object}.${process.pid}.tmp.o`;
    const result = await run(compiler.command, [...plan.flags, '-c', name, '-o', beside], {
      cwd: ROOT,
      limitMs: 300_000,
    });
    if (result.code !== 0) {
      rmSync(beside, { force: true });
      throw new Problem(`${name} does not compile.`, result.stderr);
    }
    renameSync(beside, object);
    writeWhole(keyFile, key);
    return object;
  });
}

/**
 * Links objects into a program or a shared object. The result is written beside and renamed: a process that has the old
 * one loaded keeps it.
 * @param {Compiler} compiler
 * @param {{ objects: string[], flags: string[], output: string }} plan
 */
export async function link(compiler, plan) {
  mkdirSync(dirname(plan.output), { recursive: true });
  const beside = `${plan.output}.${process.pid}.tmp`;
  // Libraries come after the objects that need them.
  const result = await run(compiler.command, ['-o', beside, ...plan.objects, ...plan.flags], {
    cwd: ROOT,
    limitMs: 300_000,
  });
  if (result.code !== 0) {
    rmSync(beside, { force: true });
    throw new Problem(`${basename(plan.output)} does not link.`, result.stderr);
  }
  renameSync(beside, plan.output);
}
