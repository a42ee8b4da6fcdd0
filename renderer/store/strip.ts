import { AIO_CODES, type AioCodeName } from '../../app/aio/codes';
import { callCell, callCount, partsOf } from '../../app/stats/calls';
import type { Stall } from '../../app/stats/series';

/** What the strip of recent calls draws: which rows, how high, in which parts. Pure, so that it can be tested. */

/** Width of a bar with the gap behind it, in CSS pixels. */
export const PITCH = 5;

/** The rows on the screen: [first, behind the last). The newest is at the right unless `keep` has to be seen. */
export function windowOf(count: number, width: number, keep: number): readonly [number, number] {
  const fit = Math.max(1, Math.floor(width / PITCH));
  const newest = Math.max(0, count - fit);
  // A row that lies further back is brought to the middle.
  const first = keep >= 0 && keep < newest ? Math.max(0, keep - Math.floor(fit / 2)) : newest;
  const from = Math.min(first, newest);
  return [from, Math.min(count, from + fit)];
}

export interface Bar {
  readonly row: number;
  readonly code: AioCodeName;
  readonly offered: number;
  readonly taken: number;
  readonly refused: number;
  readonly unexamined: number;
}

function codeOf(value: number): AioCodeName {
  if (value === AIO_CODES.inval) return 'inval';
  return value === AIO_CODES.again ? 'again' : 'success';
}

export function barsOf(rows: Float64Array, from: number, to: number): Bar[] {
  const bars: Bar[] = [];
  for (let row = Math.max(0, from); row < Math.min(to, callCount(rows)); row++) {
    const code = codeOf(callCell(rows, row, 'code'));
    const offered = callCell(rows, row, 'offered');
    bars.push({ row, code, offered, ...partsOf(code, offered, callCell(rows, row, 'index')) });
  }
  return bars;
}

/** The top of the scale: the next power of two over the highest bar, so that it seldom moves; 64 without bars. */
export function topOf(bars: readonly Bar[]): number {
  let max = bars.length === 0 ? 64 : 1;
  for (const bar of bars) max = Math.max(max, bar.offered);
  return 2 ** Math.ceil(Math.log2(max));
}

/** Stalls that lie between a row and the next one, or within its own call: the row before which each is drawn. */
export function stallsAt(
  rows: Float64Array,
  from: number,
  to: number,
  stalls: readonly Stall[],
): readonly { readonly row: number; readonly stall: Stall }[] {
  const found: { row: number; stall: Stall }[] = [];
  for (let row = from + 1; row < to; row++) {
    const before = callCell(rows, row - 1, 'sinceNs') / 1e9;
    const at = callCell(rows, row, 'sinceNs') / 1e9;
    const stall = stalls.find((s) => at - before >= s.seconds * 0.9 && before <= s.to && at >= s.from);
    if (stall) found.push({ row, stall });
  }
  return found;
}
