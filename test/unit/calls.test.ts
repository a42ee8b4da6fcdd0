import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AIO_CODE_NAMES, AIO_CODES } from '../../app/aio/codes';
import {
  CALL_COLUMNS,
  CALLS_KEPT,
  callAt,
  callCount,
  callsReadingSchema,
  cutCalls,
  histogramBars,
  histogramsSchema,
  partsOf,
  rowFrom,
  rowOfCall,
} from '../../app/stats/calls';

const row = (number: number, over: Partial<Record<(typeof CALL_COLUMNS)[number], number>> = {}) => {
  const cells = {
    number,
    sinceNs: number * 1000,
    durationNs: 5,
    offered: 8,
    index: 8,
    code: 0,
    flush: 1,
    cause: 0,
    before: 0,
    after: 8,
    ...over,
  };
  return CALL_COLUMNS.map((column) => cells[column]);
};
const rows = (...all: number[][]) => new Float64Array(all.flat());

describe('a call', () => {
  test('counts each packet it offered once', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...AIO_CODE_NAMES),
        fc.integer({ min: 0, max: 4096 }),
        fc.nat(),
        (code, offered, at) => {
          const index = offered === 0 ? 0 : at % offered;
          const { taken, refused, unexamined } = partsOf(code, offered, index);
          expect(taken + refused + unexamined).toBe(offered);
          expect(Math.min(taken, refused, unexamined)).toBeGreaterThanOrEqual(0);
          if (code === 'success') expect(taken).toBe(offered);
          else expect(taken).toBe(offered === 0 ? 0 : index);
          if (code === 'again') expect(unexamined).toBe(0);
          if (code === 'inval') expect(refused).toBe(offered === 0 ? 0 : 1);
        },
      ),
    );
  });

  test('is read from its row', () => {
    const cells = rows(
      row(1, { index: 0 }),
      row(2, { code: AIO_CODES.inval, index: 3, cause: 2, flush: 0, before: Number.NaN, after: Number.NaN }),
    );
    const reading = { sentences: ['first', 'second'] };
    expect(callAt(reading, cells, 0)).toMatchObject({
      code: 'success',
      index: null,
      cause: null,
      before: 0,
      after: 8,
    });
    expect(callAt(reading, cells, 1)).toEqual({
      number: 2,
      seconds: 2e-6,
      durationNs: 5,
      offered: 8,
      taken: 3,
      refused: 1,
      unexamined: 4,
      index: 3,
      code: 'inval',
      flush: false,
      cause: 'second',
      before: null,
      after: null,
    });
  });
});

describe('rows of calls', () => {
  const gappy = rows(row(3), row(4), row(9), row(10));

  test('are found by number and by time, some missing', () => {
    expect([2, 3, 4, 5, 9, 10, 11].map((n) => rowOfCall(gappy, n))).toEqual([-1, 0, 1, -1, 2, 3, -1]);
    expect([2999, 3000, 8999, 1e9].map((ns) => rowFrom(gappy, 'sinceNs', ns))).toEqual([-1, 0, 1, 3]);
    expect(rowOfCall(new Float64Array(), 1)).toBe(-1);
  });

  test('are cut from a number on', () => {
    expect([...cutCalls(gappy, 5, 1)]).toEqual(row(9));
    expect(callCount(cutCalls(gappy, 0, 100))).toBe(4);
    expect(callCount(cutCalls(gappy, 11, 100))).toBe(0);
  });

  test('are refused unless they are whole and bounded', () => {
    const reading = { run: 1, total: 4, calls: gappy, firsts: rows(row(3)), sentences: [] };
    expect(callsReadingSchema.safeParse(reading).success).toBe(true);
    const bad: unknown[] = [
      new Float64Array(7),
      new Float64Array((CALLS_KEPT + 1) * CALL_COLUMNS.length),
      new Float32Array(10),
      [1, 2, 3],
      null,
    ];
    for (const calls of bad) expect(callsReadingSchema.safeParse({ ...reading, calls }).success).toBe(false);
    expect(
      histogramsSchema.safeParse({ run: 1, latency: new Float64Array(4), batches: new Float64Array() })
        .success,
    ).toBe(false);
  });

  test('of a histogram are bars', () => {
    expect(histogramBars(new Float64Array([1, 2, 3, 4, 5, 6]))).toEqual([
      { lower: 1, upper: 2, count: 3 },
      { lower: 4, upper: 5, count: 6 },
    ]);
  });
});
