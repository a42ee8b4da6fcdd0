import { group } from '../quantity/parse';
import type { Facts, InterfaceDetails, InterfaceFacts, LabFailure, PlaceFacts } from './facts';
import type { Finding, FindingId } from './finding';
import type { LabEnd } from './limits';
import { forbiddenSentence } from './namespaces';
import type { LabChange, LabPortInput } from './state';

/**
 * A preflight as data: facts about this computer in, findings out. Nothing here looks at anything, and no fix is ever
 * run; it is shown for a person to judge.
 */

/** A run is not prevented by what was found. */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== 'problem');
}

export const ok = (id: FindingId, sentence: string): Finding => ({
  id,
  level: 'ok',
  sentence,
  fix: null,
  action: null,
});

/** `action` is what the window's lab would do in place of the command. */
export const warning = (
  id: FindingId,
  sentence: string,
  fix: string | null,
  action: LabPortInput | null = null,
): Finding => ({
  id,
  level: 'warning',
  sentence,
  fix,
  action,
});

export const problem = (
  id: FindingId,
  sentence: string,
  fix: string | null,
  action: LabPortInput | null = null,
): Finding => ({
  id,
  level: 'problem',
  sentence,
  fix,
  action,
});

/** Everything that the facts say about the run, in the order of `FINDING_IDS`. */
export function findingsOf(facts: Facts): Finding[] {
  const { place } = facts;
  const found: (Finding | null)[] = [plan(facts), backend(facts), rights(facts)];
  if (place?.kind === 'none') found.push(problem('lab', firstOf(place.why), null));
  if (place?.kind === 'lab') found.push(namespaces(place.failure), lab(facts, place.failure));
  found.push(memlock(facts), tun(facts));
  if (place?.kind === 'interface') found.push(...onInterface(facts, place));
  if (place?.kind === 'lab' && (place.failure === null || place.sender)) found.push(...inLab(facts, place));
  return found.filter((finding) => finding !== null);
}

/** The first sentence; what follows is advice. */
function firstOf(text: string): string {
  return /^.*?\.(?= \p{Lu})/u.exec(text)?.[0] ?? text;
}

function plan({ refused, backend: { unavailable } }: Facts): Finding | null {
  return refused === null || refused === unavailable ? null : problem('plan', firstOf(refused), null);
}

function backend({ backend: { name, unavailable } }: Facts): Finding {
  return unavailable === null
    ? ok('backend', `Backend ${name} is built in.`)
    : problem('backend', unavailable, null);
}

/** CAP_NET_ADMIN, CAP_NET_RAW and CAP_IPC_LOCK (capabilities(7)). */
const NET_ADMIN = 1n << 12n;
const NET_RAW = 1n << 13n;
const IPC_LOCK = 1n << 14n;

function rights({ backend: { name, device }, place, rights }: Facts): Finding | null {
  if (place?.kind === 'lab' || place?.kind === 'none')
    return ok(
      'rights',
      'No right is needed: what needs one is done by the helper of the lab, within its namespaces.',
    );
  if (!device || place === null) return ok('rights', `Backend ${name} needs no right.`);
  if (!rights) return null;
  const [needed, word] = name === 'tap' ? [NET_ADMIN, 'CAP_NET_ADMIN'] : [NET_RAW, 'CAP_NET_RAW'];
  const state = `CapEff ${rights.effective.toString(16).padStart(16, '0')}, NoNewPrivs ${rights.noNewPrivileges ? 1 : 0}`;
  if (rights.effective & needed) return ok('rights', `This process has ${word} (${state}).`);
  const sudo = rights.noNewPrivileges ? ', and with NoNewPrivs no program it starts can get it' : '';
  return problem(
    'rights',
    `Opening ${name} on ${place.name} needs ${word}, which this process has not (${state})${sudo}; a private lab needs no right.`,
    `packet-lab doctor --backend ${name} --lab`,
  );
}

function namespaces(failure: LabFailure | null): Finding | null {
  if (failure === null) return ok('namespaces', 'This user may make user and network namespaces.');
  if (failure.forbidden === null) return null;
  return problem('namespaces', forbiddenSentence(failure.forbidden), failure.forbidden.fix);
}

/** A failure that another finding tells of. */
function isTold({ tun, lockedBytes }: Facts, { forbidden, step, noZeroCopy }: LabFailure): boolean {
  if (forbidden !== null || noZeroCopy) return true;
  if (step === 'UMEM') return lockedBytes > 0;
  return step === 'open /dev/net/tun' && tun !== 'open';
}

function lab(facts: Facts, failure: LabFailure | null): Finding | null {
  if (failure === null)
    return facts.place?.kind === 'lab' && facts.place.pair !== null
      ? ok('lab', 'A lab is open.')
      : ok('lab', `A lab opens here, and backend ${facts.backend.name} on it.`);
  if (isTold(facts, failure)) return null;
  return problem('lab', firstOf(failure.sentence), failure.step === 'start helper' ? 'npm run build' : null);
}

function memlock({ lockedBytes, memlock, rights, place, backend: { name } }: Facts): Finding | null {
  if (lockedBytes === 0) return null;
  const refused = place?.kind === 'lab' && place.failure?.step === 'UMEM';
  const asks = `The ring asks for ${group(lockedBytes)} B of locked memory`;
  if (!refused && rights?.initial && rights.effective & IPC_LOCK)
    return ok('memlock', `${asks}, and CAP_IPC_LOCK lifts the limit.`);
  const raise = (hard: number) =>
    lockedBytes <= hard
      ? `ulimit -l ${Math.ceil(lockedBytes / 1024)}`
      : `sudo prlimit --pid $$ --memlock=${lockedBytes}`;
  if (memlock && memlock.soft < lockedBytes)
    return problem(
      'memlock',
      `${asks}, and this user may lock ${group(memlock.soft)} B (RLIMIT_MEMLOCK).`,
      raise(memlock.hard),
    );
  if (refused)
    return problem(
      'memlock',
      `${asks}, and other programs of this user have locked too much for that.`,
      `packet-lab doctor --backend ${name} --opt ring=64 --lab`,
    );
  if (!memlock) return null;
  const may = memlock.soft === Number.POSITIVE_INFINITY ? 'any amount' : `${group(memlock.soft)} B`;
  return ok('memlock', `${asks}, and this user may lock ${may} (RLIMIT_MEMLOCK).`);
}

function tun({ backend: { name }, tun }: Facts): Finding | null {
  if (name !== 'tap') return null;
  if (tun === 'open') return ok('tun', 'This user may open /dev/net/tun.');
  return tun === 'absent'
    ? problem('tun', 'There is no /dev/net/tun, which makes TAP devices.', 'sudo modprobe tun')
    : problem(
        'tun',
        'This user may not open /dev/net/tun, which makes TAP devices.',
        'sudo chmod 666 /dev/net/tun',
      );
}

/** A name as a word of a shell. */
function word(name: string): string {
  return /^[\w.:@-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
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
function withAction(finding: Finding | null, action: LabPortInput | null): Finding | null {
  return finding && finding.level !== 'ok' ? { ...finding, action } : finding;
}

function inLab(facts: Facts, place: PlaceFacts & { kind: 'lab' }): (Finding | null)[] {
  const { failure, sender, peer, names } = place;
  const own = names.peer === names.sender;
  if (!sender) {
    // A TAP device is made for its run.
    if (own && place.pair !== null) return [ok('interface', `${names.sender} is made when a run starts.`)];
    return [
      problem(
        'interface',
        `${names.sender} is not there: the pair was deleted from the lab, and its runs have ended.`,
        'packet-lab lab',
        inWindow(place, 'a', { what: 'create' }),
      ),
    ];
  }
  return [
    ok('interface', `${sender.name} is there, an interface of a private lab.`),
    withAction(link(sender, ''), own ? null : inWindow(place, 'a', { what: 'link', up: true })),
    withAction(
      carrier(sender, own ? null : names.peer, ''),
      inWindow(place, 'a', { what: 'carrier', on: true }),
    ),
    withAction(mtu(sender, own ? null : peer, ''), inWindow(place, 'b', { what: 'mtu', mtu: sender.mtu })),
    ok('driver', own ? 'Its driver is tun.' : 'Its driver is veth, with one queue.'),
    failure?.noZeroCopy ? noZeroCopy(facts, sender.name) : null,
    // The carrier has told of it.
    sender.up && !sender.carrier && peer && !peer.up
      ? null
      : withAction(
          peerOf(peer, names, own),
          inWindow(place, 'b', peer ? { what: 'link', up: true } : { what: 'create' }),
        ),
  ];
}

function onInterface(facts: Facts, place: PlaceFacts & { kind: 'interface' }): (Finding | null)[] {
  const { found, known, name } = place;
  if (!found) {
    const there = known.length > 0 ? `there are ${known.join(', ')}` : 'there is none';
    return [problem('interface', `There is no interface “${name}” here; ${there}.`, 'ip -brief link')];
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
    details.txQueues > 0
      ? ok(
          'queues',
          `${name} has ${count(details.txQueues, 'send')} and ${count(details.rxQueues, 'receive')}.`,
        )
      : null,
    details.driver ? ok('driver', `The driver of ${name} is ${details.driver}.`) : null,
    xdp(facts, name, details),
    qdisc(facts, name, details),
    offloads(name, details),
    napi(name, details),
    ok('peer', `Nothing here can see who is behind ${name}: what it accepts is not known to be delivered.`),
  ];
}

function count(queues: number, what: string): string {
  return `${queues} ${what} queue${queues === 1 ? '' : 's'}`;
}

function link({ name, up }: InterfaceFacts, sudo: string): Finding {
  return up
    ? ok('link', `${name} is up.`)
    : problem(
        'link',
        `${name} is down, so every send is refused.`,
        `${sudo}ip link set dev ${word(name)} up`,
      );
}

/** `peer` is the other end where it is known. */
function carrier({ name, up, carrier }: InterfaceFacts, peer: string | null, sudo: string): Finding | null {
  // An interface that is down has none.
  if (!up) return null;
  if (carrier) return ok('carrier', `${name} has a carrier.`);
  return peer === null
    ? problem(
        'carrier',
        `${name} has no carrier: no cable, or nobody at its other end, so frames are lost.`,
        null,
      )
    : problem(
        'carrier',
        `${name} has no carrier because its peer ${peer} is down, so frames are lost.`,
        `${sudo}ip link set dev ${word(peer)} up`,
      );
}

/** Ethernet header, and one VLAN tag. */
const HEADER = 14;
const TAG = 4;

function mtu({ name, mtu }: InterfaceFacts, peer: InterfaceFacts | null, sudo: string): Finding {
  if (peer && peer.mtu < mtu)
    return warning(
      'mtu',
      `${name} sends up to ${group(mtu)} B behind the Ethernet header and ${peer.name} takes ${group(peer.mtu)} B: what is longer is lost there.`,
      `${sudo}ip link set dev ${word(peer.name)} mtu ${mtu}`,
    );
  return ok(
    'mtu',
    `The MTU of ${name} is ${group(mtu)} B: frames may have ${group(mtu + HEADER)} B, with a VLAN tag ${group(mtu + HEADER + TAG)} B.`,
  );
}

function noZeroCopy({ backend: { name } }: Facts, where: string): Finding {
  return problem(
    'xdp',
    `The driver of ${where} does not take frames without copying (zero-copy).`,
    `packet-lab doctor --backend ${name} --opt mode=copy --lab`,
  );
}

function xdp(facts: Facts, name: string, details: InterfaceDetails): Finding | null {
  if (details.xdpAttached)
    return warning(
      'xdp',
      `An XDP program is on ${name} and may take or drop what comes in.`,
      `sudo ip link set dev ${word(name)} xdp off`,
    );
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
      null,
    );
  const zero = details.xdpZeroCopy ? ', also without copying' : ', with copying only';
  return ok('xdp', `The driver of ${name} runs XDP itself${zero}.`);
}

/** Queue disciplines that neither shape nor limit below what a sender soon reaches; noop is one that is down. */
const PLAIN_QDISCS: readonly string[] = ['noqueue', 'noop', 'pfifo_fast', 'fq', 'fq_codel', 'mq'];

function qdisc(
  { backend: { name: backend } }: Facts,
  name: string,
  { qdisc }: InterfaceDetails,
): Finding | null {
  if (qdisc === null) return null;
  if (backend === 'af_xdp' || PLAIN_QDISCS.includes(qdisc))
    return ok(
      'qdisc',
      `The queue discipline of ${name} is ${qdisc}${backend === 'af_xdp' ? ', which af_xdp does not pass' : ''}.`,
    );
  return warning(
    'qdisc',
    `The queue discipline of ${name} is ${qdisc}, which may delay, refuse or drop what is sent.`,
    `sudo tc qdisc del dev ${word(name)} root`,
  );
}

function offloads(name: string, details: InterfaceDetails): Finding {
  if (details.lro)
    return warning(
      'offloads',
      `${name} merges received packets (LRO), so that fewer and longer ones are counted than came.`,
      `sudo ethtool -K ${word(name)} lro off`,
    );
  const on = (['tso', 'gso', 'gro'] as const).filter((one) => details[one]).map((one) => one.toUpperCase());
  return ok(
    'offloads',
    `Offloads of ${name}: ${on.length > 0 ? on.join(', ') : 'none'}; whole frames are sent as they are.`,
  );
}

function napi(name: string, { threaded }: InterfaceDetails): Finding | null {
  if (threaded === null) return null;
  return threaded
    ? warning(
        'napi',
        `${name} receives on threads of its own (threaded NAPI): a sender may be told of success for frames that are then dropped.`,
        `echo 0 | sudo tee /sys/class/net/${word(name)}/threaded`,
      )
    : ok('napi', `${name} does not receive on threads of its own (threaded NAPI).`);
}

function peerOf(
  peer: InterfaceFacts | null,
  names: { readonly peer: string; readonly sender: string },
  own: boolean,
): Finding {
  if (own) return ok('peer', `${names.peer} itself receives what is written to it.`);
  if (!peer)
    return problem('peer', `The peer ${names.peer} is not there: nothing can arrive.`, 'packet-lab lab');
  return peer.up
    ? ok('peer', `Its peer ${peer.name} is there and up.`)
    : problem(
        'peer',
        `Its peer ${peer.name} is down: nothing can arrive.`,
        `ip link set dev ${word(peer.name)} up`,
      );
}
