import type { Command } from './commands';
import { isBusy } from './lab';
import type { Session } from './session';

function go(promise: Promise<unknown>): void {
  promise.catch((error: unknown) => console.error(error));
}

/** What can be done with plans now. */
export function planCommands({ lab, plans }: Session, id: string): Command[] {
  const { instances, recent } = lab.getState();
  const instance = instances.find((i) => i.id === id);
  if (!instance) return [];
  const commands: Command[] = [
    { id: 'save-plan', title: 'Save plan', keys: 'Ctrl+S', act: () => go(plans.save(id)) },
    {
      id: 'copy-command',
      title: 'Copy as command',
      keys: 'Ctrl+Shift+C',
      act: () => go(plans.copyCommand(id)),
    },
  ];
  if (isBusy(instance)) return commands;
  commands.push({ id: 'open-plan', title: 'Open plan', keys: 'Ctrl+Shift+O', act: () => go(plans.open(id)) });
  for (const { key, name, folder } of recent) {
    const act = () => go(plans.openRecent(id, key));
    commands.push({ id: `recent-${key}`, title: `Open plan ${name} in ${folder}`, keys: null, act });
  }
  if (instance.more.length > 0) {
    const act = () => go(plans.firstOnly(id));
    commands.push({ id: 'first-only', title: 'Send only the first stream of the plan', keys: null, act });
  }
  return commands;
}
