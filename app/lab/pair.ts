import type { BackendDescriptor, BackendOption } from '../backend/descriptor';
import type { RunPlan } from '../run/plan';
import { LAB_LIMITS } from './limits';

/** An option of every backend that sends on an interface. The lab takes it; the native core never sees it. */
export const PAIR_OPTION = {
  kind: 'whole',
  name: 'pair',
  help: 'Pair of the lab to send on: from its end a, received at its end b.',
  min: 0,
  max: LAB_LIMITS.pairsMax - 1,
  default: 0,
} as const satisfies BackendOption;

/** The pair a run sends on. */
export function pairOf({ backend }: Pick<RunPlan, 'backend'>): number {
  return Number(backend.options[PAIR_OPTION.name] ?? PAIR_OPTION.default);
}

/** Why there is no pair of that number in a lab of so many. */
export function noPair(pair: number, pairs: number): string {
  const has = pairs === 1 ? 'pair 0 only' : `pairs 0 to ${pairs - 1}`;
  return `There is no pair ${pair}: the lab has ${has}.`;
}

/** Why a backend that sends on an interface can't be run where no lab is open. */
export function needsLab(backend: string): string {
  return `${backend} sends on an interface of a private lab, and no lab is open. Open one, or choose a backend that needs none.`;
}

/** The backends as they can be used now: those that send on an interface need an open lab. */
export function usableBackends(
  backends: readonly BackendDescriptor[],
  labOpen: boolean,
): readonly BackendDescriptor[] {
  return backends.map((backend) =>
    backend.capabilities.device === 'needed'
      ? { ...backend, unavailable: labOpen ? null : needsLab(backend.name) }
      : backend,
  );
}
