import { getBits } from './bits';
import type { Field, Protocol, Raw, ReadIo } from './field';
import { type Frame, isIn, LayerAt, numberIn, type Placed, type PlacedLayer, type Problem } from './frame';
import { DATA } from './protocol/data';
import { ETH_FCS, ETH_PADDING } from './protocol/eth';
import { findKey, findProtocol } from './protocols';
import { endsSigned, SIGNATURE_LENGTH } from './signature';

/** Room is kept for the data layers behind the last header. */
const HEADERS_MAX = 30;
/** Longer frames exist in captures only; they are one piece of data. */
const FRAME_MAX = 65_535;
const LINK_ETHERNET = 1;
const LINKS_IP = [101, 228, 229];

/** What `readFrame` found: the layers, and where a header was cut. */
export interface ReadFrame {
  readonly frame: Frame;
  readonly problems: Problem[];
}

/** Splits a frame into layers. Never throws; every byte ends up in exactly one field. */
export function readFrame(
  bytes: Uint8Array,
  linkType = LINK_ETHERNET,
  originalLength = bytes.length,
): ReadFrame {
  const frame: Frame = { bytes, cut: originalLength > bytes.length, layers: [] };
  const problems: Problem[] = [];
  /** Bytes an outer layer left behind what it announced, outermost first. */
  const left: { layer: number; from: number; to: number }[] = [];
  let offset = 0;
  let limit = bytes.length;
  /** Whether a number in the layer before names the protocol. */
  let announced = true;
  let protocol = bytes.length > FRAME_MAX ? null : first(bytes, linkType);
  while (protocol && offset < limit && frame.layers.length < HEADERS_MAX) {
    const layer = readLayer(protocol, bytes, offset, limit);
    if (!layer) {
      const sentence = `${protocol.label} is cut: ${limit - offset} B are not a whole header.`;
      problems.push({ layer: frame.layers.length, field: null, sentence });
      break;
    }
    frame.layers.push(layer);
    const get = (name: string) => numberIn(layer, name);
    const has = (name: string) => isIn(layer, name);
    const span = protocol.span?.(get, has) ?? null;
    if (span !== null && span >= layer.length && offset + span < limit) {
      left.push({ layer: frame.layers.length - 1, from: offset + span, to: limit });
      limit = offset + span;
    }
    offset += layer.length;
    const next = protocol.next?.(get, has) ?? null;
    // What quotes a packet may do without.
    announced = next !== null && 'registry' in next;
    if (!next) protocol = null;
    else protocol = 'proto' in next ? findProtocol(next.proto) : findKey(next.registry, next.number);
  }
  if (protocol && announced && offset >= limit && bytes.length > 0) {
    const sentence = `${protocol.label} is missing: no byte is left for its header.`;
    problems.push({ layer: frame.layers.length - 1, field: null, sentence });
  }
  const signed = endsSigned(bytes, offset, limit) ? findProtocol('signature') : null;
  const end = signed ? limit - SIGNATURE_LENGTH : limit;
  if (offset < end || bytes.length === 0) frame.layers.push(dataLayer(bytes, offset, end));
  const last = signed && readLayer(signed, bytes, end, limit);
  if (last) frame.layers.push(last);
  for (const { layer, from, to } of left.reverse()) {
    if (!readTrailer(frame, layer, from, to)) frame.layers.push(dataLayer(bytes, from, to));
  }
  compute(frame);
  return { frame, problems };
}

function first(bytes: Uint8Array, linkType: number): Protocol | null {
  if (linkType === LINK_ETHERNET) return findProtocol('eth');
  if (!LINKS_IP.includes(linkType)) return null;
  return findProtocol((bytes[0] ?? 0) >> 4 === 6 ? 'ipv6' : 'ip');
}

/** One layer at `offset`, or null when its header does not fit before `limit`. */
function readLayer(protocol: Protocol, bytes: Uint8Array, offset: number, limit: number): PlacedLayer | null {
  const layer: PlacedLayer = { protocol, offset, length: 0, end: limit, fields: [], tail: [], error: null };
  const reader = new Reader(bytes, layer, limit);
  try {
    for (const field of protocol.header) reader.field(field);
    if (protocol.headerLength) {
      const announced = offset + protocol.headerLength((name) => numberIn(layer, name));
      if (protocol.whole && announced > limit) return null;
      reader.bound(Math.min(limit, announced));
    }
    protocol.variable?.(reader);
  } catch (error) {
    if (error instanceof ShortHeader) return null;
    throw error;
  }
  layer.length = reader.length();
  return layer;
}

class ShortHeader extends Error {}

/** Reads fields of one layer from the frame. */
class Reader implements ReadIo {
  readonly reading = true;
  private at: number;

  constructor(
    private readonly frame: Uint8Array,
    private readonly layer: PlacedLayer,
    private end: number,
  ) {
    this.at = layer.offset * 8;
  }

  /** Where the header ends, by its own words. */
  bound(end: number): void {
    this.end = Math.max(end, this.at >> 3);
  }

  left(): number {
    return this.end - (this.at >> 3);
  }

  peek(bits: 8 | 16): number {
    this.mustHave(bits);
    return getBits(this.frame, this.at, bits);
  }

  field(field: Field): number {
    this.mustHave(field.bits);
    const raw = isNumber(field)
      ? getBits(this.frame, this.at, field.bits)
      : this.frame.subarray(this.at >> 3, (this.at + field.bits) >> 3);
    this.put(field, field.bits, raw);
    return typeof raw === 'number' ? raw : 0;
  }

  bytes(field: Field, length: number): void {
    this.mustHave(length * 8);
    const from = this.at >> 3;
    if (length > 0) this.put(field, length * 8, this.frame.subarray(from, from + length));
  }

  empty(field: Field): void {
    this.put(field, 0, this.frame.subarray(0, 0));
  }

  get(name: string): number {
    return numberIn(this.layer, name);
  }

  length(): number {
    return (this.at >> 3) - this.layer.offset;
  }

  private mustHave(bits: number): void {
    if (this.at + bits > this.end * 8) throw new ShortHeader();
  }

  private put(field: Field, bits: number, raw: Raw): void {
    this.layer.fields.push(asRead(field, this.at, bits, raw));
    this.at += bits;
  }
}

export function isNumber(field: Field): boolean {
  return field.kind === 'dec' || field.kind === 'hex' || field.kind === 'flag';
}

function asRead(field: Field, at: number, bits: number, raw: Raw): Placed {
  return { field, at, bits, raw, given: true, computed: null, error: null };
}

function dataLayer(bytes: Uint8Array, from: number, to: number): PlacedLayer {
  const field = asRead(DATA, from * 8, (to - from) * 8, bytes.subarray(from, to));
  const protocol = findProtocol('data');
  if (!protocol) throw new Error('data is a protocol');
  return { protocol, offset: from, length: to - from, end: to, fields: [field], tail: [], error: null };
}

/**
 * Bytes behind the packet of an Ethernet frame, named as tshark names them: zeros up to 60 bytes are
 * padding; without a VLAN tag the last four of a frame of 64 bytes or more are its check sequence;
 * the rest is the trailer of the innermost tag. False when the bytes are not behind an Ethernet payload.
 */
function readTrailer({ bytes, layers }: Frame, layer: number, from: number, to: number): boolean {
  const links = layer === 0 ? 1 : layer;
  const eth = layers[0];
  const inner = layers[links - 1];
  if (eth?.protocol.proto !== 'eth' || !inner || to !== bytes.length) return false;
  const trailer = inner.protocol.more?.find(
    (field) => field.tail !== undefined && field.name.endsWith('.trailer'),
  );
  if (!trailer || !layers.slice(0, links).every((link) => link.protocol.link)) return false;
  const fcs = inner === eth && to - from >= 4 && bytes.length >= 64 ? 4 : 0;
  let at = from;
  const put = (owner: PlacedLayer, field: Field, length: number, raw: Raw) => {
    if (length > 0) owner.tail.push(asRead(field, at * 8, length * 8, raw));
    at += length;
  };
  const padding = Math.max(0, Math.min(60 - from, to - from - fcs));
  const zeros = bytes.subarray(from, from + padding);
  if (zeros.every((byte) => byte === 0)) put(eth, ETH_PADDING, padding, zeros);
  put(inner, trailer, to - fcs - at, bytes.subarray(at, to - fcs));
  if (fcs > 0) put(eth, ETH_FCS, fcs, getBits(bytes, at * 8, 32));
  return true;
}

/** What every computed field would be, beside what it is. */
export function compute(frame: Frame): void {
  for (let i = frame.layers.length - 1; i >= 0; i--) {
    const at = new LayerAt(frame, i);
    for (const placed of frame.layers[i]?.fields ?? []) {
      placed.computed = placed.field.sum?.(at) ?? placed.field.auto?.(at) ?? null;
    }
  }
}
