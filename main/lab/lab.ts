import { randomUUID } from 'node:crypto';
import type { InstanceInfo, JournalEntry, Live } from '../../app/ipc/contract';
import type { Diagnosis } from '../../app/lab/finding';
import { pairOf } from '../../app/lab/pair';
import type { NetLabInfo } from '../../app/lab/state';
import type { History } from '../../app/stats/series';
import type { KeptSession } from '../store/session';
import { Diagnoses } from './diagnoses';
import { HeldLab, type RunOnLab } from './heldLab';
import { Instance, takesDevice } from './instance';
import { Journal } from './journal';
import { LabError } from './labError';
import { type Look, liveFactsOf, preflightOf } from './preflight';

/** Who listens to a lab; each registration returns its own undo. */
export interface LabListener {
  instances?(list: InstanceInfo[]): void;
  journal?(entry: JournalEntry): void;
  /** A tick of the sampler that found something new. */
  stats?(live: Live[]): void;
  /** The lab of interfaces, or one of them, has changed. */
  netLab?(state: NetLabInfo): void;
  /** What is found about these instances differs from what was told before. */
  diagnoses?(changed: Diagnosis[]): void;
  /** Something of `kept()` has changed, or may have. */
  kept?(): void;
}

/** Each running instance has a native thread, so their number is bounded. */
const INSTANCES_MAX = 64;

/** How often totals are read, in ms. */
export const SAMPLE_MS = 100;

/** So long closing a lab waits for starts that wait for its helper, which may stand still, in ms. */
const CLOSE_PATIENCE_MS = 1000;

/**
 * All instances, the journal and the one sampling timer. Knows neither Electron nor a transport:
 * the desktop app, tests and whatever comes later drive the same object.
 */
export class Lab {
  private readonly instances = new Map<string, Instance>();
  private readonly listeners = new Set<LabListener>();
  private readonly entries = new Journal((entry) => {
    for (const listener of this.listeners) listener.journal?.(entry);
  });
  /** Tells the instances of this lab from those of another one in the same process. */
  private readonly name = randomUUID();
  /** The lab of interfaces that runs may send on. */
  readonly held = new HeldLab({
    changed: (state) => {
      for (const listener of this.listeners) listener.netLab?.(state);
      this.diagnoses.soon(this.instances.keys());
    },
    journal: (level, text) => this.entries.add(level, null, text),
  });
  /** Why nothing is sent or arrives, or may be so. */
  readonly diagnoses = new Diagnoses(
    (id) => {
      const instance = this.instances.get(id);
      return instance ? preflightOf(instance.draft, (asked) => this.held.look(asked, this.onLab(id))) : null;
    },
    (changed) => {
      for (const listener of this.listeners) listener.diagnoses?.(changed);
    },
  );
  private timer: NodeJS.Timeout | null = null;
  private changePending = false;
  /** The instance that the page shows. */
  selected: string | null = null;

  /** `now` is a clock in ms that never goes back. */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.add();
  }

  listen(listener: LabListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  add(): Instance {
    if (this.instances.size >= INSTANCES_MAX) {
      throw new LabError(`There are ${INSTANCES_MAX} instances already; remove one first.`);
    }
    const instance = this.put(this.freeId());
    this.changed();
    return instance;
  }

  /** A new instance with the draft of another one. Two runs never write one file, so the outputs are left out. */
  duplicate(id: string): Instance {
    const kept = this.get(id).draft.kept(id);
    const copy = this.add();
    const outputs = { file: null, peer: null, tee: null };
    copy.draft.restore({ ...kept, id: copy.id, plan: null, outputs });
    return copy;
  }

  private put(id: string): Instance {
    const instance = new Instance(
      id,
      {
        changed: () => this.changed(),
        kept: () => {
          this.diagnoses.soon([id]);
          this.tellKept();
        },
        journal: (level, text) => this.entries.add(level, id, text),
      },
      this.now,
      {
        others: () => [...this.instances.values()].filter((i) => i.id !== id).map((i) => i.neighbour()),
        nameOf: (other) => `${this.name}.${other}`,
        device: (plan) => this.held.device(plan, this.onLab(id)),
        preflight: () => this.diagnoses.now(id),
        liveFacts: async (plan) => {
          const by = [...this.instances.values()].map((i) => i.neighbour()).find((n) => n.attachedTo === id);
          const sentBy = this.onLab(id).find((o) => pairOf(o.plan) === pairOf(plan))?.id ?? null;
          return {
            ...(await liveFactsOf(plan, takesDevice(plan) ? this.lookFor(id) : null, by?.id ?? null)),
            sentBy,
          };
        },
        diagnosed: (live) => this.diagnoses.live(id, live),
      },
    );
    this.instances.set(id, instance);
    return instance;
  }

  private lookFor(id: string): Look {
    return (asked) => this.held.look(asked, this.onLab(id));
  }

  /** The other runs that are or will be on the lab of interfaces. */
  private onLab(id: string): RunOnLab[] {
    return [...this.instances.values()].flatMap((i) => (i.id === id ? [] : (i.onDevice() ?? [])));
  }

  select(id: string): void {
    this.selected = this.get(id).id;
    this.tellKept();
  }

  /** What is kept between starts: nothing that ran, everything a person did. */
  kept(): KeptSession {
    const selected = this.selected !== null && this.instances.has(this.selected) ? this.selected : null;
    const instances = [...this.instances.values()].map(({ id, draft }) => draft.kept(id));
    return { version: 1, selected, instances };
  }

  /** Puts the last session in place of the instances a lab begins with. Nothing is run. */
  restore({ selected, instances }: KeptSession): void {
    this.instances.clear();
    for (const kept of instances) this.put(kept.id).draft.restore(kept);
    this.selected = selected;
    this.changed();
  }

  async remove(id: string): Promise<void> {
    const instance = this.get(id);
    if (this.instances.size === 1) throw new LabError('The last instance stays; add another one first.');
    this.instances.delete(id);
    this.diagnoses.forget(id);
    await instance.close();
    this.changed();
  }

  get(id: string): Instance {
    const instance = this.instances.get(id);
    if (!instance) throw new LabError(`There is no instance ${id} any more.`);
    return instance;
  }

  /** Files that instances read or write: nothing else may replace them. */
  filesInUse(): string[] {
    return [...this.instances.values()].flatMap((instance) => instance.filesInUse());
  }

  list(): InstanceInfo[] {
    return [...this.instances.values()].map((instance) => instance.info());
  }

  live(): Live[] {
    return [...this.instances.values()].flatMap((instance) => instance.live() ?? []);
  }

  history(): Record<string, History> {
    return Object.fromEntries([...this.instances].map(([id, instance]) => [id, instance.history]));
  }

  journal(): JournalEntry[] {
    return this.entries.all();
  }

  note(level: JournalEntry['level'], text: string): void {
    this.entries.add(level, null, text);
  }

  /** Stops what sends on the lab of interfaces, cleanly, and closes it. */
  async closeNet(): Promise<NetLabInfo> {
    const on = [...this.instances.values()].filter((instance) => instance.onDevice());
    const stopped = Promise.all(on.map((instance) => instance.stop()));
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise((go) => {
      late = setTimeout(go, CLOSE_PATIENCE_MS);
    });
    await Promise.race([stopped, patience]);
    clearTimeout(late);
    const closed = await this.held.close();
    await stopped;
    return closed;
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.instances.values()].map((instance) => instance.stop()));
  }

  /** Ends every run and releases everything. */
  async close(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    await this.closeNet();
    await Promise.all([...this.instances.values()].map((instance) => instance.close()));
    await this.held.dispose();
    this.diagnoses.close();
  }

  /** Tells listeners once per turn of the event loop, and keeps the sampler going while needed. */
  private changed(): void {
    this.tellKept();
    this.diagnoses.soon(this.instances.keys());
    this.timer ??= setInterval(() => this.tick(), SAMPLE_MS);
    if (this.changePending) return;
    this.changePending = true;
    queueMicrotask(() => {
      this.changePending = false;
      this.tick(); // the last totals of a run come with the news of its end
      const list = this.list();
      for (const listener of this.listeners) listener.instances?.(list);
    });
  }

  private tellKept(): void {
    for (const listener of this.listeners) listener.kept?.();
  }

  private tick(): void {
    let news = false;
    for (const instance of this.instances.values()) news = instance.sample() || news;
    if (news) {
      const live = this.live();
      for (const listener of this.listeners) listener.stats?.(live);
    } else if (this.timer && ![...this.instances.values()].some((instance) => instance.active)) {
      clearInterval(this.timer);
      this.timer = null;
    }
  }

  /** A, B, … Z, AA, AB …: the first letter combination not in use. */
  private freeId(): string {
    for (let n = 0; ; n++) {
      const id =
        (n >= 26 ? String.fromCharCode(64 + Math.floor(n / 26)) : '') + String.fromCharCode(65 + (n % 26));
      if (!this.instances.has(id)) return id;
    }
  }
}
