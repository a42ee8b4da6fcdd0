import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { RecentPlan } from '../../app/ipc/contract';
import { KeptFile } from './keptFile';

const RECENT_MAX = 10;

const recentSchema = z.object({
  version: z.literal(1),
  plans: z.array(z.string().min(1).max(8192)).max(RECENT_MAX),
});

/** The plans that were opened or saved last, the latest first. Whoever shows them knows keys, not paths. */
export class RecentPlans {
  private plans: { readonly key: number; readonly path: string }[] = [];
  private key = 0;
  private readonly listeners = new Set<(list: RecentPlan[]) => void>();
  private readonly file: KeptFile<z.infer<typeof recentSchema>>;

  constructor(path: string | null = null, tell: (sentence: string) => void = () => {}) {
    this.file = new KeptFile(path, recentSchema, 'The list of recent plans', tell);
  }

  async read(): Promise<void> {
    const kept = await this.file.read();
    this.plans = (kept?.plans ?? []).map((path) => ({ key: ++this.key, path }));
  }

  list(): RecentPlan[] {
    return this.plans.map(({ key, path }) => ({ key, name: basename(path), folder: dirname(path) }));
  }

  pathOf(key: number): string | null {
    return this.plans.find((plan) => plan.key === key)?.path ?? null;
  }

  /** Puts a plan at the head; one that is in the list keeps its key. */
  add(path: string): void {
    const known = this.plans.find((plan) => plan.path === path) ?? { key: ++this.key, path };
    this.put([known, ...this.plans.filter((plan) => plan !== known)].slice(0, RECENT_MAX));
  }

  remove(path: string): void {
    this.put(this.plans.filter((plan) => plan.path !== path));
  }

  /** Hears the list when it has changed; the function returned ends it. */
  listen(listener: (list: RecentPlan[]) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  settled(): Promise<void> {
    return this.file.settled();
  }

  private put(plans: typeof this.plans): void {
    this.plans = plans;
    this.file.write({ version: 1, plans: plans.map(({ path }) => path) });
    for (const listener of this.listeners) listener(this.list());
  }
}
