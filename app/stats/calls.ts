import { z } from 'zod';
import { AIO_CODES, type AioCodeName } from '../aio/codes';

/**
 * Single send calls, as the strip, the table and an export show them. They travel as rows of numbers in one
 * Float64Array: four thousand objects five times a second would cost main and the page milliseconds each time.
 */

/** How many of the latest calls a run keeps (`PL_CALLS`). */
export const CALLS_KEPT = 4096;

/** The columns of a row, in the order of `native/addon/readCalls.c`. */
export const CALL_COLUMNS = [
  'number',
  'sinceNs',
  'durationNs',
  'offered',
  'index',
  'code',
  'flush',
  'cause',
  'before',
  'after',
] as const;
type Column = (typeof CALL_COLUMNS)[number];
const WIDTH = CALL_COLUMNS.length;

/** A Float64Array of whole rows, at most `rows` of them. */
export function rowsOf(width: number, rows: number) {
  return z.custom<Float64Array>(
    (v) => v instanceof Float64Array && v.length % width === 0 && v.length <= width * rows,
    'not rows of numbers',
  );
}

export const callsReadingSchema = z.object({
  /** Number of the run they belong to. */
  run: z.number(),
  /** How many calls the run has made so far. */
  total: z.number().nonnegative(),
  /** Rows of the calls asked for that are still kept, oldest first. */
  calls: rowsOf(WIDTH, CALLS_KEPT),
  /** Rows of the first call of each code that came; they outlive the others. */
  firsts: rowsOf(WIDTH, 3),
  /** Sentences of causes; a row names its own by 1-based place. */
  sentences: z.array(z.string()).max(CALLS_KEPT + 3),
});
export type CallsReading = z.infer<typeof callsReadingSchema>;

/** One send call. Counted per call: `offered = taken + refused + unexamined`. */
export interface Call {
  /** 1-based number in the run. */
  readonly number: number;
  /** When it began, in seconds of run time. */
  readonly seconds: number;
  readonly durationNs: number;
  readonly offered: number;
  readonly taken: number;
  readonly refused: number;
  readonly unexamined: number;
  /** The first packet that was not taken; null on success. */
  readonly index: number | null;
  readonly code: AioCodeName;
  readonly flush: boolean;
  readonly cause: string | null;
  /** Packets in the backend's ring before and after the call; null where it has no ring. */
  readonly before: number | null;
  readonly after: number | null;
}

/** What became of the packets of one call: SUCCESS n taken; INVAL at i: one refused; AGAIN at i: the rest refused. */
export function partsOf(
  code: AioCodeName,
  offered: number,
  index: number,
): Pick<Call, 'taken' | 'refused' | 'unexamined'> {
  if (code === 'success') return { taken: offered, refused: 0, unexamined: 0 };
  const rest = Math.max(0, offered - index);
  const refused = code === 'inval' ? Math.min(1, rest) : rest;
  return { taken: offered - rest, refused, unexamined: rest - refused };
}

function codeName(code: number): AioCodeName {
  if (code === AIO_CODES.inval) return 'inval';
  return code === AIO_CODES.again ? 'again' : 'success';
}

export function callCount(rows: Float64Array): number {
  return Math.floor(rows.length / WIDTH);
}

/** One figure of row `i`, without making the whole call. */
export function callCell(rows: Float64Array, i: number, column: Column): number {
  return rows[i * WIDTH + CALL_COLUMNS.indexOf(column)] ?? Number.NaN;
}

/** Row `i` as a call; the row has to exist. */
export function callAt(reading: Pick<CallsReading, 'sentences'>, rows: Float64Array, i: number): Call {
  const cell = (column: Column) => callCell(rows, i, column);
  const known = (value: number) => (Number.isNaN(value) ? null : value);
  const code = codeName(cell('code'));
  const offered = cell('offered');
  const index = cell('index');
  return {
    number: cell('number'),
    seconds: cell('sinceNs') / 1e9,
    durationNs: cell('durationNs'),
    offered,
    ...partsOf(code, offered, index),
    index: code === 'success' ? null : index,
    code,
    flush: cell('flush') !== 0,
    cause: reading.sentences[cell('cause') - 1] ?? null,
    before: known(cell('before')),
    after: known(cell('after')),
  };
}

/** The first call of a code, or null when it never came. */
export function firstOf(reading: CallsReading, code: AioCodeName): Call | null {
  for (let i = 0; i < callCount(reading.firsts); i++) {
    if (callCell(reading.firsts, i, 'code') === AIO_CODES[code]) return callAt(reading, reading.firsts, i);
  }
  return null;
}

/** The row of the call with this number, or -1: numbers ascend, some may be missing. */
export function rowOfCall(rows: Float64Array, number: number): number {
  return rowFrom(rows, 'number', number, true);
}

/** The last row whose figure is at most `value` (with `exact`: equal to it), or -1. */
export function rowFrom(
  rows: Float64Array,
  column: 'number' | 'sinceNs',
  value: number,
  exact = false,
): number {
  let low = 0;
  let high = callCount(rows) - 1;
  let found = -1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (callCell(rows, middle, column) <= value) {
      found = middle;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return exact && found >= 0 && callCell(rows, found, column) !== value ? -1 : found;
}

/** At most `max` rows, from the call with number `first` on. */
export function cutCalls(rows: Float64Array, first: number, max: number): Float64Array {
  const from = rowFrom(rows, 'number', first - 0.5) + 1;
  return rows.slice(from * WIDTH, (from + max) * WIDTH);
}

/** Buckets of a histogram: rows of lower end, upper end, count; empty buckets are left out. */
const BUCKETS_MAX = 4608 + 4097;

export const histogramsSchema = z.object({
  run: z.number(),
  /** Send-call latency in ns. */
  latency: rowsOf(3, BUCKETS_MAX),
  /** Packets a call carried. */
  batches: rowsOf(3, BUCKETS_MAX),
});
export type Histograms = z.infer<typeof histogramsSchema>;

export interface HistogramBar {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export function histogramBars(rows: Float64Array): HistogramBar[] {
  return Array.from({ length: Math.floor(rows.length / 3) }, (_, i) => ({
    lower: rows[i * 3] ?? 0,
    upper: rows[i * 3 + 1] ?? 0,
    count: rows[i * 3 + 2] ?? 0,
  }));
}
