import { constants } from 'node:os';
import type { BackendDescriptor, OptionValue } from '../../app/backend/descriptor';
import { bypasses } from '../../app/lab/ends';
import type { Facts, InterfaceFacts, LabFailure, PlaceFacts } from '../../app/lab/facts';
import { LAB_LIMITS } from '../../app/lab/limits';
import { pairOf, receives, roleOf } from '../../app/lab/pair';
import type { LabSize } from '../../app/lab/parse';
import { nativeAddon } from '../native/addon';
import type { NativeLink } from '../native/link';
import { type LabPlace, NetLab, nameOf } from './netLab';
import { NetLabError, whoForbids } from './netLabError';
import {
  interfaceNames,
  labEntrances,
  memoryLimit,
  namespaceSettings,
  rights,
  threadedNapi,
  tunState,
} from './procFacts';

/** Where to look: at a lab that is made for it or is there, or at an interface of this computer, which nothing is sent to. */
export type Where =
  | { readonly kind: 'held'; readonly look: (asked: AskedBackend) => Promise<PlaceFacts> }
  | { readonly kind: 'lab'; readonly size: LabSize }
  | { readonly kind: 'interface'; readonly name: string }
  | null;

/** The backend with its options as they would run. */
export interface AskedBackend {
  readonly descriptor: BackendDescriptor;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What is known of the interfaces of that place; null for none. */
export async function placeOf(asked: AskedBackend, where: Where): Promise<PlaceFacts | null> {
  switch (where?.kind) {
    case undefined:
      return null;
    case 'held':
      return where.look(asked);
    case 'lab':
      return newLab(asked, where.size);
    case 'interface':
      return onHost(where.name);
  }
}

/**
 * Gathers what `findingsOf` judges. Reads, and makes nothing but a lab that is gone afterwards. `refused` is why the
 * settings are no plan.
 */
export async function gatherFacts(
  asked: AskedBackend,
  where: Where,
  refused: string | null = null,
): Promise<Facts> {
  const { descriptor, options } = asked;
  const { name, unavailable, capabilities } = descriptor;
  const planned = { name, options };
  const role = roleOf({ backend: planned });
  return {
    refused,
    backend: {
      name,
      unavailable,
      device: capabilities.device === 'needed',
      bypass: bypasses({ name, options }),
    },
    rights: rights(),
    // Who only receives does so on an AF_PACKET ring, which locks nothing.
    lockedBytes: name === 'af_xdp' && role !== 'receive' ? Number(options.ring) * LAB_LIMITS.frameSize : 0,
    zeroCopy: name === 'af_xdp' && role !== 'receive' && options.mode === 'zero-copy',
    memlock: memoryLimit(),
    tun: tunState(),
    role,
    counts: receives(descriptor, { backend: planned }, where !== null && where.kind !== 'interface'),
    place: await placeOf(asked, where),
  };
}

function failureOf(error: unknown): LabFailure {
  if (!(error instanceof NetLabError)) throw error;
  const { code, step, errno, sentence } = error;
  const noZeroCopy = step === 'bind' && errno === constants.errno.EOPNOTSUPP;
  return {
    noZeroCopy,
    forbidden: code === 'forbidden' ? whoForbids(step, errno, namespaceSettings()) : null,
    step,
    sentence,
  };
}

async function newLab(asked: AskedBackend, { pairs, mtu }: LabSize): Promise<PlaceFacts> {
  const backend = { name: asked.descriptor.name, options: asked.options };
  const pair = pairOf({ backend });
  let lab: NetLab;
  try {
    lab = await NetLab.open(pairs, mtu);
  } catch (error) {
    return {
      kind: 'lab',
      failure: failureOf(error),
      sender: null,
      peer: null,
      names: placeNames(asked, pair),
      pair: null,
      enter: null,
    };
  }
  try {
    let failure: LabFailure | null = null;
    try {
      // What it opens goes with the lab.
      await lab.openRun(pair, backend);
    } catch (error) {
      failure = failureOf(error);
    }
    return { ...(await labFacts(lab, pair, asked)), failure, pair: null, enter: null };
  } finally {
    await lab.close();
  }
}

/** The interfaces that a run on a pair has. */
function placesOf({ descriptor }: AskedBackend, pair: number): { sender: LabPlace; peer: LabPlace } {
  const end: LabPlace = { pair, end: 'a' };
  if (descriptor.name !== 'tap') return { sender: end, peer: { pair, end: 'b' } };
  return { sender: { ...end, tap: true }, peer: { ...end, tap: true } };
}

function placeNames(asked: AskedBackend, pair: number): { sender: string; peer: string } {
  const { sender, peer } = placesOf(asked, pair);
  return { sender: nameOf(sender), peer: nameOf(peer) };
}

/** What a lab tells of the interfaces of a pair, now. */
export async function labFacts(
  lab: NetLab,
  pair: number,
  asked: AskedBackend,
): Promise<PlaceFacts & { kind: 'lab' }> {
  const { sender, peer } = placesOf(asked, pair);
  const look = async (place: LabPlace) => interfaceOf(nameOf(place), await lab.look(place));
  const entrances = labEntrances(lab.helper);
  return {
    kind: 'lab',
    failure: null,
    sender: await look(sender),
    peer: await look(peer),
    names: placeNames(asked, pair),
    pair,
    enter: entrances && { sender: entrances[sender.end], peer: entrances[peer.end] },
  };
}

/** Null where it is not there. */
function interfaceOf(name: string, link: NativeLink): InterfaceFacts | null {
  const { ifindex, up, carrier, mtu, driver, qdisc, queueLimit, ...more } = link;
  if (ifindex === 0) return null;
  const details = {
    ...more,
    driver: driver === '' ? null : driver,
    qdisc: qdisc === '' ? null : qdisc,
    queueLimit: queueLimit === 0 ? null : queueLimit,
  };
  return { name, up, carrier, mtu, details };
}

/** An interface of this computer; nothing is sent to it. */
async function onHost(name: string): Promise<PlaceFacts> {
  const link = await nativeAddon().linkFacts(name);
  const threaded = threadedNapi(name, link.ifindex) ?? link.threaded;
  const found = interfaceOf(name, { ...link, threaded });
  return { kind: 'interface', name, found, known: found ? [] : interfaceNames() };
}
