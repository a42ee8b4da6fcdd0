import { z } from 'zod';
import { type AIO_CODE_NAMES, BACKEND_STATES } from '../aio/codes';
import { ROLES } from '../lab/role';
import { receivedSchema } from './received';

/**
 * What one reading of a run's statistics holds. All counters are cumulative over the run;
 * rates are made by the reader from two snapshots and their native timestamps.
 * `offered = taken + refused + unexamined` in every snapshot; `pending` is a gauge.
 */

const count = z.number().nonnegative();

export const reasonSchema = z.object({
  code: z.enum(['inval', 'again']),
  /** The sentence with the figures of its first occurrence. */
  sentence: z.string(),
  /** The sentence with the figures of its latest occurrence. */
  lastSentence: z.string(),
  count,
  /** 0-based ordinal in the plan of the packet at the index, first and latest time. */
  firstOrdinal: count,
  lastOrdinal: count,
  /** 1-based number of the call and index in its batch, first and latest time; 0 = no call (settled by the runner). */
  firstCall: count,
  firstIndex: count,
  lastCall: count,
  lastIndex: count,
});
export type Reason = z.infer<typeof reasonSchema>;

export const faultSchema = z.object({
  state: z.enum(BACKEND_STATES),
  /** What was being done: `write`, `read capture`, `stall` … */
  step: z.string(),
  errno: z.number(),
  sentence: z.string(),
});
export type Fault = z.infer<typeof faultSchema>;

export const STOPPED_BY = ['count', 'duration', 'end', 'code', 'again', 'limit', 'user', 'fault'] as const;
export type StoppedBy = (typeof STOPPED_BY)[number];

export const latencySchema = z.object({
  p50: count,
  p90: count,
  p99: count,
  p999: count,
  max: count,
  n: count,
});

/** What passed one hop of the chain, counted per call. */
const hopCounts = { offered: count, taken: count, refused: count, unexamined: count };

/** The hops behind the runner; absent stages are null. */
export const hopsSchema = z.object({
  fault: z
    .object({
      ...hopCounts,
      dropped: count,
      duplicated: count,
      lostDuplicates: count,
      reordered: count,
      corrupted: count,
      delayed: count,
      again: count,
      inval: count,
      held: count,
      lostHeld: count,
    })
    .nullable(),
  tee: z.object({ ...hopCounts, recorded: count }).nullable(),
  backend: z.object(hopCounts),
});
export type Hops = z.infer<typeof hopsSchema>;

/**
 * Where the sending thread's time went, cumulative, in ns, and what it gave up. `pacedNs`: no packet was due. `fullNs`:
 * waiting after an AGAIN that a larger ring would have spared. `sinkNs`: waiting after any other AGAIN, or inside the
 * system calls that move packets. `againNs`: waiting after any AGAIN. `fullLost` and `sinkLost` are packets given up after such an AGAIN.
 */
export const holdupsSchema = z.object({
  pacedNs: count,
  fullNs: count,
  sinkNs: count,
  againNs: count,
  fullLost: count,
  sinkLost: count,
});
export type Holdups = z.infer<typeof holdupsSchema>;

export const snapshotSchema = z.object({
  /** CLOCK_MONOTONIC of the publication, in ns. */
  tNs: count,
  /** First call to last settle (while running: to this publication), in seconds. */
  seconds: count,
  running: z.boolean(),
  offered: count,
  taken: count,
  refused: count,
  unexamined: count,
  pending: count,
  retried: count,
  completed: count,
  /** Whether the run sends, receives, or does both. */
  role: z.enum(ROLES),
  /** Frames; null where the run has no counting receiver. */
  received: count.nullable(),
  /** Bytes of these frames. */
  receivedBytes: count.nullable(),
  /** Frames that arrived and the receiver itself lost: the kernel dropped them, because its ring was full. */
  receiverLoss: count,
  /** Frames that the kernel sent to this side by itself (tap reads them); null where nobody reads. */
  ownReceived: count.nullable(),
  inFlight: count,
  notWritten: count,
  notCaptured: count,
  truncated: count,
  lateErrors: count,
  /** Packets accepted while the peer was known to be down, and lost: at least so many, because the kernel tells late. */
  noCarrier: count,
  bytes: count,
  calls: z.object({ success: count, inval: count, again: count }),
  flushes: count,
  /** System calls (kicks) the backend made to move packets. */
  kicks: count,
  sendCallNs: latencySchema,
  /** Times of a second and more in which the sending thread itself did not get to run; `lastAt` in run seconds. */
  away: z.object({ count, ns: count, lastNs: count, lastAt: count }),
  state: z.enum(BACKEND_STATES),
  reasons: z.array(reasonSchema),
  stoppedBy: z.enum(STOPPED_BY).nullable(),
  fault: faultSchema.nullable(),
  /** What the far end makes of signed packets; null when they are not signed or nobody receives them. */
  signature: receivedSchema.nullable(),
  hops: hopsSchema,
  holdups: holdupsSchema,
  /** The sentence of the latest error that came back for an earlier packet, or null. */
  lateError: z.string().nullable(),
  /** A sentence the run leaves behind without being a fault (a capture limit reached, a capture cut short). */
  notice: z.string().nullable(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** The rates between two snapshots, per second. */
export interface Rates {
  taken: number;
  completed: number;
  received: number | null;
  refused: number;
  bytes: number;
  calls: Record<(typeof AIO_CODE_NAMES)[number], number>;
}

/** What a run did in less time than this from its start makes no rate, in seconds; one that was over by then is averaged over it. */
const FIRST_SECONDS = 0.1;

/**
 * Rates from `before` (null: from the start of the run) to `after`; null when no native time has
 * passed between them, or a run has only just begun.
 */
export function ratesBetween(before: Snapshot | null, after: Snapshot): Rates | null {
  if (!before && after.running && after.seconds < FIRST_SECONDS) return null;
  const seconds = before ? (after.tNs - before.tNs) / 1e9 : Math.max(after.seconds, FIRST_SECONDS);
  if (!(seconds > 0)) return null;
  const per = (from: number | undefined, to: number) => (to - (from ?? 0)) / seconds;
  return {
    taken: per(before?.taken, after.taken),
    completed: per(before?.completed, after.completed),
    received: after.received === null ? null : per(before?.received ?? 0, after.received),
    refused: per(before?.refused, after.refused),
    bytes: per(before?.bytes, after.bytes),
    calls: {
      success: per(before?.calls.success, after.calls.success),
      again: per(before?.calls.again, after.calls.again),
      inval: per(before?.calls.inval, after.calls.inval),
    },
  };
}
