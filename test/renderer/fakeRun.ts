import { type BackendDescriptor, parseOptions } from '../../app/backend/descriptor';
import type { InstanceInfo } from '../../app/ipc/contract';
import { parseHex } from '../../app/packet/hex';
import { grouped } from '../../app/quantity/format';
import { parseFlush } from '../../app/run/flush';
import type { Settings } from '../../app/run/plan';
import { parseRate } from '../../app/run/rate';
import { parseStop } from '../../app/run/stop';
import { faultOf, NO_FAULT } from '../../app/stage/fault';
import type { Fault, Hops, Reason, Snapshot, StoppedBy } from '../../app/stats/snapshot';

/** What a run that never was would have counted: a model of loopback good enough to move every figure. */
export interface FakeRun {
  /** Lets `seconds` of run time pass. */
  advance(seconds: number): void;
  end(by: StoppedBy, fault?: Fault): void;
  readonly running: boolean;
  readonly snapshot: Snapshot;
}

const MAX_PPS = 3.4e6;

/** A fixed sequence of noise in [0.9, 1.1]. */
function noise(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return 0.9 + ((state >>> 0) / 2 ** 32) * 0.2;
  };
}

function reason(code: 'again' | 'inval', sentence: string): Reason {
  const zero = {
    count: 0,
    firstOrdinal: 0,
    lastOrdinal: 0,
    firstCall: 1,
    firstIndex: 0,
    lastCall: 1,
    lastIndex: 0,
  };
  return { code, sentence, lastSentence: sentence, ...zero };
}

/** What each hop of the chain would have counted, without any retry. */
function fakeHops(settings: Settings, taken: number, refused: number, inval: boolean): Hops {
  const share = faultOf(settings.fault);
  const { drop, duplicate, reorder, corrupt } = share.ok ? share.value : NO_FAULT;
  const dropped = settings.faultOn ? Math.round(taken * drop) : 0;
  const duplicated = settings.faultOn ? Math.round(taken * duplicate) : 0;
  const first = { offered: taken + refused, taken, refused, unexamined: 0 };
  const on = taken - dropped + duplicated;
  const last = {
    offered: on + (inval ? refused : 0),
    taken: on,
    refused: inval ? refused : 0,
    unexamined: 0,
  };
  return {
    fault: settings.faultOn
      ? {
          ...first,
          dropped,
          duplicated,
          lostDuplicates: 0,
          reordered: Math.round(taken * reorder),
          corrupted: Math.round(taken * corrupt),
          delayed: 0,
          again: 0,
          inval: 0,
          held: 0,
          lostHeld: 0,
        }
      : null,
    tee: settings.teeOn ? { ...last, recorded: on } : null,
    backend: settings.faultOn || settings.teeOn ? last : first,
  };
}

export function startFakeRun(instance: InstanceInfo, backend: BackendDescriptor): FakeRun {
  const { settings } = instance;
  const options = parseOptions(backend, { ...settings.options[backend.name], file: 'x' });
  const fallback = parseOptions(backend, { ...settings.options[backend.name] });
  const values = fallback.ok ? fallback.value : options.ok ? options.value : {};
  const rate = parseRate(settings.rate);
  const stop = parseStop(settings.stop);
  const flush = parseFlush(settings.flush);
  const hex = parseHex(settings.hex);
  const batch = Number(settings.batch) || 64;
  const length = settings.source === 'hex' && hex.ok ? hex.value.length : 322;
  const drain = typeof values.drain === 'number' ? values.drain : Number.POSITIVE_INFINITY;
  const ring = typeof values.ring === 'number' ? values.ring : 1024;
  const tooLong = typeof values.mtu === 'number' && length > values.mtu + 14;
  const asked = rate.ok && rate.value.kind === 'pps' ? rate.value.pps : MAX_PPS;
  const jitter = noise();
  const every = flush.ok ? flush.value.every : 1;

  let elapsed = 0;
  let taken = 0;
  let refused = 0;
  let queue = 0;
  let completed = 0;
  let flushes = 0;
  let retried = 0;
  let running = true;
  let stoppedBy: StoppedBy | null = null;
  let fault: Fault | null = null;
  const calls = { success: 0, again: 0, inval: 0 };
  const again = reason('again', `ring full (${grouped(ring)} slots): the far end drains ${drain} packets/s`);
  const inval = reason(
    'inval',
    `${length} B is over MTU ${values.mtu ?? 0} + 14 = ${Number(values.mtu ?? 0) + 14} B`,
  );

  const seen = (which: Reason, count: number) => {
    if (count <= 0) return;
    const call = calls.success + calls.again + calls.inval;
    if (which.count === 0) which.firstCall = call;
    which.count += count;
    which.lastCall = call;
    which.lastIndex = which.code === 'again' ? Math.floor(batch / 2) : 0;
  };

  const finish = (by: StoppedBy, why: Fault | null) => {
    if (!running) return;
    running = false;
    stoppedBy = by;
    fault = why;
    if (by !== 'user' && why === null) {
      completed = taken;
      queue = 0;
    }
  };

  const advance = (seconds: number) => {
    if (!running) return;
    elapsed += seconds;
    const limit =
      stop.ok && stop.value.after.kind === 'count' ? stop.value.after.count : Number.POSITIVE_INFINITY;
    const once = stop.ok && stop.value.after.kind === 'once';
    let want = Math.round(asked * seconds * (rate.ok && rate.value.kind === 'max' ? jitter() : 1));
    want = Math.min(want, (once ? 1 : limit) - taken - refused);
    if (tooLong) {
      refused += want;
      calls.inval += want;
      seen(inval, want);
    } else {
      const drained = Math.min(queue, drain === Number.POSITIVE_INFINITY ? queue : drain * seconds);
      const room = ring - queue + drained + (drain === Number.POSITIVE_INFINITY ? want : drain * seconds);
      const took = Math.max(0, Math.min(want, Math.floor(room)));
      if (took < want) {
        const times = Math.round(900 * seconds * jitter());
        calls.again += times;
        retried += times * batch;
        seen(again, times);
      }
      taken += took;
      queue = Math.min(ring, queue + took - drained);
      if (drain === Number.POSITIVE_INFINITY) queue = Math.min(batch, took);
      completed = taken - Math.floor(queue);
      const made = Math.ceil(took / batch);
      calls.success += made;
      flushes += every === null ? 0 : made;
    }
    if (once && taken + refused >= 1) finish('count', null);
    else if (taken + refused >= limit) finish('count', null);
    else if (stop.ok && stop.value.after.kind === 'duration' && elapsed * 1e9 >= stop.value.after.ns) {
      finish('duration', null);
    } else if (stop.ok && stop.value.until !== null && calls[stop.value.until] > 0) finish('code', null);
  };

  return {
    advance,
    end: (by, why) => finish(by, why ?? null),
    get running() {
      return running;
    },
    get snapshot(): Snapshot {
      const slow = again.count > 0 ? 4 : 1;
      return {
        tNs: Math.round(5e12 + elapsed * 1e9),
        seconds: elapsed,
        running,
        offered: taken + refused,
        taken,
        refused,
        unexamined: 0,
        pending: running && again.count > 0 ? Math.floor(batch / 2) : 0,
        retried,
        completed,
        received: backend.capabilities.peer ? completed : null,
        inFlight: taken - completed,
        notWritten: 0,
        notCaptured: 0,
        truncated: 0,
        role: 'both',
        receivedBytes: backend.capabilities.peer ? completed * 60 : null,
        receiverLoss: 0,
        ownReceived: null,
        lateErrors: 0,
        noCarrier: 0,
        bytes: taken * length,
        calls: { ...calls },
        flushes,
        kicks: flushes,
        sendCallNs: {
          p50: 410 * slow,
          p90: 560 * slow,
          p99: 1530 * slow,
          p999: 18_200 * slow,
          max: 240_000,
          n: calls.success,
        },
        away: { count: 0, ns: 0, lastNs: 0, lastAt: 0 },
        state: fault ? fault.state : 'up',
        reasons: [again, inval].filter((r) => r.count > 0).map((r) => ({ ...r })),
        stoppedBy,
        fault,
        hops: fakeHops(settings, taken, refused, tooLong),
        holdups: {
          pacedNs: asked < MAX_PPS && again.count === 0 ? elapsed * 8e8 : 0,
          fullNs: again.count > 0 && drain === Number.POSITIVE_INFINITY ? elapsed * 9e8 : 0,
          sinkNs: again.count > 0 && drain !== Number.POSITIVE_INFINITY ? elapsed * 9e8 : 0,
          againNs: again.count > 0 ? elapsed * 9e8 : 0,
          fullLost: 0,
          sinkLost: 0,
        },
        signature: null,
        lateError: null,
        notice: null,
      };
    },
  };
}
