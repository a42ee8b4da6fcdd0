// Brings what is missing: npm packages as the lock file says, and on Debian the system packages. What is there already
// is found out by looking at files, so that a start with nothing to do costs milliseconds.
//
//   node main/dev/provision.mjs [build electron display tests] [--yes]
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { npm, Problem, report, run } from './exec.mjs';
import { decide, howToInstall, missingNeeds, nodeProblem, thisSystem } from './needs.mjs';
import { inRoot, isProgram, ROOT } from './paths.mjs';
import { say, step } from './progress.mjs';
import { hashOf } from './stamps.mjs';

/** @typedef {import('./needs.mjs').Group} Group @typedef {import('./needs.mjs').Need} Need */

/** Throws the sentence when this Node is too old. */
export function checkNode() {
  const problem = nodeProblem(process.version);
  if (problem !== null) throw new Problem(problem);
}

/** @typedef {{ packages?: Record<string, { version?: string, optional?: boolean, peer?: boolean }> }} Lock */

/**
 * Whether installed packages are those of the lock file: npm notes what it installed in node_modules/.package-lock.json.
 * Optional packages (for other machines) may be absent.
 * @param {Lock} lock
 * @param {Lock} installed
 */
export function lockMatches(lock, installed) {
  const wanted = lock.packages ?? {};
  const there = installed.packages ?? {};
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional) continue;
    if (there[path]?.version !== entry.version) return false;
  }
  return Object.entries(there).every(([path, entry]) => wanted[path]?.version === entry.version);
}

/** Installs the npm packages of the lock file unless they are there. */
export async function provideNpmPackages() {
  const lockFile = inRoot('package-lock.json');
  if (!existsSync(lockFile)) throw new Problem('package-lock.json is missing: this is not a whole clone.');
  const lockText = readFileSync(lockFile, 'utf8');
  const stampFile = inRoot('node_modules', '.packet-lab-lock');
  const key = hashOf(lockText);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === key) return;
  const notes = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(notes) || !lockMatches(JSON.parse(lockText), JSON.parse(readFileSync(notes, 'utf8')))) {
    // Our runtime resolver fetches Electron; no package of ours needs its install script.
    const call = npm('ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error');
    await step('npm packages', async (detail) => {
      const result = await run(call.command, call.args, {
        cwd: ROOT,
        output: 'stream',
        onChunk: detail,
        limitMs: 1_200_000,
      });
      if (result.code === 0) return;
      if (result.code === 127)
        throw new Problem('npm is missing; it comes with Node (on Debian: apt-get install npm).');
      // npm ends some failures with a page of usage: only what comes before it is of interest.
      const usage = result.stderr.indexOf('npm error Clean install a project');
      const output = usage < 0 ? result.stderr : result.stderr.slice(0, usage);
      throw new Problem('npm ci did not succeed.', output);
    });
  }
  writeFileSync(stampFile, key);
}

/** The name under which apt knows each needed package. */
async function packageNames(/** @type {Need[]} */ missing) {
  const names = [];
  for (const need of missing) {
    let chosen = need.packages[need.packages.length - 1] ?? need.what;
    for (const name of need.packages.slice(0, -1)) {
      const known = await run('apt-cache', ['show', '--quiet', name], { limitMs: 60_000 });
      if (known.code === 0) {
        chosen = name;
        break;
      }
    }
    names.push(chosen);
  }
  return names;
}

/** Installs Debian packages without asking anything; as root. */
async function aptInstall(/** @type {Need[]} */ missing) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
  const conffiles = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  let updateOutput = '';
  await step('system package lists', async (detail) => {
    const result = await run('apt-get', [...quiet, 'update'], {
      env,
      output: 'stream',
      onChunk: detail,
      limitMs: 600_000,
    });
    // One source of several that does not answer is no reason to stop: the install says whether it matters.
    if (result.code !== 0) updateOutput = result.stderr;
  });
  const packages = await packageNames(missing);
  await step(`system packages (${packages.join(' ')})`, async (detail) => {
    const args = [...quiet, ...conffiles, 'install', '-y', '--no-install-recommends', ...packages];
    const result = await run('apt-get', args, { env, output: 'stream', onChunk: detail, limitMs: 1_800_000 });
    if (result.code === 0) return;
    const output = `${updateOutput}${result.stdout.split('\n').slice(-15).join('\n')}\n${result.stderr}`;
    throw new Problem(`apt-get could not install ${packages.join(' ')}.`, output);
  });
}

/**
 * Brings the system's part of these groups. What cannot be brought here is an error when it is required, else it is
 * said in one sentence and answered.
 * @param {Group[]} groups
 * @param {{ yes?: boolean, required?: boolean }} [options]
 * @returns {Promise<Need[]>} what is still missing
 */
export async function provideSystem(groups, options = {}) {
  const { yes = false, required = true } = options;
  const system = thisSystem();
  const missing = missingNeeds(groups, system);
  const root = process.getuid?.() === 0;
  const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
  let action = decide(missing, system, { root, terminal, yes });
  if (action === 'nothing') return [];
  if (action === 'ask') {
    const names = await packageNames(missing);
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await reader.question(`Install the system packages ${names.join(' ')} now? [Y/n] `);
    reader.close();
    action = /^\s*(y(es)?)?\s*$/i.test(answer) ? 'install' : 'tell';
  }
  if (action === 'install') {
    await aptInstall(missing);
    const left = missingNeeds(groups, system);
    if (left.length === 0) return [];
    const what = left.map((need) => need.what).join(', ');
    throw new Problem(`apt-get installed everything asked for, but ${what} cannot be found.`);
  }
  const sentence = howToInstall(missing, system, system.debian ? await packageNames(missing) : []);
  if (required) throw new Problem(sentence);
  say(`packet-lab: ${sentence}`);
  return missing;
}

if (isProgram(import.meta.url)) {
  try {
    const words = process.argv.slice(2).filter((word) => !word.startsWith('-'));
    checkNode();
    await provideNpmPackages();
    const groups = /** @type {Group[]} */ (
      words.length > 0 ? words : ['build', 'electron', 'display', 'tests']
    );
    await provideSystem(groups, { yes: process.argv.includes('--yes') });
  } catch (error) {
    process.exitCode = report(error);
  }
}
