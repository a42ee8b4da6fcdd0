// C tests: every test/native/*_test.c is a program that prints TAP. It is linked with the whole C core and the contract
// suite, under AddressSanitizer (with leak detection) and UndefinedBehaviorSanitizer. Those named *_race_test.c run a second
// time under ThreadSanitizer, and all of them once more on the core as other systems compile it (portable.mjs).
//
//   node main/dev/ctest.mjs [part of a test's name]
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { helperSources } from './build.mjs';
import { C_FLAGS, compileObjects, findCompiler, headers, isOfLinux, link } from './compile.mjs';
import { Problem, report, run } from './exec.mjs';
import { failed, fromTap, summary } from './outcomes.mjs';
import { DIST, inRoot, isProgram, ROOT } from './paths.mjs';
import { POSIX_ONLY, portableFlags } from './portable.mjs';
import { say, step } from './progress.mjs';
import { filesBelow, hashFiles, hashOf, isFresh, stamp } from './stamps.mjs';

/** @typedef {import('./outcomes.mjs').Outcome} Outcome */

/**
 * @typedef {object} Variant one way to build the tests
 * @property {string} suffix of the programs' names
 * @property {string[]} sanitizers
 * @property {() => string[]} more flags of the compiler only
 * @property {string[]} [core] flags of the compiler for native/src only
 * @property {(source: string) => boolean} takes which tests
 * @property {boolean} [linux] false: without what only Linux has
 */

/** Address and undefined behaviour: what a finding is, ends the program. */
export const SANITIZERS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Tests that ask Linux for what they need: a full file system to mount, a clock to stand in for. */
const OF_LINUX = ['pcapng_full_test.c', 'clock_step_test.c'];

/** @type {Variant[]} */
const VARIANTS = [
  {
    suffix: '',
    sanitizers: SANITIZERS,
    more: () => [],
    takes: () => true,
  },
  {
    suffix: '-tsan',
    sanitizers: ['-fsanitize=thread'],
    // It does not see fences; where they stand the data are atomics anyway.
    more: () => ['-Wno-tsan'],
    takes: (source) => source.endsWith('_race_test.c'),
  },
  {
    suffix: '-portable',
    sanitizers: SANITIZERS,
    more: portableFlags,
    core: POSIX_ONLY,
    takes: (source) => !OF_LINUX.includes(basename(source)) && !isOfLinux(source),
    linux: false,
  },
];

const FOLDER = join(DIST, 'ctest');
const FLAGS = [
  ...C_FLAGS,
  '-O1',
  '-fno-omit-frame-pointer',
  '-Inative/include',
  '-Inative/src',
  '-Itest/native',
  '-Itest/contract',
];

/** Flags of C code under these sanitizers, and what its programs run with. */
export const SANITIZED = [...FLAGS, ...SANITIZERS];
export const SANITIZER_ENV = {
  ...process.env,
  ASAN_OPTIONS: 'detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/** A test that hangs is ended after this long. */
const LIMIT_MS = 120_000;

/** A failure to build, as the outcome of a test. */
function notBuilt(/** @type {string} */ name, /** @type {unknown} */ error) {
  report(error);
  return failed(name, error instanceof Problem ? error.message : 'it could not be built');
}

/** Runs one test program and shows what it said: all of it when something failed, else one line. */
async function runProgram(/** @type {string} */ name, /** @type {string} */ program) {
  const result = await run(program, [], {
    cwd: ROOT,
    group: true,
    limitMs: LIMIT_MS,
    env: SANITIZER_ENV,
  });
  const outcomes = fromTap(name, result.stdout, result);
  const bad = outcomes.some((outcome) => outcome.state === 'failed');
  if (bad) process.stdout.write(`${result.stdout}${result.stderr}\n`);
  say(`  ${bad ? 'not ok' : 'ok'} ${name} (${outcomes.length} tests)`);
  return outcomes;
}

/**
 * Builds the tests of a variant.
 * @param {Variant} variant
 * @param {{ tests: string[], shared: string[], compiler: import('./compile.mjs').Compiler }} of
 * @param {(text: string) => void} detail
 */
async function buildVariant(variant, { tests, shared, compiler }, detail) {
  const flags = [...FLAGS, ...variant.sanitizers, ...variant.more()];
  const folder = join(FOLDER, `obj${variant.suffix}`);
  const plan = { headers: headers('native', 'test'), flags, folder };
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @type {{ name: string, program: string }[]} */
  const programs = [];
  const linked = variant.linux === false ? shared.filter((source) => !isOfLinux(source)) : shared;
  const isCore = (/** @type {string} */ source) => source.startsWith(inRoot('native'));
  const core = { ...plan, flags: [...flags, ...(variant.core ?? [])] };
  const objects = [
    ...(await compileObjects(compiler, { ...core, sources: linked.filter(isCore) }, detail)),
    ...(await compileObjects(
      compiler,
      { ...plan, sources: linked.filter((source) => !isCore(source)) },
      detail,
    )),
  ];
  const sharedHash = hashFiles(objects);
  for (const source of tests) {
    const name = `${basename(source, '.c')}${variant.suffix}`;
    const program = join(FOLDER, name);
    try {
      const own = await compileObjects(compiler, { ...plan, sources: [source] }, detail);
      const key = hashOf(compiler.version, sharedHash, hashFiles(own), flags.join(' '));
      if (!isFresh(`ctest-${name}`, key, [program])) {
        detail(`linking ${name}`);
        const libraries = [...variant.sanitizers, '-pthread', '-lm'];
        await link(compiler, { objects: [...own, ...objects], flags: libraries, output: program });
        stamp(`ctest-${name}`, key);
      }
      programs.push({ name, program });
    } catch (error) {
      outcomes.push(notBuilt(name, error));
    }
  }
  return { outcomes, programs };
}

/**
 * The lab's helper under the same sanitizers: dist/ctest/packet-lab-helper.
 * @param {import('./compile.mjs').Compiler} compiler
 * @param {(text: string) => void} detail
 */
async function buildHelper(compiler, detail) {
  const objects = await compileObjects(
    compiler,
    {
      sources: helperSources(),
      headers: headers('native', 'test'),
      flags: SANITIZED,
      folder: join(FOLDER, 'obj'),
    },
    detail,
  );
  await link(compiler, { objects, flags: SANITIZERS, output: join(FOLDER, 'packet-lab-helper') });
}

/**
 * Builds and runs the C tests.
 * @param {string} [filter] only programs whose name contains this
 * @returns {Promise<Outcome[]>}
 */
export async function runCTests(filter = '') {
  const folder = inRoot('test', 'native');
  const all = existsSync(folder) ? filesBelow(folder, ['.c']) : [];
  const tests = all.filter((file) => file.endsWith('_test.c') && basename(file).includes(filter));
  if (tests.length === 0) return [failed('C tests', 'there is no test/native/*_test.c')];
  const shared = [
    ...filesBelow(inRoot('native', 'src'), ['.c']),
    ...filesBelow(inRoot('test', 'contract'), ['.c']),
    ...all.filter((file) => !file.endsWith('_test.c')),
  ];
  /** @type {Outcome[]} */
  const outcomes = [];
  /** @type {{ name: string, program: string }[]} */
  const programs = [];
  try {
    await step('C tests, building', async (detail) => {
      const compiler = await findCompiler();
      if (process.platform === 'linux') await buildHelper(compiler, detail);
      for (const variant of VARIANTS) {
        const taken = tests.filter(variant.takes);
        if (taken.length === 0) continue;
        const built = await buildVariant(variant, { tests: taken, shared, compiler }, detail);
        outcomes.push(...built.outcomes);
        programs.push(...built.programs);
      }
    });
  } catch (error) {
    return [notBuilt('C tests', error)];
  }
  // One after the other: tests with threads are easier to trust when they have the machine for themselves.
  for (const { name, program } of programs) outcomes.push(...(await runProgram(name, program)));
  return outcomes;
}

if (isProgram(import.meta.url)) {
  const outcomes = await runCTests(process.argv[2]);
  process.stdout.write(`${summary(outcomes).join('\n')}\n`);
  process.exitCode = outcomes.some((outcome) => outcome.state === 'failed') ? 1 : 0;
}
