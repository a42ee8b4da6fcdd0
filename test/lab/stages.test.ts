import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunPlan } from '../../app/run/plan';
import { type FaultSpec, NO_FAULT, parseFault } from '../../app/stage/fault';
import { callCell, callCount } from '../../app/stats/calls';
import type { Snapshot } from '../../app/stats/snapshot';
import { startRun } from '../../main/lab/run';
import { nativeAddon } from '../../main/native/addon';
import { runPlan } from '../plans';

const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const plain = runPlan({ stop: { after: { kind: 'count', count: 10_000 }, until: null }, force: true });

async function play(change: Partial<RunPlan>): Promise<Snapshot> {
  const last = await (await startRun({ ...plain, ...change })).done;
  expect(last.offered).toBe(last.taken + last.refused + last.unexamined);
  expect(last.completed).toBeLessThanOrEqual(last.taken);
  return last;
}

const fault = (change: Partial<FaultSpec>): FaultSpec => ({ ...NO_FAULT, ...change });

describe('fault', () => {
  test('1 % loss: the counters of each hop match to the packet', async () => {
    const last = await play({ fault: fault({ drop: 0.01, seed: 7 }) });
    const hop = last.hops.fault;
    expect(last).toMatchObject({ offered: 10_000, taken: 10_000, completed: 10_000, inFlight: 0 });
    expect(hop).toMatchObject({ offered: 10_000, taken: 10_000, refused: 0, unexamined: 0 });
    expect(hop?.dropped).toBeGreaterThan(60);
    expect(hop?.dropped).toBeLessThan(140);
    expect(last.received).toBe(10_000 - (hop?.dropped ?? 0));
    const again = await play({ fault: fault({ drop: 0.01, seed: 7 }), batch: 7 });
    expect(again.hops.fault?.dropped).toBe(hop?.dropped);
  });

  test('duplicates arrive twice and are taken once', async () => {
    const last = await play({ fault: fault({ duplicate: 0.1 }) });
    expect(last).toMatchObject({ taken: 10_000, completed: 10_000 });
    expect(last.received).toBe(10_000 + (last.hops.fault?.duplicated ?? 0));
    expect(last.hops.fault?.lostDuplicates).toBe(0);
  });

  test('decisions are drawn once: a retry does not draw again', async () => {
    const slow = { name: 'loopback', options: { ring: 8, drain: 200_000 } };
    const all = fault({ drop: 0.05, duplicate: 0.05, corrupt: 0.05, seed: 3 });
    const [fast, retried] = [await play({ fault: all }), await play({ fault: all, backend: slow })];
    expect(retried.retried).toBeGreaterThan(0);
    for (const what of ['dropped', 'duplicated', 'corrupted'] as const) {
      expect(retried.hops.fault?.[what], what).toBe(fast.hops.fault?.[what]);
    }
    expect(retried).toMatchObject({ taken: 10_000, refused: 0, completed: 10_000 });
  });

  test('reordered packets all arrive', async () => {
    const last = await play({ fault: fault({ reorder: 0.2 }) });
    expect(last).toMatchObject({ taken: 10_000, received: 10_000, completed: 10_000 });
    expect(last.hops.fault).toMatchObject({ held: 0, lostHeld: 0 });
    expect(last.hops.fault?.reordered).toBeGreaterThan(1500);
  });

  test('delay holds copies; full slots are AGAIN with their own sentence', async () => {
    const last = await play({ fault: fault({ delayNs: 2e6 }) });
    expect(last).toMatchObject({ taken: 10_000, received: 10_000, inFlight: 0 });
    expect(last.reasons[0]?.sentence).toContain('holds 1024 packets');
    expect(last.hops.fault?.delayed).toBe(10_000);
  });

  test('again-every, inval-every and the ordinals that fire once', async () => {
    const again = await play({ fault: fault({ againEvery: 10 }) });
    expect(again).toMatchObject({ taken: 10_000, calls: { again: 1000, inval: 0 } });
    const inval = await play({ fault: fault({ invalEvery: 100 }) });
    expect(inval).toMatchObject({ taken: 9900, refused: 100, unexamined: 0, calls: { inval: 100 } });
    const once = await play({ fault: fault({ againAt: 70, invalAt: 200 }) });
    expect(once).toMatchObject({ taken: 9999, refused: 1, calls: { again: 1, inval: 1 } });
    expect(once.reasons.map((r) => [r.code, r.firstOrdinal])).toEqual([
      ['again', 70],
      ['inval', 200],
    ]);
  });

  test('AGAIN with drop: ordinals stay those of the plan', async () => {
    const last = await play({ fault: fault({ againAt: 70, invalAt: 200 }), again: 'drop' });
    expect(last.reasons.map((r) => r.firstOrdinal)).toEqual([70, 200]);
    expect(last).toMatchObject({ refused: 58 + 1, taken: 10_000 - 59 });
  });
});

describe('tee', () => {
  test('records what the backend accepted, once', async () => {
    const tee = join(dir, 'tee.pcapng');
    const slow = { name: 'loopback', options: { ring: 16, drain: 100_000, mtu: 50 } };
    const last = await play({
      backend: slow,
      tee,
      stop: { after: { kind: 'count', count: 2000 }, until: null },
    });
    const scan = await nativeAddon().scanCapture(tee, 10);
    expect(last.calls.again).toBeGreaterThan(0);
    expect(scan.frames).toBe(last.taken);
    expect(last.hops.tee).toMatchObject({ taken: 2000, recorded: 2000 });
    expect(last.notCaptured).toBe(0);
  });

  test('behind a fault stage it sees what was passed on', async () => {
    const tee = join(dir, 'both.pcapng');
    const last = await play({ tee, fault: fault({ drop: 0.5 }) });
    const scan = await nativeAddon().scanCapture(tee, 10);
    expect(scan.frames).toBe(10_000 - (last.hops.fault?.dropped ?? 0));
    expect(last.hops.tee?.taken).toBe(scan.frames);
  });

  test('a full disk stops the recording and not the run', async () => {
    const last = await play({ tee: '/dev/full' });
    expect(last).toMatchObject({ taken: 10_000, received: 10_000, notCaptured: 10_000, stoppedBy: 'count' });
    expect(last.fault).toMatchObject({ state: 'failed', errno: 28 });
  });
});

test('rate, batch and flush change while a run is on', async () => {
  const run = await startRun({
    ...plain,
    rate: { kind: 'pps', pps: 0.01 },
    stop: { after: { kind: 'never' }, until: null },
  });
  run.tune({ rate: { kind: 'pps', pps: 50_000 }, batch: 5, flush: { every: null, afterNs: null } });
  for (let i = 0; i < 500 && run.snapshot().taken < 1000; i++) await new Promise((go) => setTimeout(go, 10));
  const { calls } = run.calls(10, 100);
  const column = (name: 'offered' | 'flush') =>
    Array.from({ length: callCount(calls) }, (_, i) => callCell(calls, i, name));
  run.stop();
  const last = await run.done;
  expect(last.taken).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...column('offered'))).toBe(5);
  expect(column('flush').every((flush) => flush === 0)).toBe(true);
});

describe('the words of a fault stage', () => {
  test('are parsed', () => {
    expect(parseFault('drop=0.01,delay=5ms,again-at=0,seed=9')).toEqual({
      ok: true,
      value: { ...NO_FAULT, drop: 0.01, delayNs: 5e6, againAt: 0, seed: 9 },
    });
  });
  test.each([
    '',
    'drop',
    'drop=2',
    'drop=-1',
    'drop=NaN',
    'delay=1h',
    'again-every=0',
    'seed=1.5',
    'x=1',
    'drop=0,drop=1',
    '__proto__=1',
  ])('“%s” is refused', (text) => expect(parseFault(text).ok).toBe(false));
});
