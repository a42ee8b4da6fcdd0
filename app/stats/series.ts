import { z } from 'zod';
import type { Rates } from './snapshot';

/**
 * Fixed-size time series for charts: each bucket keeps the minimum and maximum of what fell
 * into it, so a spike survives any zoom; nothing is averaged. A bucket nothing fell into is
 * a gap (absent), never zero.
 */

export const SERIES_METRICS = ['taken', 'received', 'bytes', 'success', 'again', 'inval'] as const;
export type SeriesMetric = (typeof SERIES_METRICS)[number];

/** The rate of each metric over one sampling interval, per second; null = not known. */
export type RateSample = Record<SeriesMetric, number | null>;

const envelope = z.tuple([z.number(), z.number()]).nullable();

export const bucketSchema = z.object({
  /** Run time at the start of the bucket, in seconds. */
  t: z.number(),
  taken: envelope,
  received: envelope,
  bytes: envelope,
  success: envelope,
  again: envelope,
  inval: envelope,
});
export type Bucket = z.infer<typeof bucketSchema>;

export const SERIES_SPANS = ['30s', '2min', '10min', 'run'] as const;
export type SeriesSpan = (typeof SERIES_SPANS)[number];

/** At most this many points a line reach a chart. */
export const SERIES_POINTS = 150;

const WIDTHS: Readonly<Record<SeriesSpan, number>> = { '30s': 0.2, '2min': 0.8, '10min': 4, run: 0.2 };

/** A time in which nothing was sampled: a gap in every chart, marked as what it is. */
export const stallSchema = z.object({
  /** Run time before and after it, in seconds. */
  from: z.number(),
  to: z.number(),
  /** How long it was by the clock of whoever noticed it. */
  seconds: z.number(),
  /** Who stood still: main, which samples; the sending thread; or both. */
  who: z.enum(['main', 'thread', 'both']),
});
export type Stall = z.infer<typeof stallSchema>;

/** The latest stalls are kept, this many. */
export const STALLS_KEPT = 100;

export const historySchema = z.object({
  stalls: z.array(stallSchema).max(STALLS_KEPT),
  '30s': z.object({ width: z.number(), buckets: z.array(bucketSchema).max(SERIES_POINTS) }),
  '2min': z.object({ width: z.number(), buckets: z.array(bucketSchema).max(SERIES_POINTS) }),
  '10min': z.object({ width: z.number(), buckets: z.array(bucketSchema).max(SERIES_POINTS) }),
  run: z.object({ width: z.number(), buckets: z.array(bucketSchema).max(SERIES_POINTS) }),
});
export type History = z.infer<typeof historySchema>;

/** What a chart keeps of the rates of one sampling interval. */
export function sampleOf(rates: Rates): RateSample {
  return { taken: rates.taken, received: rates.received, bytes: rates.bytes, ...rates.calls };
}

/** An empty history: a run that has no sample yet. */
export function emptyHistory(): History {
  const level = (span: SeriesSpan) => ({ width: WIDTHS[span], buckets: [] });
  return {
    stalls: [],
    '30s': level('30s'),
    '2min': level('2min'),
    '10min': level('10min'),
    run: level('run'),
  };
}

/** Adds one sample at run time `t` (seconds) to every span. The history is changed in place. */
export function addSample(history: History, t: number, sample: RateSample): void {
  for (const span of SERIES_SPANS) {
    const level = history[span];
    put(level, t, sample);
    if (level.buckets.length <= SERIES_POINTS) continue;
    if (span === 'run') halve(level);
    else level.buckets.shift();
  }
}

/** Notes a stall; the oldest go when there are too many. The history is changed in place. */
export function addStall(history: History, stall: Stall): void {
  history.stalls = [...history.stalls, stall].slice(-STALLS_KEPT);
}

function put(level: { width: number; buckets: Bucket[] }, t: number, sample: RateSample): void {
  // The small offset keeps 0.6 / 0.2 in bucket 3 and not in bucket 2.
  const start = Math.floor(t / level.width + 1e-6) * level.width;
  const last = level.buckets.at(-1);
  if (last && start <= last.t + level.width / 2) {
    for (const metric of SERIES_METRICS) last[metric] = widened(last[metric], sample[metric]);
    return;
  }
  const bucket: Bucket = {
    t: start,
    taken: null,
    received: null,
    bytes: null,
    success: null,
    again: null,
    inval: null,
  };
  for (const metric of SERIES_METRICS) bucket[metric] = widened(null, sample[metric]);
  level.buckets.push(bucket);
}

function widened(range: [number, number] | null, value: number | null): [number, number] | null {
  if (value === null || !Number.isFinite(value)) return range;
  return range ? [Math.min(range[0], value), Math.max(range[1], value)] : [value, value];
}

/** Doubles the bucket width of the whole-run level so that it never outgrows its size. */
function halve(level: { width: number; buckets: Bucket[] }): void {
  level.width *= 2;
  const merged: Bucket[] = [];
  for (const bucket of level.buckets) {
    const start = Math.floor(bucket.t / level.width + 1e-6) * level.width;
    const last = merged.at(-1);
    if (last && start <= last.t + level.width / 2) {
      for (const metric of SERIES_METRICS) {
        const range = bucket[metric];
        if (range) last[metric] = widened(widened(last[metric], range[0]), range[1]);
      }
    } else {
      merged.push({ ...bucket, t: start });
    }
  }
  level.buckets = merged;
}
