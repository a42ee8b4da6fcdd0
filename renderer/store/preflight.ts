import { type BackendDescriptor, parseOption } from '../../app/backend/descriptor';
import type { InstanceInfo } from '../../app/ipc/contract';
import { type NetLabInfo, NO_NET_LAB } from '../../app/lab/state';
import type { Encoded } from '../../app/packet/encode';
import { oversizeNote, parseHex } from '../../app/packet/hex';
import type { FrameSpec } from '../../app/packet/spec';
import { grouped } from '../../app/quantity/format';
import { parseFlush } from '../../app/run/flush';
import type { Settings } from '../../app/run/plan';
import { parseRate } from '../../app/run/rate';
import { parseStop } from '../../app/run/stop';
import { optionText } from './checks';
import { craftedOf } from './craft';
import { isBusy } from './lab';
import { labLines, pairOfDraft, portOf, roleOfDraft } from './labPreflight';
import { signatureLines } from './signaturePreflight';
import { udpLines } from './udpPreflight';

/** One line of "Before you run": `good` fits, `note` is worth knowing, `warning` costs packets, `stop` prevents a run. */
export interface PreflightLine {
  readonly level: 'good' | 'note' | 'warning' | 'stop';
  readonly text: string;
  /** A packet that would do, and what pressing for it is called. */
  readonly fix?: { readonly label: string; readonly packet: FrameSpec };
  /** It is mended by opening a lab. */
  readonly needsLab?: boolean;
}

/** Header bytes of an Ethernet frame beside its MTU, and of one VLAN tag. */
const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;

function isTagged(bytes: Uint8Array): boolean {
  const type = ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
  return type === 0x8100 || type === 0x88a8;
}

/** A number option of the backend as it is in the draft; null where there is none or the text is wrong. */
function numberOf(settings: Settings, backend: BackendDescriptor, name: string): number | null {
  const option = backend.options.find((o) => o.name === name);
  if (!option) return null;
  const value = parseOption(backend.name, option, optionText(settings, backend.name, option));
  return value.ok && typeof value.value === 'number' ? value.value : null;
}

/** The MTU in the draft, or null where the backend has none or the text is wrong. */
function mtuOf(settings: Settings, backend: BackendDescriptor): number | null {
  return backend.capabilities.mtu ? numberOf(settings, backend, 'mtu') : null;
}

/** Sentences about fields that are not what they should be; more would hide the rest. */
const PROBLEMS_SHOWN = 3;

/** What is wrong with the packet itself, kept on purpose. */
function problemLines(encoded: Encoded): PreflightLine[] {
  const sentences = encoded.problems.map(({ sentence }) => sentence);
  const lines = sentences.slice(0, PROBLEMS_SHOWN).map((text): PreflightLine => ({ level: 'note', text }));
  const more = sentences.length - PROBLEMS_SHOWN;
  return more > 0 ? [...lines, { level: 'note', text: `${more} more like this in Fields.` }] : lines;
}

function hexLines(
  settings: Settings,
  backend: BackendDescriptor,
  mtu: number | null,
  pair: number | null,
): PreflightLine[] {
  const packet = parseHex(settings.hex);
  if (!packet.ok) return [{ level: 'stop', text: packet.sentence }];
  const { spec, encoded } = craftedOf(settings);
  const errors = encoded.layers.flatMap((layer) => [layer.error, ...layer.fields.map(({ error }) => error)]);
  const wrong = errors.find((error) => error !== null);
  if (wrong) return [{ level: 'stop', text: wrong }];
  const own = backend.name === 'udp' ? udpLines(spec, packet.value, pair) : sizeLines(settings, backend, mtu);
  return [...own, ...problemLines(encoded)];
}

/** What becomes of a packet on backends that take every size. */
const TAKES: Readonly<Record<string, string>> = {
  null: 'counted, its bytes are not touched',
  pcapng: 'written to the file as they are',
};

function sizeLines(settings: Settings, backend: BackendDescriptor, mtu: number | null): PreflightLine[] {
  const packet = parseHex(settings.hex);
  if (!packet.ok) return [];
  const { length } = packet.value;
  const over = oversizeNote(length);
  if (over !== null) return [{ level: 'warning', text: over }];
  const snaplen = numberOf(settings, backend, 'snaplen');
  if (snaplen !== null && snaplen < length) {
    const text = `The first ${grouped(snaplen)} B of ${grouped(length)} B are written: snaplen cuts the rest.`;
    return [{ level: 'warning', text }];
  }
  if (mtu === null && backend.capabilities.device === 'needed') return []; // there is no interface to fit
  if (mtu === null)
    return [{ level: 'good', text: `${grouped(length)} B: ${TAKES[backend.name] ?? 'taken'}.` }];
  const tag = isTagged(packet.value) ? VLAN_TAG : 0;
  const limit = mtu + ETHERNET_HEADER + tag;
  const sum = `MTU ${grouped(mtu)} + ${ETHERNET_HEADER + tag} = ${grouped(limit)} B`;
  return length > limit
    ? [{ level: 'warning', text: `${grouped(length)} B is over ${sum}: ${backend.name} answers INVAL.` }]
    : [{ level: 'good', text: `${grouped(length)} B fits ${sum}.` }];
}

function frames(n: number): string {
  return n === 1 ? '1 frame' : `${grouped(n)} frames`;
}

function captureLines(
  instance: InstanceInfo,
  settings: Settings,
  backend: BackendDescriptor,
  mtu: number | null,
): PreflightLine[] {
  const c = instance.capture;
  if (c === null) {
    const text = instance.captureNote ?? 'No capture is open. Press Open capture (Ctrl+O).';
    return [{ level: 'stop', text }];
  }
  const lines: PreflightLine[] = [];
  const foreign = c.linkTypes.filter((l) => !l.ethernet && l.frames > 0);
  for (const link of foreign) {
    const text = `${frames(link.frames)} on ${link.name} will not be sent: only Ethernet frames can be.`;
    lines.push({ level: 'warning', text });
  }
  if (c.oversize > 0) {
    lines.push({
      level: 'warning',
      text: `${frames(c.oversize)} over 4,096 B: refused before the backend, and counted.`,
    });
  }
  if (c.truncated > 0) {
    lines.push({ level: 'note', text: `${frames(c.truncated)} cut by the snap length: sent as captured.` });
  }
  if (c.sendable > 0)
    lines.unshift({ level: 'good', text: `${frames(c.sendable)} of ${c.name} can be sent.` });
  if (mtu !== null && mtu < 1500) {
    const limit = grouped(mtu + ETHERNET_HEADER);
    lines.push({ level: 'note', text: `Frames over ${limit} B (MTU ${grouped(mtu)} + 14) get INVAL.` });
  }
  if (backend.name === 'udp') {
    const to = pairOfDraft(settings, backend) === null ? 'a loopback address' : 'an address of the pair';
    lines.push({ level: 'note', text: `Frames that are no UDP datagram to ${to} get INVAL.` });
  }
  const snaplen = numberOf(settings, backend, 'snaplen');
  if (snaplen !== null && snaplen < 1514) {
    lines.push({ level: 'note', text: `Frames over ${grouped(snaplen)} B are cut: snaplen.` });
  }
  if (c.problem !== null) lines.push({ level: 'warning', text: c.problem });
  return lines;
}

function runLines(settings: Settings, instance: InstanceInfo, backend: BackendDescriptor): PreflightLine[] {
  const lines: PreflightLine[] = [];
  for (const option of backend.options) {
    if (option.kind !== 'output' || !option.required || instance.outputs.file !== null) continue;
    lines.push({ level: 'stop', text: `Choose the file that ${backend.name} writes.` });
  }
  const stop = parseStop(settings.stop);
  const rate = parseRate(settings.rate);
  if (stop.ok && stop.value.after.kind === 'never' && stop.value.until === null) {
    const how = rate.ok && rate.value.kind === 'max' ? 'at full speed, one core busy, ' : '';
    lines.push({ level: 'note', text: `Goes on ${how}until you press Stop.` });
  }
  const flush = parseFlush(settings.flush);
  if (flush.ok && flush.value.every === null && flush.value.afterNs === null) {
    lines.push({ level: 'note', text: 'Never flushes by itself: press Flush now while it runs.' });
  }
  return lines;
}

/** Who receives what: the far end may be another instance. */
function wireLines(
  settings: Settings,
  own: InstanceInfo,
  instances: readonly InstanceInfo[],
): PreflightLine[] {
  if (settings.backend !== 'loopback') return [];
  const attached = (s: Settings) => s.options.loopback?.attach?.trim().toUpperCase() ?? '';
  const lines: PreflightLine[] = [];
  const to = attached(settings);
  if (to !== '') {
    lines.push({
      level: 'note',
      text: `Receives what ${to} sends while both run; its own packets are not received.`,
    });
  }
  for (const other of instances) {
    if (other.id === own.id || !isBusy(other) || other.ranOn !== 'loopback') continue;
    if (attached(other.settings) !== own.id) continue;
    lines.push({ level: 'note', text: `${other.id} is attached here: what is sent is received there.` });
  }
  return lines;
}

/** Of a run that only receives: the packet and how it would be sent have no part in it. */
function receiveLines(settings: Settings, backend: BackendDescriptor, netLab: NetLabInfo): PreflightLine[] {
  const lines = labLines(settings, backend, netLab);
  if (!lines.every(({ level }) => level === 'good')) return lines;
  const text = 'Packet, rate, batch, flush and stages are not used.';
  return [...lines, { level: 'note', text }];
}

/** The lines of "Before you run", the worst first. */
export function preflight(
  settings: Settings,
  instance: InstanceInfo,
  backend: BackendDescriptor | undefined,
  instances: readonly InstanceInfo[] = [],
  netLab: NetLabInfo = NO_NET_LAB,
): readonly PreflightLine[] {
  if (!backend) return [{ level: 'stop', text: 'Choose a backend.' }];
  if (backend.unavailable !== null)
    return [{ level: 'stop', text: backend.unavailable, needsLab: backend.capabilities.device === 'needed' }];
  if (roleOfDraft(settings) === 'receive') return receiveLines(settings, backend, netLab);
  const mtu = portOf(settings, backend, netLab)?.mtu ?? mtuOf(settings, backend);
  const source =
    settings.source === 'hex'
      ? hexLines(settings, backend, mtu, pairOfDraft(settings, backend))
      : captureLines(instance, settings, backend, mtu);
  const order = ['stop', 'warning', 'good', 'note'];
  return [
    ...source,
    ...signatureLines(settings, backend),
    ...runLines(settings, instance, backend),
    ...wireLines(settings, instance, instances),
    ...labLines(settings, backend, netLab),
  ].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
