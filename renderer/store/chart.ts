import type { Bucket, History, SeriesMetric, SeriesSpan, Stall } from '../../app/stats/series';

/** What charts draw, made from a history without touching it: rows with gaps, round scales, nice ticks. */

export interface ChartRow {
  /** Run time in seconds. */
  readonly t: number;
  /** The largest value of the bucket; null is a gap. */
  readonly [high: `${string}Max`]: number | null;
  /** Smallest and largest value of the bucket; null is a gap. */
  readonly [range: `${string}Range`]: readonly [number, number] | null;
}

/** The length of each span in seconds; the whole run has none. */
export const SPAN_SECONDS: Readonly<Record<SeriesSpan, number | null>> = {
  '30s': 30,
  '2min': 120,
  '10min': 600,
  run: null,
};

export const SPAN_WORDS: Readonly<Record<SeriesSpan, string>> = {
  '30s': '30 s',
  '2min': '2 min',
  '10min': '10 min',
  run: 'Whole run',
};

function row(t: number, metrics: readonly SeriesMetric[], bucket: Bucket | null): ChartRow {
  const made: Record<string, number | readonly [number, number] | null> = { t };
  for (const metric of metrics) {
    const range = bucket?.[metric] ?? null;
    made[`${metric}Max`] = range?.[1] ?? null;
    made[`${metric}Range`] = range;
  }
  return made as unknown as ChartRow;
}

/** One row a bucket; where buckets are missing one empty row keeps the line from being drawn across. */
export function chartRows(
  level: History[SeriesSpan],
  metrics: readonly SeriesMetric[],
  stalls: readonly Stall[] = [],
): readonly ChartRow[] {
  const rows: ChartRow[] = [];
  let before: Bucket | null = null;
  for (const bucket of level.buckets) {
    const from = before?.t ?? 0;
    const missing = before !== null && bucket.t - from > level.width * 1.5;
    // A stall shorter than a bucket leaves none out, and is still not drawn across.
    const stalled =
      before !== null && stalls.some((stall) => stall.from >= from && stall.to <= bucket.t + level.width);
    if (missing || stalled) {
      const gap = missing ? from + level.width : (from + bucket.t) / 2;
      rows.push(row(gap, metrics, null));
    }
    rows.push(row(bucket.t, metrics, bucket));
    before = bucket;
  }
  return rows;
}

/** The largest value of the metrics in a level, 0 when there is none. */
export function peak(level: History[SeriesSpan], metrics: readonly SeriesMetric[]): number {
  let max = 0;
  for (const bucket of level.buckets)
    for (const metric of metrics) max = Math.max(max, bucket[metric]?.[1] ?? 0);
  return max;
}

export interface Scale {
  readonly max: number;
  readonly ticks: readonly number[];
}

const ROUND: readonly { readonly top: number; readonly parts: number }[] = [
  { top: 1, parts: 4 },
  { top: 2, parts: 4 },
  { top: 3, parts: 3 },
  { top: 4, parts: 4 },
  { top: 6, parts: 3 },
  { top: 8, parts: 4 },
  { top: 10, parts: 4 },
];

/** A scale from zero to the next round number with a little room above `max`, at least 10 at the top. */
export function niceScale(max: number): Scale {
  const wanted = Math.max(max * 1.04, 10);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = ROUND.find((r) => r.top * power >= wanted * (1 - 1e-9)) ?? { top: 10, parts: 4 };
  const top = step.top * power;
  return { max: top, ticks: Array.from({ length: step.parts + 1 }, (_, i) => (top / step.parts) * i) };
}

/** The scale to draw next: it grows at once and shrinks only when the data needs less than a third of it. */
export function steadyScale(before: Scale | null, max: number): Scale {
  const next = niceScale(max);
  if (before === null || next.max >= before.max) return next;
  return max < before.max / 3 ? next : before;
}

const STEPS = [5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400];

export interface TimeAxis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
}

/** The time axis of a span when the newest sample is at `last` seconds: full width from the start on. */
export function timeAxis(span: SeriesSpan, last: number): TimeAxis {
  const length = SPAN_SECONDS[span];
  const to = Math.max(last, length ?? 30);
  const from = length === null ? 0 : to - length;
  const step = STEPS.find((s) => (to - from) / s <= 6.5) ?? 86400;
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return { from, to, ticks };
}

/** Run time on an axis: "25 s" under a minute, then "1:30", then "1:02:30". */
export function timeLabel(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(s / 60);
  return minutes < 60
    ? `${minutes}:${two(s % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}

/** A stall as it is named wherever it is drawn. */
export function stallWords(stall: Stall): string {
  return `stall ${stall.seconds.toFixed(1)} s`;
}

/** The row whose bucket holds run time `t`, or null. */
export function rowAt(rows: readonly ChartRow[], t: number): ChartRow | null {
  let low = 0;
  let high = rows.length - 1;
  let found: ChartRow | null = null;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const candidate = rows[middle];
    if (!candidate) break;
    if (candidate.t <= t) {
      found = candidate;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found;
}
