import type { Snapshot } from './snapshot';

/**
 * What keeps a run from being faster: the thing a person would have to change.
 *
 * - `pacing`: packets are not due yet; only a higher asked rate gives more.
 * - `ring full`: AGAIN for want of slots while the far end takes all it sees (a batch larger than the ring, packets that
 *   are delayed or not flushed); a larger ring gives more.
 * - `sink`: what lies behind takes no more (a drain rate, a far end or pipe without room, a socket buffer), or the system
 *   calls that move packets take the time (file writes, sendmmsg).
 * - `CPU`: none of these; the sending thread is busy.
 */
export const LIMITERS = ['CPU', 'ring full', 'pacing', 'sink'] as const;
export type Limiter = (typeof LIMITERS)[number];

/** Packets given up after AGAIN count from this share of those offered on. */
const LOST_SHARE = 0.01;
/** A run that waits for packets to be due for this share of its time keeps up with what is asked. */
const PACED_SHARE = 0.05;

type Reading = Pick<Snapshot, 'role' | 'tNs' | 'seconds' | 'offered' | 'holdups'>;

/** The limiter between two readings (`before` null: since the start of the run); null when no time has passed or the run sends nothing. */
export function limiterBetween(before: Reading | null, after: Reading): Limiter | null {
  const ns = before ? after.tNs - before.tNs : after.seconds * 1e9;
  if (!(ns > 0) || after.role === 'receive') return null;
  const grew = (key: keyof Snapshot['holdups']) => after.holdups[key] - (before?.holdups[key] ?? 0);
  const [full, sink] = [grew('fullNs'), grew('sinkNs')];

  // A run that gives packets up is never late: its time says nothing about what it lost.
  const lost = grew('fullLost') + grew('sinkLost');
  if (lost > (after.offered - (before?.offered ?? 0)) * LOST_SHARE) {
    return grew('fullLost') > grew('sinkLost') ? 'ring full' : 'sink';
  }
  // Whoever is held up by anything else falls behind what is asked and never waits for packets to be due; but a run that
  // was on time may have got stuck later.
  const paced = grew('pacedNs');
  if (paced > ns * PACED_SHARE && paced >= grew('againNs')) return 'pacing';
  const busy = ns - full - sink - paced;
  if (busy >= full && busy >= sink) return 'CPU';
  return full > sink ? 'ring full' : 'sink';
}
