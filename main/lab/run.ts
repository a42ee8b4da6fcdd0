import { AIO_CODES, BACKEND_STATES, type BackendStateName } from '../../app/aio/codes';
import { PAIR_OPTION, ROLE_OPTION, roleOf } from '../../app/lab/pair';
import { group } from '../../app/quantity/parse';
import { AGAIN_POLICIES, type RunPlan, STALL_NS, type Tuning } from '../../app/run/plan';
import { RATE_KINDS, type Rate } from '../../app/run/rate';
import { CALLS_KEPT, cutCalls } from '../../app/stats/calls';
import { type Hops, type Snapshot, STOPPED_BY, type StoppedBy } from '../../app/stats/snapshot';
import {
  type NativeAddon,
  type NativeBackend,
  type NativeBackendSpec,
  type NativeDevice,
  type NativeRate,
  type NativeRun,
  type NativeRunConfig,
  type NativeTune,
  nativeAddon,
} from '../native/addon';
import type { NativeCalls, NativeHistograms, NativeReading } from '../native/readings';
import { checkFiles } from './files';
import { LabError } from './labError';
import { ReceivedReader, receivedOf } from './received';

/** A run that has been started: the same object behind the window, the command line and the tests. */
export interface LabRun {
  /** The plan with rate, batch and flush policy as they were last asked for. */
  readonly plan: RunPlan;
  /** The totals as last published by the run's thread. */
  snapshot(): Snapshot;
  /** Asks the run to end; returns at once, `done` follows. */
  stop(): void;
  /** Asks for a send of no packets with flush. */
  flush(): void;
  /** Changes rate, batch and flush policy from the next batch on. */
  tune(tuning: Tuning): void;
  /** Recent send calls with numbers from `first` on, at most `max`, oldest first; also after the end. */
  calls(first: number, max: number): NativeCalls;
  /** Histograms over all calls; also after the end. */
  histograms(): NativeHistograms;
  /** What the far end received, where packets are signed; also after the end. */
  readonly received: Pick<ReceivedReader, 'frames' | 'histograms'>;
  /** The final totals, once everything is settled, closed and released. Never rejects. */
  readonly done: Promise<Snapshot>;
}

export interface RunTuning {
  /** For tests of faults that take long in real life. */
  readonly stallNs?: number;
  /** The interface to send on, for a backend that takes one, or how to open it once all else is right. It is the run's from here on. */
  readonly device?: NativeDevice | (() => Promise<NativeDevice>);
  /** The instance that runs, and the name of any instance in this process. */
  readonly wire?: { readonly id: string; readonly nameOf: (id: string) => string };
}

/**
 * Checks files, opens the backend, starts the run. Outputs are touched only after the input was
 * found readable. Rejects with a `LabError` of one sentence; then nothing was sent.
 */
export async function startRun(plan: RunPlan, tuning: RunTuning = {}): Promise<LabRun> {
  const addon = nativeAddon();
  await checkFiles(plan);
  if (roleOf(plan) === 'receive' && !tuning.device)
    throw new LabError(
      'role=receive is for a run on a pair of a lab: choose a pair, or role=both.',
      'options.role',
    );
  const device = typeof tuning.device === 'function' ? await tuning.device() : (tuning.device ?? null);
  const backend = await orLabError(
    addon.openBackend(
      backendSpec(plan, tuning.wire, device),
      fileSpec(plan, plan.peerOut),
      fileSpec(plan, plan.tee),
      plan.fault,
    ),
  );
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const sent = roleOf(plan) === 'receive' ? [] : plan.streams;
  const streams = sent.map((stream) => ({
    capture: stream.kind === 'capture' ? stream.path : null,
    frames: stream.kind === 'frames' ? stream.frames : null,
  }));
  let run: NativeRun;
  try {
    run = await orLabError(addon.startRun(backend, streams, runConfig(plan, tuning), ended));
  } catch (error) {
    await addon.closeBackend(backend);
    throw error;
  }
  return new StartedRun(addon, backend, run, plan, end);
}

class StartedRun implements LabRun {
  readonly done: Promise<Snapshot>;
  readonly received: ReceivedReader;
  private last: Snapshot | null = null;
  private lastCalls: NativeCalls | null = null;
  private lastHistograms: NativeHistograms | null = null;

  constructor(
    private readonly addon: NativeAddon,
    private readonly backend: NativeBackend,
    private readonly run: NativeRun,
    public plan: RunPlan,
    end: Promise<void>,
  ) {
    this.received = new ReceivedReader(addon, run);
    this.done = end.then(() => this.release());
  }

  private async release(): Promise<Snapshot> {
    const reading = this.addon.readRun(this.run);
    const last = toSnapshot(reading, this.plan);
    this.received.keep(reading.signature);
    this.lastCalls = this.addon.readCalls(this.run, 0, CALLS_KEPT);
    this.lastHistograms = this.addon.readHistograms(this.run);
    this.last = last;
    await this.addon.endRun(this.run);
    await this.addon.closeBackend(this.backend);
    return last;
  }

  snapshot(): Snapshot {
    return this.last ?? toSnapshot(this.addon.readRun(this.run), this.plan);
  }

  stop(): void {
    if (!this.last) this.addon.stopRun(this.run);
  }

  flush(): void {
    if (!this.last) this.addon.flushRun(this.run);
  }

  tune(tuning: Tuning): void {
    if (this.last) return;
    this.addon.tuneRun(this.run, tuneOf(tuning));
    this.plan = { ...this.plan, ...tuning };
  }

  calls(first: number, max: number): NativeCalls {
    if (!this.lastCalls) return this.addon.readCalls(this.run, first, max);
    return { ...this.lastCalls, calls: cutCalls(this.lastCalls.calls, first, max) };
  }

  histograms(): NativeHistograms {
    return this.lastHistograms ?? this.addon.readHistograms(this.run);
  }
}

function backendSpec(plan: RunPlan, wire: RunTuning['wire'], device: NativeDevice | null): NativeBackendSpec {
  const { name } = plan.backend;
  const { attach, [PAIR_OPTION.name]: _pair, [ROLE_OPTION.name]: _role, ...options } = plan.backend.options;
  const pairs: [string, number | string | null][] = Object.entries(options);
  if (typeof attach === 'string') pairs.push(['attach', wire ? wire.nameOf(attach) : attach]);
  const force = mayOverwrite(plan, options.file);
  return { name, options: pairs, force, own: wire ? wire.nameOf(wire.id) : null, device };
}

function fileSpec(plan: RunPlan, path: string | null): NativeBackendSpec | null {
  return path === null
    ? null
    : { name: 'pcapng', options: [['file', path]], force: mayOverwrite(plan, path) };
}

function mayOverwrite({ force, keep }: RunPlan, path: unknown): boolean {
  return force && !(keep ?? []).some((kept) => kept === path);
}

function rateOf(rate: Rate): NativeRate {
  const none = { kind: RATE_KINDS.indexOf(rate.kind), value: 0, burst: 0, gapNs: 0 };
  switch (rate.kind) {
    case 'max':
    case 'capture':
      return none;
    case 'pps':
      return { ...none, value: rate.pps };
    case 'l1':
    case 'l2':
      return { ...none, value: rate.bps };
    case 'burst':
      return { ...none, burst: rate.packets, gapNs: rate.gapNs };
  }
}

function tuneOf({ batch, rate, flush }: Tuning): NativeTune {
  return { batch, rate: rateOf(rate), flushEvery: flush.every ?? 0, flushAfterNs: flush.afterNs ?? 0 };
}

function runConfig(plan: RunPlan, tuning: RunTuning): NativeRunConfig {
  const { after, until } = plan.stop;
  return {
    ...tuneOf(plan),
    count: after.kind === 'count' ? after.count : 0,
    durationNs: after.kind === 'duration' ? after.ns : 0,
    once: after.kind === 'once',
    until: until === null ? null : AIO_CODES[until],
    again: AGAIN_POLICIES.indexOf(plan.again),
    stallNs: tuning.stallNs ?? STALL_NS,
    signature: plan.signature ?? false,
  };
}

/** The native numbers of `PL_STOP_*` start at 1 and follow `STOPPED_BY`. */
function stoppedBy(code: number): StoppedBy | null {
  return STOPPED_BY[code - 1] ?? null;
}

function stateName(state: string): BackendStateName {
  return BACKEND_STATES.find((name) => name === state) ?? 'failed';
}

function toSnapshot(reading: NativeReading, plan: RunPlan): Snapshot {
  const c = reading.counters;
  return {
    tNs: c.t_ns,
    seconds: secondsOf(reading),
    running: !reading.ended,
    offered: c.offered,
    taken: c.taken,
    refused: c.refused,
    unexamined: c.unexamined,
    pending: c.pending,
    retried: c.retried,
    completed: c.completed,
    role: roleOf(plan),
    received: c.receives ? c.received : null,
    receivedBytes: c.receives ? c.received_bytes : null,
    receiverLoss: c.peer_dropped,
    ownReceived: plan.backend.name === 'tap' ? c.own_received : null,
    inFlight: c.taken - c.completed,
    notWritten: plan.backend.name === 'pcapng' ? c.taken - c.completed : 0,
    notCaptured: c.not_captured,
    truncated: c.truncated,
    lateErrors: c.late_errors,
    noCarrier: c.no_carrier,
    bytes: c.bytes,
    calls: { success: c.calls_success, inval: c.calls_inval, again: c.calls_again },
    flushes: c.flushes,
    kicks: c.kicks,
    sendCallNs: reading.latency,
    away: {
      count: c.away_cnt,
      ns: c.away_ns,
      lastNs: c.away_last_ns,
      lastAt: c.away_cnt > 0 ? Math.max(0, c.away_at_ns - c.first_ns) / 1e9 : 0,
    },
    state: BACKEND_STATES[c.state] ?? 'failed',
    reasons: reading.reasons.map(({ code, count, first, last }) => ({
      code,
      count,
      sentence: first.sentence,
      lastSentence: last.sentence,
      firstOrdinal: first.ordinal,
      lastOrdinal: last.ordinal,
      firstCall: first.call,
      firstIndex: first.index,
      lastCall: last.call,
      lastIndex: last.index,
    })),
    stoppedBy: stoppedBy(c.stopped_by),
    fault: reading.fault ? { ...reading.fault, state: stateName(reading.fault.state) } : null,
    signature: receivedOf(reading.signature),
    hops: hopsOf(reading, plan),
    holdups: {
      pacedNs: c.paced_ns,
      fullNs: c.full_ns,
      sinkNs: c.backoff_ns - c.full_ns + c.os_ns,
      againNs: c.backoff_ns,
      fullLost: c.full_lost,
      sinkLost: c.again_lost - c.full_lost,
    },
    lateError: reading.late === '' ? null : reading.late,
    notice: noticeOf(reading, plan),
  };
}

function hopsOf({ counters: c }: NativeReading, plan: RunPlan): Hops {
  return {
    fault: plan.fault && {
      offered: c.fault_offered,
      taken: c.fault_taken,
      refused: c.fault_refused,
      unexamined: c.fault_unexamined,
      dropped: c.fault_dropped,
      duplicated: c.fault_duplicated,
      lostDuplicates: c.fault_lost_duplicates,
      reordered: c.fault_reordered,
      corrupted: c.fault_corrupted,
      delayed: c.fault_delayed,
      again: c.fault_again,
      inval: c.fault_inval,
      held: c.fault_held,
      lostHeld: c.fault_lost_held,
    },
    tee:
      plan.tee === null
        ? null
        : {
            offered: c.tee_offered,
            taken: c.tee_taken,
            refused: c.tee_refused,
            unexamined: c.tee_unexamined,
            recorded: c.tee_recorded,
          },
    backend: {
      offered: c.backend_offered,
      taken: c.backend_taken,
      refused: c.backend_refused,
      unexamined: c.backend_unexamined,
    },
  };
}

/** First call to last settle; while the run is on, to now. */
function secondsOf({ counters: c, ended }: NativeReading): number {
  if (c.first_ns === 0) return 0;
  return Math.max(0, (ended ? c.settled_ns : c.t_ns) - c.first_ns) / 1e9;
}

function noticeOf(reading: NativeReading, plan: RunPlan): string | null {
  const c = reading.counters;
  const { not_captured: missed, peer_dropped: dropped, no_carrier: lost } = c;
  if (lost > 0) {
    return `No carrier: the peer was down while at least ${group(lost)} frames were accepted; they were not sent. Bring the peer up.`;
  }
  if (dropped > 0) {
    return `The peer's receive ring was full and ${group(dropped)} frames were dropped there by the kernel: this loss is the receiver's own. A larger peer-ring has room for more.`;
  }
  if (missed === 0 || reading.fault || (plan.peerOut === null && plan.tee === null)) return null;
  return `A capture reached its limit, or its pipe had no room: ${missed} frames are not in it; those before are kept.`;
}

/** Turns a rejection of the addon into a LabError with the same sentence. */
async function orLabError<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw LabError.from(error);
  }
}
