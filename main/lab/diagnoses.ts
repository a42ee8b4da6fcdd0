import type { Diagnosis, Finding, LiveFinding } from '../../app/lab/finding';

/** A preflight follows what is typed by this time, in ms, so that it is made once for a word. */
const LOOK_MS = 150;

/** Changes of this time are told together, in ms. */
const TELL_MS = 200;

/** The news of one instance, and what was told of it. */
interface Kept {
  diagnosis: Diagnosis;
  told: string;
}

/** What is found about each instance, before its run and while it is on, told when it differs and at a bounded rate. */
export class Diagnoses {
  private readonly kept = new Map<string, Kept>();
  private readonly due = new Set<string>();
  private looking: NodeJS.Timeout | null = null;
  private telling: NodeJS.Timeout | null = null;
  private closed = false;

  /** `preflight` never rejects; null for an instance that is no more. */
  constructor(
    private readonly preflight: (id: string) => Promise<Finding[]> | null,
    private readonly tell: (changed: Diagnosis[]) => void,
  ) {}

  all(): Diagnosis[] {
    return [...this.kept.values()].map(({ diagnosis }) => diagnosis);
  }

  of(id: string): Diagnosis {
    return this.kept.get(id)?.diagnosis ?? { id, preflight: [], live: null };
  }

  /** Something that a preflight looks at has changed, or may have. */
  soon(ids: Iterable<string>): void {
    for (const id of ids) this.due.add(id);
    if (this.looking || this.due.size === 0 || this.closed) return;
    this.looking = setTimeout(() => void this.lookAtDue(), LOOK_MS);
    this.looking.unref();
  }

  /** A preflight with what is true now. */
  async now(id: string): Promise<void> {
    this.due.delete(id);
    const preflight = await this.preflight(id);
    if (preflight) this.put({ ...this.of(id), preflight });
  }

  live(id: string, live: LiveFinding | null): void {
    this.put({ ...this.of(id), live });
  }

  /** An instance is no more. */
  forget(id: string): void {
    this.kept.delete(id);
    this.due.delete(id);
  }

  close(): void {
    this.closed = true;
    for (const timer of [this.looking, this.telling]) if (timer) clearTimeout(timer);
  }

  private async lookAtDue(): Promise<void> {
    for (const id of [...this.due]) await this.now(id);
    this.looking = null;
    this.soon([]);
  }

  private put(diagnosis: Diagnosis): void {
    if (this.closed) return;
    const before = this.kept.get(diagnosis.id);
    this.kept.set(diagnosis.id, { diagnosis, told: before?.told ?? '' });
    if (this.telling || JSON.stringify(diagnosis) === before?.told) return;
    this.telling = setTimeout(() => {
      this.telling = null;
      const changed = [...this.kept.values()].filter((kept) => {
        const text = JSON.stringify(kept.diagnosis);
        if (text === kept.told) return false;
        kept.told = text;
        return true;
      });
      if (changed.length > 0) this.tell(changed.map((kept) => kept.diagnosis));
    }, TELL_MS);
    this.telling.unref();
  }
}
