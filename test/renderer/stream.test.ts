import { describe, expect, it } from 'vitest';
import type { Live } from '../../app/ipc/contract';
import { emptyHistory, type Stall } from '../../app/stats/series';
import type { Snapshot } from '../../app/stats/snapshot';
import { createStream } from '../../renderer/store/stream';

function snapshot(seconds: number, taken: number, patch: Partial<Snapshot> = {}): Snapshot {
  return {
    tNs: 1e12 + Math.round(seconds * 1e9),
    seconds,
    running: true,
    offered: taken,
    taken,
    refused: 0,
    unexamined: 0,
    pending: 0,
    retried: 0,
    completed: taken,
    received: taken,
    inFlight: 0,
    notWritten: 0,
    notCaptured: 0,
    truncated: 0,
    role: 'both',
    receivedBytes: 0,
    receiverLoss: 0,
    ownReceived: null,
    lateErrors: 0,
    noCarrier: 0,
    bytes: taken * 60,
    calls: { success: taken, inval: 0, again: 0 },
    flushes: 0,
    kicks: 0,
    sendCallNs: { p50: 0, p90: 0, p99: 0, p999: 0, max: 0, n: 0 },
    away: { count: 0, ns: 0, lastNs: 0, lastAt: 0 },
    state: 'up',
    reasons: [],
    stoppedBy: null,
    fault: null,
    hops: { fault: null, tee: null, backend: { offered: 0, taken: 0, refused: 0, unexamined: 0 } },
    holdups: { pacedNs: 0, fullNs: 0, sinkNs: 0, fullLost: 0, sinkLost: 0 },
    signature: null,
    lateError: null,
    notice: null,
    ...patch,
  };
}

const live = (s: Snapshot, run = 1, stalls: Stall[] = []): Live[] => [{ id: 'A', run, snapshot: s, stalls }];

describe('the stream', () => {
  it('makes rates over about a second and a chart sample of each message', () => {
    const stream = createStream();
    for (let i = 1; i <= 30; i++) {
      stream.apply({ seq: i, live: live(snapshot(i / 10, i * 100)), skipped: 0 }, i * 100);
    }
    const { views, tick } = stream.store.getState();
    expect(tick).toBe(30);
    expect(views.A?.rates?.taken).toBeCloseTo(1000, 5);
    const level = stream.history('A')['30s'];
    expect(level.buckets).toHaveLength(16);
    for (const bucket of level.buckets) expect(bucket.taken?.[1]).toBeCloseTo(1000, 5);
  });

  it('lets a late sample speak for its whole interval, but not for more than 2 s', () => {
    const stream = createStream();
    stream.apply({ seq: 1, live: live(snapshot(0.1, 100)), skipped: 0 }, 0);
    stream.apply({ seq: 2, live: live(snapshot(1.1, 1100)), skipped: 9 }, 1000);
    expect(stream.history('A')['30s'].buckets).toHaveLength(6);
    stream.apply({ seq: 3, live: live(snapshot(9.1, 9100)), skipped: 79 }, 9000);
    expect(stream.history('A')['30s'].buckets).toHaveLength(7);
  });

  it('begins anew with a new run and forgets the old history', () => {
    const stream = createStream();
    for (let i = 1; i <= 10; i++) stream.apply({ seq: i, live: live(snapshot(i / 10, i)), skipped: 0 }, i);
    stream.apply({ seq: 11, live: live(snapshot(0.1, 5), 2), skipped: 0 }, 1100);
    expect(stream.store.getState().views.A?.run).toBe(2);
    expect(stream.history('A').run.buckets).toHaveLength(1);
    expect(stream.history('A').run.buckets[0]?.taken).toEqual([50, 50]);
  });

  it("goes on from main's history after a reload", () => {
    const history = emptyHistory();
    history.run.buckets.push({
      t: 0,
      taken: [5, 5],
      received: null,
      bytes: null,
      success: null,
      again: null,
      inval: null,
    });
    const stream = createStream();
    stream.hello({ live: live(snapshot(3, 300)), history: { A: history } });
    stream.apply({ seq: 1, live: live(snapshot(3.1, 310)), skipped: 0 }, 0);
    expect(stream.history('A').run.buckets.map((b) => b.taken?.[0])).toEqual([5, expect.closeTo(100, 3)]);
  });

  it('keeps the last view of a run that has ended, without rates', () => {
    const stream = createStream();
    stream.apply({ seq: 1, live: live(snapshot(0.1, 100)), skipped: 0 }, 0);
    const end = snapshot(0.2, 200, { running: false, stoppedBy: 'count' });
    stream.apply({ seq: 2, live: live(end), skipped: 0 }, 100);
    const buckets = stream.history('A')['30s'].buckets.length;
    stream.apply({ seq: 3, live: live(end), skipped: 0 }, 200);
    expect(stream.store.getState().views.A?.rates).toBeNull();
    expect(stream.history('A')['30s'].buckets).toHaveLength(buckets);
  });

  it('says how often it is told when painting is slow', () => {
    const stream = createStream();
    for (let i = 1; i <= 8; i++) {
      stream.apply({ seq: i, live: live(snapshot(i / 4, i)), skipped: 1 }, i * 250);
    }
    expect(stream.store.getState().slowHz).toBe(4);
    const quick = createStream();
    for (let i = 1; i <= 8; i++) quick.apply({ seq: i, live: live(snapshot(i, i)), skipped: 0 }, i * 1000);
    expect(quick.store.getState().slowHz).toBeNull();
  });

  it('forgets instances that are gone', () => {
    const stream = createStream();
    stream.apply({ seq: 1, live: live(snapshot(0.1, 1)), skipped: 0 }, 0);
    stream.keep(new Set(['B']));
    expect(stream.store.getState().views).toEqual({});
  });
});
