import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { group } from '../../app/quantity/parse';
import { defaultSettings } from '../../app/run/settings';
import { summary } from '../../main/cli/report';
import { Lab } from '../../main/lab/lab';
import { NetLab } from '../../main/lab/netLab';
import { startRun } from '../../main/lab/run';
import { nativeAddon } from '../../main/native/addon';
import { until } from './netLabCases';
import { hexTo, noLab, noTap, planOn, WAYS, type Way } from './ways';

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;
const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);

/**
 * Stops this whole process, as SIGSTOP from outside would, while another one runs a program; `descriptor` is its descriptor
 * 3. Gives its status.
 */
async function standStill(program: readonly string[], descriptor?: number): Promise<number | null> {
  const script = `until grep -q '^State:.T' /proc/${process.pid}/status; do sleep 0.01; done
    "$@"; was=$?; kill -CONT ${process.pid}; exit $was`;
  const stdio: ('ignore' | 'inherit' | number)[] = ['ignore', 'inherit', 'inherit'];
  const waker = spawn('sh', ['-c', script, 'sh', ...program], {
    stdio: descriptor === undefined ? stdio : [...stdio, descriptor],
  });
  const ended = once(waker, 'exit');
  process.kill(process.pid, 'SIGSTOP');
  const [status] = (await ended) as [number | null];
  return status;
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
    instance.configure({
      ...defaultSettings(),
      backend,
      options: own,
      hex: hexTo(pair),
      packet: { layers: [] },
      rate: '10 kpps',
      stop: 'never',
    });
    return instance;
  });
  const now = (i: number) => all[i]?.live()?.snapshot;
  try {
    await Promise.all(all.map((instance) => instance.start()));
    await until('frames of all', () => all.every((_, i) => (now(i)?.taken ?? 0) > 10_000));
    await full.limitQueue({ pair: 0, end: 'a' }, 4);
    await until('AGAIN', () => refused.snapshot().calls.again > 100);
    const before = all.map((_, i) => now(i)?.taken ?? 0);
    await standStill(['sleep', '5']);
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
      // Not averaged away either, which would be some 200 packets/s beside the gap.
      const beside = buckets.slice(0, -1).filter(({ t }) => t > from - 2 * width && t < to + 2 * width);
      for (const { taken } of beside) expect(taken?.[0] ?? 10_000).toBeGreaterThan(1000);
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
}, 120_000);

/** Far more than the smallest receive ring has room for. */
const FRAMES = 50_000;

test('stopped while frames come, a receiver has lost what its ring had no room for, and says that it was itself', async (context) => {
  if (forbidden !== null) return context.skip(forbidden);
  const lab = await NetLab.open(1, 1500);
  try {
    const ring = { 'peer-ring': String(2 ** 20) };
    const way: Way = { name: 'a receiver', backend: 'af_packet', options: { role: 'receive', ...ring } };
    const plan = planOn(way);
    const run = await startRun(plan, { device: () => lab.openRun(0, plan.backend) });
    const { send } = await lab.openSender({ pair: 0, end: 'a' });
    // The other process sends on our socket, each frame with a call of its own.
    const sender = `const frame = Buffer.from('${hexTo(0)}', 'hex');
      for (let i = 0; i < ${FRAMES}; i++) require('node:fs').writeSync(3, frame);`;
    const { descriptorNumber } = nativeAddon();
    expect(await standStill([process.execPath, '-e', sender], descriptorNumber(send))).toBe(0);
    await until('each has come or was lost', () => {
      const { received, receiverLoss } = run.snapshot();
      return (received ?? 0) + receiverLoss === FRAMES;
    });
    run.stop();
    const last = await run.done;
    const { received, receiverLoss } = last;
    // The kernel closes a block after a moment, full or not: how many frames the ring has had room for is its affair.
    expect(received).toBeGreaterThan(0);
    expect(receiverLoss).toBeGreaterThan(0);
    expect(receiverLoss).toBe(FRAMES - (received ?? 0));
    expect(last).toMatchObject({ stoppedBy: 'user', fault: null, offered: 0 });
    expect(last.notice).toBe(
      `The peer's receive ring was full and ${group(receiverLoss)} frames were dropped there by the kernel: this loss is the receiver's own. A larger peer-ring has room for more.`,
    );
    const report = summary(plan, last);
    expect(report).toMatch(
      new RegExp(
        `^ *own loss +${receiverLoss.toLocaleString('en')} frames arrived and were lost by the receiver itself: its ring was full$`,
        'm',
      ),
    );
  } finally {
    await lab.close();
  }
});

function fail(): never {
  throw new Error('it is not there');
}
