import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseOptions } from '../../app/backend/descriptor';
import { BUILT_IN_HEX, parseHex } from '../../app/packet/hex';
import type { RunPlan } from '../../app/run/plan';
import type { Snapshot } from '../../app/stats/snapshot';
import { afPacketBackend } from '../../main/backends/afPacket';
import { NetLab } from '../../main/lab/netLab';
import { NetLabError } from '../../main/lab/netLabError';
import { type LabRun, startRun } from '../../main/lab/run';
import { runPlan } from '../plans';

const AF_PACKET = { name: 'af_packet', options: {} } as const;

// A run on an interface of a lab, and what is done to the interface meanwhile.

const a = { pair: 0, end: 'a' } as const;

async function openLab(): Promise<NetLab | string> {
  try {
    return await NetLab.open(1, 1500);
  } catch (error) {
    if (error instanceof NetLabError && (error.code === 'forbidden' || error.code === 'missing'))
      return error.sentence;
    throw error;
  }
}

let lab: NetLab | string = 'not opened yet';
beforeAll(async () => {
  lab = await openLab();
});
afterAll(async () => {
  if (typeof lab !== 'string') await lab.close();
});

function plan(options: Record<string, string>, change: Partial<RunPlan> = {}): RunPlan {
  const read = parseOptions(afPacketBackend, options);
  const hex = parseHex(BUILT_IN_HEX);
  if (!read.ok || !hex.ok) throw new Error('the plan is wrong');
  return runPlan({
    backend: { name: 'af_packet', options: read.value },
    streams: [{ kind: 'frames', frames: [hex.value] }],
    batch: 8,
    rate: { kind: 'pps', pps: 5000 },
    stop: { after: { kind: 'duration', ns: 60e9 }, until: null },
    ...change,
  });
}

async function until(run: LabRun, holds: (now: Snapshot) => boolean): Promise<Snapshot> {
  for (let i = 0; i < 3000; i++) {
    const now = run.snapshot();
    if (holds(now)) return now;
    await new Promise((go) => setTimeout(go, 10));
  }
  throw new Error(`it has not come to pass: ${JSON.stringify(run.snapshot())}`);
}

describe.each(['sendmmsg', 'tx-ring'])('a run on af_packet, mode %s', (mode) => {
  test('waits for the link and goes on', async (context) => {
    if (typeof lab === 'string') return context.skip(lab);
    const run = await startRun(plan({ mode }), { device: await lab.openRun(0, AF_PACKET) });
    await until(run, ({ received }) => (received ?? 0) > 100);
    await lab.setLink(a, false);
    const down = await until(run, ({ state }) => state === 'link-down');
    expect(down.running).toBe(true);
    await lab.setLink(a, true);
    await until(run, ({ state, received }) => state === 'up' && (received ?? 0) > (down.received ?? 0) + 100);
    run.stop();
    const last = await run.done;
    expect(last).toMatchObject({ stoppedBy: 'user', fault: null, refused: 0 });
    expect(last.reasons.map(({ sentence }) => sentence)).toContain('The interface is down.');
  });

  test('tells of frames that were accepted without carrier', async (context) => {
    if (typeof lab === 'string') return context.skip(lab);
    const run = await startRun(plan({ mode }), { device: await lab.openRun(0, AF_PACKET) });
    await until(run, ({ received }) => (received ?? 0) > 100);
    await lab.setCarrier(a, false);
    await until(
      run,
      ({ notice }) => notice?.startsWith('No carrier: the peer was down while at least ') ?? false,
    );
    await lab.setCarrier(a, true);
    const before = run.snapshot().received ?? 0;
    await until(run, ({ received }) => (received ?? 0) > before + 100);
    run.stop();
    const last = await run.done;
    expect(last).toMatchObject({ fault: null, refused: 0 });
    expect(last.received).toBeLessThan(last.completed);
  });

  test('past the qdisc no more is said to be lost without carrier than was', async (context) => {
    if (typeof lab === 'string') return context.skip(lab);
    const run = await startRun(
      plan({ mode, 'qdisc-bypass': 'on' }, { rate: { kind: 'pps', pps: 100_000 } }),
      {
        device: await lab.openRun(0, AF_PACKET),
      },
    );
    await until(run, ({ received }) => (received ?? 0) > 100);
    await lab.setCarrier(a, false);
    await until(run, ({ reasons }) => reasons.some(({ sentence }) => sentence.startsWith('No carrier')));
    const again = async (times: number) => {
      const { calls } = run.snapshot();
      return await until(run, (now) => now.calls.again > calls.again + times);
    };
    // The kernel refuses frames while the peer is down; some it loses in the moment in which it goes down.
    const down = await again(10);
    expect((await again(50)).completed).toBe(down.completed);
    await lab.setCarrier(a, true);
    const before = run.snapshot().received ?? 0;
    await until(run, ({ received }) => (received ?? 0) > before + 1000);
    run.stop();
    const last = await run.done;
    const lost = last.completed - (last.received ?? 0);
    expect(last).toMatchObject({ fault: null, ...(lost === 0 && { notice: null }) });
    expect(last.noCarrier).toBeLessThanOrEqual(lost);
  });

  test('is held up by a full queue', async (context) => {
    if (typeof lab === 'string') return context.skip(lab);
    await lab.limitQueue(a, 4);
    const run = await startRun(plan({ mode }, { again: 'drop' }), {
      device: await lab.openRun(0, AF_PACKET),
    });
    await until(run, ({ refused }) => refused > 100);
    run.stop();
    const last = await run.done;
    await lab.limitQueue(a, null);
    expect(last.reasons[0]?.sentence).toBe(
      'qdisc full: the queue of the interface dropped the frame for want of room.',
    );
  });

  test('ends with its interface, and not again on one of that name', async (context) => {
    if (typeof lab === 'string') return context.skip(lab);
    const run = await startRun(plan({ mode }), { device: await lab.openRun(0, AF_PACKET) });
    await until(run, ({ received }) => (received ?? 0) > 100);
    await lab.remove(a);
    await lab.create(0, 1500);
    const last = await run.done;
    expect(last).toMatchObject({ stoppedBy: 'fault', fault: { state: 'removed' } });
    expect(last.fault?.sentence).toContain('pl0a was removed');
    const next = await startRun(
      plan({ mode }, { stop: { after: { kind: 'count', count: 100 }, until: null } }),
      {
        device: await lab.openRun(0, AF_PACKET),
      },
    );
    expect(await next.done).toMatchObject({ taken: 100, completed: 100, received: 100, fault: null });
  });
});

test('a lab may be closed under a run, which then ends with a fault', async (context) => {
  const own = await openLab();
  if (typeof own === 'string') return context.skip(own);
  const run = await startRun(plan({}), { device: await own.openRun(0, AF_PACKET) });
  await until(run, ({ received }) => (received ?? 0) > 10);
  await own.close();
  expect(await run.done).toMatchObject({ stoppedBy: 'fault', fault: { state: 'removed', step: 'helper' } });
});

test('a socket is taken once, and only by a backend that sends on interfaces', async (context) => {
  if (typeof lab === 'string') return context.skip(lab);
  const device = await lab.openRun(0, AF_PACKET);
  const count = { stop: { after: { kind: 'count', count: 1 } as const, until: null } };
  const first = await startRun(plan({}, count), { device });
  await first.done;
  await expect(startRun(plan({}, count), { device })).rejects.toThrow('closed or taken already');
  await expect(startRun(plan({}, count))).rejects.toThrow('af_packet needs an interface to send on');
  await expect(
    startRun(
      { ...plan({}, count), backend: { name: 'null', options: {} } },
      { device: await lab.openRun(0, AF_PACKET) },
    ),
  ).rejects.toThrow('null takes no interface');
});
