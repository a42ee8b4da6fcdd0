import type { BackendDescriptor } from '../../app/backend/descriptor';
import { parseOption } from '../../app/backend/descriptor';
import { portName } from '../../app/lab/limits';
import { noPair, PAIR_OPTION, PAIR_OR_NONE, pairNeedsLab, ROLE_OPTION } from '../../app/lab/pair';
import { ROLES, type Role } from '../../app/lab/role';
import type { LabPortInfo, NetLabInfo } from '../../app/lab/state';
import type { Settings } from '../../app/run/plan';
import { optionText } from './checks';
import type { PreflightLine } from './preflight';

/** The pair in the draft; null where it asks for none or the text is wrong. */
export function pairOfDraft(settings: Settings, backend: BackendDescriptor): number | null {
  const option = backend.options.find(({ name }) => name === PAIR_OPTION.name);
  if (!option) return null;
  const value = parseOption(backend.name, option, optionText(settings, backend.name, option));
  return value.ok && value.value !== PAIR_OR_NONE.default ? Number(value.value) : null;
}

/** What a run of the draft would do. */
export function roleOfDraft({ backend, options }: Pick<Settings, 'backend' | 'options'>): Role {
  const text = options[backend]?.[ROLE_OPTION.name]?.trim();
  return ROLES.find((role) => role === text) ?? 'both';
}

/** Why nobody counts what a run of the draft sends; null where somebody does. */
export function uncounted(settings: Settings, backend: BackendDescriptor): string | null {
  if (roleOfDraft(settings) === 'send') return 'role=send counts nothing.';
  const { peer, device } = backend.capabilities;
  const counts = peer || (device === 'optional' && pairOfDraft(settings, backend) !== null);
  return counts ? null : `${backend.name} has no receiver that counts.`;
}

/** The interface a draft would send on; null where there is none. */
export function portOf(
  settings: Settings,
  backend: BackendDescriptor,
  netLab: NetLabInfo,
): LabPortInfo | null {
  const pair = pairOfDraft(settings, backend);
  const ends = pair === null ? undefined : netLab.pairs[pair];
  // A TAP device that is not there yet is made with the MTU of end a.
  return (backend.name === 'tap' ? ends?.tap : null) ?? ends?.a ?? null;
}

/** What a draft asks of the lab, and who counts. How its interfaces are the region Diagnosis says. */
export function labLines(
  settings: Settings,
  backend: BackendDescriptor,
  netLab: NetLabInfo,
): PreflightLine[] {
  const pair = pairOfDraft(settings, backend);
  if (pair === null) return [];
  if (netLab.phase !== 'open') return [{ level: 'stop', text: pairNeedsLab(pair), needsLab: true }];
  const ends = netLab.pairs[pair];
  if (!ends) return [{ level: 'stop', text: noPair(pair, netLab.pairs.length) }];
  if (backend.name === 'tap') {
    const text = `The run makes ${portName(pair, 'tap')}, a TAP device that itself counts what arrives.`;
    return [{ level: 'good', text }];
  }
  if (!ends.a) return [];
  const b = portName(pair, 'b');
  const counts = {
    both: `${b} counts what arrives.`,
    send: 'Nothing counts what arrives.',
    receive: `Sends nothing: counts what another instance with role=send sends on pair ${pair} and ${b} receives.`,
  };
  return [{ level: 'good', text: counts[roleOfDraft(settings)] }];
}
