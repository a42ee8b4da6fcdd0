import { causeOf, type LiveFacts, suspicionOf } from '../../app/lab/diagnosis';
import type { Finding, LiveFinding } from '../../app/lab/finding';
import type { Snapshot } from '../../app/stats/snapshot';

/** Readings so far apart are compared, in ns of the run's own clock. */
const WINDOW_NS = 1e9;

/** Readings in a row that have to be suspicious: a packet may be on its way while one is taken. */
const IN_A_ROW = 3;

/** Interfaces are looked at once in this time at most, in ms, and only while something is suspicious. */
const FACTS_MS = 1000;

/** What a watch has found, without the number of the run. */
export type Found = Omit<LiveFinding, 'run'>;

/**
 * Watches the readings of one run that are taken anyway. Once nothing was sent for a second, or nothing or far too
 * little arrived, it finds out why; what it found goes when the suspicion does.
 */
export class LiveWatch {
  private readonly readings: Snapshot[] = [];
  private suspicious = 0;
  private facts: LiveFacts | null = null;
  private factsAt = Number.NEGATIVE_INFINITY;
  private gathering = false;
  private found: Found | null = null;
  private ended = false;

  /** `gather` reads what there is to know about where the run sends; `tell` hears each change of what is found. */
  constructor(
    private readonly gather: () => Promise<LiveFacts>,
    private readonly tell: (found: Found | null) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  look(now: Snapshot): void {
    const { readings } = this;
    if (this.ended || !now.running) return;
    if (readings.at(-1)?.tNs === now.tNs) return;
    readings.push(now);
    // The latest one that is old enough stays first.
    while (readings[1] && now.tNs - readings[1].tNs >= WINDOW_NS) readings.shift();
    const [before] = readings;
    if (!before || now.tNs - before.tNs < WINDOW_NS) return;
    if (suspicionOf(before, now) === null) {
      this.suspicious = 0;
      this.put(null);
      return;
    }
    this.suspicious += 1;
    if (this.suspicious < IN_A_ROW) return;
    if (this.now() - this.factsAt >= FACTS_MS) {
      void this.refresh();
      return;
    }
    if (this.facts) this.put(causeOf(this.facts, before, now));
  }

  /** The run is over: why it sent nothing or little of it arrived, over the whole run; null when it did. */
  async end(last: Snapshot): Promise<Finding | null> {
    this.ended = true;
    // A person who stops a run at once has nothing to be told.
    if (last.stoppedBy === 'user' && last.seconds < WINDOW_NS / 1e9) return null;
    if (suspicionOf(null, last) === null && last.fault === null) return null;
    return causeOf(await this.gather(), null, last);
  }

  private async refresh(): Promise<void> {
    if (this.gathering) return;
    this.gathering = true;
    const facts = await this.gather();
    this.gathering = false;
    this.facts = facts;
    this.factsAt = this.now();
    const [before, now] = [this.readings[0], this.readings.at(-1)];
    if (!this.ended && before && now && this.suspicious >= IN_A_ROW) this.put(causeOf(facts, before, now));
  }

  private put(finding: Finding | null): void {
    if (finding === null && this.found === null) return;
    const since =
      finding?.id === this.found?.id && this.found ? this.found.since : Date.now() - WINDOW_NS / 1e6;
    this.found = finding && { ...finding, since };
    this.tell(this.found);
  }
}
