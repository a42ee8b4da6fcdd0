import { duration, grouped, si } from '../quantity/format';
import { attachOf } from '../run/attach';
import type { RunPlan } from '../run/plan';
import { showRate } from '../run/rate';
import type { Reason, Snapshot } from '../stats/snapshot';
import { findingsOnWay, inWindow, lostByMtu } from './ends';
import type { PlaceFacts } from './facts';
import { type Finding, type FindingId, firstOf, ok, problem, warning } from './finding';
import { atReceiver } from './receiving';

/**
 * Why a run sends nothing, or why nothing or far too little of it arrives: two readings of its statistics and what is
 * known of where it sends in, the most likely cause out. Pure. The causes are asked in a fixed order: first what the
 * kernel or the run itself has said, then what can be seen at the interfaces, then what is only known to be possible.
 */

export interface LiveFacts {
  readonly plan: RunPlan;
  /** The interfaces as they are now; null where the backend has none. */
  readonly place: PlaceFacts | null;
  /** The instance that receives at this one's far end in its place, or null. */
  readonly attachedBy: string | null;
  /** The instance that sends on the pair of a run which only receives; null = none does, undefined = not known. */
  readonly sentBy?: string | null;
}

/** Between two readings; `before` null means the whole run. */
export type Suspicion = 'unsent' | 'undelivered' | 'unreceived';

/** A peer that received less than this share of what it should have is far behind. */
const DELIVERED_SHARE = 0.5;

type Counter = 'taken' | 'received' | 'inFlight' | 'lateErrors' | 'noCarrier' | 'receiverLoss';

function grew(key: Counter, before: Snapshot | null, now: Snapshot): number {
  return (now[key] ?? 0) - (before?.[key] ?? 0);
}

/** Packets a second below which a run that is answered AGAIN this many times for each counts as sending nothing. */
const STARVED_PPS = 50;
const STARVED_AGAIN = 10;

/** Next to nothing is taken between two readings, because of AGAIN. */
function starved(before: Snapshot, now: Snapshot): boolean {
  const taken = now.taken - before.taken;
  const again = now.calls.again - before.calls.again;
  return again > taken * STARVED_AGAIN && taken < ((now.tNs - before.tNs) / 1e9) * STARVED_PPS;
}

/**
 * Whether what happened between the readings wants to be explained: nothing was taken, or next to nothing and the rest
 * answered AGAIN; or nothing was received of packets that were there to be received, or less than half of those taken
 * and no longer on their way (in flight); or, where nobody counts, errors came back for more than half of the packets or
 * they were sent without a carrier; or nothing came to a run that only receives.
 */
export function suspicionOf(before: Snapshot | null, now: Snapshot): Suspicion | null {
  // A run that only receives has nothing to send.
  if (now.role === 'receive') return grew('received', before, now) <= 0 ? 'unreceived' : null;
  const taken = grew('taken', before, now);
  if (taken <= 0 || (before && starved(before, now))) return 'unsent';
  if (now.received === null) {
    const gone = grew('lateErrors', before, now) + grew('noCarrier', before, now);
    return gone > taken * DELIVERED_SHARE ? 'undelivered' : null;
  }
  const received = grew('received', before, now);
  const due = taken - Math.max(0, grew('inFlight', before, now));
  return received <= 0 || received < due * DELIVERED_SHARE ? 'undelivered' : null;
}

/** The most likely cause of what `suspicionOf` found; null when there is nothing to explain. */
export function causeOf(facts: LiveFacts, before: Snapshot | null, now: Snapshot): Finding | null {
  const ended = faulted(facts, now);
  if (ended) return ended;
  // What stalled was taken at first.
  switch (now.fault ? 'unsent' : suspicionOf(before, now)) {
    case null:
      return null;
    case 'unsent':
      return unsent(facts, before, now);
    case 'undelivered':
      return undelivered(facts, before, now);
    case 'unreceived':
      return unreceived(facts, before, now);
  }
}

/** A run that has ended with a fault says itself why; one that stalled has only waited too long. */
function faulted({ plan, place }: LiveFacts, { fault }: Snapshot): Finding | null {
  if (!fault || fault.step === 'stalled') return null;
  const sentence = firstOf(fault.sentence);
  if (fault.state === 'removed') {
    const action = place?.kind === 'lab' ? inWindow(place, 'a', { what: 'create' }) : null;
    return problem('interface', sentence, null, action);
  }
  if (fault.step === 'read capture') return problem('capture', sentence, null);
  return problem(plan.backend.name === 'pcapng' ? 'file' : 'device', sentence, null);
}

/** Refusals of one kind between two readings. */
interface Refused extends Reason {
  readonly times: number;
}

/** The kind of refusal that came most often. Kinds keep their place in the list. */
function mostRefused(before: Snapshot | null, now: Snapshot): Refused | null {
  const grown = now.reasons
    .map((reason, i) => ({ ...reason, times: reason.count - (before?.reasons[i]?.count ?? 0) }))
    .filter(({ times }) => times > 0);
  return grown.reduce<Refused | null>((most, one) => (most && most.times >= one.times ? most : one), null);
}

/** What the sentence of an AGAIN says is in the way; a test holds it against the sentences of the native core. */
const AGAIN_SAYS: readonly (readonly [RegExp, FindingId])[] = [
  [/^No carrier/, 'carrier'],
  [/^The peer drops the frame/, 'mtu'],
  [/^qdisc full/, 'qdisc'],
  [/^Socket buffer full/, 'socket'],
  [/^(Transmit r|R)ing full/, 'ring'],
  [/^The driver('s queue| dropped)/, 'device'],
  [/interface is down/, 'link'],
  [/^The interface was removed/, 'interface'],
  [/^The pipe has no room|^The capture file|^The file cannot/, 'file'],
  [/^The fault stage/, 'fault'],
];

export function againSays(sentence: string): FindingId {
  return AGAIN_SAYS.find(([says]) => says.test(sentence))?.[1] ?? 'again';
}

function unsent(facts: LiveFacts, before: Snapshot | null, now: Snapshot): Finding {
  const way = onWay(facts, ['interface', 'link']);
  if (way) return way;
  const refused = mostRefused(before, now);
  if (now.state === 'link-down' && !(refused && againSays(refused.lastSentence) === 'link'))
    return problem('link', 'The interface is down, so every send is refused.', null);
  if (refused) return refusedBy(facts, refused);
  const { plan } = facts;
  const asked = showRate(plan.rate);
  if (plan.rate.kind !== 'max' && now.pending === 0)
    return ok('pace', `Nothing is due yet: at ${asked} packets are that far apart, which is no fault.`);
  return unknown('Nothing was taken', facts, now);
}

function refusedBy(facts: LiveFacts, { code, lastSentence, firstCall, times }: Refused): Finding {
  const { plan, place } = facts;
  const { options } = plan.backend;
  const because = lower(lastSentence);
  if (/^The fault stage/.test(lastSentence))
    return warning(
      'fault',
      `The fault stage refuses the packets, as it was asked to (${code.toUpperCase()}).`,
      null,
    );
  if (code === 'inval') {
    // Settled before any call: it is the packet itself, whatever the backend.
    const id = firstCall === 0 && plan.streams.some(({ kind }) => kind === 'capture') ? 'capture' : 'inval';
    return problem(id, `Every packet is refused, the latest because ${because}`, null);
  }
  const id = againSays(lastSentence);
  switch (id) {
    case 'mtu':
      return lostByMtu(place, longest(plan)) ?? problem(id, lastSentence, null);
    case 'carrier':
    case 'link':
      return onWay(facts, [id, 'peer']) ?? problem(id, lastSentence, null);
    case 'qdisc':
      return onWay(facts, ['qdisc']) ?? warning(id, `The queue of the interface is full: ${because}`, null);
    case 'ring':
      return ringFull(facts, lastSentence);
    case 'socket': {
      const queue = onWay(facts, ['qdisc']);
      if (queue?.level === 'warning') return queue;
      const sndbuf = Number(options.sndbuf ?? 0);
      const room = sndbuf > 0 ? ` (sndbuf is ${grouped(sndbuf)} B)` : '';
      return warning('socket', `The socket buffer is full${room} and nothing leaves it: ${because}`, null);
    }
    default: {
      // A driver takes no more when its peer does not get to read.
      const slow = id === 'device' ? onWay(facts, ['napi']) : null;
      const often = `AGAIN ${grouped(times)} times, and next to nothing was taken`;
      return slow ?? warning(id, `${often}: ${because}`, null);
    }
  }
}

/** A ring is full because something behind it takes nothing. */
function ringFull(facts: LiveFacts, sentence: string): Finding {
  const slow = onWay(facts, ['carrier']) ?? modelled(facts) ?? onWay(facts, ['qdisc']);
  if (slow && slow.level !== 'ok') return slow;
  if (slow?.id === 'delay' || slow?.id === 'attach') return slow;
  return (
    neverFlushed(facts) ??
    onWay(facts, ['napi']) ??
    warning('ring', `The ring is full and nobody empties it: ${lower(sentence)}`, null)
  );
}

/** What the loopback model does to packets behind its ring. */
function modelled({ plan: { backend }, attachedBy }: LiveFacts): Finding | null {
  if (backend.name !== 'loopback') return null;
  if (attachedBy !== null)
    return ok(
      'attach',
      `Instance ${attachedBy} is attached to the far end and receives in its place; its counters tell.`,
    );
  const { drain, delay } = backend.options;
  if (drain === 0)
    return warning('drain', 'The far end takes nothing: drain is 0, so packets stay in the ring.', null);
  if (typeof drain === 'number')
    return warning(
      'drain',
      `The far end takes ${si(drain, 'pps')} only (drain), so packets wait in the ring.`,
      null,
    );
  if (typeof delay === 'number' && delay > 0)
    return ok(
      'delay',
      `Each packet spends ${duration(delay)} in the ring (delay) before it arrives, which is no fault.`,
    );
  return null;
}

function neverFlushed({ plan: { flush } }: LiveFacts, held = 0): Finding | null {
  if (flush.every !== null || flush.afterNs !== null) return null;
  const what = held > 0 ? `${grouped(held)} packets wait` : 'Packets wait';
  return warning('flush', `${what} for a flush by hand: the flush policy is never.`, null);
}

function undelivered(facts: LiveFacts, before: Snapshot | null, now: Snapshot): Finding {
  const { plan, place } = facts;
  const missing = grew('taken', before, now) - grew('received', before, now);
  const most = (part: number) => part > 0 && part >= missing * DELIVERED_SHARE;

  const way = onWay(facts, ['interface', 'link', 'carrier', 'peer']);
  if (way) return way;
  if (most(grew('noCarrier', before, now)))
    return problem('carrier', 'The peer was down while packets were accepted, so they were lost.', null);
  if (now.received === null)
    return problem(
      'late',
      `Nobody listens there, and what was taken came back: ${lower(now.lateError ?? 'an error.')}`,
      null,
    );
  const mtu = lostByMtu(place, longest(plan));
  if (grew('lateErrors', before, now) > 0 && grew('received', before, now) <= 0) {
    // af_xdp is told by errors that the peer takes no such frame; udp to an address of its own side never crosses the pair.
    if (mtu && plan.backend.name !== 'udp') return mtu;
    return problem(
      'late',
      `Nothing reached the peer, and what was taken came back: ${lower(now.lateError ?? 'an error.')}`,
      null,
    );
  }
  const hop = now.hops.fault;
  const hopBefore = before?.hops.fault;
  if (hop && most(hop.dropped - (hopBefore?.dropped ?? 0)))
    return warning(
      'fault',
      'The fault stage drops the packets, as it was asked to; they count as taken.',
      null,
    );
  if (hop && hop.held > 0 && (plan.fault?.delayNs ?? 0) > 0)
    return ok(
      'delay',
      `The fault stage holds each packet for ${duration(plan.fault?.delayNs ?? 0)}, which is no fault.`,
    );
  const to = attachOf(plan);
  if (to !== null)
    return ok('attach', `This instance receives what ${to} sends (attach), and not its own packets.`);

  const held = grew('inFlight', before, now);
  const model = modelled(facts);
  if (most(held) || (now.inFlight > 0 && grew('received', before, now) <= 0)) {
    if (model && model.id !== 'delay' && model.id !== 'attach') return model;
    const waits = model ?? neverFlushed(facts, now.inFlight) ?? onWay(facts, ['qdisc']);
    if (waits && waits.level !== 'ok') return waits;
    if (model) return model;
    if (plan.flush.every !== 1)
      return ok(
        'flush',
        `${grouped(now.inFlight)} packets wait for the next flush, as the flush policy has it, which is no fault.`,
      );
  }
  if (model?.id === 'attach') return model;
  const loss = plan.backend.name === 'loopback' ? Number(plan.backend.options.loss ?? 0) : 0;
  if (loss > 0)
    return warning('loss', `The loopback model loses packets behind its ring: loss is ${loss}.`, null);
  if (most(grew('receiverLoss', before, now))) return overrun();
  if (mtu) return mtu;
  const seen = onWay(facts, ['xdp', 'napi']);
  if (seen) return seen;
  const queue = onWay(facts, ['qdisc']);
  if (queue?.level === 'warning' && plan.backend.name !== 'af_xdp') return queue;
  return unknown(`${grouped(missing)} packets were taken and did not arrive`, facts, now);
}

/**
 * Of a run that only receives: what is wrong where it receives, or that nobody sends there. Null: what keeps another
 * instance from sending is found there.
 */
function unreceived({ place, sentBy }: LiveFacts, before: Snapshot | null, now: Snapshot): Finding | null {
  const found = place?.kind === 'lab' ? atReceiver(place) : [];
  const wrong = found.find(({ level }) => level === 'problem');
  if (wrong) return wrong;
  if (grew('receiverLoss', before, now) > 0) return overrun();
  if (sentBy === null)
    return ok(
      'peer',
      'No other instance sends on this pair, so nothing comes: run one with role=send there.',
    );
  return found.find(({ level }) => level === 'warning') ?? null;
}

function overrun(): Finding {
  return warning(
    'overrun',
    'The receiver’s own ring was full: packets arrived and were dropped there, and a larger peer-ring has room for more.',
    null,
  );
}

/** The longest frame of the plan in bytes; null when a capture holds frames nobody has measured. */
function longest({ streams }: RunPlan): number | null {
  let most = 0;
  for (const stream of streams) {
    if (stream.kind === 'capture') return null;
    for (const { length } of stream.frames) most = Math.max(most, length);
  }
  return most;
}

/** What is wrong between the sender and its peer, of these kinds. */
function onWay({ plan, place }: LiveFacts, ids: readonly FindingId[]): Finding | null {
  if (!place) return null;
  const found = findingsOnWay(place, plan.backend);
  return found.find(({ id, level }) => level !== 'ok' && ids.includes(id)) ?? null;
}

function unknown(what: string, facts: LiveFacts, { state }: Snapshot): Finding {
  const seen =
    facts.place?.kind === 'lab'
      ? `the link, the carrier, the MTU${facts.place.peer?.details ? ', the queue, XDP and threaded NAPI' : ''} of both ends are all right`
      : `the backend’s state is ${state}`;
  return warning('unknown', `${what}, and the cause is not known: no refusal was answered, ${seen}.`, null);
}

/** A sentence within a sentence. */
function lower(sentence: string): string {
  const first = firstOf(sentence);
  return /^[A-Z][a-z]/.test(first) ? first.charAt(0).toLowerCase() + first.slice(1) : first;
}
