import { expect, test } from 'vitest';
import { causeOf, type LiveFacts, suspicionOf } from '../../app/lab/diagnosis';
import type { InterfaceDetails, InterfaceFacts, PlaceFacts } from '../../app/lab/facts';
import type { FindingId, FindingLevel } from '../../app/lab/finding';
import type { RunPlan } from '../../app/run/plan';
import type { Reason, Snapshot } from '../../app/stats/snapshot';
import { runPlan } from '../plans';
import { snapshotOf } from '../snapshots';

// Two readings a second apart and what is known of the place in, the most likely cause out. Where each is really made:
// test/lab/why.test.ts.

const zero = snapshotOf({ seconds: 1, role: 'send', ownReceived: 0 });
const after = (change: Partial<Snapshot>): Snapshot => ({ ...zero, tNs: 2e9, seconds: 2, ...change });

const details: InterfaceDetails = {
  driver: 'veth',
  qdisc: 'noqueue',
  queueLimit: null,
  txQueues: 1,
  rxQueues: 1,
  xdpAttached: false,
  xdpNative: true,
  xdpZeroCopy: false,
  tso: true,
  gso: true,
  gro: false,
  lro: false,
  threaded: false,
};
const port = (name: string, change: Partial<InterfaceFacts> = {}, deep: Partial<InterfaceDetails> = {}) => ({
  name,
  up: true,
  carrier: true,
  mtu: 1500,
  details: { ...details, ...deep },
  ...change,
});
const lab = (
  sender: InterfaceFacts | null = port('pl0a'),
  peer: InterfaceFacts | null = port('pl0b'),
): PlaceFacts => ({
  kind: 'lab',
  failure: null,
  sender,
  peer,
  names: { sender: 'pl0a', peer: 'pl0b' },
  pair: 0,
  enter: null,
});

function plan(
  name: string,
  change: Partial<RunPlan> = {},
  options: RunPlan['backend']['options'] = {},
): RunPlan {
  return runPlan({
    backend: { name, options },
    streams: [{ kind: 'frames', frames: [new Uint8Array(1000)] }],
    ...change,
  });
}

const reason = (code: Reason['code'], sentence: string, count = 100): Reason => ({
  code,
  count,
  sentence,
  lastSentence: sentence,
  firstOrdinal: 0,
  lastOrdinal: 0,
  firstCall: 1,
  firstIndex: 0,
  lastCall: 1,
  lastIndex: 0,
});
const again = (sentence: string) =>
  after({ reasons: [reason('again', sentence)], calls: { success: 0, inval: 0, again: 100 } });
const lost = (change: Partial<Snapshot> = {}) => after({ taken: 1000, completed: 1000, ...change });

test.each<[string, Partial<Snapshot>, ReturnType<typeof suspicionOf>]>([
  ['nothing is taken', {}, 'unsent'],
  ['it only receives, and something came', { role: 'receive', received: 1 }, null],
  ['all arrives', { taken: 100, received: 100 }, null],
  ['half arrives', { taken: 100, received: 50 }, null],
  ['less than half arrives', { taken: 100, received: 49 }, 'undelivered'],
  ['what is on its way is not missing', { taken: 100, received: 30, inFlight: 60 }, null],
  [
    'nothing arrives at all, though it is on its way',
    { taken: 100, received: 0, inFlight: 100 },
    'undelivered',
  ],
  ['nobody counts', { taken: 100, received: null }, null],
  ['nobody counts and most comes back', { taken: 100, received: null, lateErrors: 60 }, 'undelivered'],
  ['a few among AGAIN', { taken: 10, received: 10, calls: { success: 1, inval: 0, again: 900 } }, 'unsent'],
  ['many among AGAIN', { taken: 100, received: 100, calls: { success: 1, inval: 0, again: 9000 } }, null],
])('%s', (_name, change, is) => {
  expect(suspicionOf(zero, after(change))).toBe(is);
  expect(causeOf({ plan: plan('x'), place: null, attachedBy: null }, zero, after(change)) === null).toBe(
    is === null,
  );
});

type Row = [FindingId, FindingLevel, RunPlan, PlaceFacts | null, Snapshot, RegExp];
const slow = port('pl0a', {}, { qdisc: 'tbf', queueLimit: 4 });
test.each<Row>([
  [
    'link',
    'problem',
    plan('tap'),
    lab(port('pl0a', { up: false, carrier: false })),
    again('The interface is down.'),
    /pl0a is down/,
  ],
  [
    'interface',
    'problem',
    plan('tap'),
    lab(null, null),
    again('The interface was removed.'),
    /pl0a is not there/,
  ],
  [
    'carrier',
    'problem',
    plan('af_packet'),
    lab(port('pl0a', { carrier: false }), port('pl0b', { up: false })),
    lost(),
    /its peer pl0b is down/,
  ],
  ['carrier', 'problem', plan('af_packet'), lab(), lost({ noCarrier: 900 }), /peer was down while/],
  [
    'late',
    'problem',
    plan('udp'),
    lab(),
    lost({
      lateErrors: 700,
      lateError: 'An earlier datagram to 198.18.0.1 port 9 came back: Connection refused.',
    }),
    /^Nothing reached the peer, and what was taken came back: an earlier datagram to 198\.18\.0\.1/,
  ],
  ['peer', 'problem', plan('af_packet'), lab(port('pl0a'), null), lost(), /pl0b is not there/],
  [
    'qdisc',
    'warning',
    plan('af_packet'),
    lab(slow),
    again('qdisc full: the queue dropped it.'),
    /tbf with room for 4 packets/,
  ],
  [
    'qdisc',
    'warning',
    plan('af_packet'),
    lab(),
    again('qdisc full: the queue dropped it.'),
    /queue of the interface is full/,
  ],
  [
    'socket',
    'warning',
    plan('af_packet', {}, { sndbuf: 4608 }),
    lab(),
    again('Socket buffer full: it takes no more.'),
    /sndbuf is 4,608 B/,
  ],
  ['ring', 'warning', plan('af_xdp'), lab(), again('Transmit ring full: all wait.'), /ring is full/],
  [
    'flush',
    'warning',
    plan('af_xdp', { flush: { every: null, afterNs: null } }),
    lab(),
    again('Transmit ring full: all wait.'),
    /flush policy is never/,
  ],
  [
    'device',
    'warning',
    plan('af_packet'),
    lab(),
    again("The driver's queue takes no frame now."),
    /driver's queue/i,
  ],
  [
    'napi',
    'warning',
    plan('af_packet'),
    lab(port('pl0a'), port('pl0b', {}, { threaded: true })),
    again('The driver dropped the frame: the peer takes no more now, and the interface has no queue.'),
    /pl0b receives on threads/,
  ],
  [
    'file',
    'warning',
    plan('pcapng'),
    null,
    again('The pipe has no room: its reader is slower.'),
    /pipe has no room/,
  ],
  ['again', 'warning', plan('tap'), lab(), again('The kernel has no memory for the frame now.'), /no memory/],
  [
    'fault',
    'warning',
    plan('null'),
    null,
    again('The fault stage answers AGAIN for packet 3 of the plan.'),
    /fault stage refuses/,
  ],
  [
    'mtu',
    'problem',
    plan('af_packet'),
    lab(port('pl0a'), port('pl0b', { mtu: 300 })),
    lost(),
    /pl0b takes frames of at most 318 B/,
  ],
  [
    'mtu',
    'problem',
    plan('af_xdp'),
    lab(port('pl0a'), port('pl0b', { mtu: 300 })),
    lost({ lateErrors: 900, lateError: 'The driver dropped an earlier frame: the MTU of the peer is 300.' }),
    /pl0b takes frames of at most 318 B/,
  ],
  [
    'late',
    'problem',
    plan('udp'),
    lab(port('pl0a'), port('pl0b', { mtu: 300 })),
    lost({ lateErrors: 900, lateError: 'An earlier datagram to 198.18.0.1 port 9 came back.' }),
    /^Nothing reached the peer/,
  ],
  [
    'xdp',
    'warning',
    plan('af_packet'),
    lab(port('pl0a'), port('pl0b', {}, { xdpAttached: true })),
    lost(),
    /XDP program is on pl0b/,
  ],
  [
    'napi',
    'warning',
    plan('af_packet'),
    lab(port('pl0a'), port('pl0b', {}, { threaded: true })),
    lost({ received: 300 }),
    /pl0b receives on threads/,
  ],
  [
    'overrun',
    'warning',
    plan('af_packet'),
    lab(),
    lost({ receiverLoss: 700, received: 300 }),
    /own ring was full/,
  ],
  [
    'unknown',
    'warning',
    plan('af_packet'),
    lab(),
    lost(),
    /1,000 packets were taken and did not arrive, and the cause is not known: .*XDP and threaded NAPI/,
  ],
  ['unknown', 'warning', plan('null'), null, after({}), /Nothing was taken, and the cause is not known/],
  ['pace', 'ok', plan('null', { rate: { kind: 'pps', pps: 0.1 } }), null, after({}), /Nothing is due yet/],
  [
    'flush',
    'ok',
    plan('loopback', { flush: { every: 500, afterNs: null } }),
    null,
    after({ taken: 100, inFlight: 100 }),
    /wait for the next flush/,
  ],
])('%s (%s): %j', (id, level, planned, place, now, sentence) => {
  const facts: LiveFacts = { plan: planned, place, attachedBy: null };
  const cause = causeOf(facts, zero, now);
  expect(cause).toMatchObject({ id, level, sentence: expect.stringMatching(sentence) });
  expect(cause?.sentence).toMatch(/^[^\n]*\.$/);
  expect(cause?.sentence).not.toMatch(/\. \p{Lu}/u);
});

test.each<[FindingId | null, FindingLevel | null, Partial<LiveFacts>, Partial<Snapshot>, RegExp]>([
  [
    'link',
    'problem',
    { place: lab(port('pl0a'), port('pl0b', { up: false })) },
    {},
    /^pl0b is down, so nothing/,
  ],
  [
    'carrier',
    'problem',
    { place: lab(port('pl0a', { up: false }), port('pl0b', { carrier: false })), sentBy: null },
    {},
    /^pl0b has no carrier because its other end pl0a is down/,
  ],
  ['overrun', 'warning', { place: lab(), sentBy: 'A' }, { receiverLoss: 5 }, /own ring was full/],
  [
    'peer',
    'ok',
    { place: lab(port('pl0a'), port('pl0b', { mtu: 300 })), sentBy: null },
    {},
    /^No other instance/,
  ],
  [
    'mtu',
    'warning',
    { place: lab(port('pl0a'), port('pl0b', { mtu: 300 })), sentBy: 'A' },
    {},
    /pl0b takes 300 B/,
  ],
  // Why another instance does not send is found there.
  [null, null, { place: lab(), sentBy: 'A' }, {}, /./],
  [null, null, { place: lab() }, {}, /./],
])('a run that only receives, and nothing comes: %s (%s)', (id, level, known, change, sentence) => {
  const facts: LiveFacts = { plan: plan('af_packet'), place: null, attachedBy: null, ...known };
  const now = after({ role: 'receive', ...change });
  expect(suspicionOf(zero, now)).toBe('unreceived');
  expect(causeOf(facts, zero, now)).toEqual(
    id && expect.objectContaining({ id, level, sentence: expect.stringMatching(sentence) }),
  );
});

test('of several refusals the most frequent one between the readings is named', () => {
  const before = { ...zero, reasons: [reason('inval', 'Frame of 5 B is short.', 900)] };
  const now = after({
    reasons: [reason('inval', 'Frame of 5 B is short.', 910), reason('inval', 'Frame of 9 B is odd.', 500)],
  });
  const facts: LiveFacts = { plan: plan('udp'), place: null, attachedBy: null };
  expect(causeOf(facts, before, now)?.sentence).toContain('frame of 9 B is odd');
  expect(causeOf(facts, null, now)?.sentence).toContain('frame of 5 B is short');
});

test('a fault that ended the run is the cause; one that only waited too long is not', () => {
  const fault = {
    state: 'removed',
    step: 'rtnetlink',
    errno: 6,
    sentence: 'pl0a was removed. Start anew.',
  } as const;
  const facts: LiveFacts = { plan: plan('af_packet'), place: lab(), attachedBy: null };
  expect(causeOf(facts, null, lost({ received: 1000, fault }))).toMatchObject({
    id: 'interface',
    sentence: 'pl0a was removed.',
    action: { pair: 0, change: { what: 'create' } },
  });
  const full = { ...fault, state: 'failed', step: 'write', sentence: 'Writing x failed: no space.' } as const;
  expect(causeOf({ ...facts, plan: plan('pcapng') }, null, after({ fault: full }))).toMatchObject({
    id: 'file',
  });
  const stall = { ...full, step: 'stalled', sentence: 'Stalled.' } as const;
  const stalled = { ...again('Socket buffer full: it takes no more.'), fault: stall };
  expect(causeOf(facts, null, stalled)).toMatchObject({ id: 'socket' });
  // Also where all that was taken before had arrived.
  expect(causeOf(facts, null, { ...stalled, taken: 900, received: 900 })).toMatchObject({ id: 'socket' });
});
