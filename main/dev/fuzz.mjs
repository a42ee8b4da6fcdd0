// Fuzzing: every test/fuzz/NAME_fuzz.c is a target. `npm test` replays the committed corpus with the C compiler that is
// there, under AddressSanitizer and UndefinedBehaviorSanitizer; new inputs are looked for with clang's libFuzzer.
//
//   node main/dev/fuzz.mjs [TARGET, all when none is named] [SECONDS for each, 60]
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { compileObjects, findCompiler, headers, link } from './compile.mjs';
import { SANITIZED, SANITIZER_ENV, SANITIZERS } from './ctest.mjs';
import { Problem, report, run, which } from './exec.mjs';
import { failed, fromTap } from './outcomes.mjs';
import { DIST, inRoot, isProgram, ROOT } from './paths.mjs';
import { say, step } from './progress.mjs';
import { filesBelow } from './stamps.mjs';

/** @typedef {import('./compile.mjs').Compiler} Compiler */

const FOLDER = join(DIST, 'fuzz');
const NODE_HEADERS = join('node_modules', 'node-api-headers', 'include');

/** The small Node-API that the addon's target runs on. */
const NODE = ['napi.c', 'napi_env.c'];

/** Targets by name, from the files that are there. */
function targets() {
  return filesBelow(inRoot('test', 'fuzz'), ['.c'])
    .filter((file) => file.endsWith('_fuzz.c'))
    .map((file) => basename(file, '_fuzz.c'));
}

/** Committed inputs of a target. The captures of the other tests are inputs of the reader, too. */
function corpusFolders(/** @type {string} */ target) {
  const own = inRoot('test', 'fuzz', 'corpus', target);
  return target === 'capture' ? [own, inRoot('test', 'fixtures', 'captures')] : [own];
}

function inputs(/** @type {string} */ target) {
  return corpusFolders(target).flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, entry.name))
      .sort(),
  );
}

/**
 * Builds a target's program.
 * @param {Compiler} compiler
 * @param {string} target
 * @param {{ suffix: string, main: string[], more: string[], core: string }} how `main` has the main function, `more` are
 *   flags of compiler and linker, `core` is where the objects of the C core are kept
 * @param {(text: string) => void} detail
 */
async function buildTarget(compiler, target, { suffix, main, more, core }, detail) {
  const addon = target === 'args';
  const flags = [...SANITIZED, ...more];
  const own = [
    inRoot('test', 'fuzz', `${target}_fuzz.c`),
    ...main.concat(addon ? NODE : []).map((name) => inRoot('test', 'fuzz', name)),
    ...(addon ? filesBelow(inRoot('native', 'addon'), ['.c']) : []),
  ];
  const objects = [
    ...(await compileObjects(
      compiler,
      {
        sources: own,
        headers: headers('native', 'test', NODE_HEADERS),
        flags: [...flags, '-DNAPI_VERSION=8', '-Inative/addon', '-Itest/fuzz', `-I${NODE_HEADERS}`],
        folder: join(FOLDER, `obj${suffix}`),
      },
      detail,
    )),
    ...(await compileObjects(
      compiler,
      {
        sources: filesBelow(inRoot('native', 'src'), ['.c']),
        headers: headers('native', 'test'),
        flags,
        folder: core,
      },
      detail,
    )),
  ];
  const program = join(FOLDER, `${target}${suffix}`);
  detail(`linking ${basename(program)}`);
  await link(compiler, { objects, flags: [...SANITIZERS, ...more, '-pthread', '-lm'], output: program });
  return program;
}

/**
 * Replays the corpus of every target: one test each.
 * @returns {Promise<import('./outcomes.mjs').Outcome[]>}
 */
export async function replayCorpus() {
  const outcomes = [];
  for (const target of targets()) {
    const name = `fuzz ${target}`;
    try {
      const program = await step(`${name}, building`, async (detail) => {
        // The same objects of the core that the C tests have.
        const how = { suffix: '-replay', main: ['replay.c'], more: [], core: join(DIST, 'ctest', 'obj') };
        return buildTarget(await findCompiler(), target, how, detail);
      });
      const result = await run(program, inputs(target), {
        group: true,
        limitMs: 120_000,
        env: SANITIZER_ENV,
      });
      const found = fromTap(name, result.stdout, result);
      const bad = found.some((outcome) => outcome.state === 'failed');
      if (bad) process.stdout.write(`${result.stdout.split('\n').slice(-3).join('\n')}${result.stderr}\n`);
      say(`  ${bad ? 'not ok' : 'ok'} ${name} (${inputs(target).length} inputs)`);
      outcomes.push(...found);
    } catch (error) {
      report(error);
      outcomes.push(failed(name, error instanceof Problem ? error.message : 'it could not be built'));
    }
  }
  return outcomes;
}

/** clang, under whichever name it is installed; CLANG names another one. */
async function findClang() {
  const names = [process.env.CLANG, 'clang', ...Array.from({ length: 16 }, (_, i) => `clang-${29 - i}`)];
  const command = names.find((name) => name && (name.includes('/') || which(name) !== null));
  const help = 'Fuzzing needs clang with libFuzzer; on Debian: sudo apt-get install clang';
  if (!command)
    throw new Problem(`clang is missing. ${help}. The corpus is replayed without it by npm test.`);
  const result = await run(command, ['--version']);
  if (result.code !== 0) throw new Problem(`${command} does not run. ${help}.`, result.stderr);
  return { command, version: result.stdout };
}

/** Looks for new inputs; those that fail are left in test-results/fuzz. Answers the exit status. */
async function fuzz(/** @type {string[]} */ args) {
  const known = targets();
  const seconds = Number(args.find((arg) => /^\d/.test(arg)) ?? '60');
  const names = args.filter((arg) => !/^\d/.test(arg));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Problem(`There is no target '${unknown}'; there are ${known.join(', ')}.`);
  if (!(seconds >= 1 && seconds <= 86_400))
    throw new Problem('The time is a number of seconds from 1 to 86400.');
  const clang = await findClang();
  const found = inRoot('test-results', 'fuzz');
  mkdirSync(found, { recursive: true });
  for (const target of names.length > 0 ? names : known) {
    const program = await step(`fuzz ${target}, building`, (detail) => {
      const core = join(FOLDER, 'obj-core');
      return buildTarget(
        clang,
        target,
        { suffix: '-fuzz', main: [], more: ['-fsanitize=fuzzer'], core },
        detail,
      );
    });
    // What is new and good is kept from one time to the next, and not committed.
    const work = join(FOLDER, 'work', target);
    mkdirSync(work, { recursive: true });
    const limits = [`-max_total_time=${seconds}`, '-max_len=4096', '-timeout=20', '-rss_limit_mb=4096'];
    say(`\n== fuzz ${target}, ${seconds} s`);
    const result = await run(
      program,
      [
        ...limits,
        '-print_final_stats=1',
        `-artifact_prefix=${found}/${target}-`,
        work,
        ...corpusFolders(target),
      ],
      { cwd: ROOT, output: 'show', group: true, limitMs: (seconds + 300) * 1000, env: SANITIZER_ENV },
    );
    if (result.code === 0) continue;
    say(`\n${target} has failed. The input is in test-results/fuzz; mend the cause, then keep the input as`);
    say(`test/fuzz/corpus/${target}/NAME, where npm test replays it.`);
    return 1;
  }
  return 0;
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = await fuzz(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
  }
}
