import { clip, type Parsed, parseDurationNs, parsed, parseWhole, refused } from '../quantity/parse';

/**
 * When a send asks for transmission of what is buffered. Pure, with time passed in;
 * `native/src/run/flush.h` is the same function in C and both are tested with the
 * vectors of `test/vectors/flush.txt`.
 *
 * `every: 1` is "every batch" (each send flushes). Both null is "never": only the
 * Flush button and the end of the run transmit.
 */
export interface FlushPolicy {
  /** Flush with the send that brings the packets taken since the last flush to this number. */
  readonly every: number | null;
  /** Flush when the oldest packet not yet flushed is this old. */
  readonly afterNs: number | null;
}

export interface FlushState {
  /** Packets taken since the last flush. */
  held: number;
  /** When the oldest of them was taken; meaningful while `held` > 0. */
  sinceNs: number;
}

export function flushStart(): FlushState {
  return { held: 0, sinceNs: 0 };
}

/** Whether a send of `count` packets at `nowNs` carries flush. */
export function flushWanted(policy: FlushPolicy, state: FlushState, nowNs: number, count: number): boolean {
  if (policy.every !== null && state.held + count >= policy.every) return true;
  return policy.afterNs !== null && state.held > 0 && nowNs - state.sinceNs >= policy.afterNs;
}

/** Accounts for a send that took `taken` packets, with or without flush. */
export function flushSent(state: FlushState, nowNs: number, taken: number, flushed: boolean): void {
  if (flushed) {
    state.held = 0;
    return;
  }
  if (state.held === 0) state.sinceNs = nowNs;
  state.held += taken;
}

/** When a timer flush (a send of zero packets) is due, or null when none is. */
export function flushDueNs(policy: FlushPolicy, state: FlushState): number | null {
  return policy.afterNs !== null && state.held > 0 ? state.sinceNs + policy.afterNs : null;
}

export const FLUSH_EVERY_MAX = 1_000_000_000;
const HOW =
  'every-batch, every:N, after:Nus, every:N,after:Nus or never (for example every:64 or every:64,after:50us)';

/** Parses the flush policy as typed on the command line or in the window. */
export function parseFlush(text: string): Parsed<FlushPolicy> {
  const clean = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  if (clean === 'every-batch' || clean === 'every batch') return parsed({ every: 1, afterNs: null });
  if (clean === 'never') return parsed({ every: null, afterNs: null });
  let every: number | null = null;
  let afterNs: number | null = null;
  for (const part of clean.split(',').map((p) => p.trim())) {
    const [key, value] = part.split(/[: ]\s*(.*)/s, 2);
    if (key === 'every' && value && every === null) {
      const n = parseWhole(
        value.replace(/ packets?$/, ''),
        'The packets between flushes',
        1,
        FLUSH_EVERY_MAX,
      );
      if (!n.ok) return n;
      every = n.value;
    } else if (key === 'after' && value && afterNs === null) {
      afterNs = parseDurationNs(value);
      if (afterNs === null || afterNs < 1000 || afterNs > 3600e9) {
        return refused(`The flush timer is a time from 1us to 60m; “${clip(value)}” is not.`);
      }
    } else {
      return refused(`The flush policy is ${HOW}; “${clip(text)}” is not.`);
    }
  }
  // every:1 flushes with each send, whatever the timer says.
  return parsed(every === 1 ? { every: 1, afterNs: null } : { every, afterNs });
}

/** The policy as the command line takes it. */
export function formatFlush(policy: FlushPolicy): string {
  if (policy.every === 1) return 'every-batch';
  const parts: string[] = [];
  if (policy.every !== null) parts.push(`every:${policy.every}`);
  if (policy.afterNs !== null) parts.push(`after:${policy.afterNs / 1000}us`);
  return parts.length > 0 ? parts.join(',') : 'never';
}
