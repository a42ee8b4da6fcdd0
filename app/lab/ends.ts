import type { OptionValue } from '../backend/descriptor';
import { clip, group, plain } from '../quantity/parse';
import type { Facts, InterfaceDetails, InterfaceFacts, PlaceFacts } from './facts';
import { type Finding, ok, problem, warning } from './finding';
import type { LabEnd } from './limits';
import type { LabChange, LabPortInput } from './state';

/** What is found at the interfaces a run sends over: at its own and, in a lab, at its peer. */

/** What decides how frames get out. */
type Sender = Pick<Facts, 'backend' | 'zeroCopy'>;

interface PlannedBackend {
  readonly name: string;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Whether a backend with these options hands frames to the driver past the queue discipline. */
export function bypasses({ name, options }: PlannedBackend): boolean {
  return name === 'af_xdp' || options['qdisc-bypass'] === 'on';
}

/** What is found on the way of a run that is on. */
export function findingsOnWay(place: PlaceFacts, backend: PlannedBackend): Finding[] {
  const { name } = backend;
  const sender: Sender = {
    backend: { name, unavailable: null, device: place.kind === 'lab', bypass: bypasses(backend) },
    zeroCopy: false,
  };
  switch (place.kind) {
    case 'none':
      return [];
    case 'lab':
      return inLab(sender, place).filter((finding) => finding !== null);
    case 'interface':
      return onInterface(sender, place).filter((finding) => finding !== null);
  }
}

/** The peer's MTU is too small for the longest frame of a run, in bytes; null = its length is not known. */
export function lostByMtu(place: PlaceFacts | null, longest: number | null): Finding | null {
  if (place?.kind !== 'lab' || !place.sender || !place.peer || place.peer.mtu >= place.sender.mtu)
    return null;
  const { sender, peer } = place;
  // The kernel passes a frame on with the room of a VLAN tag, whether it has one or not.
  const limit = peer.mtu + HEADER + TAG;
  if (longest !== null && longest <= limit) return null;
  const lost =
    longest === null ? 'what is longer is lost there' : `frames of ${group(longest)} B are lost there`;
  return problem(
    'mtu',
    `${peer.name} takes frames of at most ${group(limit)} B (MTU ${group(peer.mtu)}), so ${lost}.`,
    command(place.enter?.peer ?? null, `ip link set dev ${word(peer.name)} mtu ${sender.mtu}`),
    inWindow(place, 'b', { what: 'mtu', mtu: sender.mtu }),
  );
}

/** A name as a word of a shell; one that cannot be shown as it is (the kernel lets it have control characters), escaped. */
export function word(name: string): string {
  if (/^[\w.:@-]+$/.test(name)) return name;
  if (plain(name) === name) return `'${name.replaceAll("'", "'\\''")}'`;
  const escaped = name
    .replace(/[\\']/g, '\\$&')
    .replace(/[\p{Cc}\p{Cf}]/gu, (one) => `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
  return `$'${escaped}'`;
}

/** A command as a person who is to type it needs it; `by` stands before it, and null is nowhere it could run. */
export function command(by: string | null, words: string): string | null {
  return by === null ? null : by + words;
}

/** The change to an end of the pair that the window's lab can make; null where the lab is none of the window's. */
export function inWindow(
  { pair, names }: PlaceFacts & { kind: 'lab' },
  end: LabEnd,
  change: LabChange,
): LabPortInput | null {
  return pair === null || names.peer === names.sender ? null : { pair, end, change };
}

/** What is all right needs no change. */
export function withAction(finding: Finding | null, action: LabPortInput | null): Finding | null {
  return finding && finding.level !== 'ok' ? { ...finding, action } : finding;
}

export function inLab(facts: Sender, place: PlaceFacts & { kind: 'lab' }): (Finding | null)[] {
  const { sender, peer, names } = place;
  const own = names.peer === names.sender;
  const by = place.enter ?? { sender: null, peer: null };
  if (!sender) {
    // A TAP device is made for its run.
    if (own && place.pair !== null) return [ok('interface', `${names.sender} is made when a run starts.`)];
    return [
      problem(
        'interface',
        `${names.sender} is not there: the pair was deleted from the lab, and its runs have ended.`,
        null,
        inWindow(place, 'a', { what: 'create' }),
      ),
    ];
  }
  return [
    ok('interface', `${sender.name} is there, an interface of a private lab.`),
    withAction(link(sender, by.sender), own ? null : inWindow(place, 'a', { what: 'link', up: true })),
    // Without a peer there is none, which the peer's own line tells.
    !own && !peer
      ? null
      : withAction(
          carrier(sender, own ? null : names.peer, by.peer),
          inWindow(place, 'a', { what: 'carrier', on: true }),
        ),
    withAction(
      mtu(sender, own ? null : peer, by.peer),
      inWindow(place, 'b', { what: 'mtu', mtu: sender.mtu }),
    ),
    ...deep(facts, place, sender),
    // The carrier has told of it.
    sender.up && !sender.carrier && peer && !peer.up
      ? null
      : withAction(
          peerOf(peer, names, own, by.peer),
          inWindow(place, 'b', peer ? { what: 'link', up: true } : { what: 'create' }),
        ),
  ];
}

export function onInterface(facts: Sender, place: PlaceFacts & { kind: 'interface' }): (Finding | null)[] {
  const { found, known, name } = place;
  if (!found) {
    const there = known.length > 0 ? `there are ${known.join(', ')}` : 'there is none';
    return [problem('interface', `There is no interface “${clip(name)}” here; ${there}.`, 'ip -brief link')];
  }
  const { device } = facts.backend;
  const { details } = found;
  const sudo = 'sudo ';
  const basics = [
    device
      ? warning(
          'interface',
          `${name} is there and was only looked at: Packet Lab sends on interfaces of a private lab and not on those of this computer.`,
          `packet-lab doctor --backend ${facts.backend.name} --lab`,
        )
      : ok('interface', `${name} is there.`),
    link(found, sudo),
    carrier(found, null, sudo),
    mtu(found, null, sudo),
  ];
  if (!device || !details) return basics;
  return [
    ...basics,
    queues(name, details),
    facts.backend.name === 'tap' && details.driver !== TAP_DRIVER
      ? noTap(name, details)
      : driver(name, details),
    xdp(facts, name, details, sudo),
    qdisc(facts, name, details, sudo),
    offloads(name, details, sudo),
    napi(name, details, `echo 0 | sudo tee /sys/class/net/${word(name)}/threaded`),
    ok('peer', `Nothing here can see who is behind ${name}: what it accepts is not known to be delivered.`),
  ];
}

/** What the kernel tells besides the state: of the sender how frames leave, of its peer how they are received. */
function deep(
  facts: Sender,
  place: PlaceFacts & { kind: 'lab' },
  { name, details }: InterfaceFacts,
): (Finding | null)[] {
  const by = place.enter ?? { sender: null, peer: null };
  const receiver = place.peer?.details ? place.peer : null;
  const dropping = receiver?.details?.xdpAttached
    ? xdp(facts, receiver.name, receiver.details, by.peer)
    : null;
  const refused = place.failure?.noZeroCopy ? noZeroCopy(facts, name) : null;
  if (!details) return [dropping ?? refused];
  return [
    queues(name, details),
    driver(name, details),
    dropping ?? refused ?? xdp(facts, name, details, by.sender),
    withAction(
      qdisc(facts, name, details, by.sender),
      inWindow(place, 'a', { what: 'queue', packets: null }),
    ),
    offloads(name, details, by.sender),
    receiver?.details ? napi(receiver.name, receiver.details, null) : null,
  ];
}

function queues(name: string, { txQueues, rxQueues }: InterfaceDetails): Finding | null {
  return txQueues > 0
    ? ok('queues', `${name} has ${count(txQueues, 'send')} and ${count(rxQueues, 'receive')}.`)
    : null;
}

function driver(name: string, { driver }: InterfaceDetails): Finding | null {
  return driver ? ok('driver', `The driver of ${name} is ${driver}.`) : null;
}

/** What the kernel calls the driver of TUN and TAP devices. */
const TAP_DRIVER = 'tun';

function noTap(name: string, { driver }: InterfaceDetails): Finding {
  const own = driver === null ? '' : ` (its driver is ${driver})`;
  return problem(
    'driver',
    `${name} is no TAP device${own}, and tap writes to nothing else.`,
    'packet-lab doctor --backend tap --lab',
  );
}

function count(queues: number, what: string): string {
  return `${queues} ${what} queue${queues === 1 ? '' : 's'}`;
}

function link({ name, up }: InterfaceFacts, by: string | null): Finding {
  return up
    ? ok('link', `${name} is up.`)
    : problem(
        'link',
        `${name} is down, so every send is refused.`,
        command(by, `ip link set dev ${word(name)} up`),
      );
}

/** `peer` is the other end where it is known, and `by` the way to it. */
function carrier(
  { name, up, carrier }: InterfaceFacts,
  peer: string | null,
  by: string | null,
): Finding | null {
  // An interface that is down has none.
  if (!up) return null;
  if (carrier) return ok('carrier', `${name} has a carrier.`);
  return peer === null
    ? problem(
        'carrier',
        `${name} has no carrier: no cable, or nobody at its other end, so frames are lost.`,
        `ip -details link show dev ${word(name)}`,
      )
    : problem(
        'carrier',
        `${name} has no carrier because its peer ${peer} is down, so frames are lost.`,
        command(by, `ip link set dev ${word(peer)} up`),
      );
}

/** Ethernet header, and one VLAN tag. */
const HEADER = 14;
const TAG = 4;

export function mtu({ name, mtu }: InterfaceFacts, peer: InterfaceFacts | null, by: string | null): Finding {
  if (peer && peer.mtu < mtu)
    return warning(
      'mtu',
      `${name} sends up to ${group(mtu)} B behind the Ethernet header and ${peer.name} takes ${group(peer.mtu)} B: what is longer is lost there.`,
      command(by, `ip link set dev ${word(peer.name)} mtu ${mtu}`),
    );
  return ok(
    'mtu',
    `The MTU of ${name} is ${group(mtu)} B: frames may have ${group(mtu + HEADER)} B, with a VLAN tag ${group(mtu + HEADER + TAG)} B.`,
  );
}

function noZeroCopy({ backend: { name } }: Sender, where: string): Finding {
  return problem(
    'xdp',
    `The driver of ${where} does not take frames without copying (zero-copy).`,
    `packet-lab doctor --backend ${name} --opt mode=copy --lab`,
  );
}

export function attached(name: string, by: string | null): Finding {
  return warning(
    'xdp',
    `An XDP program is on ${name} and may take or drop what comes in.`,
    command(by, `ip link set dev ${word(name)} xdp off`),
  );
}

function xdp(facts: Sender, name: string, details: InterfaceDetails, by: string | null): Finding | null {
  if (details.xdpAttached) return attached(name, by);
  if (facts.backend.name !== 'af_xdp') return null;
  if (facts.zeroCopy && details.xdpZeroCopy === false) return noZeroCopy(facts, name);
  if (details.xdpNative === null)
    return ok(
      'xdp',
      `The kernel does not tell whether the driver of ${name} runs XDP; copying works anyway.`,
    );
  if (!details.xdpNative)
    return warning(
      'xdp',
      `The driver of ${name} does not run XDP itself: frames are copied, and slower.`,
      `ethtool -i ${word(name)}`,
    );
  const zero = details.xdpZeroCopy ? ', also without copying' : ', with copying only';
  return ok('xdp', `The driver of ${name} runs XDP itself${zero}.`);
}

/** Queue disciplines that neither shape nor limit below what a sender soon reaches; noop is one that is down. */
const PLAIN_QDISCS: readonly string[] = ['noqueue', 'noop', 'pfifo_fast', 'fq', 'fq_codel', 'mq'];

function qdisc(
  { backend: { name: backend, bypass } }: Sender,
  name: string,
  { qdisc, queueLimit }: InterfaceDetails,
  by: string | null,
): Finding | null {
  if (qdisc === null) return null;
  if (bypass || PLAIN_QDISCS.includes(qdisc)) {
    const passed = !bypass
      ? ''
      : `, which ${backend === 'af_xdp' ? backend : 'qdisc-bypass=on'} does not pass`;
    return ok('qdisc', `The queue discipline of ${name} is ${qdisc}${passed}.`);
  }
  const room = queueLimit === null ? '' : ` with room for ${group(queueLimit)} packets`;
  return warning(
    'qdisc',
    `The queue discipline of ${name} is ${qdisc}${room}, which may delay, refuse or drop what is sent.`,
    command(by, `tc qdisc del dev ${word(name)} root`),
  );
}

function offloads(name: string, details: InterfaceDetails, by: string | null): Finding {
  if (details.lro)
    return warning(
      'offloads',
      `${name} merges received packets (LRO), so that fewer and longer ones are counted than came.`,
      command(by, `ethtool -K ${word(name)} lro off`),
    );
  const on = (['tso', 'gso', 'gro'] as const).filter((one) => details[one]).map((one) => one.toUpperCase());
  return ok(
    'offloads',
    `Offloads of ${name}: ${on.length > 0 ? on.join(', ') : 'none'}; whole frames are sent as they are.`,
  );
}

export function napi(name: string, { threaded }: InterfaceDetails, fix: string | null): Finding | null {
  if (threaded === null) return null;
  return threaded
    ? warning(
        'napi',
        `${name} receives on threads of its own (threaded NAPI): a sender may be told of success for frames that are then dropped.`,
        fix,
      )
    : ok('napi', `${name} does not receive on threads of its own (threaded NAPI).`);
}

function peerOf(
  peer: InterfaceFacts | null,
  names: { readonly peer: string; readonly sender: string },
  own: boolean,
  by: string | null,
): Finding {
  if (own) return ok('peer', `${names.peer} itself receives what is written to it.`);
  if (!peer) return problem('peer', `The peer ${names.peer} is not there: nothing can arrive.`, null);
  return peer.up
    ? ok('peer', `Its peer ${peer.name} is there and up.`)
    : problem(
        'peer',
        `Its peer ${peer.name} is down: nothing can arrive.`,
        command(by, `ip link set dev ${word(peer.name)} up`),
      );
}
