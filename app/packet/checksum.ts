import type { At } from './field';

/** Adds 16-bit big-endian words of a range (an odd last byte counts as its high half). */
function addWords(sum: number, bytes: Uint8Array, from: number, to: number): number {
  let total = sum;
  for (let i = from; i + 1 < to; i += 2) total += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  if ((to - from) % 2 !== 0) total += (bytes[to - 1] ?? 0) << 8;
  return total;
}

function folded(sum: number): number {
  let total = sum;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}

/**
 * The Internet checksum (RFC 1071) of `length` bytes of the frame; the checksum field itself, at
 * `skip`, counts as zero.
 */
export function internetChecksum(at: At, length: number, skip: number, start = 0): number {
  const from = at.offset;
  const sum = addWords(
    addWords(start, at.bytes, from, from + skip),
    at.bytes,
    from + skip + 2,
    from + length,
  );
  return folded(sum);
}

/**
 * The checksum of UDP, TCP and ICMPv6 with the pseudo-header of the IP layer in front (RFC 9293
 * section 3.1, RFC 8200 section 8.1). Null where it can't be known: no IP layer, or a fragment,
 * whose checksum covers bytes of other frames.
 */
export function pseudoChecksum(at: At, protocol: number, length: number, skip: number): number | null {
  const ip = at.outer('ip', 'ipv6');
  if (!ip) return null;
  const four = ip.proto === 'ip';
  const fragment = four
    ? ip.get('ip.frag_offset') !== 0 || (ip.get('ip.flags') & 1) !== 0
    : at.outer('ipv6.fraghdr')?.get('ipv6.fraghdr.more') === 1;
  if (fragment) return null;
  const addresses = ip.offset + (four ? 12 : 8);
  const size = four ? 4 : 16;
  let sum = addWords(protocol + (length & 0xffff) + (length >>> 16), ip.bytes, addresses, addresses + size);
  // With a routing header the destination is the last address of the route.
  const route = four ? null : at.outer('ipv6.routing');
  const last =
    route && route.get('ipv6.routing.segleft') > 0 ? route.all('ipv6.routing.src.addr').at(-1) : undefined;
  sum =
    last instanceof Uint8Array
      ? addWords(sum, last, 0, 16)
      : addWords(sum, ip.bytes, addresses + size, addresses + 2 * size);
  return internetChecksum(at, length, skip, sum);
}
