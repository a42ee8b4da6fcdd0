import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunPlan } from '../../app/run/plan';
import { NO_FAULT } from '../../app/stage/fault';
import { type Limiter, limiterBetween } from '../../app/stats/limiter';
import type { Snapshot } from '../../app/stats/snapshot';
import { startRun } from '../../main/lab/run';
import { runPlan } from '../plans';

const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const plain = runPlan({ stop: { after: { kind: 'duration', ns: 400e6 }, until: null }, force: true });

const loopback = (options: Record<string, number | null>) => ({ name: 'loopback', options });

/** Plays a plan; its last totals and what limited the whole of it. */
async function play(change: Partial<RunPlan>): Promise<{ last: Snapshot; whole: Limiter | null }> {
  const run = await startRun({ ...plain, ...change });
  const last = await run.done;
  return { last, whole: limiterBetween(null, last) };
}

describe('each limiter is provoked by what it is named after', () => {
  const cases: [what: string, change: Partial<RunPlan>, is: Limiter][] = [
    ['an asked rate far below what is possible', { rate: { kind: 'pps', pps: 20_000 } }, 'pacing'],
    ['bursts with a gap', { rate: { kind: 'burst', packets: 32, gapNs: 1e6 } }, 'pacing'],
    ['rate max into nothing', { backend: { name: 'null', options: {} } }, 'CPU'],
    ['rate max through a far end that takes all', {}, 'CPU'],
    ['an asked rate nobody reaches', { rate: { kind: 'pps', pps: 1e9 } }, 'CPU'],
    ['a batch larger than the ring', { backend: loopback({ ring: 4 }) }, 'ring full'],
    ['packets delayed in a small ring', { backend: loopback({ ring: 64, delay: 5e6 }) }, 'ring full'],
    [
      'a small ring with packets given up',
      { backend: loopback({ ring: 64, delay: 5e6 }), again: 'drop' },
      'ring full',
    ],
    ['packets held by the fault stage', { fault: { ...NO_FAULT, delayNs: 20e6 } }, 'ring full'],
    ['a drain rate', { backend: loopback({ drain: 2000 }) }, 'sink'],
    ['a drain rate with packets given up', { backend: loopback({ drain: 2000 }), again: 'drop' }, 'sink'],
    [
      'a drain rate below the asked one',
      { backend: loopback({ ring: 64, drain: 2000 }), rate: { kind: 'pps', pps: 50_000 } },
      'sink',
    ],
    [
      'a far end that takes nothing, behind a ring with room for the first 64 ms',
      { backend: loopback({ ring: 64, drain: 0 }), rate: { kind: 'pps', pps: 1000 } },
      'sink',
    ],
    ['a far end that takes nothing', { backend: loopback({ ring: 64, drain: 0 }) }, 'sink'],
    [
      'writing a file with each small batch',
      { backend: { name: 'pcapng', options: { file: join(dir, 'a.pcapng') } }, batch: 1 },
      'sink',
    ],
  ];
  test.each(cases)('%s: %#', async (_what, change, is) => {
    const { last, whole } = await play(change);
    expect(last.fault).toBeNull();
    expect({ limiter: whole, holdups: last.holdups }).toMatchObject({ limiter: is });
  });

  test('a socket: sendmmsg takes the time', async () => {
    const bytes = Uint8Array.from([
      ...new Array(12).fill(2),
      ...[8, 0, 0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1],
      ...[0x9c, 0x40, 0, 9, 0, 9, 0, 0, 7],
    ]);
    const { last, whole } = await play({
      backend: { name: 'udp', options: {} },
      streams: [{ kind: 'frames', frames: [bytes] }],
    });
    expect(last.taken).toBeGreaterThan(0);
    expect(whole).toBe('sink');
  });
});

test('the limiter follows what is asked while the run is on', async () => {
  const run = await startRun({
    ...plain,
    stop: { after: { kind: 'never' }, until: null },
    rate: { kind: 'pps', pps: 10_000 },
  });
  const next = async (packets: number) => {
    const before = run.snapshot();
    for (let i = 0; i < 500; i++) {
      await new Promise((go) => setTimeout(go, 20));
      const now = run.snapshot();
      if (now.taken - before.taken >= packets) return limiterBetween(before, now);
    }
    return null;
  };
  expect(await next(1000)).toBe('pacing');
  run.tune({ rate: { kind: 'max' }, batch: 64, flush: { every: 1, afterNs: null } });
  await next(1000); // the change itself
  expect(await next(100_000)).toBe('CPU');
  run.stop();
  const last = await run.done;
  expect(run.plan.rate).toEqual({ kind: 'max' });
  expect(last.stoppedBy).toBe('user');
});

test('the time in the holdups is never more than the time that passed', async () => {
  for (const change of [
    {},
    { backend: loopback({ drain: 2000 }) },
    { rate: { kind: 'pps', pps: 1000 } },
  ] as const) {
    const before = process.hrtime.bigint();
    const { last } = await play(change);
    const passed = Number(process.hrtime.bigint() - before);
    const { pacedNs, fullNs, sinkNs } = last.holdups;
    expect(pacedNs + fullNs + sinkNs).toBeLessThanOrEqual(passed);
    expect(Math.min(pacedNs, fullNs, sinkNs)).toBeGreaterThanOrEqual(0);
  }
});
