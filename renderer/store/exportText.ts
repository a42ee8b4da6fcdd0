import { type Call, type CallsReading, callAt, callCount } from '../../app/stats/calls';
import { type History, SERIES_METRICS, type SeriesMetric, type SeriesSpan } from '../../app/stats/series';
import type { Snapshot } from '../../app/stats/snapshot';
import { SPAN_WORDS } from './chart';

/** What is seen of an instance, as text for other programs. */

export interface Shown {
  readonly instance: string;
  readonly run: number;
  readonly backend: string;
  readonly asked: string | null;
  readonly span: SeriesSpan;
  readonly history: History;
  readonly snapshot: Snapshot | null;
  readonly reading: CallsReading | null;
  /** When it was exported, ISO 8601. */
  readonly at: string;
}

const METRIC_UNITS: Readonly<Record<SeriesMetric, readonly [name: string, unit: string]>> = {
  taken: ['taken', 'packets/s'],
  received: ['received', 'packets/s'],
  bytes: ['payload', 'B/s'],
  success: ['SUCCESS', 'calls/s'],
  again: ['AGAIN', 'calls/s'],
  inval: ['INVAL', 'calls/s'],
};

const COUNTERS: readonly (readonly [key: keyof Snapshot & string, unit: string])[] = [
  ['offered', 'packets'],
  ['taken', 'packets'],
  ['refused', 'packets'],
  ['unexamined', 'packets'],
  ['pending', 'packets'],
  ['retried', 'packets'],
  ['completed', 'packets'],
  ['received', 'packets'],
  ['inFlight', 'packets'],
  ['notWritten', 'packets'],
  ['notCaptured', 'packets'],
  ['truncated', 'packets'],
  ['lateErrors', 'errors'],
  ['bytes', 'B'],
  ['flushes', 'sends'],
  ['kicks', 'kicks'],
  ['seconds', 's'],
];

const PERCENTILES: readonly (readonly [word: string, key: keyof Snapshot['sendCallNs']])[] = [
  ['p50', 'p50'],
  ['p90', 'p90'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
];

function callsOf(reading: CallsReading | null): Call[] {
  return reading
    ? Array.from({ length: callCount(reading.calls) }, (_, i) => callAt(reading, reading.calls, i))
    : [];
}

type Cell = string | number | null;

/** A cell of RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const safe = /^[=+\-@\t\r\n]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** What the far end read from signatures: name, value and unit. */
function receivedRows(snapshot: Snapshot | null): [name: string, value: number, unit: string][] {
  const received = snapshot?.signature;
  if (!received) return [];
  const rows: [string, number, string][] = received.streams.flatMap((stream) => [
    ...(['received', 'lost', 'reordered', 'duplicated'] as const).map((name): [string, number, string] => [
      `stream ${stream.id} ${name}`,
      stream[name],
      'packets',
    ]),
    ...PERCENTILES.flatMap(([word, key]): [string, number, string][] => [
      [`stream ${stream.id} latency ${word}`, stream.latencyNs[key], 'ns'],
      [`stream ${stream.id} gap ${word}`, stream.gapNs[key], 'ns'],
    ]),
  ]);
  const { unsigned, tooLate, ownLoss } = received;
  for (const [name, value] of Object.entries({ unsigned, tooLate, ownLoss }))
    rows.push([name, value, 'frames']);
  return rows;
}

/** The columns; each row fills those that belong to its kind of record. */
const SERIES_COLUMNS = SERIES_METRICS.flatMap((metric) => {
  const [name, unit] = METRIC_UNITS[metric];
  return [`${name} min (${unit})`, `${name} max (${unit})`];
});
const CALL_COLUMNS = [
  'call',
  'code',
  'offered (packets)',
  'taken (packets)',
  'refused (packets)',
  'unexamined (packets)',
  'index',
  'flush',
  'duration (ns)',
  'ring before (packets)',
  'ring after (packets)',
  'cause',
] as const;
export const CSV_COLUMNS: readonly string[] = [
  'record',
  'run time (s)',
  'name',
  'value',
  'unit',
  ...SERIES_COLUMNS,
  ...CALL_COLUMNS,
];

/** One table: rows of facts, chart buckets, counters, percentiles and calls, told apart by their first column. */
export function csvOf(shown: Shown): string {
  const rows: Cell[][] = [];
  const none = (n: number): null[] => Array.from({ length: n }, () => null);
  const named = (record: string, name: string, value: Cell, unit: string, at: number | null = null) =>
    rows.push([record, at, name, value, unit, ...none(SERIES_COLUMNS.length + CALL_COLUMNS.length)]);
  const { snapshot } = shown;
  named('about', 'instance', shown.instance, '');
  named('about', 'run', shown.run, '');
  named('about', 'backend', shown.backend, '');
  named('about', 'asked', shown.asked, '');
  named('about', 'charts', SPAN_WORDS[shown.span], '');
  named('about', 'exported', shown.at, '');
  for (const [key, unit] of snapshot ? COUNTERS : []) {
    const value = snapshot?.[key];
    named('counter', key, typeof value === 'number' ? value : null, unit);
  }
  for (const [code, count] of Object.entries(snapshot?.calls ?? {})) {
    named('counter', `calls ${code.toUpperCase()}`, count, 'calls');
  }
  for (const [word, key] of snapshot ? PERCENTILES : []) {
    named('latency', word, snapshot?.sendCallNs[key] ?? null, 'ns');
  }
  for (const row of receivedRows(snapshot)) named('received', ...row);
  for (const stall of shown.history.stalls) named('stall', stall.who, stall.seconds, 's', stall.from);
  for (const bucket of shown.history[shown.span].buckets) {
    const cells = SERIES_METRICS.flatMap((m) => [bucket[m]?.[0] ?? null, bucket[m]?.[1] ?? null]);
    rows.push(['series', round(bucket.t), ...none(3), ...cells, ...none(CALL_COLUMNS.length)]);
  }
  for (const call of callsOf(shown.reading)) {
    rows.push([
      'call',
      call.seconds,
      ...none(3 + SERIES_COLUMNS.length),
      call.number,
      call.code.toUpperCase(),
      call.offered,
      call.taken,
      call.refused,
      call.unexamined,
      call.index,
      call.flush ? 1 : 0,
      call.durationNs,
      call.before,
      call.after,
      call.cause,
    ]);
  }
  return `${[CSV_COLUMNS, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** Bucket times are multiples of their width; what binary fractions add is taken off. */
function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** The same as one JSON document; units are part of the names. */
export function jsonOf(shown: Shown): string {
  const { snapshot, history, span } = shown;
  const { width, buckets } = history[span];
  return `${JSON.stringify(
    {
      format: 'packet-lab view',
      version: 1,
      exported: shown.at,
      instance: shown.instance,
      run: shown.run,
      backend: shown.backend,
      asked: shown.asked,
      counters: snapshot && {
        ...Object.fromEntries(COUNTERS.map(([key]) => [key, snapshot[key]])),
        calls: snapshot.calls,
        hops: snapshot.hops,
        reasons: snapshot.reasons,
        stoppedBy: snapshot.stoppedBy,
        fault: snapshot.fault,
      },
      sendCallNs: snapshot && { ...snapshot.sendCallNs, clock: 'CLOCK_MONOTONIC' },
      signature: snapshot?.signature ?? null,
      charts: {
        span,
        bucketSeconds: width,
        perSecond: buckets.map((bucket) => ({ ...bucket, t: round(bucket.t) })),
        stalls: history.stalls,
      },
      calls: { total: shown.reading?.total ?? 0, latest: callsOf(shown.reading) },
    },
    null,
    1,
  )}\n`;
}

/** A file name to begin with: instance, run and time, in letters every file system takes. */
export function exportName(shown: Pick<Shown, 'instance' | 'run' | 'at'>): string {
  const time = shown.at.slice(0, 19).replaceAll(/[:T]/g, '-');
  return `packet-lab ${shown.instance} run ${shown.run} ${time}`;
}
