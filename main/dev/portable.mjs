// The portable part: the addon as a system without anything of Linux's compiles it, and tests on what comes out. Linux's own
// headers are hidden behind ones that end the compiler, only what POSIX declares can be seen, and the compiler does not
// say that this is Linux. The C tests have the same as a variant (ctest.mjs).
//
//   node main/dev/portable.mjs
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { compileAddon } from './build.mjs';
import { report, run } from './exec.mjs';
import { failed, passed, skipped, summary, withEnd } from './outcomes.mjs';
import { bin, DIST, inRoot, isProgram, ROOT } from './paths.mjs';
import { step } from './progress.mjs';

/** @typedef {import('./outcomes.mjs').Outcome} Outcome */

const FOLDER = join(DIST, 'portable');

/** In a copy of the repository. */
const ADDON = 'dist/native/packet_lab.node';

/** Headers in linux/ that the C library's own need. */
const OF_LIBRARY = [
  'close_range.h',
  'errno.h',
  'falloc.h',
  'limits.h',
  'param.h',
  'posix_types.h',
  'stat.h',
  'stddef.h',
  'types.h',
];

/** Headers elsewhere that only Linux has. */
const ELSEWHERE = [
  ...[
    'epoll',
    'eventfd',
    'fanotify',
    'inotify',
    'prctl',
    'random',
    'sendfile',
    'signalfd',
    'syscall',
    'timerfd',
  ].map((name) => `sys/${name}.h`),
  'netpacket/packet.h',
  'syscall.h',
];

/** Writes the headers that hide Linux's, and answers the flags for a compiler that finds itself on another system. */
export function portableFlags() {
  const folder = join(FOLDER, 'include');
  rmSync(folder, { recursive: true, force: true });
  const linux = existsSync('/usr/include/linux') ? readdirSync('/usr/include/linux') : [];
  const hidden = linux.filter((name) => name.endsWith('.h') && !OF_LIBRARY.includes(name));
  for (const name of [...hidden.map((header) => `linux/${header}`), ...ELSEWHERE]) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `#error "${name} is Linux's own"\n`);
  }
  return [`-I${folder}`, '-U__linux__', '-U__linux', '-U__gnu_linux__', '-DPL_PORTABLE'];
}

/** Only what POSIX.1-2008 declares; tests may see more. */
export const POSIX_ONLY = ['-U_GNU_SOURCE', '-D_POSIX_C_SOURCE=200809L'];

/** What tests need of the repository; the addon is looked for beside the sources. */
const TREE = [
  'app',
  'main',
  'renderer',
  'native',
  'test',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'vitest.config.mts',
  'dist/cli.cjs',
];

/** Tests of what crosses the addon: every backend, runs, stages, instances, the command line. */
const TESTS = [
  ...['addon', 'attach', 'instances', 'lab', 'stages'].map((name) => `test/lab/${name}.test.ts`),
  ...['send', 'udp'].map((name) => `test/cli/${name}.test.ts`),
];

/** A copy of the repository in which the portable addon is the only one. */
async function layOut() {
  const tree = join(FOLDER, 'tree');
  rmSync(tree, { recursive: true, force: true });
  for (const name of TREE) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    cpSync(inRoot(name), join(tree, name), { recursive: true });
  }
  symlinkSync(inRoot('node_modules'), join(tree, 'node_modules'));
  const addon = join(tree, ADDON);
  await step('portable addon', (detail) =>
    compileAddon(
      {
        flags: [...portableFlags(), ...POSIX_ONLY],
        folder: join(FOLDER, 'obj'),
        output: addon,
        linux: false,
      },
      detail,
    ),
  );
  return tree;
}

/** Functions that POSIX does not have and Linux programs like to call. */
const NOT_POSIX =
  /^(sendmmsg|recvmmsg|prctl|syscall|accept4|pipe2|memfd_create|epoll_\w+|eventfd\w*|timerfd_\w+|\w+_np)(@|$)/;

/**
 * Whether the portable addon asks the C library for nothing but POSIX.
 * @param {string} addon
 * @returns {Promise<Outcome>}
 */
async function judgeSymbols(addon) {
  const name = 'portable: the addon calls nothing of Linux';
  const result = await run('nm', ['--dynamic', '--undefined-only', '--format=just-symbols', addon]);
  if (result.code !== 0) return skipped(name, `nm did not list it: ${result.stderr.split('\n')[0]}`);
  const foreign = result.stdout.split('\n').filter((symbol) => NOT_POSIX.test(symbol));
  return foreign.length === 0 ? passed(name) : failed(name, foreign.join(', '));
}

/**
 * Builds the portable addon and runs the tests on it.
 * @returns {Promise<Outcome[]>}
 */
export async function runPortable() {
  const tree = await layOut();
  const result = await run(bin('vitest'), ['run', '--root', tree, ...TESTS], {
    cwd: tree,
    output: 'show',
    group: true,
    limitMs: 600_000,
  });
  /** @type {Outcome[] | null} */
  let found = null;
  try {
    found = JSON.parse(readFileSync(join(tree, 'test-results', 'vitest.json'), 'utf8'));
  } catch {
    // It left no report: that is a failure of its own.
  }
  const named = found?.map((outcome) => ({ ...outcome, name: `portable: ${outcome.name}` })) ?? null;
  return [await judgeSymbols(join(tree, ADDON)), ...withEnd('portable', named, result)];
}

if (isProgram(import.meta.url)) {
  try {
    process.chdir(ROOT);
    const outcomes = await runPortable();
    process.stdout.write(`${summary(outcomes).join('\n')}\n`);
    process.exitCode = outcomes.some((outcome) => outcome.state === 'failed') ? 1 : 0;
  } catch (error) {
    process.exitCode = report(error);
  }
}
