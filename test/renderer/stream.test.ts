import { describe, expect, it } from 'vitest';
import type { Live } from '../../app/ipc/contract';
import { emptyHistory, type Stall } from '../../app/stats/series';
import type { Snapshot } from '../../app/stats/snapshot';
import { createStream } from '../../renderer/store/stream';
import { snapshotOf } from '../snapshots';

function snapshot(seconds: number, taken: number, change: Partial<Snapshot> = {}): Snapshot {
  return snapshotOf({
    tNs: 1e12 + Math.round(seconds * 1e9),
    seconds,
    offered: taken,
    taken,
    completed: taken,
    received: taken,
    bytes: taken * 60,
    calls: { success: taken, inval: 0, again: 0 },
    ...change,
  });
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
