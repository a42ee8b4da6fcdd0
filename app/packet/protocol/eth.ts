import type { Field, Io, Protocol } from '../field';

/** EtherTypes with names; others are numbers (IEEE 802 numbers, iana.org). */
export const ETHERTYPES: Readonly<Record<number, string>> = {
  2048: 'IPv4',
  2054: 'ARP',
  33024: '802.1Q VLAN',
  34525: 'IPv6',
  34887: 'MPLS',
  34984: '802.1ad VLAN',
  34997: 'Local experimental 1',
  35020: 'LLDP',
};

/** The EtherType for experiments: carried when nothing says what follows (IEEE 802). */
const EXPERIMENTAL = 0x88b5;

/** An EtherType field, with the length that stands in its place below 1,501 (IEEE 802.3 section 3.2.6). */
export function typeFields(type: string, length: string): { type: Field; length: Field } {
  return {
    type: {
      name: type,
      label: 'Type',
      bits: 16,
      kind: 'hex',
      choices: ETHERTYPES,
      help: 'Which protocol follows; 1,536 and above (IEEE 802.3 section 3.2.6).',
      initial: EXPERIMENTAL,
      auto: (at) => at.next('ethertype'),
    },
    length: {
      name: length,
      label: 'Length',
      bits: 16,
      kind: 'dec',
      help: 'Bytes of payload instead of a type, up to 1,500 (IEEE 802.3 section 3.2.6).',
      auto: (at) => at.payloadLength,
      wrong: (value, there) => (value > there ? `The length says ${value} B; ${there} B are there.` : null),
    },
  };
}

/** Reads or writes whichever of the two is there. */
export function typeOrLength(io: Io, fields: { type: Field; length: Field }): void {
  const short = io.reading ? io.peek(16) <= 1500 : io.given(fields.length) > 0;
  io.field(short ? fields.length : fields.type);
}

export const ETH_PADDING: Field = {
  name: 'eth.padding',
  label: 'Padding',
  bits: 0,
  kind: 'bytes',
  tail: 1,
  help: 'Zeros that bring a frame to 60 bytes (IEEE 802.3 section 3.2.8).',
};
const ETH_TRAILER: Field = {
  name: 'eth.trailer',
  label: 'Trailer',
  bits: 0,
  kind: 'bytes',
  tail: 4,
  help: 'Bytes behind the payload that no header counts.',
};
export const ETH_FCS: Field = {
  name: 'eth.fcs',
  label: 'Frame check sequence',
  bits: 32,
  kind: 'hex',
  tail: 5,
  help: 'Four bytes that a NIC adds and removes itself (IEEE 802.3 section 3.2.9).',
};

const TYPE = typeFields('eth.type', 'eth.len');

export const eth: Protocol = {
  proto: 'eth',
  label: 'Ethernet II',
  help: 'The frame on the link (IEEE 802.3).',
  keys: {},
  link: true,
  header: [
    {
      name: 'eth.dst',
      label: 'Destination',
      bits: 48,
      kind: 'mac',
      initial: Uint8Array.of(2, 0, 0, 0, 0, 2),
      help: 'MAC address of the receiver (IEEE 802.3 section 3.2.4).',
    },
    {
      name: 'eth.src',
      label: 'Source',
      bits: 48,
      kind: 'mac',
      initial: Uint8Array.of(2, 0, 0, 0, 0, 1),
      help: 'MAC address of the sender (IEEE 802.3 section 3.2.5).',
    },
  ],
  more: [TYPE.type, TYPE.length, ETH_PADDING, ETH_TRAILER, ETH_FCS],
  variable: (io) => typeOrLength(io, TYPE),
  next: (get, has) => (has('eth.len') ? null : { registry: 'ethertype', number: get('eth.type') }),
  span: (get, has) => (has('eth.len') ? 14 + get('eth.len') : null),
};
