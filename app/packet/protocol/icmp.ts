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
const UNUSED_16 = { ...UNUSED, bits: 16 };
const UNUSED_24 = { ...UNUSED, bits: 24 };
const MTU: Field = {
  ...make('icmp.mtu', 'MTU of the next hop', 16),
  help: 'MTU of the next hop (RFC 1191).',
  initial: 1500,
};
const POINTER = make('icmp.pointer', 'Pointer', 8);
const GATEWAY = make('icmp.redir_gw', 'Gateway address', 32, 'ipv4');
const IDENT = make('icmp.ident', 'Identifier', 16);
const SEQ = make('icmp.seq', 'Sequence number', 16);
const TIMES = [
  make('icmp.originate_timestamp', 'Originate timestamp', 32),
  make('icmp.receive_timestamp', 'Receive timestamp', 32),
  make('icmp.transmit_timestamp', 'Transmit timestamp', 32),
];
const MASK = make('icmp.address_mask', 'Address mask', 32, 'ipv4');

/** Fields behind type, code and checksum. */
function fieldsOf(type: number, code: number): readonly Field[] {
  switch (type) {
    case 0:
    case 8:
      return [IDENT, SEQ];
    case 3:
      return code === 4 ? [UNUSED_16, MTU] : [UNUSED];
    case 4:
    case 11:
      return [UNUSED];
    case 5:
      return [GATEWAY];
    case 12:
      return [POINTER, UNUSED_24];
    case 13:
    case 14:
      return [IDENT, SEQ, ...TIMES];
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
  more: [UNUSED, MTU, POINTER, GATEWAY, IDENT, SEQ, ...TIMES, MASK],
  variable: (io: Io) => {
    for (const field of fieldsOf(io.get('icmp.type'), io.get('icmp.code'))) io.field(field);
  },
  next: (get) => (QUOTING.includes(get('icmp.type')) ? { proto: 'ip' } : null),
};
