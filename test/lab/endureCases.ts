// What becomes of runs at full rate, in one way to send, when something happens to the lab below them. The cases run in
// the test's own process, and in a program of their own as an ordinary user (endureProgram.ts).
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Snapshot } from '../../app/stats/snapshot';
import { type LabPlace, NetLab } from '../../main/lab/netLab';
import { type LabRun, startRun } from '../../main/lab/run';
import { processesIn, spaceOf, until } from './netLabCases';
import { planOn, type Way } from './ways';

async function running(lab: NetLab, way: Way, pair = 0): Promise<LabRun> {
  const plan = planOn(way, pair);
  const run = await startRun(plan, { device: () => lab.openRun(pair, plan.backend) });
  await until(`frames of ${way.name}`, () => run.snapshot().taken > 1000);
  return run;
}

/** What this way sends on: a TAP device is an interface of its own beside the pair. */
const placeOf = ({ backend }: Way, pair = 0): LabPlace => ({ pair, end: 'a', tap: backend === 'tap' });

/** Checks the sums of a reading, and those of its values that are given. */
export function balanced(now: Snapshot, expected: Partial<Snapshot> = {}): Snapshot {
  const { offered, taken, refused, unexamined, completed, inFlight, received } = now;
  assert.equal(taken + refused + unexamined, offered);
  assert.ok(completed <= taken, `completed ${completed} of ${taken}`);
  assert.equal(inFlight, taken - completed);
  assert.ok((received ?? 0) <= taken, `received ${received} of ${taken}`);
  for (const [name, value] of Object.entries(expected))
    assert.deepEqual(now[name as keyof Snapshot], value, name);
  return now;
}

/** Two pairs: an interface deleted is a fault of its run, what is made again is new, another pair is not touched. */
export async function deleted(way: Way): Promise<void> {
  const lab = await NetLab.open(2, 1500);
  try {
    const [run, other] = [await running(lab, way, 0), await running(lab, way, 1)];
    const before = other.snapshot().taken;
    await lab.remove(placeOf(way));
    const last = balanced(await run.done, { stoppedBy: 'fault', state: 'removed' });
    assert.equal(last.fault?.state, 'removed');
    assert.match(last.fault.sentence, / was removed, and the run has ended\. .* start a new run on it\.$/);
    if (way.backend !== 'tap') await lab.create(0, 1500);
    // The run has ended: nothing of it takes to the new interface.
    const again = planOn(way, 0, { stop: { after: { kind: 'count', count: 1000 }, until: null } });
    const next = await startRun(again, { device: () => lab.openRun(0, again.backend) });
    balanced(await next.done, { taken: 1000, completed: 1000, received: 1000, fault: null });
    assert.deepEqual(run.snapshot(), last);
    await until('the other goes on', () => other.snapshot().taken > before + 1000);
    other.stop();
    balanced(await other.done, { stoppedBy: 'user', fault: null, refused: 0 });
  } finally {
    await lab.close();
  }
}

/** The link down and up so many times: each time it is seen, and the run goes on. */
export async function linkDownUp(way: Way, times: number): Promise<void> {
  const lab = await NetLab.open(1, 1500);
  try {
    const run = await running(lab, way);
    const place = placeOf(way);
    for (let i = 0; i < times; i++) {
      await lab.setLink(place, false);
      await until('the run sees the link down', () => run.snapshot().state === 'link-down');
      const { taken } = balanced(run.snapshot());
      await lab.setLink(place, true);
      await until('frames flow', () => run.snapshot().taken > taken && run.snapshot().state === 'up');
      balanced(run.snapshot());
    }
    run.stop();
    const last = balanced(await run.done, { stoppedBy: 'user', fault: null, unexamined: 0, state: 'up' });
    // What was pending at the stop, at most.
    assert.ok(last.refused <= 64, `refused ${last.refused}`);
    assert.match(last.reasons.map(({ sentence }) => sentence).join(), /The interface is down\./);
  } finally {
    await lab.close();
  }
}

/** The helper is killed: a typed fault, and every descriptor closed. Gives how long each took, in ms. */
export async function helperKilled(way: Way): Promise<{ told: number; closed: number }> {
  const gone = await NetLab.open(1, 1500);
  await gone.close();
  const before = readdirSync('/proc/self/fd').length;
  const lab = await NetLab.open(1, 1500);
  const run = await running(lab, way);
  const spaces = [spaceOf(lab.helper)].filter((space) => space !== '');
  const killed = performance.now();
  process.kill(lab.helper, 'SIGKILL');
  await until('the fault', () => run.snapshot().fault !== null);
  const told = performance.now() - killed;
  const last = balanced(await run.done, { stoppedBy: 'fault' });
  await until('the end of the descriptors', () => readdirSync('/proc/self/fd').length === before);
  const closed = performance.now() - killed;
  assert.deepEqual([last.fault?.state, last.fault?.step], ['removed', 'helper']);
  assert.match(last.fault?.sentence ?? '', /the lab's helper has ended/);
  // The bound is 250 ms; a machine that does other things meanwhile is not what is tested.
  assert.ok(closed < 2500, `all closed after ${closed} ms`);
  assert.deepEqual(processesIn(spaces), []);
  return { told, closed };
}

/** Starts a run on the pair, has it send, and stops it. */
export async function startAndStop(lab: NetLab, way: Way, pair: number): Promise<void> {
  const plan = planOn(way, pair);
  const run = await startRun(plan, { device: () => lab.openRun(pair, plan.backend) });
  await until(`frames of ${way.name}`, () => run.snapshot().taken > 0);
  run.stop();
  balanced(await run.done, { fault: null, stoppedBy: 'user' });
}
