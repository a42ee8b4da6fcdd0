import type { Stall } from '../../app/stats/series';
import type { Snapshot } from '../../app/stats/snapshot';

/** A pause between two samples of a running instance that no load explains, in ms: ten samples. */
export const STALL_MS = 1000;

/** How long main waits for the thread's own account of a stall, in ms. */
const PATIENCE_MS = 50;

type Read = Pick<Snapshot, 'tNs' | 'seconds' | 'running' | 'away'>;

/**
 * Notices that main itself did not get to sample (it was stopped, or something blocked it) by its own clock, and that
 * the sending thread did not get to run by the thread's own count. Such a time is a stall: nothing is known of it.
 */
export class StallWatch {
  private sampledAt: number | null = null;
  private last: Read | null = null;
  /** Main has stalled; the thread has not yet been heard since. */
  private open: { readonly from: number; readonly ms: number; readonly at: number } | null = null;

  /** `now` is a clock in ms that never goes back. */
  constructor(private readonly now: () => number) {}

  /** A run begins. */
  start(): void {
    this.sampledAt = this.now();
    this.last = null;
    this.open = null;
  }

  /** Takes one reading. `quiet` = nothing may be concluded from the time since the one before. */
  look(read: Read): { quiet: boolean; stall: Stall | null } {
    const at = this.now();
    const ms = at - (this.sampledAt ?? at);
    const before = this.last;
    const thread = read.away.count > (before?.away.count ?? 0);
    this.sampledAt = at;
    this.last = read;
    if (ms >= STALL_MS && !this.open) this.open = { from: before?.seconds ?? 0, ms, at };
    const { open } = this;
    if (open) {
      // The thread may wake a moment later than main: until it is heard, or had the time to be, nothing is known.
      if (!thread && read.running && at - open.at < PATIENCE_MS) return { quiet: true, stall: null };
      this.open = null;
      const who = thread ? 'both' : 'main';
      return { quiet: true, stall: { from: open.from, to: read.seconds, seconds: open.ms / 1000, who } };
    }
    if (!thread) return { quiet: false, stall: null };
    const seconds = read.away.lastNs / 1e9;
    return { quiet: true, stall: { from: before?.seconds ?? 0, to: read.seconds, seconds, who: 'thread' } };
  }
}

/** What the journal says of a stall. */
export function stallSentence({ seconds, who }: Stall): string {
  const length = `Stall of ${seconds.toFixed(1)} s`;
  if (who === 'thread')
    return `${length}: the sending thread stood still, held by the system or within a send call. The charts have a gap there; the run goes on.`;
  return who === 'both'
    ? `${length}: the whole process stood still, the sending thread too. The charts have a gap there; the run goes on.`
    : `${length}: main could not look, the sending thread went on. The charts have a gap there; the counters hold everything.`;
}
