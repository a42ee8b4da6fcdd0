import type { BackendDescriptor, BackendOption } from '../backend/descriptor';
import type { RunPlan } from '../run/plan';
import { LAB_LIMITS } from './limits';
import { ROLES, type Role } from './role';
import type { NetLabInfo } from './state';

/** An option of every backend that sends on an interface. The lab takes it; the native core never sees it. */
export const PAIR_OPTION = {
  kind: 'whole',
  name: 'pair',
  help: 'Pair of the lab to send on: from its end a, received at its end b.',
  min: 0,
  max: LAB_LIMITS.pairsMax - 1,
  default: 0,
} as const satisfies BackendOption;

/** The same of a backend that can do without a lab. On the command line `--lab` alone is pair 0. */
export const PAIR_OR_NONE = {
  kind: 'choice',
  name: PAIR_OPTION.name,
  help: 'none: to loopback addresses of this computer; a number: in a lab, to the addresses of that pair.',
  words: ['none', ...Array.from({ length: LAB_LIMITS.pairsMax }, (_, pair) => String(pair))],
  default: 'none',
} satisfies BackendOption;

/** An option of every backend that sends on an interface, taken by the lab as well. */
export const ROLE_OPTION: BackendOption & { kind: 'choice' } = {
  kind: 'choice',
  name: 'role',
  help: 'both: sends on end a and counts what arrives at end b. send: counts nothing. receive: sends nothing and counts, on an AF_PACKET ring, what another instance sends on the pair; it ends by hand, by duration, or after so many frames.',
  words: [...ROLES],
  default: 'both',
};

/** A TAP device is received on itself and goes with its sender: nobody can only receive there. */
export const TAP_ROLE_OPTION: BackendOption = {
  ...ROLE_OPTION,
  help: 'both: counts what the device received of what is written to it. send: counts nothing. The device goes with its sender, so that nobody can only receive there.',
  words: ['both', 'send'],
};

/** What a run does: whatever is not on an interface does both. */
export function roleOf({ backend }: Pick<RunPlan, 'backend'>): Role {
  return ROLES.find((role) => role === backend.options[ROLE_OPTION.name]) ?? 'both';
}

/** Whether two runs may be on one pair: one that only sends beside one that only receives. */
export function sharePair(one: Pick<RunPlan, 'backend'>, other: Pick<RunPlan, 'backend'>): boolean {
  const roles = [roleOf(one), roleOf(other)];
  return roles.includes('send') && roles.includes('receive') && [one, other].every(isOnEnds);
}

function isOnEnds({ backend }: Pick<RunPlan, 'backend'>): boolean {
  return backend.name !== 'tap';
}

/** Why a run cannot have a pair that the run of instance `id`, the other one, has. */
export function pairTaken(
  pair: number,
  plan: Pick<RunPlan, 'backend'>,
  id: string,
  other: Pick<RunPlan, 'backend'>,
): string {
  if (![plan, other].every(isOnEnds))
    return `Instance ${id} has pair ${pair} already, and a TAP device is not shared. Choose another pair, or stop it.`;
  const why = {
    both: `sends and receives on pair ${pair} already, and each would count the other's packets. Choose another pair, or stop it.`,
    send: `sends on pair ${pair} already; beside it fits one with role=receive. Choose that or another pair, or stop it.`,
    receive: `receives on pair ${pair} already; beside it fits one with role=send. Choose that or another pair, or stop it.`,
  };
  return `Instance ${id} ${why[roleOf(other)]}`;
}

/** Why a run that only receives has nothing to receive in a lab made for it. */
export const RECEIVE_ALONE =
  'role=receive counts what another instance sends on the pair, and a lab that is made for one run has no other: receive in the window, or send with role=both.';

/** Whether a run on this backend has a receiver. */
export function receives(
  backend: Pick<BackendDescriptor, 'capabilities'>,
  plan: Pick<RunPlan, 'backend'>,
  inLab: boolean,
): boolean {
  const { peer, device } = backend.capabilities;
  return (peer || (inLab && device === 'optional')) && roleOf(plan) !== 'send';
}

/** The pair a run in a lab is on. */
export function pairOf({ backend }: Pick<RunPlan, 'backend'>): number {
  const pair = backend.options[PAIR_OPTION.name] ?? PAIR_OPTION.default;
  return pair === PAIR_OR_NONE.default ? PAIR_OPTION.default : Number(pair);
}

/** Whether a run by itself asks for an interface of a lab. */
export function asksForLab(
  { backend }: Pick<RunPlan, 'backend'>,
  { device }: BackendDescriptor['capabilities'],
): boolean {
  if (device !== 'optional') return device === 'needed';
  return (backend.options[PAIR_OPTION.name] ?? PAIR_OR_NONE.default) !== PAIR_OR_NONE.default;
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

/** The same of a pair that was chosen for a backend which could do without. */
export function pairNeedsLab(pair: number): string {
  return `Pair ${pair} is one of a private lab, and no lab is open. Open one, or choose pair none.`;
}

/** Whether a lab is open, as the backends tell that need one. */
export function isLabOpen(backends: readonly BackendDescriptor[]): boolean {
  return backends.some((b) => b.capabilities.device === 'needed' && b.unavailable === null);
}

/** Which limit stands against a lab, as a sentence of its own; null where a lab is possible, or was not tried. */
export function whyNoLab({ possible, problem }: Pick<NetLabInfo, 'possible' | 'problem'>): string | null {
  if (possible || problem === null) return null;
  // What follows the first sentence is advice.
  return /^.*?\.(?= \p{Lu})/u.exec(problem)?.[0] ?? problem;
}

/** The backends as they can be used now: those that send on an interface need an open lab. */
export function usableBackends(
  backends: readonly BackendDescriptor[],
  netLab: Pick<NetLabInfo, 'phase' | 'possible' | 'problem'>,
): readonly BackendDescriptor[] {
  const why = whyNoLab(netLab);
  const closed = ({ name }: BackendDescriptor) =>
    why === null
      ? needsLab(name)
      : `${name} needs a lab. ${why} Those of Simulate need none: null, loopback, pcapng, udp.`;
  return backends.map((backend) =>
    backend.capabilities.device === 'needed'
      ? { ...backend, unavailable: netLab.phase === 'open' ? null : closed(backend) }
      : backend,
  );
}
