import type { BackendDescriptor } from '../../app/backend/descriptor';
import { parseOption } from '../../app/backend/descriptor';
import { portName } from '../../app/lab/limits';
import { noPair, PAIR_OPTION, PAIR_OR_NONE, pairNeedsLab, ROLE_OPTION } from '../../app/lab/pair';
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

/** What stands between a draft and its interface in the lab. */
export function labLines(
  settings: Settings,
  backend: BackendDescriptor,
  netLab: NetLabInfo,
): PreflightLine[] {
  const pair = pairOfDraft(settings, backend);
  if (pair === null) return [];
  if (netLab.phase !== 'open') return [{ level: 'stop', text: pairNeedsLab(pair), needsLab: true }];
  const name = portName(pair, 'a');
  const ends = netLab.pairs[pair];
  if (!ends) return [{ level: 'stop', text: noPair(pair, netLab.pairs.length) }];
  if (backend.name === 'tap') {
    const text = `The run makes ${portName(pair, 'tap')}, a TAP device that itself counts what arrives.`;
    return [{ level: 'good', text }];
  }
  if (!ends.a) return [{ level: 'stop', text: `${name} is deleted. Press Re-create on the Lab page.` }];
  if (!ends.a.up)
    return [
      {
        level: 'warning',
        text: `${name} is down: sends are refused until you press Link up on the Lab page.`,
      },
    ];
  if (!ends.a.carrier) {
    const text = `${name} has no carrier: frames are accepted and lost. Press Carrier on on the Lab page.`;
    return [{ level: 'warning', text }];
  }
  const counts =
    settings.options[backend.name]?.[ROLE_OPTION.name]?.trim() === 'send'
      ? 'nothing counts what arrives'
      : `${portName(pair, 'b')} counts what arrives`;
  const lines: PreflightLine[] = [{ level: 'good', text: `${name} is up and has a carrier; ${counts}.` }];
  if (ends.a.queue !== null)
    lines.push({
      level: 'warning',
      text: `The queue of ${name} is limited: about one packet a second leaves.`,
    });
  return lines;
}
