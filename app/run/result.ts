import type { AioCodeName } from '../aio/codes';
import type { Received, Times } from '../stats/received';
import type { Fault, Snapshot, StoppedBy } from '../stats/snapshot';
import type { RunPlan } from './plan';
import { askedOf } from './rate';

/** What `send --json` prints: the shape and every meaning are part of the command line's contract. */
export interface RunResult {
  backend: string;
  offered: number;
  taken: number;
  refused: number;
  unexamined: number;
  pending: number;
  retried: number;
  completed: number;
  received: number | null;
  inFlight: number;
  notWritten: number;
  notCaptured: number;
  truncated: number;
  lateErrors: number;
  bytes: number;
  calls: { success: number; inval: number; again: number };
  flushes: number;
  seconds: number;
  pps: number;
  asked: ReturnType<typeof askedOf>;
  sendCallNs: { p50: number; p99: number; p999: number; max: number };
  stoppedBy: StoppedBy;
  fault: Fault | null;
  reasons: { code: Exclude<AioCodeName, 'success'>; sentence: string; count: number; firstOrdinal: number }[];
  /** Only of a signed run; null when nobody received it. */
  signature?: SignatureResult | null;
}

type Quantiles = Omit<Times, 'n' | 'p90'>;

/** What the far end read from the signatures. */
interface SignatureResult {
  streams: {
    id: number;
    received: number;
    lost: number;
    reordered: number;
    duplicated: number;
    latencyNs: Quantiles;
    gapNs: Quantiles;
  }[];
  unsigned: number;
  tooLate: number;
  ownLoss: number;
}

function quantiles({ p50, p99, p999, max }: Times): Quantiles {
  return { p50, p99, p999, max };
}

function signatureResult(received: Received | null): SignatureResult | null {
  if (received === null) return null;
  const { unsigned, tooLate, ownLoss } = received;
  const streams = received.streams.map((stream) => ({
    ...stream,
    latencyNs: quantiles(stream.latencyNs),
    gapNs: quantiles(stream.gapNs),
  }));
  return { streams, unsigned, tooLate, ownLoss };
}

/** The result of a finished run from its last snapshot. `asked` is null at rate max. */
export function runResult(plan: Pick<RunPlan, 'backend' | 'rate' | 'signature'>, last: Snapshot): RunResult {
  return {
    backend: plan.backend.name,
    offered: last.offered,
    taken: last.taken,
    refused: last.refused,
    unexamined: last.unexamined,
    pending: last.pending,
    retried: last.retried,
    completed: last.completed,
    received: last.received,
    inFlight: last.inFlight,
    notWritten: last.notWritten,
    notCaptured: last.notCaptured,
    truncated: last.truncated,
    lateErrors: last.lateErrors,
    bytes: last.bytes,
    calls: last.calls,
    flushes: last.flushes,
    seconds: last.seconds,
    pps: last.seconds > 0 ? last.taken / last.seconds : 0,
    asked: askedOf(plan.rate),
    sendCallNs: quantiles(last.sendCallNs),
    stoppedBy: last.stoppedBy ?? 'user',
    fault: last.fault,
    reasons: last.reasons.map(({ code, sentence, count, firstOrdinal }) => ({
      code,
      sentence,
      count,
      firstOrdinal,
    })),
    ...(plan.signature && { signature: signatureResult(last.signature) }),
  };
}
