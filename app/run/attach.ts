import type { RunPlan } from './plan';

/** What an instance has to know of the others to be attached to one of them. */
export interface Neighbour {
  readonly id: string;
  /** The backend it runs on, or will run on. */
  readonly backend: string;
  /** Whose far end its run is attached to; null when it is not, or no run is on. */
  readonly attachedTo: string | null;
}

/** The instance a plan wants to be attached to, or null. */
export function attachOf({ backend }: Pick<RunPlan, 'backend'>): string | null {
  const to = backend.options.attach;
  return typeof to === 'string' ? to : null;
}

/** Why instance `own` can't be attached to the far end of `to`, or null when it can. */
export function attachSentence(own: string, to: string, others: readonly Neighbour[]): string | null {
  if (to === own) return 'An instance can’t be attached to itself; name another one, or none.';
  const other = others.find(({ id }) => id === to);
  if (!other) {
    const ids = others.filter(({ backend }) => backend === 'loopback').map(({ id }) => id);
    const there = ids.length > 0 ? `with a loopback there is ${ids.join(', ')}` : 'add one with a loopback';
    return `There is no instance ${to} to be attached to; ${there}.`;
  }
  if (other.backend !== 'loopback') {
    return `Instance ${to} sends to ${other.backend}, which has no far end to be attached to; a loopback has one.`;
  }
  const taken = others.find(({ attachedTo }) => attachedTo === to);
  return taken ? `Instance ${taken.id} is attached to ${to} already; stop it first.` : null;
}

/** What a command line says: it is one instance alone. */
export const ATTACH_ALONE =
  'attach joins instances of the window; a command is one instance alone, so there is nothing to be attached to. Leave it out, or open the plan in the window.';
