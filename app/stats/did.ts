import type { Hops } from './snapshot';

/** One thing that a stage did. */
export interface Did {
  readonly name: string;
  /** Packets; null while no run has been. */
  readonly value: number | null;
  readonly means: string;
}

const FAULTS: readonly (readonly [
  key: keyof NonNullable<Hops['fault']>,
  name: string,
  means: string,
  rare?: 'rare',
])[] = [
  ['dropped', 'dropped', 'Packets that vanished here; they count as taken.'],
  ['duplicated', 'duplicated', 'Packets that were sent on twice.'],
  ['reordered', 'reordered', 'Packets held until three later ones had passed.'],
  ['corrupted', 'corrupted', 'Packets sent on with one bit turned.'],
  ['delayed', 'delayed', 'Packets held for the delay.'],
  ['held', 'held', 'Packets held at this moment.'],
  ['again', 'AGAIN', 'Packets answered AGAIN on purpose.'],
  ['inval', 'INVAL', 'Packets answered INVAL on purpose.'],
  ['lostDuplicates', 'lost copies', 'Second copies that the next hop refused.', 'rare'],
  ['lostHeld', 'lost held', 'Held packets that the next hop refused.', 'rare'],
];

/** What the fault stage did; what happens seldom is left out while it is zero. */
export function faultDid(hops: Pick<Hops, 'fault'> | undefined): readonly Did[] {
  return FAULTS.flatMap(([key, name, means, rare]) => {
    const value = hops?.fault?.[key] ?? null;
    return rare && !value ? [] : [{ name, value, means }];
  });
}
