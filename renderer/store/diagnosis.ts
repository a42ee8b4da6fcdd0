import type { Diagnosis, Finding, FindingLevel } from '../../app/lab/finding';
import type { LabPortInput } from '../../app/lab/state';
import { grouped } from '../../app/quantity/format';

/** What of a diagnosis is said at once, and what on request. */
export interface Told {
  /** One line about the checks before the run. */
  readonly summary: string;
  /** The worst of them. */
  readonly level: FindingLevel;
  /** What is no plain ok, the worst first. */
  readonly open: readonly Finding[];
}

const ORDER: readonly FindingLevel[] = ['problem', 'warning', 'ok'];

function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** The checks of a preflight as they are summed up. */
export function toldOf({ preflight }: Pick<Diagnosis, 'preflight'>): Told {
  const open = preflight
    .filter(({ level }) => level !== 'ok')
    .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  const problems = open.filter(({ level }) => level === 'problem').length;
  const warnings = open.length - problems;
  const level = problems > 0 ? 'problem' : warnings > 0 ? 'warning' : 'ok';
  if (preflight.length === 0) return { summary: 'Not looked at yet.', level, open };
  const found = [problems > 0 && count(problems, 'problem'), warnings > 0 && count(warnings, 'warning')];
  const said = found.filter((part) => part !== false).join(' and ') || 'nothing in the way';
  return { summary: `${count(preflight.length, 'check')} before the run: ${said}.`, level, open };
}

/** What is said of the run itself. */
export function liveWords(running: boolean, live: Diagnosis['live']): string | null {
  if (live !== null) return running ? 'Why it is zero' : 'Why it was zero';
  return running ? 'No cause for concern while it runs.' : null;
}

/** What a button that makes this change is called. The Lab page has the same under shorter names. */
export function actionWords({ pair, end, change }: LabPortInput): string {
  const name = `pl${pair}${end}`;
  switch (change.what) {
    case 'link':
      return change.up ? `Set ${name} up` : `Set ${name} down`;
    case 'carrier':
      return change.on ? `Plug ${name} in` : `Unplug ${name}`;
    case 'mtu':
      return `Give ${name} an MTU of ${grouped(change.mtu)}`;
    case 'queue':
      return change.packets === null
        ? `Take the queue of ${name} away`
        : `Give ${name} a queue of ${grouped(change.packets)}`;
    case 'delete':
      return `Remove pair ${pair}`;
    case 'create':
      return `Make pair ${pair} again`;
  }
}
