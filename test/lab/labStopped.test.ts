import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { NetLab } from '../../main/lab/netLab';
import { startRun } from '../../main/lab/run';
import { until } from './netLabCases';
import { noLab, noTap, planOn, WAYS } from './ways';

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;
/** What the window sends on its lab. */
const ways = WAYS.filter(({ backend }) => backend !== 'udp' && (backend !== 'tap' || withoutTap === null));

/** Stops this whole process, as SIGSTOP from outside would; another one lets it go on. */
async function standStill(seconds: number): Promise<void> {
  const waker = spawn('sh', ['-c', `sleep ${seconds}; kill -CONT ${process.pid}`], { stdio: 'ignore' });
  const ended = once(waker, 'exit');
  process.kill(process.pid, 'SIGSTOP');
  await ended;
}

test('stopped for 5 s with a run in every way: a marked stall, no sample in it, and nothing lost', async (context) => {
  if (forbidden !== null) return context.skip(forbidden);
  if (withoutTap !== null) console.log(`without tap: ${withoutTap}`);
  const lab = new Lab();
  // A run that the queue of its interface refuses when it is stopped, and that would stall after 4 s of that.
  const full = await NetLab.open(1, 1500);
  const plan = planOn(WAYS[0] ?? fail());
  const refused = await startRun(plan, { device: () => full.openRun(0, plan.backend), stallNs: 4e9 });
  await lab.held.start({ pairs: ways.length, mtu: 1500 });
  const all = ways.map(({ backend, options }, pair) => {
    const instance = pair === 0 ? lab.get('A') : lab.add();
    const own = { [backend]: { ...options, pair: String(pair) } };
    instance.configure({ ...defaultSettings(), backend, options: own, rate: '10 kpps', stop: 'never' });
    return instance;
  });
  const now = (i: number) => all[i]?.live()?.snapshot;
  try {
    await Promise.all(all.map((instance) => instance.start()));
    await until('frames of all', () => all.every((_, i) => (now(i)?.taken ?? 0) > 10_000));
    await full.limitQueue({ pair: 0, end: 'a' }, 4);
    await until('AGAIN', () => refused.snapshot().calls.again > 100);
    const before = all.map((_, i) => now(i)?.taken ?? 0);
    await standStill(5);
    await until('they go on', () => all.every((_, i) => (now(i)?.taken ?? 0) > (before[i] ?? 0) + 5000));

    // Who could not try has not stalled.
    expect(refused.snapshot()).toMatchObject({ running: true, fault: null });
    refused.stop();
    const last = await refused.done;
    expect(last).toMatchObject({ stoppedBy: 'user', fault: null });
    expect(last.taken + last.refused + last.unexamined).toBe(last.offered);

    await lab.stopAll();
    for (const [i, { id }] of all.entries()) {
      const history = lab.history()[id] ?? fail();
      const { stalls } = history;
      expect(stalls).toHaveLength(1);
      const [{ from, to, seconds, who } = fail()] = stalls;
      expect(who).toBe('both');
      expect(seconds).toBeGreaterThan(4.8);
      const { width, buckets } = history['30s'];
      expect(buckets.filter(({ t }) => t > from && t + width < to)).toEqual([]);
      // Not averaged away either: beside the gap no rate is less than what was sent.
      for (const { taken } of buckets.slice(0, -1)) expect(taken?.[0] ?? 10_000).toBeGreaterThan(1000);
      const end = now(i);
      expect(end).toMatchObject({
        stoppedBy: 'user',
        fault: null,
        refused: 0,
        notice: null,
        received: end?.taken,
      });
      expect(
        lab.journal().filter((entry) => entry.instance === id && entry.text.startsWith('Stall of')),
      ).toHaveLength(1);
    }
  } finally {
    await lab.close();
    await full.close();
  }
}, 60_000);

function fail(): never {
  throw new Error('it is not there');
}
