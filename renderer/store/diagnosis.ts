import type { InstanceInfo } from '../../app/ipc/contract';
import type { Diagnosis, Finding, LiveFinding } from '../../app/lab/finding';
import { portName } from '../../app/lab/limits';
import type { LabPortInput } from '../../app/lab/state';
import { grouped } from '../../app/quantity/format';
import { isBusy } from './lab';

/** What the region Diagnosis says: one line, and in full what is not all right. */
export interface DiagnosisView {
  readonly level: 'quiet' | Finding['level'];
  /** The line that is always there. */
  readonly summary: string;
  /** Shown in full, the worst first. */
  readonly shown: readonly Finding[];
  /** All that was looked at before the run. */
  readonly checks: readonly Finding[];
}

const ORDER: readonly Finding['level'][] = ['problem', 'warning', 'ok'];

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** How ready a run is, by what was found before it. */
function readiness(checks: readonly Finding[]): Pick<DiagnosisView, 'level' | 'summary'> {
  const problems = checks.filter(({ level }) => level === 'problem').length;
  const warnings = checks.filter(({ level }) => level === 'warning').length;
  if (problems > 0) return { level: 'problem', summary: `Not ready: ${count(problems, 'problem')}` };
  if (warnings > 0) return { level: 'warning', summary: `Ready, with ${count(warnings, 'warning')}` };
  return { level: 'ok', summary: `Ready: ${count(checks.length, 'check')}` };
}

/**
 * `live` is the finding of the run as it is shown, which changes at a bounded rate. What keeps packets from a run with
 * `receivesOnly` may be found at the instance that sends them.
 */
export function diagnosisView(
  instance: Pick<InstanceInfo, 'phase' | 'run'>,
  diagnosis: Diagnosis | undefined,
  live: LiveFinding | null,
  receivesOnly = false,
): DiagnosisView {
  const checks = diagnosis?.preflight ?? [];
  const running = isBusy(instance);
  if (live && running) {
    const summary = live.level === 'ok' ? 'No fault' : 'Why it is zero, or far too little';
    return { level: live.level, summary, shown: [live], checks };
  }
  if (running && receivesOnly) {
    const summary = 'Watching what comes: the instance that sends says what is in its way';
    return { level: 'quiet', summary, shown: [], checks };
  }
  if (running) return { level: 'ok', summary: 'Watching the run: nothing is in its way', shown: [], checks };
  const found = checks
    .filter(({ level }) => level !== 'ok')
    .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level));
  if (live) {
    // What was found out by the run stays until the next one; the same said again would be noise.
    const others = found.filter(({ id, sentence }) => id !== live.id && sentence !== live.sentence);
    // What mends it is offered while it is still so, as far as a preflight looks at it.
    const looked = checks.some(({ id }) => id === live.id);
    const mended = looked && !found.some(({ id }) => id === live.id);
    const told = mended ? { ...live, fix: null, action: null } : live;
    return { level: live.level, summary: `How run ${live.run} ended`, shown: [told, ...others], checks };
  }
  if (checks.length === 0)
    return { level: 'quiet', summary: 'Looking at what a run needs', shown: [], checks };
  return { ...readiness(checks), shown: found, checks };
}

/**
 * What a button that makes a change of the lab is called: other words than the Lab page's, whose buttons may stand
 * beside it and are told apart by name.
 */
export function actionWords({ pair, end, change }: LabPortInput): string {
  const name = portName(pair, end);
  switch (change.what) {
    case 'link':
      return `Set ${name} ${change.up ? 'up' : 'down'}`;
    case 'carrier':
      return `${change.on ? 'Plug' : 'Unplug'} ${name}`;
    case 'mtu':
      return `Give ${name} an MTU of ${grouped(change.mtu)}`;
    case 'queue':
      return change.packets === null
        ? `Take the queue of ${name} away`
        : `Give ${name} a queue of ${grouped(change.packets)}`;
    case 'delete':
      return `Remove ${name}`;
    case 'create':
      return `Make ${name} again`;
  }
}
