import { describe, expect, it, vi } from 'vitest';
import { CALL_COLUMNS, type CallsReading } from '../../app/stats/calls';
import {
  type CallsReader,
  createCalls,
  nearestRow,
  rowsWithin,
  selectedRow,
} from '../../renderer/store/calls';
import { callLine, causeText, goneText, keptText } from '../../renderer/store/callWords';
import { batchBars, latencyBars, share } from '../../renderer/store/histogram';
import { barsOf, PITCH, stallsAt, topOf, windowOf } from '../../renderer/store/strip';

/** `kept` calls of 8 packets, the last with number `total`, one a millisecond; every tenth is AGAIN at 2. */
function reading(total: number, kept: number, run = 1): CallsReading {
  const row = (number: number): number[] => {
    const again = number % 10 === 0;
    const cells: Record<(typeof CALL_COLUMNS)[number], number> = {
      number,
      sinceNs: number * 1e6,
      durationNs: 700,
      offered: 8,
      index: again ? 2 : 8,
      code: again ? -2 : 0,
      flush: 1,
      cause: again ? 1 : 0,
      before: 6,
      after: 8,
    };
    return CALL_COLUMNS.map((column) => cells[column]);
  };
  const numbers = Array.from({ length: kept }, (_, i) => total - kept + 1 + i);
  return {
    run,
    total,
    calls: new Float64Array(numbers.flatMap(row)),
    firsts: new Float64Array([...row(1), ...row(10)]),
    sentences: ['Ring full.'],
  };
}

/** A reader that answers when the test says so. */
function slowReader() {
  const asked: { id: string; answer: (r: CallsReading | null) => void; fail: (e: Error) => void }[] = [];
  const reader: CallsReader = {
    calls: (id) => new Promise((answer, fail) => asked.push({ id, answer, fail })),
    histograms: () => Promise.resolve(null),
  };
  return { asked, calls: createCalls(reader) };
}

const settle = () => new Promise((go) => setTimeout(go, 0));

describe('reading calls', () => {
  it('has one request under way, and the last one asked for meanwhile follows', async () => {
    const { asked, calls } = slowReader();
    calls.refresh('A');
    calls.refresh('A');
    calls.refresh('B');
    expect(asked.map((a) => a.id)).toEqual(['A']);
    asked[0]?.answer(reading(20, 20));
    await settle();
    expect(asked.map((a) => a.id)).toEqual(['A', 'B']);
    expect(calls.store.getState().readings.A?.total).toBe(20);
    asked[1]?.fail(new Error('There is no instance B any more.'));
    await settle();
    expect(calls.store.getState().problems.B).toBe('There is no instance B any more.');
    calls.refresh('B');
    asked[2]?.answer(null);
    await settle();
    expect(calls.store.getState()).toMatchObject({ problems: {} });
    expect(calls.store.getState().readings).not.toHaveProperty('B');
  });

  it('drops what was on its way when the view is frozen', async () => {
    const { asked, calls } = slowReader();
    calls.refresh('A');
    asked[0]?.answer(reading(20, 20));
    await settle();
    calls.refresh('A');
    calls.hold('A');
    asked[1]?.answer(reading(9000, 4096));
    await settle();
    expect(calls.store.getState().readings.A?.total).toBe(20);
    expect([calls.isHeld('A'), calls.isHeld('B')]).toEqual([true, false]);
    calls.release();
    expect(calls.isHeld('A')).toBe(false);
    calls.refresh('A');
    asked[2]?.answer(reading(9000, 4096));
    await settle();
    expect(calls.store.getState().readings.A?.total).toBe(9000);
  });
});

describe('a selected call', () => {
  const with20 = async () => {
    const { asked, calls } = slowReader();
    calls.refresh('A');
    asked[0]?.answer(reading(20, 20));
    await settle();
    return { asked, calls };
  };

  it('is kept when the ring has gone on, and says so', async () => {
    const { asked, calls } = await with20();
    calls.selectRow('A', 9);
    const { selected, readings } = calls.store.getState();
    expect(selected.A?.call).toMatchObject({ number: 10, code: 'again', index: 2, taken: 2, refused: 6 });
    expect(calls.store.getState().marked.A).toBeCloseTo(0.01);
    expect(selectedRow(readings.A, selected.A)).toBe(9);
    calls.refresh('A');
    asked[1]?.answer(reading(9000, 4096));
    await settle();
    const later = calls.store.getState();
    expect(later.selected.A?.call.number).toBe(10);
    expect(selectedRow(later.readings.A, later.selected.A)).toBe(-1);
    if (later.selected.A)
      expect(goneText(later.readings.A, later.selected.A)).toMatch(
        /^Call 10 is no longer among the latest 4,096/,
      );
  });

  it('goes with its run', async () => {
    const { asked, calls } = await with20();
    calls.selectRow('A', 0);
    calls.refresh('A');
    asked[1]?.answer(reading(3, 3, 2));
    await settle();
    expect(calls.store.getState()).toMatchObject({ selected: {}, marked: {} });
  });

  it('stays within the rows, and is nothing when asked so', async () => {
    const { calls } = await with20();
    calls.selectRow('A', 99);
    expect(calls.store.getState().selected.A?.call.number).toBe(20);
    calls.selectRow('A', -5);
    expect(calls.store.getState().selected.A?.call.number).toBe(1);
    calls.selectRow('A', null);
    expect(calls.store.getState().selected).toEqual({});
  });

  it('is the first of its code even when that is gone', async () => {
    const { asked, calls } = await with20();
    calls.refresh('A');
    asked[1]?.answer(reading(9000, 100));
    await settle();
    expect(calls.selectFirst('A', 'again')).toBe(true);
    expect(calls.selectFirst('A', 'inval')).toBe(false);
    const { selected, readings } = calls.store.getState();
    expect(selected.A).toMatchObject({ first: true, call: { number: 10, cause: 'Ring full.' } });
    if (selected.A)
      expect(goneText(readings.A, selected.A)).toMatch(/Call 10, the first AGAIN, is no longer/);
  });

  it('is found by its number: in the reading, in the ring, or as a first one', async () => {
    const { asked, calls } = await with20();
    await calls.selectNumber('A', 5);
    expect(calls.store.getState().selected.A?.call.number).toBe(5);
    const newer = calls.selectNumber('A', 30);
    asked[1]?.answer({ ...reading(40, 11), calls: reading(30, 1).calls });
    await newer;
    const { selected, readings } = calls.store.getState();
    expect(selected.A).toMatchObject({ first: false, call: { number: 30, code: 'again' } });
    if (selected.A) expect(goneText(readings.A, selected.A)).toBeNull();
    const gone = calls.selectNumber('A', 4000);
    asked[2]?.answer(reading(99_999, 1));
    await gone;
    expect(calls.store.getState().problems.A).toBe('Call 4,000 is gone: the latest 4,096 calls are kept.');
    calls.refresh('A');
    asked[3]?.answer(reading(9000, 100));
    await settle();
    const first = calls.selectNumber('A', 10);
    asked[4]?.answer(reading(9000, 1));
    await first;
    expect(calls.store.getState()).toMatchObject({ problems: {}, selected: { A: { first: true } } });
  });

  it('is found from a time in a chart', async () => {
    const { calls } = await with20();
    calls.mark('A', 0.0102, 0.05);
    expect(calls.store.getState().selected.A?.call.number).toBe(10);
    calls.mark('A', 3, 0.2);
    expect(calls.store.getState().selected).toEqual({});
    expect(calls.store.getState().marked.A).toBe(3);
  });
});

describe('the strip', () => {
  const rows = reading(100, 100).calls;

  it('shows the newest, or has what is selected in sight', () => {
    const width = 20 * PITCH;
    expect(windowOf(100, width, -1)).toEqual([80, 100]);
    expect(windowOf(100, width, 85)).toEqual([80, 100]);
    expect(windowOf(100, width, 40)).toEqual([30, 50]);
    expect(windowOf(100, width, 3)).toEqual([0, 20]);
    expect(windowOf(7, width, -1)).toEqual([0, 7]);
    expect(windowOf(0, width, -1)).toEqual([0, 0]);
  });

  it('has bars whose parts are what was offered', () => {
    const bars = barsOf(rows, 0, 100);
    expect(bars).toHaveLength(100);
    expect(bars[9]).toEqual({ row: 9, code: 'again', offered: 8, taken: 2, refused: 6, unexamined: 0 });
    expect(topOf(bars)).toBe(8);
    expect(topOf([])).toBe(64);
    expect(barsOf(rows, 95, 200)).toHaveLength(5);
  });

  it('finds the calls of a time and the time of a call', () => {
    expect(rowsWithin(rows, 0.01, 0.012)).toEqual([9, 11]);
    expect(rowsWithin(rows, 5, 6)).toEqual([100, 100]);
    expect(nearestRow(rows, 0.0106)).toBe(10);
    expect(nearestRow(rows, -1)).toBe(0);
    expect(nearestRow(rows, 99)).toBe(99);
    expect(nearestRow(new Float64Array(), 1)).toBe(-1);
  });

  it('marks a stall between the calls around it', () => {
    const late = reading(100, 100).calls.slice();
    for (let i = 50; i < 100; i++) late[i * CALL_COLUMNS.length + 1] = (i + 1) * 1e6 + 5e9;
    const stall = { from: 0.05, to: 5.052, seconds: 5, who: 'both' as const };
    expect(stallsAt(late, 0, 100, [stall])).toEqual([{ row: 50, stall }]);
    expect(stallsAt(late, 60, 100, [stall])).toEqual([]);
    expect(stallsAt(rows, 0, 100, [])).toEqual([]);
  });
});

describe('words', () => {
  it('say how many calls are kept', () => {
    expect(keptText(undefined)).toBe('no calls yet');
    expect(keptText(reading(1, 1))).toBe('the only call');
    expect(keptText(reading(20, 20))).toBe('all 20 calls');
    expect(keptText(reading(1_234_567, 100))).toBe('last 100 of 1,234,567 calls');
  });

  it('say what a call did', async () => {
    const { asked, calls } = slowReader();
    calls.refresh('A');
    asked[0]?.answer(reading(20, 20));
    await vi.waitFor(() => expect(calls.store.getState().readings.A).toBeDefined());
    calls.selectRow('A', 9);
    const call = calls.store.getState().selected.A?.call;
    if (!call) throw new Error('nothing selected');
    expect(callLine(call)).toBe('Call 10: AGAIN at index 2, 8 offered, 2 taken, 6 refused');
    expect(causeText(call)).toBe('Ring full.');
    expect(causeText({ ...call, code: 'success', cause: null })).toBe('Every packet was taken.');
    expect(causeText({ ...call, code: 'success', cause: null, offered: 0 })).toMatch(/^A flush of earlier/);
  });
});

describe('histograms', () => {
  it('keep every call, whatever is merged', () => {
    const fine = new Float64Array(Array.from({ length: 300 }, (_, i) => [i * 3, i * 3 + 2, i + 1]).flat());
    const drawn = latencyBars(fine);
    expect(drawn?.total).toBe((300 * 301) / 2);
    expect(drawn?.from).toBeLessThanOrEqual(1);
    expect(drawn?.to).toBeGreaterThanOrEqual(899);
    expect(drawn?.bars.length).toBeLessThan(100);
    expect(latencyBars(new Float64Array())).toBeNull();
  });

  it('show each batch size while they are few', () => {
    const drawn = batchBars(new Float64Array([40, 40, 1, 64, 64, 15]));
    expect(drawn).toMatchObject({ from: 0, to: 65, total: 16, highest: 15 });
    expect(drawn?.bars).toEqual([
      { lower: 40, upper: 40, count: 1 },
      { lower: 64, upper: 64, count: 15 },
    ]);
    const many = batchBars(new Float64Array([1, 1, 2, 4096, 4096, 3]));
    expect(many?.total).toBe(5);
    expect(many?.bars.at(-1)?.upper).toBeGreaterThanOrEqual(4096);
    expect(batchBars(new Float64Array())).toBeNull();
  });

  it('let one call among millions be seen', () => {
    expect(share(0, 1e6)).toBe(0);
    expect(share(1, 1e6)).toBeGreaterThan(0.1);
    expect(share(1e6, 1e6)).toBe(1);
  });
});
