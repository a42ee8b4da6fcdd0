import type { EventPayload } from '../../app/ipc/contract';

type Stats = EventPayload<'stats'>;

/**
 * Back-pressure from paint to source: one message is under way at most; the page acknowledges it
 * after painting. What comes meanwhile replaces what waits, so a slow or hidden page costs
 * resolution and never memory. Totals are cumulative: nothing is lost but ticks.
 */
export class StatsFeed {
  private seq = 0;
  private outstanding: number | null = null;
  private waiting: Stats['live'] | null = null;
  private skipped = 0;

  constructor(private readonly post: (stats: Stats) => void) {}

  offer(live: Stats['live']): void {
    if (this.outstanding !== null) {
      if (this.waiting) this.skipped += 1;
      this.waiting = live;
      return;
    }
    this.send(live);
  }

  /** What waits goes without waiting for paint: the page is told of something that it belongs to. */
  release(): void {
    if (this.waiting) this.send(this.waiting);
  }

  /** The page has painted message `seq`. Acknowledgements of others are ignored. */
  painted(seq: number): void {
    if (seq !== this.outstanding) return;
    this.outstanding = null;
    this.release();
  }

  private send(live: Stats['live']): void {
    this.waiting = null;
    this.seq += 1;
    this.outstanding = this.seq;
    this.post({ seq: this.seq, live, skipped: this.skipped });
    this.skipped = 0;
  }
}
