// @ts-check
// Encoding and decoding of packets, beside Scapy where it is installed (it is never installed from here).
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { must, Problem, run, which } from '../../main/dev/exec.mjs';
import { bin, DIST, inRoot, ROOT } from '../../main/dev/paths.mjs';

/** @typedef {import('./judge.mjs').Round} Round */

/**
 * A program that does a round for each line it gets and answers with one figure.
 * @param {string} command
 * @param {string[]} args
 */
function worker(command, args) {
  const pinned =
    which('taskset') === null
      ? [command, ...args]
      : ['taskset', '-c', String(availableParallelism() - 1), command, ...args];
  const child = spawn(pinned[0] ?? command, pinned.slice(1), {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async round() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Problem(`${command} ended in the middle of a measurement.`);
      return Number(value);
    },
    end: () => void child.stdin.end(),
  };
}

/** The Python that has Scapy: the first on PATH, or the system's own. */
async function findScapy() {
  for (const python of ['python3', '/usr/bin/python3']) {
    const asked = await run(python, ['-c', 'import scapy; print(scapy.VERSION)'], { limitMs: 30_000 });
    if (asked.code === 0) return { python, version: asked.stdout.trim() };
  }
  return null;
}

/**
 * Rounds of ns per frame; `bare` is Scapy's, where there is one.
 * @param {'encode' | 'decode'} what
 * @param {{ rounds: number, roundMs: number }} how
 * @returns {Promise<{ rounds: Round[], note: string }>}
 */
export async function codecRounds(what, { rounds, roundMs }) {
  const program = join(DIST, 'bench', 'codecs.cjs');
  const bundle = [
    'test/bench/codecs.ts',
    '--bundle',
    '--platform=node',
    '--format=cjs',
    '--target=node18.15',
  ];
  await must(
    'The codecs do not build.',
    bin('esbuild'),
    [...bundle, '--log-level=warning', `--outfile=${program}`],
    {
      cwd: ROOT,
    },
  );
  const scapy = await findScapy();
  const ours = worker(process.execPath, [program, what, String(roundMs)]);
  const theirs =
    scapy === null
      ? null
      : worker(scapy.python, [inRoot('test', 'bench', 'codecs.py'), what, String(roundMs)]);
  try {
    await ours.round(); // compiled and warm
    await theirs?.round();
    /** @type {Round[]} */
    const done = [];
    for (let i = 0; i < rounds; i++) {
      const mine = await ours.round();
      done.push(theirs === null ? { ours: mine } : { ours: mine, bare: await theirs.round() });
    }
    const note =
      scapy === null
        ? 'Scapy is not installed (on Debian: apt-get install python3-scapy), so there is nothing beside it.'
        : `Beside Scapy ${scapy.version}.`;
    return { rounds: done, note };
  } finally {
    ours.end();
    theirs?.end();
  }
}
