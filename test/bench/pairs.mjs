// @ts-check
// The measurements in C: builds test/bench/pairs with the flags of the addon and runs its pairs.
import { join } from 'node:path';
import { build as buildProduct } from '../../main/dev/build.mjs';
import { compileObjects, findCompiler, headers, link, PRODUCT_FLAGS } from '../../main/dev/compile.mjs';
import { Problem, run } from '../../main/dev/exec.mjs';
import { DIST, inRoot } from '../../main/dev/paths.mjs';
import { step } from '../../main/dev/progress.mjs';
import { filesBelow } from '../../main/dev/stamps.mjs';

/** @typedef {import('./judge.mjs').Round} Round */

const FOLDER = join(DIST, 'bench');
const PROGRAM = join(FOLDER, 'measure');
const HELPER = join(DIST, 'native', 'packet-lab-helper');
const EXIT_SKIP = 3;

/** @type {Promise<void> | null} */
let built = null;

async function build() {
  await step('measurements in C', async (detail) => {
    const compiler = await findCompiler();
    const sources = [
      ...filesBelow(inRoot('native', 'src'), ['.c']),
      ...filesBelow(inRoot('test', 'bench', 'pairs'), ['.c']),
    ];
    const plan = {
      sources,
      headers: headers('native', 'test/bench'),
      flags: [...PRODUCT_FLAGS],
      folder: join(FOLDER, 'obj'),
    };
    const objects = await compileObjects(compiler, plan, detail);
    await link(compiler, { objects, flags: ['-pthread', '-lm'], output: PROGRAM });
  });
}

/**
 * A pair's rounds, and what it noted. Throws a Problem when it fails; answers a sentence when this machine cannot measure it.
 * @param {{ pair: string, bytes: number, batch: number, folder: string, lab?: boolean }} of lab: it makes a lab
 * @param {{ rounds: number, roundMs: number }} how
 * @returns {Promise<{ rounds: Round[], note: string } | string>}
 */
export async function pairRounds({ pair, bytes, batch, folder, lab = false }, { rounds, roundMs }) {
  built ??= build();
  await built;
  const [failure] = lab ? await buildProduct(['helper']) : [];
  if (failure !== undefined) throw failure;
  const args = [pair, bytes, batch, rounds, roundMs, folder, ...(lab ? [HELPER] : [])].map(String);
  const result = await run(PROGRAM, args, { limitMs: 600_000 });
  if (result.code === EXIT_SKIP) return result.stderr.trim();
  if (result.code !== 0) throw new Problem(`The measurement '${args.join(' ')}' failed.`, result.stderr);
  const made = result.stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [ours = Number.NaN, bare = Number.NaN] = line.split(' ').map(Number);
      return { ours, bare };
    });
  return { rounds: made, note: result.stderr.trim() };
}
