import type { AioCodeName } from '../../app/aio/codes';
import { duration, grouped } from '../../app/quantity/format';
import { CALLS_KEPT, type Call, type CallsReading, callCell, callCount } from '../../app/stats/calls';
import { type SelectedCall, selectedRow } from './calls';

/** Sentences and figures of single send calls. */

export function keptText(reading: CallsReading | undefined): string {
  if (!reading || reading.total === 0) return 'no calls yet';
  const kept = callCount(reading.calls);
  if (kept === reading.total) return kept === 1 ? 'the only call' : `all ${grouped(kept)} calls`;
  return `last ${grouped(kept)} of ${grouped(reading.total)} calls`;
}

/** Run time of a call: fine enough to tell neighbours apart. */
export function callTime(seconds: number): string {
  return `${seconds.toFixed(6)} s`;
}

/** Packets in the ring before and after: "32 → 64". */
export function ringText(call: Call): string {
  return call.before === null || call.after === null
    ? 'no ring'
    : `${grouped(call.before)} → ${grouped(call.after)}`;
}

/** The figures of a call in the order they are read. */
export function callFigures(call: Call): readonly (readonly [name: string, value: string])[] {
  return [
    ['Index', call.index === null ? '–' : grouped(call.index)],
    ['Offered', grouped(call.offered)],
    ['Taken', grouped(call.taken)],
    ['Refused', grouped(call.refused)],
    ['Unexamined', grouped(call.unexamined)],
    ['Flush', call.flush ? 'yes' : 'no'],
    ['Duration', duration(call.durationNs)],
    ['Ring', ringText(call)],
    // To the µs in the table; here a long run has room for the ms.
    ['Time', call.seconds < 1 ? callTime(call.seconds) : `${call.seconds.toFixed(3)} s`],
  ];
}

/** The cause of a call as a sentence. */
export function causeText(call: Call): string {
  if (call.code !== 'success') return call.cause ?? 'The backend gave no cause.';
  if (call.offered > 0) return 'Every packet was taken.';
  return 'A flush of earlier packets; it carried none itself.';
}

/** Said of a selected call that has left the ring; else null. */
export function goneText(reading: CallsReading | undefined, selected: SelectedCall): string | null {
  if (selectedRow(reading, selected) >= 0) return null;
  const { call, first } = selected;
  // A call made after the view was frozen is not gone, only not in it.
  const oldest = reading && callCount(reading.calls) > 0 ? callCell(reading.calls, 0, 'number') : 0;
  if (selected.run === reading?.run && call.number >= oldest) return null;
  const which = first
    ? `Call ${grouped(call.number)}, the first ${call.code.toUpperCase()},`
    : `Call ${grouped(call.number)}`;
  return `${which} is no longer among the latest ${grouped(CALLS_KEPT)} calls: these are the figures noted when it was made.`;
}

/** A call in one line, for a screen reader. */
export function callLine(call: Call): string {
  const where = call.index === null ? '' : ` at index ${grouped(call.index)}`;
  const parts = [
    `${grouped(call.offered)} offered`,
    `${grouped(call.taken)} taken`,
    ...(call.refused > 0 ? [`${grouped(call.refused)} refused`] : []),
    ...(call.unexamined > 0 ? [`${grouped(call.unexamined)} unexamined`] : []),
  ];
  return `Call ${grouped(call.number)}: ${call.code.toUpperCase()}${where}, ${parts.join(', ')}`;
}

export const CODE_WORDS: Readonly<Record<AioCodeName, string>> = {
  success: 'SUCCESS',
  again: 'AGAIN',
  inval: 'INVAL',
};
