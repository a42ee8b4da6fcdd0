import type { At, Raw } from './field';

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

/** The IP layer in front and the extension headers between, from the inside out. */
function pathTo(at: At): { ip: At | null; headers: At[] } {
  const headers: At[] = [];
  let next = at.outer('ip', 'ipv6', ...EXTENSIONS);
  while (next && EXTENSIONS.includes(next.proto)) {
    headers.push(next);
    next = next.outer('ip', 'ipv6', ...EXTENSIONS);
  }
  return { ip: next, headers };
}

const EXTENSIONS = ['ipv6.routing', 'ipv6.dstopts', 'ipv6.hopopts', 'ipv6.fraghdr'];

/** Where a packet with a route ends up; null when it is where the header says. */
function finalDestination(ip: At, headers: readonly At[]): Raw | null {
  if (ip.proto === 'ip') return ip.all('ip.src_rt').at(-1) ?? null;
  const route = headers.find(({ proto }) => proto === 'ipv6.routing');
  if (!route || route.get('ipv6.routing.segleft') === 0) return null;
  return (
    route.all('ipv6.routing.src.addr').at(-1) ??
    route.all('ipv6.routing.mipv6.home_address').at(-1) ??
    route.all('ipv6.routing.rpl.address').at(-1) ??
    // The segments of a path are listed backwards.
    route.all('ipv6.routing.srh.addr')[0] ??
    null
  );
}

/** The address a mobile node is known by stands for the one it has now (RFC 6275 section 11.3.1). */
function homeAddress(headers: readonly At[]): Raw | null {
  for (const header of headers) {
    const [address] = header.all('ipv6.opt.mipv6.home_address');
    if (address !== undefined) return address;
  }
  return null;
}

/**
 * The checksum of UDP, TCP and ICMPv6 with the pseudo-header of the IP layer in front (RFC 9293
 * section 3.1, RFC 8200 section 8.1). Null where it can't be known: no IP layer, or a fragment,
 * whose checksum covers bytes of other frames.
 */
export function pseudoChecksum(at: At, protocol: number, length: number, skip: number): number | null {
  const { ip, headers } = pathTo(at);
  if (!ip) return null;
  const four = ip.proto === 'ip';
  const fragment = four
    ? ip.get('ip.frag_offset') !== 0 || (ip.get('ip.flags') & 1) !== 0
    : headers.some((header) => header.get('ipv6.fraghdr.more') === 1);
  if (fragment) return null;
  const size = four ? 4 : 16;
  const from = ip.offset + (four ? 12 : 8);
  let sum = protocol + (length & 0xffff) + (length >>> 16);
  const add = (address: Raw | null, at: number) => {
    if (address instanceof Uint8Array) sum = addWords(sum, address, 0, size);
    else sum = addWords(sum, ip.bytes, at, at + size);
  };
  add(homeAddress(headers), from);
  add(finalDestination(ip, headers), from + size);
  return internetChecksum(at, length, skip, sum);
}
