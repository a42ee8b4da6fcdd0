import type { AioCodeName } from '../../app/aio/codes';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { LiveFinding } from '../../app/lab/finding';
import { duration, frameBytes, grouped, si, wireBytes } from '../../app/quantity/format';
import type { Settings } from '../../app/run/plan';
import type { Limiter } from '../../app/stats/limiter';
import type { Fault, Reason, Snapshot, StoppedBy } from '../../app/stats/snapshot';
import { roleOfDraft } from './labPreflight';
import type { LiveView } from './stream';

/** Sentences and figures made from statistics. */

/** Packets taken per second, or received by a run that sends none: now, or over the whole run when it has ended; null before the first run. */
export function gotPps(view: LiveView | undefined): number | null {
  if (!view) return null;
  const { snapshot, rates } = view;
  const metric = snapshot.role === 'receive' ? 'received' : 'taken';
  if (snapshot.running) return rates?.[metric] ?? null;
  return snapshot.seconds > 0 ? (snapshot[metric] ?? 0) / snapshot.seconds : null;
}

/** What each limiter means and what to change, for the run bar and the status line. */
export const LIMITER_WORDS: Readonly<Record<Limiter, { readonly short: string; readonly help: string }>> = {
  pacing: {
    short: 'the asked rate is the limit',
    help: 'Packets are not due yet: the asked rate is the limit. Ask for more to get more.',
  },
  CPU: {
    short: 'the sending thread is busy',
    help: 'The sending thread is busy all the time. Larger batches cost it less.',
  },
  'ring full': {
    short: 'held back by a full ring',
    help: 'AGAIN: no slot is free, although the far end takes all it sees. A larger ring, a smaller batch or an earlier flush helps.',
  },
  sink: {
    short: 'held back by what takes the packets',
    help: 'What lies behind takes no more: a drain rate, a far end without room, a socket buffer, or writing a file.',
  },
};

/** Bit rates of what is taken. L1 and L2 only where each frame has the same known length. */
export interface BitRates {
  readonly payload: number;
  readonly l2: number | null;
  readonly l1: number | null;
}

export function bitRates(view: LiveView | undefined, hexLength: number | null): BitRates | null {
  if (!view) return null;
  const { snapshot } = view;
  const pps = gotPps(view);
  const bytes = snapshot.running
    ? view.rates?.bytes
    : snapshot.seconds > 0
      ? snapshot.bytes / snapshot.seconds
      : undefined;
  if (pps === null || bytes === undefined) return null;
  const uniform = hexLength !== null && snapshot.bytes === snapshot.taken * hexLength;
  return {
    payload: bytes * 8,
    l2: uniform ? pps * frameBytes(hexLength) * 8 : null,
    l1: uniform ? pps * wireBytes(hexLength) * 8 : null,
  };
}

const ENDED: Readonly<Record<StoppedBy, string>> = {
  count: 'The whole plan was offered.',
  duration: 'The time was up.',
  end: 'The capture was sent to its end.',
  code: 'The code it was waiting for came.',
  again: 'AGAIN came, and On AGAIN is set to stop.',
  limit: 'The limit of the file was reached.',
  user: 'Stopped by you.',
  fault: 'A fault ended it.',
};

/** One sentence on how a run ended and what it did; null while it goes on. */
export function ending(snapshot: Snapshot): string | null {
  if (snapshot.running || snapshot.stoppedBy === null) return null;
  const { role, received, stoppedBy } = snapshot;
  const receives = role === 'receive';
  const figures = receives
    ? `${grouped(received ?? 0)} frames received`
    : `${grouped(snapshot.taken)} of ${grouped(snapshot.offered)} taken`;
  const why = receives && stoppedBy === 'count' ? 'All that it waited for came.' : ENDED[stoppedBy];
  return `${figures} in ${duration(snapshot.seconds * 1e9)}. ${why}`;
}

/** Errors that came back for packets of earlier calls, with the latest one's sentence. */
export function lateText(count: number, latest: string): string {
  const errors = count === 1 ? '1 late error' : `${grouped(count)} late errors`;
  return `${latest} ${errors} so far; the packets stay taken.`;
}

/** What a person can do about a fault, from what it ran on and the step it happened in. */
export function remedy(fault: Fault, backend: string | null): string {
  // Only interfaces of a lab are removed.
  if (fault.step === 'helper') return 'Open a lab again on the Lab page, then press Run.';
  if (fault.state === 'removed')
    return backend === 'tap'
      ? 'Press Run: it makes the TAP device again.'
      : 'Press Re-create on the Lab page, then Run.';
  if (fault.step.includes('stall')) {
    return 'Lower the rate, let the far end drain faster, or set On AGAIN to drop or stop; then press Run.';
  }
  if (fault.step.includes('capture') || fault.step.includes('read')) {
    return 'Check that the capture is still there and readable, open it again, then press Run.';
  }
  if (fault.errno === 28) return 'Free space or choose a file on another disk, then press Run.';
  if (fault.errno === 13) return 'Choose a folder you may write to, then press Run.';
  if (fault.errno === 17) return 'Choose another file name, then press Run.';
  if (backend !== 'tap' && (fault.step.includes('write') || fault.step.includes('open')))
    return 'Choose another file, then press Run.';
  return 'Mend the cause, then press Run; the journal has the details.';
}

/** What remains after a fault, with its figures. */
export function kept(snapshot: Snapshot): string {
  if (snapshot.role === 'receive')
    return `Everything up to it: ${grouped(snapshot.received ?? 0)} frames received, the last of them, and the chart below.`;
  return `Everything up to it: ${grouped(snapshot.taken)} taken, ${grouped(snapshot.completed)} completed, and the charts below.`;
}

/** Where a reason was last seen: "call 412, index 32", or before any call. */
export function lastPlace(reason: Reason): string {
  return reason.lastCall === 0
    ? `before any call, packet ${grouped(reason.lastOrdinal)}`
    : `call ${grouped(reason.lastCall)}, index ${grouped(reason.lastIndex)}`;
}

/** The reasons of a code, the latest first. */
export function reasonsOf(snapshot: Snapshot | undefined, code: AioCodeName): readonly Reason[] {
  return (snapshot?.reasons ?? [])
    .filter((reason) => reason.code === code)
    .sort((a, b) => b.lastCall - a.lastCall || b.count - a.count);
}

/** What an instance that has never run says; it fits the source, the backend and the role of the draft. */
export function invitation(settings: Pick<Settings, 'source' | 'backend' | 'options'>): string {
  if (roleOfDraft(settings) === 'receive')
    return 'No run yet. Press Run (Ctrl+E): what another instance sends on the pair is received. Nothing leaves this computer.';
  const source = settings.source === 'capture' ? 'the capture' : 'this packet';
  const where: Readonly<Record<string, string>> = {
    loopback: 'goes through an in-memory loopback',
    null: 'is counted and dropped',
    pcapng: 'is written to a capture file',
    udp: 'is sent over a UDP socket to loopback addresses',
  };
  const what = where[settings.backend] ?? `goes to ${settings.backend}`;
  return `No run yet. Press Run (Ctrl+E): ${source} ${what}. Nothing leaves this computer.`;
}

/** Causes that the region Diagnosis has found and that tell of the same frames as the notice of a loss. */
const LOSSES: readonly string[] = ['carrier', 'peer', 'overrun'];

/**
 * The notice of a run where it says what nothing else does. Of a loss the region Diagnosis tells while the run is on,
 * and the counters how much it is; afterwards the notice stays for what Diagnosis does not tell. Null = none.
 */
export function noticeOf(
  { notice, running, noCarrier, receiverLoss }: Snapshot,
  cause: Pick<LiveFinding, 'id'> | null,
): string | null {
  const isLoss = noCarrier > 0 || receiverLoss > 0;
  return isLoss && (running || LOSSES.includes(cause?.id ?? '')) ? null : notice;
}

const PHASE_WORDS: Readonly<Record<InstanceInfo['phase'], string>> = {
  idle: 'Idle',
  opening: 'Opening',
  running: 'Running',
  stopping: 'Stopping',
  done: 'Done',
  fault: 'Fault',
};

export function phaseWord(phase: InstanceInfo['phase']): string {
  return PHASE_WORDS[phase];
}

/** What a screen reader hears of a run now and then. */
export function announcement(instance: InstanceInfo, view: LiveView | undefined): string {
  const name = `Instance ${instance.id}`;
  if (!view) return `${name}: ${phaseWord(instance.phase).toLowerCase()}.`;
  const { snapshot, rates } = view;
  if (snapshot.fault) return `${name} ended by a fault: ${snapshot.fault.sentence}`;
  const ended = ending(snapshot);
  if (ended !== null) return `${name}: ${ended}`;
  const got = rates ? gotPps(view) : null;
  const speed = got === null ? '' : `, ${si(got, 'pps')}`;
  if (snapshot.role === 'receive') return `${name}: ${grouped(snapshot.received ?? 0)} received${speed}.`;
  return `${name}: ${grouped(snapshot.taken)} taken${speed}, ${grouped(snapshot.refused)} refused, AGAIN ${grouped(
    snapshot.calls.again,
  )} times.`;
}
