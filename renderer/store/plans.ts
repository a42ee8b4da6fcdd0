import type { InstanceInfo, RequestInput, RequestName, RequestOutput } from '../../app/ipc/contract';

/** Plans of instances: main asks for the files, reads and writes them; the page says which instance is meant. */
export interface Plans {
  save(id: string): Promise<void>;
  open(id: string): Promise<void>;
  /** Opens a plan of main's list of recent ones. */
  openRecent(id: string, key: number): Promise<void>;
  /** Puts the command that repeats the run on the clipboard; whether that was possible. */
  copyCommand(id: string): Promise<boolean>;
  /** Sends nothing but the packet or capture that is shown. */
  firstOnly(id: string): Promise<void>;
}

/** What plans need of the session. */
export interface PlanWays {
  /** Settles when main holds the latest edits. */
  flush(id: string): Promise<void>;
  /** A request whose refusal is shown and answered with undefined. */
  ask<N extends RequestName>(
    id: string,
    name: N,
    input: RequestInput<N>,
  ): Promise<RequestOutput<N> | undefined>;
  adopt(instance: InstanceInfo): void;
  clearRefusals(id: string): void;
}

export function createPlans({ flush, ask, adopt, clearRefusals }: PlanWays): Plans {
  const opened = (id: string, instance: InstanceInfo | null | undefined) => {
    if (!instance) return;
    adopt(instance);
    clearRefusals(id);
  };
  return {
    async save(id) {
      await flush(id).catch(() => undefined);
      const instance = await ask(id, 'plan.save', { id });
      if (instance) adopt(instance);
    },
    async open(id) {
      await flush(id).catch(() => undefined);
      opened(id, await ask(id, 'plan.open', { id }));
    },
    async openRecent(id, key) {
      await flush(id).catch(() => undefined);
      opened(id, await ask(id, 'plan.openRecent', { id, key }));
    },
    async copyCommand(id) {
      await flush(id).catch(() => undefined);
      return (await ask(id, 'plan.copyCommand', { id })) !== undefined;
    },
    async firstOnly(id) {
      const instance = await ask(id, 'plan.firstOnly', { id });
      if (instance) adopt(instance);
    },
  };
}
