// Runs the cases of endureCases.ts under plain Node and prints an object a line: which, and why it failed (null when it did
// not).
import assert from 'node:assert/strict';
import { LAB_LIMITS } from '../../app/lab/limits';
import { NetLab } from '../../main/lab/netLab';
import { memoryLimit } from '../../main/lab/procFacts';
import { held } from '../soak/processes';
import { deleted, helperKilled, linkDownUp, startAndStop } from './endureCases';
import { hostInterfaces } from './netLabCases';
import { noTap, WAYS, type Way } from './ways';

/** A hundred of them over one lab, on another pair each time, leave neither descriptor nor thread nor interface behind. */
async function startsAndStops(ways: readonly Way[]): Promise<void> {
  const lab = await NetLab.open(ways.length, 1500);
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++)
      await Promise.all(ways.map((way, n) => startAndStop(lab, way, (n + i) % ways.length)));
    const { descriptors, threads } = held('self');
    return { descriptors, threads, host: hostInterfaces() };
  };
  try {
    const before = await rounds(2);
    assert.deepEqual(await rounds(Math.ceil(100 / ways.length)), before);
  } finally {
    await lab.close();
  }
}

/** What the option `ring` of af_xdp takes at most. */
const RING_MAX = 16_384;

/** Each run of af_xdp locks all that the user may lock, and the kernel frees what the last one had some time after its end. */
async function allLocked(): Promise<void> {
  const most = Math.floor((memoryLimit()?.soft ?? Number.POSITIVE_INFINITY) / LAB_LIMITS.frameSize);
  const ring = String(Math.min(most, RING_MAX));
  const lab = await NetLab.open(1, 1500);
  try {
    for (let i = 0; i < 50; i++)
      await startAndStop(
        lab,
        { name: `af_xdp, ring=${ring}, start ${i}`, backend: 'af_xdp', options: { ring } },
        0,
      );
  } finally {
    await lab.close();
  }
}

async function main(): Promise<void> {
  const withoutTap = await noTap();
  const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);
  if (withoutTap !== null) process.stderr.write(`without tap: ${withoutTap}\n`);
  const cases: [string, () => Promise<unknown>][] = ways.flatMap((way) => [
    [`${way.name}: deleted`, () => deleted(way)],
    [`${way.name}: link`, () => linkDownUp(way, 10)],
    [`${way.name}: killed`, () => helperKilled(way)],
  ]);
  cases.push(['starts and stops', () => startsAndStops(ways)], ['all locked', allLocked]);
  for (const [name, run] of cases) {
    let failure: string | null = null;
    const begun = performance.now();
    try {
      await run();
    } catch (error) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    process.stdout.write(`${JSON.stringify({ name, failure, ms: Math.round(performance.now() - begun) })}\n`);
  }
}

void main();
