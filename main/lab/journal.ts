import type { JournalEntry } from '../../app/ipc/contract';
import { plain } from '../../app/quantity/parse';

/** What happened, newest last, bounded. Entries are sentences with a time; nothing is rewritten. */
export class Journal {
  private readonly entries: JournalEntry[] = [];
  private seq = 0;

  /** `heard` hears each entry once; `now` is the wall clock in ms. */
  constructor(
    private readonly heard: (entry: JournalEntry) => void,
    private readonly now: () => number = Date.now,
    private readonly max = 1000,
  ) {}

  add(level: JournalEntry['level'], instance: string | null, text: string): void {
    this.seq += 1;
    const entry: JournalEntry = { seq: this.seq, at: this.now(), level, instance, text: plain(text) };
    this.entries.push(entry);
    if (this.entries.length > this.max) this.entries.shift();
    this.heard(entry);
  }

  all(): JournalEntry[] {
    return [...this.entries];
  }
}
