// @ts-check
// npm run bench: how fast the product is beside the barest program that does the same. Prints a table and writes JSON.
// Figures are only worth something on a machine that does nothing else.
//
//   node test/bench/bench.mjs [--quick] [--json FILE] [NAME ...]     NAME: a case, or the part of its name before a '-'
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release } from 'node:os';
import { dirname, relative, resolve } from 'node:path';
import { Problem, report } from '../../main/dev/exec.mjs';
import { inRoot, isProgram, ROOT } from '../../main/dev/paths.mjs';
import { say } from '../../main/dev/progress.mjs';
import { CASES } from './cases.mjs';
import { judge, ROUNDS_MIN } from './judge.mjs';
import { stealSince, ticks } from './machine.mjs';

/** @typedef {import('./cases.mjs').Series} Series */
/** @typedef {import('./judge.mjs').Judgement} Judgement */
/** @typedef {Series & { steal: number, judgement: Judgement | null }} Line */

const FULL = { rounds: 21, roundMs: 200, quick: false };
const QUICK = { rounds: 3, roundMs: 40, quick: true };

function figure(/** @type {number | null | undefined} */ value) {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** The target in words. */
function targetWords(/** @type {Series} */ { target, unit }) {
  if (target === null) return '–';
  if (target.kind === 'time ratio') return `≤ ${target.limit} × the time`;
  if (target.kind === 'rate ratio') return `≥ ${target.limit} × the rate`;
  return `≤ ${target.limit} ${unit}${target.kind === 'difference' ? ' more' : ''}`;
}

/** What is compared, with its interval. */
function comparedWords(/** @type {Line} */ { judgement, target, bare, unit }) {
  if (judgement === null) return '–';
  const { median, low, high, width } = judgement;
  const sign = target?.kind === 'difference' ? `+` : '';
  const mark =
    target?.kind.endsWith('ratio') || (target === null && bare !== null && judgement.bare !== null)
      ? ' ×'
      : ` ${unit}`;
  return `${sign}${figure(median)}${mark} [${figure(low)}, ${figure(high)}] ±${figure(((width ?? 0) * 100) / 2)} %`;
}

/**
 * The rows of the table, the head first.
 * @param {readonly Line[]} lines
 */
export function table(lines) {
  const rows = [['case', 'ours', 'bare', 'unit', 'compared, 95 % interval', 'target', 'reading', 'steal']];
  for (const line of lines) {
    const { name, unit, judgement, steal } = line;
    const reading = judgement?.reading ?? 'skipped';
    const values = [figure(judgement?.ours), figure(judgement?.bare)];
    rows.push([
      name,
      ...values,
      unit,
      comparedWords(line),
      targetWords(line),
      reading,
      `${(steal * 100).toFixed(1)} %`,
    ]);
  }
  return rows;
}

/** The table with its columns under each other, and a sentence for what was skipped or is to be noted. */
function print(/** @type {readonly Line[]} */ lines) {
  const rows = table(lines);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    process.stdout.write(
      `${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
  for (const { name, note, rounds } of lines) {
    if (typeof rounds === 'string') process.stdout.write(`${name}: skipped: ${rounds}\n`);
    if (note !== undefined) process.stdout.write(`${name}: ${note}\n`);
  }
}

/** The cases of these names, all when none is named. */
function chosen(/** @type {readonly string[]} */ names) {
  const fits = (/** @type {string} */ name, /** @type {string} */ word) =>
    name === word || name.startsWith(`${word}-`);
  const unknown = names.find((word) => !CASES.some(({ name }) => fits(name, word)));
  if (unknown !== undefined) {
    const known = CASES.map(({ name }) => name).join(', ');
    throw new Problem(`There is no measurement '${unknown}'; there are ${known}.`);
  }
  return CASES.filter(({ name }) => names.length === 0 || names.some((word) => fits(name, word)));
}

/** Takes `--json FILE` out of the arguments. */
function jsonFile(/** @type {string[]} */ args) {
  const at = args.indexOf('--json');
  if (at < 0) return inRoot('test-results', 'bench.json');
  const [, file] = args.splice(at, 2);
  if (file === undefined) throw new Problem('--json needs the name of a file.');
  return resolve(file);
}

/** The whole of npm run bench; answers the exit status. */
export async function bench(/** @type {string[]} */ given) {
  if (process.platform !== 'linux')
    throw new Problem('The measurements need Linux: they read /proc and pin to a CPU.');
  const args = [...given];
  const file = jsonFile(args);
  const odd = args.find((arg) => arg.startsWith('-') && arg !== '--quick');
  if (odd !== undefined) throw new Problem(`'${odd}' is not known; there are --quick and --json FILE.`);
  const how = args.includes('--quick') ? QUICK : FULL;
  const cases = chosen(args.filter((arg) => !arg.startsWith('-')));
  const began = ticks();
  const [load = Number.NaN] = loadavg(); // what else is running, before anything is measured
  /** @type {Line[]} */
  const lines = [];
  let status = 0;
  for (const { name, measure } of cases) {
    say(`  ${name}`);
    const since = ticks();
    try {
      const series = await measure(how);
      const steal = stealSince(since);
      for (const one of series) {
        const judgement = typeof one.rounds === 'string' ? null : judge(one.rounds, one.target);
        lines.push({ ...one, steal, judgement });
      }
    } catch (error) {
      status = report(error);
    }
  }
  const machine = `${cpus()[0]?.model.trim() ?? arch()}, ${availableParallelism()} CPUs, Linux ${release()}`;
  const whole = stealSince(began);
  const rule = `${how.rounds} rounds of ${how.roundMs} ms and more, ours and bare in turns`;
  process.stdout.write(
    `\n${machine}; ${rule}; steal ${(whole * 100).toFixed(1)} %; load before ${load.toFixed(1)}\n\n`,
  );
  print(lines);
  if (how.rounds < ROUNDS_MIN) process.stdout.write(`Quick: under ${ROUNDS_MIN} rounds nothing is judged.\n`);
  mkdirSync(dirname(file), { recursive: true });
  const made = {
    date: new Date().toISOString(),
    machine,
    node: process.version,
    how,
    steal: whole,
    load,
    lines,
  };
  writeFileSync(file, `${JSON.stringify(made, null, 1)}\n`);
  process.stdout.write(
    `\nWritten to ${relative(ROOT, file).startsWith('..') ? file : relative(ROOT, file)}.\n`,
  );
  return status;
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = await bench(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
  }
}
