import { grouped, si } from '../../app/quantity/format';
import type { Settings } from '../../app/run/plan';
import type { Did } from '../../app/stats/did';
import type { Snapshot } from '../../app/stats/snapshot';

/** The chain of a run as it is drawn: runner, fault, tee, backend. */

export const HOP_COUNTS = ['offered', 'taken', 'refused', 'unexamined'] as const;
type HopCounts = Readonly<Record<(typeof HOP_COUNTS)[number], number>>;

export interface Hop {
  readonly key: 'runner' | 'fault' | 'tee' | 'backend';
  readonly name: string;
  /** Whether the next run goes through it. */
  readonly on: boolean;
  /** What passed it in the run that is or was on; null when it was not there. */
  readonly counts: HopCounts | null;
  readonly means: string;
}

/** The hops in the order packets pass them. `ranOn` is the backend the figures belong to. */
export function hopsOf(
  settings: Settings,
  snapshot: Snapshot | undefined,
  ranOn: string | null,
): readonly Hop[] {
  return [
    {
      key: 'runner',
      name: 'runner',
      on: true,
      counts: snapshot ?? null,
      means: 'Packets of the plan, each counted once, by its last answer.',
    },
    {
      key: 'fault',
      name: 'fault',
      on: settings.faultOn,
      counts: snapshot?.hops.fault ?? null,
      means: 'What the fault stage was offered and answered, call by call.',
    },
    {
      key: 'tee',
      name: 'tee',
      on: settings.teeOn,
      counts: snapshot?.hops.tee ?? null,
      means: 'What the tee was offered and answered, call by call.',
    },
    {
      key: 'backend',
      name: ranOn ?? settings.backend,
      on: true,
      counts: snapshot?.hops.backend ?? null,
      means: 'What the backend was offered and answered, call by call.',
    },
  ];
}

/** What the tee did. */
export function teeDid(snapshot: Snapshot | undefined): readonly Did[] {
  const tee = snapshot?.hops.tee ?? null;
  const recorded = { name: 'recorded', value: tee?.recorded ?? null, means: 'Packets that are in the file.' };
  const missed = tee ? (snapshot?.notCaptured ?? 0) : 0;
  if (missed === 0) return [recorded];
  return [recorded, { name: 'not captured', value: missed, means: 'Packets since recording stopped.' }];
}

/** A counter in the room of a table: exact as long as it fits, else three digits; `short` has less room. */
export function countText(value: number | null): { readonly exact: string; readonly short: string } {
  if (value === null) return { exact: '–', short: '–' };
  const [exact, short] = [grouped(value), si(value)];
  return { exact: value < 1e6 ? exact : short, short: value < 1e5 ? exact : short };
}
