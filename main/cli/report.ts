import { AIO_STRERROR } from '../../app/aio/codes';
import { duration, grouped, si } from '../../app/quantity/format';
import { plain } from '../../app/quantity/parse';
import type { RunPlan } from '../../app/run/plan';
import { showRate } from '../../app/run/rate';
import { faultDid } from '../../app/stats/did';
import { type Limiter, limiterBetween } from '../../app/stats/limiter';
import type { Received, Times } from '../../app/stats/received';
import { ratesBetween, type Snapshot } from '../../app/stats/snapshot';

/** The live line: totals and the rates since the reading before. One line, no line break. */
export function liveLine(plan: RunPlan, before: Snapshot | null, now: Snapshot): string {
  const rates = ratesBetween(before, now);
  const parts = [
    `${now.seconds.toFixed(1)} s`,
    `asked ${showRate(plan.rate)}`,
    `got ${rates ? si(rates.taken, 'pps') : '–'}`,
    `limit ${limiterBetween(before, now) ?? '–'}`,
    `taken ${grouped(now.taken)}`,
    `refused ${grouped(now.refused)}`,
    `SUCCESS ${grouped(now.calls.success)}`,
    `AGAIN ${grouped(now.calls.again)}`,
    `INVAL ${grouped(now.calls.inval)}`,
  ];
  if (now.state !== 'up') parts.push(now.state);
  return parts.join('  ');
}

const LIMITS: Readonly<Record<Limiter, string>> = {
  pacing: 'the asked rate',
  CPU: 'the sending thread was busy',
  'ring full': 'no slot was free, though the far end took all it saw',
  sink: 'what lies behind took no more, or writing took the time',
};

const STOPPED: Readonly<Record<NonNullable<Snapshot['stoppedBy']>, string>> = {
  count: 'the count was reached',
  duration: 'the time was up',
  end: 'everything was sent once',
  code: 'the code asked for appeared',
  again: 'AGAIN, and On AGAIN is stop',
  limit: 'the capture limit was reached',
  user: 'stopped by hand',
  fault: 'a fault',
};

/** Times in which the sending thread stood still: they are in the rate above and are not its doing. */
function standstill({ count, ns }: Snapshot['away']): [string, string][] {
  if (count === 0) return [];
  const often = count === 1 ? 'once' : `${grouped(count)} times`;
  return [
    ['stood still', `${often}, ${duration(ns)} of that time: held by the system or within a send call`],
  ];
}

function times({ p50, p99, p999, max }: Times): string {
  return `p50 ${duration(p50)}  p99 ${duration(p99)}  p99.9 ${duration(p999)}  max ${duration(max)}`;
}

/** What the fault stage did on purpose, to hold against what arrived. */
function faultRows(hops: Snapshot['hops']): [string, string][] {
  if (!hops.fault) return [];
  const did = faultDid(hops).filter(({ value }) => value);
  return [
    [
      'fault stage',
      did.map(({ name, value }) => `${name} ${grouped(value ?? 0)}`).join('  ') || 'did nothing',
    ],
  ];
}

/** What the far end read from the signatures, three lines a stream. */
function signatureRows(signature: Received | null): [string, string][] {
  if (signature === null) return [];
  const rows: [string, string][] = signature.streams.flatMap((s) => [
    [
      `stream ${s.id}`,
      `received ${grouped(s.received)}  lost ${grouped(s.lost)}  reordered ${grouped(s.reordered)}  duplicated ${grouped(s.duplicated)}`,
    ],
    ['  latency', `${times(s.latencyNs)}  (one way, CLOCK_MONOTONIC of this host)`],
    ['  gap', times(s.gapNs)],
  ]);
  if (signature.unsigned > 0)
    rows.push(['unsigned', `${grouped(signature.unsigned)} frames received without a signature`]);
  if (signature.tooLate > 0)
    rows.push(['too late', `${grouped(signature.tooLate)} frames so far behind that they may be copies`]);
  return rows;
}

/** The summary of a finished run for people, several lines, ends with a line break. */
export function summary(plan: RunPlan, last: Snapshot): string {
  const pps = last.seconds > 0 ? last.taken / last.seconds : 0;
  const limit = limiterBetween(null, last);
  const calls = last.calls.success + last.calls.inval + last.calls.again;
  const rows: [string, string][] = [
    ['offered', `${grouped(last.offered)} packets in ${grouped(calls)} calls, batch ${plan.batch}`],
    ['taken', `${grouped(last.taken)} (${grouped(last.bytes)} B)`],
    ['refused', grouped(last.refused)],
    ['unexamined', grouped(last.unexamined)],
    ['completed', grouped(last.completed)],
  ];
  if (last.received !== null)
    rows.push(['received', `${grouped(last.received)} (${grouped(last.receivedBytes ?? 0)} B)`]);
  if (last.receiverLoss > 0)
    rows.push([
      'own loss',
      `${grouped(last.receiverLoss)} frames arrived and were lost by the receiver itself: its ring was full`,
    ]);
  if (last.ownReceived !== null && last.ownReceived > 0)
    rows.push(['sent by kernel', `${grouped(last.ownReceived)} frames of its own, read from the device`]);
  if (last.inFlight > 0) rows.push(['in flight', grouped(last.inFlight)]);
  if (last.notCaptured > 0) rows.push(['not captured', grouped(last.notCaptured)]);
  if (last.notWritten > 0) rows.push(['not written', grouped(last.notWritten)]);
  if (last.lateErrors > 0)
    rows.push([
      'late errors',
      `${grouped(last.lateErrors)}${last.lateError === null ? '' : `, the last: ${last.lateError}`}`,
    ]);
  if (last.retried > 0) rows.push(['retried', grouped(last.retried)]);
  if (last.truncated > 0)
    rows.push(['truncated', `${grouped(last.truncated)} (cut by the capture's snap length)`]);
  rows.push(
    [
      'codes',
      `SUCCESS ${grouped(last.calls.success)}  AGAIN ${grouped(last.calls.again)}  INVAL ${grouped(last.calls.inval)}`,
    ],
    ['flushes', grouped(last.flushes)],
    ['rate', `asked ${showRate(plan.rate)}, got ${si(pps, 'pps')} over ${duration(last.seconds * 1e9)}`],
    ...standstill(last.away),
    ['limit', limit === null ? '–' : `${limit}: ${LIMITS[limit]}`],
    [
      'send call',
      `p50 ${duration(last.sendCallNs.p50)}  p99 ${duration(last.sendCallNs.p99)}  p99.9 ${duration(last.sendCallNs.p999)}  max ${duration(last.sendCallNs.max)}  (CLOCK_MONOTONIC)`,
    ],
    ...faultRows(last.hops),
    ...signatureRows(last.signature),
    ['ended', last.stoppedBy ? STOPPED[last.stoppedBy] : '–'],
  );
  const lines = [`${plan.backend.name}`, ...rows.map(([name, value]) => `  ${name.padEnd(13)}${value}`)];
  for (const r of last.reasons) {
    const code = r.code.toUpperCase();
    lines.push(
      `  ${code} ×${grouped(r.count)} (${AIO_STRERROR[r.code]}), first at packet ${grouped(r.firstOrdinal)}: ${plain(r.sentence)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}
