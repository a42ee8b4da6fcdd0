import { internetChecksum } from '../checksum';
import type { Field, FieldKind, Io, Protocol } from '../field';

const SOURCE = 'RFC 792';
const make = (name: string, label: string, bits: number, kind: FieldKind = 'dec'): Field => ({
  name,
  label,
  bits,
  kind,
  help: `${label} (${SOURCE}).`,
});

const UNUSED = make('icmp.unused', 'Unused', 32, 'bytes');
const UNUSED_8 = { ...UNUSED, bits: 8 };
const UNUSED_16 = { ...UNUSED, bits: 16 };
const UNUSED_24 = { ...UNUSED, bits: 24 };
const MTU: Field = {
  ...make('icmp.mtu', 'MTU of the next hop', 16),
  help: 'MTU of the next hop (RFC 1191).',
  initial: 1500,
};
const POINTER = make('icmp.pointer', 'Pointer', 8);
const LENGTH: Field = {
  ...make('icmp.length', 'Quoted length', 8),
  help: 'Words of 4 B of the quoted packet, when more follows it (RFC 4884 section 4).',
};
const GATEWAY = make('icmp.redir_gw', 'Gateway address', 32, 'ipv4');
const IDENT = make('icmp.ident', 'Identifier', 16);
const SEQ = make('icmp.seq', 'Sequence number', 16);
const TIMES = [
  make('icmp.originate_timestamp', 'Originate timestamp', 32),
  make('icmp.receive_timestamp', 'Receive timestamp', 32),
  make('icmp.transmit_timestamp', 'Transmit timestamp', 32),
];
const MASK = make('icmp.address_mask', 'Address mask', 32, 'ipv4');

const RFC1256 = (field: Field): Field => ({ ...field, help: `${field.label} (RFC 1256 section 3).` });
const ROUTERS: Field = {
  ...RFC1256(make('icmp.num_addrs', 'Addresses', 8)),
  auto: (at) => at.all(ROUTER.name).length,
};
const ENTRY: Field = { ...RFC1256(make('icmp.addr_entry_size', 'Words of an address', 8)), initial: 2 };
const LIFETIME: Field = { ...RFC1256(make('icmp.lifetime', 'Lifetime (s)', 16)), initial: 1800 };
const ROUTER: Field = { ...RFC1256(make('icmp.router_address', 'Router address', 32, 'ipv4')), many: true };
const LEVEL = RFC1256(make('icmp.pref_level', 'Preference', 32));

/** Addresses of routers with their preference, as many as are counted and there. */
function routers(io: Io): void {
  const least = io.reading || io.given(ROUTERS) > 0 ? 0 : 1;
  const count = io.field(ROUTERS);
  const whole = io.field(ENTRY) === 2;
  io.field(LIFETIME);
  const pairs = io.reading
    ? whole && 8 * count <= io.left()
      ? count
      : 0
    : Math.max(least, io.given(ROUTER), io.given(LEVEL));
  for (let i = 0; i < pairs; i++) for (const field of [ROUTER, LEVEL]) io.field(field);
}

/** Fields behind type, code and checksum. */
function fieldsOf(type: number, code: number, long: boolean): readonly Field[] {
  switch (type) {
    case 0:
    case 8:
      return [IDENT, SEQ];
    case 3:
      if (long) return [UNUSED_8, LENGTH, code === 4 ? MTU : UNUSED_16];
      return code === 4 ? [UNUSED_16, MTU] : [UNUSED];
    case 4:
      return [UNUSED];
    case 11:
      return long ? [UNUSED_8, LENGTH, UNUSED_16] : [UNUSED];
    case 5:
      return [GATEWAY];
    case 12:
      return long ? [POINTER, LENGTH, UNUSED_16] : [POINTER, UNUSED_24];
    case 13:
    case 14:
      return [IDENT, SEQ, ...TIMES];
    case 15:
    case 16:
      return [IDENT, SEQ];
    case 17:
    case 18:
      return [IDENT, SEQ, MASK];
    default:
      return [];
  }
}

/** Types that quote the packet they are about. */
const QUOTING = [3, 4, 5, 11, 12];

export const icmp: Protocol = {
  proto: 'icmp',
  label: 'ICMP',
  help: `Internet Control Message Protocol (${SOURCE}).`,
  keys: { ipproto: 1 },
  header: [
    {
      name: 'icmp.type',
      label: 'Type',
      bits: 8,
      kind: 'dec',
      initial: 8,
      choices: {
        0: 'Echo reply',
        3: 'Destination unreachable',
        4: 'Source quench',
        5: 'Redirect',
        8: 'Echo request',
        9: 'Router advertisement',
        10: 'Router solicitation',
        11: 'Time exceeded',
        12: 'Parameter problem',
        13: 'Timestamp request',
        14: 'Timestamp reply',
        15: 'Information request',
        16: 'Information reply',
        17: 'Address mask request',
        18: 'Address mask reply',
      },
      help: `What the message is about (${SOURCE}).`,
    },
    make('icmp.code', 'Code', 8),
    {
      ...make('icmp.checksum', 'Checksum', 16, 'hex'),
      help: `Over the whole message (${SOURCE}).`,
      unsure: (at) => at.cut,
      sum: (at) => {
        const whole = at.headerLength + at.payloadLength;
        const ip = at.outer('ip');
        return ip && (ip.get('ip.flags') & 1) !== 0 ? null : internetChecksum(at, whole, 2);
      },
    },
  ],
  more: [
    UNUSED,
    LENGTH,
    MTU,
    POINTER,
    GATEWAY,
    IDENT,
    SEQ,
    ...TIMES,
    MASK,
    ROUTERS,
    ENTRY,
    LIFETIME,
    ROUTER,
    LEVEL,
  ],
  variable: (io: Io) => {
    if (io.get('icmp.type') === 9) routers(io);
    const long = io.reading ? (io.left() < 2 ? false : (io.peek(16) & 0xff) > 0) : io.given(LENGTH) > 0;
    for (const field of fieldsOf(io.get('icmp.type'), io.get('icmp.code'), long)) io.field(field);
  },
  next: (get) => (QUOTING.includes(get('icmp.type')) ? { proto: 'ip' } : null),
};
