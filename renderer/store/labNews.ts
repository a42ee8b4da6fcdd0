import { LAB_SPOTS, portName } from '../../app/lab/limits';
import type { LabPortInfo, NetLabInfo } from '../../app/lab/state';
import { grouped } from '../../app/quantity/format';

/** The states of an interface that a lamp shows, each as a word. */
export function lampWords(port: LabPortInfo | null): readonly string[] {
  if (!port) return ['deleted'];
  return [port.up ? 'up' : 'down', port.carrier ? 'carrier' : 'no carrier', queueWords(port) ?? 'no queue'];
}

/** What frames wait in before they leave, whoever set it; null where they leave at once. */
export function queueWords({ qdisc, queue }: LabPortInfo): string | null {
  if (queue !== null) return `queue of ${grouped(queue)}`;
  return qdisc === '' || qdisc === 'noqueue' || qdisc === 'noop' ? null : `queue ${qdisc}`;
}

function portsOf({ pairs }: NetLabInfo): ReadonlyMap<string, LabPortInfo | null> {
  return new Map(
    pairs.flatMap((pair, n) => LAB_SPOTS.map((spot) => [portName(n, spot), pair[spot]] as const)),
  );
}

/** What a person who does not look is told: the lamps that went on or off between two readings. Null = nothing did. */
export function labNews(before: NetLabInfo, now: NetLabInfo): string | null {
  if (now.phase !== before.phase) {
    if (now.phase === 'open') return 'A lab is open.';
    if (now.phase === 'closed') return now.problem ?? 'The lab is closed.';
    return null;
  }
  const old = portsOf(before);
  const news: string[] = [];
  for (const [name, port] of portsOf(now)) {
    const was = old.get(name) ?? null;
    // A TAP device comes and goes with a run, which is told by itself.
    if (name.endsWith('t') && (!port || !was)) continue;
    if (port?.ifindex !== was?.ifindex) news.push(port ? `${name} is there.` : `${name} is deleted.`);
    if (!port) continue;
    const known = was ? lampWords(was) : [];
    const words = lampWords(port).filter((word, i) => was !== null && word !== known[i]);
    if (words.length > 0) news.push(`${name}: ${words.join(', ')}.`);
  }
  return news.length === 0 ? null : news.join(' ');
}

/** The first interface that nothing passes, for the badge; null while every cable is whole. */
export function labTrouble({ pairs }: NetLabInfo): string | null {
  for (const [n, pair] of pairs.entries()) {
    for (const spot of LAB_SPOTS) {
      const port = pair[spot];
      if (port === null && spot === 'tap') continue;
      // Where one end is down neither has a carrier: the end that is down is the cause.
      if (port === null) return `pair ${n} deleted`;
      if (!port.up) return `${port.name} down`;
      if (spot === 'tap' && !port.carrier) return `${port.name} no carrier`;
    }
  }
  return null;
}
