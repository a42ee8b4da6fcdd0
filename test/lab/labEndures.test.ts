import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../app/stats/snapshot';
import { type LabPlace, NetLab } from '../../main/lab/netLab';
import { type LabRun, startRun } from '../../main/lab/run';
import { processesIn, spaceOf, until } from './netLabCases';
import { noLab, noTap, planOn, WAYS, type Way } from './ways';

// What becomes of runs at full rate, in every way to send, when something happens to the lab below them.

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;

let lab: NetLab;
beforeEach(async () => {
  if (forbidden === null) lab = await NetLab.open(2, 1500);
});
afterEach(() => lab?.close());

async function running(way: Way, pair = 0): Promise<LabRun> {
  const plan = planOn(way, pair);
  const run = await startRun(plan, { device: () => lab.openRun(pair, plan.backend) });
  await until(`frames of ${way.name}`, () => run.snapshot().taken > 1000);
  return run;
}

/** What this way sends on: a TAP device is an interface of its own beside the pair. */
const placeOf = ({ backend }: Way, pair = 0): LabPlace => ({ pair, end: 'a', tap: backend === 'tap' });

function balanced(now: Snapshot): Snapshot {
  const { offered, taken, refused, unexamined, completed, inFlight, received } = now;
  expect(taken + refused + unexamined).toBe(offered);
  expect(completed).toBeLessThanOrEqual(taken);
  expect(inFlight).toBe(taken - completed);
  expect(received ?? 0).toBeLessThanOrEqual(taken);
  return now;
}

const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);

describe.skipIf(forbidden !== null).each(ways)('$name', (way) => {
  test('an interface deleted under a run: a fault; what is made again is new; another pair is not touched', async () => {
    const [run, other] = [await running(way, 0), await running(way, 1)];
    const before = other.snapshot().taken;
    await lab.remove(placeOf(way));
    const last = balanced(await run.done);
    expect(last).toMatchObject({ stoppedBy: 'fault', state: 'removed', fault: { state: 'removed' } });
    expect(last.fault?.sentence).toMatch(/ was removed, and the run has ended\. .* start a new run on it\.$/);
    if (way.backend !== 'tap') await lab.create(0, 1500);
    // The run has ended: nothing of it takes to the new interface.
    const again = planOn(way, 0, { stop: { after: { kind: 'count', count: 1000 }, until: null } });
    const next = await startRun(again, { device: () => lab.openRun(0, again.backend) });
    expect(balanced(await next.done)).toMatchObject({
      taken: 1000,
      completed: 1000,
      received: 1000,
      fault: null,
    });
    expect(run.snapshot()).toEqual(last);
    await until('the other goes on', () => other.snapshot().taken > before + 1000);
    other.stop();
    expect(balanced(await other.done)).toMatchObject({ stoppedBy: 'user', fault: null, refused: 0 });
  });

  test('the link down and up a hundred times: each time it is seen, and the run goes on', async () => {
    const run = await running(way);
    const place = placeOf(way);
    for (let i = 0; i < 100; i++) {
      await lab.setLink(place, false);
      await until('the run sees the link down', () => run.snapshot().state === 'link-down');
      const { taken } = balanced(run.snapshot());
      await lab.setLink(place, true);
      await until('frames flow', () => run.snapshot().taken > taken && run.snapshot().state === 'up');
      balanced(run.snapshot());
    }
    run.stop();
    const last = balanced(await run.done);
    expect(last).toMatchObject({ stoppedBy: 'user', fault: null, unexamined: 0, state: 'up' });
    // What was pending at the stop, at most.
    expect(last.refused).toBeLessThanOrEqual(64);
    expect(last.reasons.map(({ sentence }) => sentence).join()).toContain('The interface is down.');
  }, 60_000);

  test('the helper is killed: a typed fault, and every descriptor closed', async () => {
    const gone = await NetLab.open(1, 1500);
    await gone.close();
    const before = readdirSync('/proc/self/fd').length;
    const own = await NetLab.open(1, 1500);
    const plan = planOn(way);
    const run = await startRun(plan, { device: () => own.openRun(0, plan.backend) });
    await until('frames', () => run.snapshot().taken > 1000);
    const spaces = [spaceOf(own.helper)].filter((space) => space !== '');
    const killed = performance.now();
    process.kill(own.helper, 'SIGKILL');
    await until('the fault', () => run.snapshot().fault !== null);
    const told = performance.now() - killed;
    const last = balanced(await run.done);
    await until('the end of the descriptors', () => readdirSync('/proc/self/fd').length === before);
    const closed = performance.now() - killed;
    console.log(`${way.name}: fault ${told.toFixed()} ms, all closed ${closed.toFixed()} ms after the kill`);
    expect(last).toMatchObject({ stoppedBy: 'fault', fault: { state: 'removed', step: 'helper' } });
    expect(last.fault?.sentence).toContain("the lab's helper has ended");
    // The bound is 250 ms; a machine that does other things meanwhile is not what is tested.
    expect(closed).toBeLessThan(2500);
    expect(processesIn(spaces)).toEqual([]);
  });
});

test.skipIf(forbidden !== null)(
  'a helper that stands still for 5 s: runs go on, requests wait, nothing is lost',
  async () => {
    const wide = await NetLab.open(ways.length, 1500);
    const rate = { kind: 'pps', pps: 5000 } as const;
    const runs = await Promise.all(
      ways.map((way, pair) => {
        const plan = planOn(way, pair, { rate });
        return startRun(plan, { device: () => wide.openRun(pair, plan.backend) });
      }),
    );
    await until('frames of all', () => runs.every((run) => run.snapshot().taken > 100));
    process.kill(wide.helper, 'SIGSTOP');
    let answered = false;
    const asked = wide.setMtu({ pair: 0, end: 'a' }, 1400).finally(() => {
      answered = true;
    });
    const before = runs.map((run) => run.snapshot().taken);
    try {
      await new Promise((go) => setTimeout(go, 5000));
      expect(answered).toBe(false);
      // Each has sent for these seconds as it did before.
      runs.forEach((run, i) => {
        expect(run.snapshot().taken - (before[i] ?? 0)).toBeGreaterThan(10_000);
      });
    } finally {
      process.kill(wide.helper, 'SIGCONT');
    }
    expect((await asked).mtu).toBe(1400);
    expect(wide.gone).toBeNull();
    for (const [i, run] of runs.entries()) {
      run.stop();
      const last = balanced(await run.done);
      expect(last).toMatchObject({ stoppedBy: 'user', fault: null, refused: 0, notice: null, state: 'up' });
      // Nobody listens at the port of the datagrams, which the kernel tells.
      if (ways[i]?.backend !== 'udp') expect(last.lateErrors).toBe(0);
      expect(last.received ?? last.taken).toBe(last.taken);
    }
    await wide.close();
  },
);

if (forbidden !== null) test('runs in a lab', (context) => context.skip(forbidden));
else if (withoutTap !== null) test('tap', (context) => context.skip(withoutTap));
