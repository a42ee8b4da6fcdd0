// npm test: brings what is missing, builds, and runs every kind of test. A failure does not stop what comes after it.
// The last line is the count: N passed, N failed, N skipped.
//
//   node main/dev/test.mjs [--yes] [types] [lint] [native] [fuzz] [portable] [e2e] [soak] [dist] [vitest] [a folder of test/, such as arch or unit]
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { build, PARTS } from './build.mjs';
import { checkLint, checkTypes } from './check.mjs';
import { runCTests } from './ctest.mjs';
import { startVirtualDisplay, virtualDisplayLacks } from './display.mjs';
import { pack } from './dist.mjs';
import { Problem, report, run } from './exec.mjs';
import { replayCorpus } from './fuzz.mjs';
import { failed, fromPlaywright, skipped, summary, withEnd } from './outcomes.mjs';
import { bin, inRoot, isProgram, ROOT } from './paths.mjs';
import { runPortable } from './portable.mjs';
import { say } from './progress.mjs';
import { checkNode, provideNpmPackages, provideSystem } from './provision.mjs';
import { resolveRuntime } from './runtime.mjs';

/** @typedef {import('./outcomes.mjs').Outcome} Outcome */

/** A stage that takes longer than this is ended and has failed. On two cores the longest takes a quarter of it. */
const STAGE_LIMIT_MS = 1_800_000 + 2000 * Number(process.env.PACKET_LAB_SOAK_S ?? 0);

const VITEST_REPORT = inRoot('test-results', 'vitest.json');
const PLAYWRIGHT_REPORT = inRoot('test-results', 'e2e.json');

/** A runner's report, or null when it left none that can be read. */
function readReport(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/** Folders of test/ that hold vitest files. */
function vitestFolders() {
  const folder = inRoot('test');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'e2e' && entry.name !== 'dist')
    .map((entry) => entry.name);
}

/** Folders of test/ that the stage of all TypeScript tests leaves to stages of their own. */
const APART = ['test/dist/**'];

/**
 * Runs vitest on these folders of test/ (on all but those apart when none is named).
 * @param {string[]} folders
 * @returns {Promise<Outcome[]>}
 */
async function vitest(folders) {
  rmSync(VITEST_REPORT, { force: true });
  const chosen = folders.map((folder) => `test/${folder}/`);
  const args = ['run', ...(chosen.length > 0 ? chosen : APART.map((files) => `--exclude=${files}`))];
  const result = await run(bin('vitest'), args, {
    cwd: ROOT,
    output: 'show',
    group: true,
    limitMs: STAGE_LIMIT_MS,
  });
  return withEnd('vitest', readReport(VITEST_REPORT), result);
}

/**
 * Runs the Playwright tests of a folder of test/ on the real Electron, on a virtual display of its own.
 * @param {'e2e' | 'soak'} folder
 * @param {Outcome[]} broken build failures
 * @returns {Promise<Outcome[]>}
 */
async function onElectron(folder, broken) {
  if (broken.length > 0) return [failed(folder, 'not run, because the build failed')];
  const linux = process.platform === 'linux';
  const lacks = linux ? virtualDisplayLacks() : null;
  if (lacks !== null) return [skipped(folder, lacks)];
  const runtime = await resolveRuntime();
  const display = linux ? await startVirtualDisplay() : { env: process.env, stop: () => {} };
  try {
    rmSync(PLAYWRIGHT_REPORT, { force: true });
    const result = await run(bin('playwright'), ['test', `test/${folder}/`], {
      cwd: ROOT,
      output: 'show',
      group: true,
      limitMs: STAGE_LIMIT_MS,
      env: { ...display.env, PACKET_LAB_ELECTRON: runtime.executable, PACKET_LAB_RUNTIME: runtime.kind },
    });
    const found = readReport(PLAYWRIGHT_REPORT);
    return withEnd('playwright', found === null ? null : fromPlaywright(found), result);
  } finally {
    display.stop();
  }
}

/**
 * Packs the app and tests the packages, after everything else: they hold what the other stages have judged.
 * @param {Outcome[]} broken build failures
 * @returns {Promise<Outcome[]>}
 */
async function dist(broken) {
  if (broken.length > 0) return [failed('dist', 'not run, because the build failed')];
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return [skipped('dist', 'packages are made on Linux x64 only')];
  await pack();
  return vitest(['dist']);
}

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {string} title
 * @property {(broken: Outcome[]) => Promise<Outcome[]>} work
 */

/**
 * The stages for these names; all of them, in their usual order, when none is named.
 * @param {string[]} names
 * @returns {Stage[]}
 */
function stagesFor(names) {
  const folders = vitestFolders();
  const known = ['types', 'lint', 'vitest', 'native', 'fuzz', 'portable', 'e2e', 'soak', 'dist'];
  const unknown = names.find((name) => !known.includes(name) && !folders.includes(name));
  if (unknown !== undefined) {
    throw new Problem(
      `There are no tests called '${unknown}'; there are ${[...new Set([...known, ...folders])].join(', ')}.`,
    );
  }
  const all = names.length === 0;
  const chosen = names.filter((name) => folders.includes(name) && hasVitestFiles(name));
  const wanted = (/** @type {string} */ name) => all || names.includes(name);
  /** @type {Stage[]} */
  const stages = [];
  if (wanted('types'))
    stages.push({ name: 'types', title: 'type check', work: async () => [await checkTypes()] });
  if (wanted('lint')) stages.push({ name: 'lint', title: 'lint', work: async () => [await checkLint()] });
  if (wanted('vitest')) stages.push({ name: 'vitest', title: 'tests in TypeScript', work: () => vitest([]) });
  else if (chosen.length > 0 || names.some((name) => !known.includes(name))) {
    const only = chosen.length > 0 ? chosen : names.filter((name) => !known.includes(name));
    stages.push({ name: 'vitest', title: `tests in ${only.join(', ')}`, work: () => vitest(only) });
  }
  if (wanted('native'))
    stages.push({ name: 'native', title: 'C tests under ASan and UBSan', work: () => runCTests() });
  if (wanted('fuzz'))
    stages.push({ name: 'fuzz', title: 'the corpus of the fuzz targets', work: replayCorpus });
  if (wanted('portable'))
    stages.push({
      name: 'portable',
      title: 'tests without what only Linux has',
      work: async (broken) =>
        broken.length > 0 ? [failed('portable', 'not run, because the build failed')] : runPortable(),
    });
  if (wanted('e2e'))
    stages.push({
      name: 'e2e',
      title: 'tests on the real Electron',
      work: (broken) => onElectron('e2e', broken),
    });
  if (wanted('soak'))
    stages.push({ name: 'soak', title: 'endurance', work: (broken) => onElectron('soak', broken) });
  if (wanted('dist')) stages.push({ name: 'dist', title: 'packages', work: dist });
  return stages;
}

function hasVitestFiles(/** @type {string} */ folder) {
  return readdirSync(inRoot('test', folder), { recursive: true }).some((file) =>
    /\.test\.tsx?$/.test(String(file)),
  );
}

/** Builds; every part that fails is a failed test. */
async function buildAll() {
  const failures = await build(PARTS.map((part) => part.name));
  return failures.map((failure) => {
    report(failure);
    return failed('build', failure instanceof Problem ? failure.message : String(failure));
  });
}

/** The whole of npm test; answers the exit status. */
export async function test(/** @type {string[]} */ args) {
  const yes = args.includes('--yes');
  const names = args.filter((arg) => !arg.startsWith('-'));
  checkNode();
  await provideNpmPackages();
  const stages = stagesFor(names);
  try {
    await provideSystem(['build', 'electron', 'display', 'tests'], { yes, required: false });
  } catch (error) {
    // What cannot run without them fails or is skipped further down, and says so there.
    report(error);
  }
  const staticOnly = stages.every((stage) => stage.name === 'types' || stage.name === 'lint');
  const outcomes = staticOnly ? [] : await buildAll();
  const broken = [...outcomes];
  for (const stage of stages) {
    say(`\n== ${stage.title}`);
    try {
      outcomes.push(...(await stage.work(broken)));
    } catch (error) {
      report(error);
      outcomes.push(failed(stage.name, error instanceof Error ? error.message : String(error)));
    }
  }
  process.stdout.write(`\n${summary(outcomes).join('\n')}\n`);
  return outcomes.some((outcome) => outcome.state === 'failed') ? 1 : 0;
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = await test(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
    process.stdout.write('0 passed, 1 failed, 0 skipped\n');
  }
}
