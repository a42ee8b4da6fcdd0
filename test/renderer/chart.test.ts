import { describe, expect, it } from 'vitest';
import { addSample, emptyHistory, type RateSample } from '../../app/stats/series';
import { chartRows, niceScale, rowAt, steadyScale, timeAxis, timeLabel } from '../../renderer/store/chart';

const sample = (taken: number): RateSample => ({
  taken,
  received: null,
  bytes: 0,
  success: 0,
  again: 0,
  inval: 0,
});

describe('chart rows', () => {
  it('carry minimum and maximum, so that a spike survives', () => {
    const history = emptyHistory();
    for (let i = 0; i < 40; i++) addSample(history, i / 10, sample(i === 17 ? 900 : 10));
    const rows = chartRows(history['2min'], ['taken']);
    expect(Math.max(...rows.map((r) => r.takenMax ?? 0))).toBe(900);
    expect(rows.find((r) => r.takenMax === 900)?.takenRange).toEqual([10, 900]);
  });

  it('break the line at a gap', () => {
    const history = emptyHistory();
    for (const t of [0, 0.2, 0.4, 3, 3.2]) addSample(history, t, sample(5));
    const rows = chartRows(history['30s'], ['taken', 'received']);
    expect(rows.map((r) => r.takenMax)).toEqual([5, 5, 5, null, 5, 5]);
    expect(rows.every((r) => r.receivedMax === null)).toBe(true);
  });

  it('are found by run time', () => {
    const rows = [{ t: 0 }, { t: 0.2 }, { t: 0.4 }];
    expect(rowAt(rows, 0.3)?.t).toBe(0.2);
    expect(rowAt(rows, 9)?.t).toBe(0.4);
    expect(rowAt(rows, -1)).toBeNull();
    expect(rowAt([], 1)).toBeNull();
  });
});

describe('scales', () => {
  it('are round, begin at zero and leave a little room', () => {
    expect(niceScale(0)).toEqual({ max: 10, ticks: [0, 2.5, 5, 7.5, 10] });
    expect(niceScale(100_000).max).toBe(200_000);
    expect(niceScale(95_000).max).toBe(100_000);
    expect(niceScale(2.9e6)).toEqual({ max: 4e6, ticks: [0, 1e6, 2e6, 3e6, 4e6] });
    for (const max of [11, 37, 599, 1e9]) expect(niceScale(max).max).toBeGreaterThan(max);
  });

  it('grow at once and shrink only when much too large', () => {
    const large = niceScale(90_000);
    expect(steadyScale(large, 150_000).max).toBe(200_000);
    expect(steadyScale(large, 50_000)).toBe(large);
    expect(steadyScale(large, 20_000).max).toBe(30_000);
  });
});

describe('the time axis', () => {
  it('is as long as its span from the start and then moves on', () => {
    expect(timeAxis('30s', 0)).toEqual({ from: 0, to: 30, ticks: [0, 5, 10, 15, 20, 25, 30] });
    expect(timeAxis('30s', 42)).toMatchObject({ from: 12, to: 42, ticks: [15, 20, 25, 30, 35, 40] });
    expect(timeAxis('run', 3700)).toMatchObject({ from: 0, to: 3700 });
    for (const span of ['30s', '2min', '10min', 'run'] as const) {
      expect(timeAxis(span, 86_000).ticks.length).toBeLessThanOrEqual(7);
    }
  });

  it('reads in seconds, minutes or hours', () => {
    expect([5, 60, 95, 3725].map(timeLabel)).toEqual(['5 s', '1:00', '1:35', '1:02:05']);
  });
});
