import type { BackendDescriptor } from '../../app/backend/descriptor';
import { parseOption } from '../../app/backend/descriptor';
import { portName } from '../../app/lab/limits';
import { noPair, PAIR_OPTION } from '../../app/lab/pair';
import type { LabPortInfo, NetLabInfo } from '../../app/lab/state';
import type { Settings } from '../../app/run/plan';
import { optionText } from './checks';
import type { PreflightLine } from './preflight';

/** The pair in the draft, or null where the text is wrong. */
export function pairOfDraft(settings: Settings, backend: BackendDescriptor): number | null {
  const value = parseOption(backend.name, PAIR_OPTION, optionText(settings, backend.name, PAIR_OPTION));
  return value.ok ? Number(value.value) : null;
}

/** The interface a draft would send on; null where there is none. */
export function portOf(
  settings: Settings,
  backend: BackendDescriptor,
  netLab: NetLabInfo,
): LabPortInfo | null {
  const pair = backend.capabilities.device === 'needed' ? pairOfDraft(settings, backend) : null;
  return pair === null ? null : (netLab.pairs[pair]?.a ?? null);
}

/** What stands between a draft and its interface in the lab. */
export function labLines(
  settings: Settings,
  backend: BackendDescriptor,
  netLab: NetLabInfo,
): PreflightLine[] {
  const pair = backend.capabilities.device === 'needed' ? pairOfDraft(settings, backend) : null;
  if (pair === null) return [];
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
  const lines: PreflightLine[] = [
    { level: 'good', text: `${name} is up and has a carrier; ${portName(pair, 'b')} counts what arrives.` },
  ];
  if (ends.a.queue !== null)
    lines.push({
      level: 'warning',
      text: `The queue of ${name} is limited: about one packet a second leaves.`,
    });
  return lines;
}
