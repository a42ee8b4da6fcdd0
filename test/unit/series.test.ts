import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addSample,
  addStall,
  emptyHistory,
  historySchema,
  type RateSample,
  SERIES_POINTS,
  SERIES_SPANS,
  STALLS_KEPT,
} from '../../app/stats/series';
import { ratesBetween } from '../../app/stats/snapshot';
import { snapshotOf } from '../snapshots';

const flat = (taken: number): RateSample => ({
  taken,
  received: null,
  bytes: 0,
  success: 0,
  again: 0,
  inval: 0,
});

describe('history', () => {
  test('a spike survives at every zoom', () => {
    const history = emptyHistory();
    for (let i = 0; i < 10_000; i++) addSample(history, i / 10, flat(i === 9900 ? 1e6 : 10));
    for (const span of ['30s', '2min', '10min', 'run'] as const) {
      const max = Math.max(...history[span].buckets.map((b) => b.taken?.[1] ?? 0));
      const min = Math.min(...history[span].buckets.map((b) => b.taken?.[0] ?? 0));
      expect({ span, max, min }).toEqual({ span, max: 1e6, min: 10 });
    }
  });

  test('no span outgrows its points and times rise, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 30, noNaN: true }), { maxLength: 600 }), (steps) => {
        const history = emptyHistory();
        let t = 0;
        for (const step of steps) {
          t += step;
          addSample(history, t, flat(1));
        }
        expect(historySchema.safeParse(history).success).toBe(true);
        for (const level of SERIES_SPANS.map((span) => history[span])) {
          expect(level.buckets.length).toBeLessThanOrEqual(SERIES_POINTS);
          for (const [i, bucket] of level.buckets.entries()) {
            if (i > 0) expect(bucket.t).toBeGreaterThan(level.buckets[i - 1]?.t ?? 0);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a time nothing fell into is a gap, an unknown value is null', () => {
    const history = emptyHistory();
    addSample(history, 0.1, flat(5));
    addSample(history, 5, flat(6));
    expect(history['30s'].buckets.map((b) => b.t)).toEqual([0, 5]);
    expect(history['30s'].buckets[0]?.received).toBeNull();
  });

  test('the latest stalls are kept', () => {
    const history = emptyHistory();
    for (let i = 0; i < STALLS_KEPT + 5; i++)
      addStall(history, { from: i, to: i + 1, seconds: 1, who: 'main' });
    expect(history.stalls).toHaveLength(STALLS_KEPT);
    expect(history.stalls[0]?.from).toBe(5);
    expect(historySchema.safeParse(history).success).toBe(true);
  });

  test('the whole run stays in sight', () => {
    const history = emptyHistory();
    for (let i = 0; i < 36_000; i++) addSample(history, i / 10, flat(1));
    expect(history.run.buckets[0]?.t).toBe(0);
    expect(history.run.buckets.at(-1)?.t).toBeGreaterThan(3500);
    expect(history['30s'].buckets[0]?.t).toBeGreaterThan(3500);
  });
});

const zero = snapshotOf();

describe('rates', () => {
  test('are differences over native time', () => {
    const after = {
      ...zero,
      tNs: 1.5e9,
      seconds: 0.5,
      taken: 1000,
      received: 500,
      calls: { success: 10, inval: 0, again: 5 },
    };
    const rates = ratesBetween(zero, after);
    expect(rates).toMatchObject({ taken: 2000, received: 1000, calls: { success: 20, again: 10, inval: 0 } });
  });

  test('no time, no rate; a first reading counts from the start', () => {
    expect(ratesBetween(zero, zero)).toBeNull();
    expect(ratesBetween(null, { ...zero, seconds: 2, taken: 10 })?.taken).toBe(5);
    // Ten packets in a millisecond are no 100 a second: nothing can be said yet, unless that was the whole run.
    expect(ratesBetween(null, { ...zero, seconds: 0.001, taken: 10 })).toBeNull();
    expect(ratesBetween(null, { ...zero, seconds: 0.001, taken: 10, running: false })?.taken).toBe(100);
    expect(ratesBetween(zero, { ...zero, tNs: 2e9, received: null })?.received).toBeNull();
  });
});
