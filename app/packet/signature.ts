/**
 * The signature of a packet: 24 bytes at the end of its payload that a run writes when it is asked to.
 * Layout and rules are those of `native/include/pl_signature.h`; both sides share their test vectors.
 */

export const SIGNATURE_LENGTH = 24;
export const SIGNATURE_MAGIC = 0x504c5347;

/** The place of a signature, or how much payload there is instead. */
export type SignaturePlace =
  | { readonly ok: true; readonly at: number; readonly sumAt: number | null; readonly odd: boolean }
  | { readonly ok: false; readonly payload: number };

interface Walk {
  at: number;
  end: number;
  sumAt: number | null;
  sumFrom: number;
}

type Next = 'broken' | 'payload' | 'eth' | 'ipv4' | 'ipv6' | number;

const TAGS = [0x8100, 0x88a8, 0x9100];
/** Hop-by-hop, routing and destination options. */
const EXTENSIONS = [0, 43, 60];
const FRAME_MAX = 65_535;

/** Finds where a frame can be signed. Headers that do not fit their frame leave no place: no payload. */
export function signaturePlace(bytes: Uint8Array): SignaturePlace {
  const walk: Walk = { at: 0, end: bytes.length, sumAt: null, sumFrom: 0 };
  let next: Next = bytes.length > FRAME_MAX ? 'broken' : 'eth';
  while (next !== 'broken' && next !== 'payload') next = behind(bytes, walk, next);
  const payload = next === 'broken' ? 0 : walk.end - walk.at;
  if (payload < SIGNATURE_LENGTH) return { ok: false, payload };
  const at = walk.end - SIGNATURE_LENGTH;
  return { ok: true, at, sumAt: walk.sumAt, odd: (at - walk.sumFrom) % 2 !== 0 };
}

/** Reads one header and says what it announces. */
function behind(bytes: Uint8Array, walk: Walk, header: Exclude<Next, 'broken' | 'payload'>): Next {
  switch (header) {
    case 'eth':
      return behindEthernet(bytes, walk);
    case 'ipv4':
      return behindIpv4(bytes, walk);
    case 'ipv6':
      return behindIpv6(bytes, walk);
    default:
      return behindIp(bytes, walk, header);
  }
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function has(walk: Walk, length: number): boolean {
  return walk.end - walk.at >= length;
}

function behindEthernet(bytes: Uint8Array, walk: Walk): Next {
  if (!has(walk, 14)) return 'broken';
  let type = u16(bytes, walk.at + 12);
  walk.at += 14;
  while (TAGS.includes(type)) {
    if (!has(walk, 4)) return 'broken';
    type = u16(bytes, walk.at + 2);
    walk.at += 4;
  }
  if (type === 0x0800) return 'ipv4';
  if (type === 0x86dd) return 'ipv6';
  if (type === 0x0806) return 'broken';
  if (type >= 0x0600) return 'payload';
  if (!has(walk, type)) return 'broken';
  walk.end = walk.at + type;
  return 'payload';
}

function behindIpv4(bytes: Uint8Array, walk: Walk): Next {
  const { at } = walk;
  if (!has(walk, 20) || (bytes[at] ?? 0) >> 4 !== 4) return 'broken';
  const header = ((bytes[at] ?? 0) & 15) * 4;
  const total = u16(bytes, at + 2);
  const fragment = (u16(bytes, at + 6) & 0x3fff) !== 0;
  if (header < 20 || total < header || !has(walk, total) || fragment) return 'broken';
  walk.end = at + total;
  walk.at += header;
  return bytes[at + 9] ?? 0;
}

function behindIpv6(bytes: Uint8Array, walk: Walk): Next {
  const { at } = walk;
  if (!has(walk, 40) || (bytes[at] ?? 0) >> 4 !== 6) return 'broken';
  let proto = bytes[at + 6] ?? 0;
  walk.at += 40;
  if (!has(walk, u16(bytes, at + 4))) return 'broken';
  walk.end = walk.at + u16(bytes, at + 4);
  while (EXTENSIONS.includes(proto)) {
    const length = ((bytes[walk.at + 1] ?? 0) + 1) * 8;
    if (!has(walk, 8) || !has(walk, length)) return 'broken';
    proto = bytes[walk.at] ?? 0;
    walk.at += length;
  }
  return proto === 44 || proto === 59 ? 'broken' : proto;
}

function covered(walk: Walk, offset: number): void {
  walk.sumAt = walk.at + offset;
  walk.sumFrom = walk.at;
}

function behindIp(bytes: Uint8Array, walk: Walk, proto: number): Next {
  switch (proto) {
    case 17:
      return behindUdp(bytes, walk);
    case 4:
      return 'ipv4';
    case 41:
      return 'ipv6';
    case 6: {
      const header = has(walk, 20) ? ((bytes[walk.at + 12] ?? 0) >> 4) * 4 : 0;
      if (header < 20 || !has(walk, header)) return 'broken';
      covered(walk, 16);
      walk.at += header;
      return 'payload';
    }
    case 1:
    case 58: {
      const echo = proto === 1 ? [0, 8] : [128, 129];
      if (!has(walk, 8) || !echo.includes(bytes[walk.at] ?? 0)) return 'broken';
      covered(walk, 2);
      walk.at += 8;
      return 'payload';
    }
    default:
      return 'payload';
  }
}

function behindUdp(bytes: Uint8Array, walk: Walk): Next {
  const { at } = walk;
  const length = u16(bytes, at + 4);
  if (!has(walk, 8) || length < 8 || !has(walk, length)) return 'broken';
  walk.end = at + length;
  if (u16(bytes, at + 6) !== 0) covered(walk, 6);
  walk.at += 8;
  if (u16(bytes, at + 2) !== 4789) return 'payload';
  if (!has(walk, 8)) return 'broken';
  walk.at += 8;
  return 'eth';
}

/** Whether the bytes of a range end in a whole signature: its magic, and a sum of 0xffff (RFC 1071). */
export function endsSigned(bytes: Uint8Array, from: number, to: number): boolean {
  const at = to - SIGNATURE_LENGTH;
  if (at < from || u16(bytes, at) * 0x10000 + u16(bytes, at + 2) !== SIGNATURE_MAGIC) return false;
  let sum = 0;
  for (let i = at; i < to; i += 2) sum += u16(bytes, i);
  return sum % 0xffff === 0;
}
