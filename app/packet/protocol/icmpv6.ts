import { pseudoChecksum } from '../checksum';
import type { Field, FieldKind, Protocol } from '../field';
import { type KnownOption, type OptionList, optionFields, options } from '../options';

const make = (name: string, label: string, bits: number, source: string, kind: FieldKind = 'dec'): Field => ({
  name,
  label,
  bits,
  kind,
  help: `${label} (${source}).`,
});

const RFC4443 = 'RFC 4443';
const RFC4861 = 'RFC 4861';
const TARGET = Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2);

const RESERVED = make('icmpv6.reserved', 'Reserved', 32, RFC4443, 'bytes');
const MTU: Field = { ...make('icmpv6.mtu', 'MTU', 32, RFC4443), initial: 1280 };
const POINTER = make('icmpv6.pointer', 'Pointer', 32, RFC4443);
const ECHO = [
  make('icmpv6.echo.identifier', 'Identifier', 16, RFC4443, 'hex'),
  make('icmpv6.echo.sequence_number', 'Sequence', 16, RFC4443),
];
const ADVERTISEMENT = [
  { ...make('icmpv6.nd.ra.cur_hop_limit', 'Hop limit', 8, RFC4861), initial: 64 },
  {
    ...make('icmpv6.nd.ra.flag', 'Flags', 8, RFC4861, 'hex'),
    parts: [
      { name: 'icmpv6.nd.ra.flag.m', label: 'Managed', shift: 7, bits: 1 },
      { name: 'icmpv6.nd.ra.flag.o', label: 'Other', shift: 6, bits: 1 },
      { name: 'icmpv6.nd.ra.flag.h', label: 'Home agent', shift: 5, bits: 1 },
      { name: 'icmpv6.nd.ra.flag.prf', label: 'Preference', shift: 3, bits: 2 },
      { name: 'icmpv6.nd.ra.flag.p', label: 'Proxy', shift: 2, bits: 1 },
      { name: 'icmpv6.nd.ra.flag.rsv', label: 'Reserved', shift: 0, bits: 2 },
    ],
  },
  { ...make('icmpv6.nd.ra.router_lifetime', 'Router lifetime (s)', 16, RFC4861), initial: 1800 },
  make('icmpv6.nd.ra.reachable_time', 'Reachable time (ms)', 32, RFC4861),
  make('icmpv6.nd.ra.retrans_timer', 'Retransmission timer (ms)', 32, RFC4861),
];
const NS_TARGET: Field = {
  ...make('icmpv6.nd.ns.target_address', 'Target address', 128, RFC4861, 'ipv6'),
  initial: TARGET,
};
const NA_FLAGS: Field = {
  ...make('icmpv6.nd.na.flag', 'Flags', 32, RFC4861, 'hex'),
  initial: 0x60000000,
  parts: [
    { name: 'icmpv6.nd.na.flag.r', label: 'Router', shift: 31, bits: 1 },
    { name: 'icmpv6.nd.na.flag.s', label: 'Solicited', shift: 30, bits: 1 },
    { name: 'icmpv6.nd.na.flag.o', label: 'Override', shift: 29, bits: 1 },
    { name: 'icmpv6.nd.na.flag.rsv', label: 'Reserved', shift: 0, bits: 29 },
  ],
};
const NA_TARGET: Field = {
  ...make('icmpv6.nd.na.target_address', 'Target address', 128, RFC4861, 'ipv6'),
  initial: TARGET,
};
const REDIRECT = [
  { ...make('icmpv6.nd.rd.target_address', 'Target address', 128, RFC4861, 'ipv6'), initial: TARGET },
  make('icmpv6.rd.na.destination_address', 'Destination address', 128, RFC4861, 'ipv6'),
];

const RFC4191 = 'RFC 4191 section 2.3';
const RFC8106 = 'RFC 8106 section 5.1';
const RDNSS: Field = { ...make('icmpv6.opt.rdnss', 'DNS server', 128, RFC8106, 'ipv6'), many: true };

const OPTIONS: OptionList = {
  kind: {
    ...make('icmpv6.opt.type', 'Option', 8, 'RFC 4861 section 4.6'),
    choices: {
      1: 'Source link-layer address',
      2: 'Target link-layer address',
      3: 'Prefix information',
      4: 'Redirected header',
      5: 'MTU',
      14: 'Nonce',
      24: 'Route information',
      25: 'Recursive DNS server',
    },
  },
  length: {
    ...make('icmpv6.opt.length', 'Option length', 8, 'RFC 4861 section 4.6'),
    help: 'Of an option, in units of 8 B (RFC 4861 section 4.6).',
  },
  single: [],
  known: new Map<number, KnownOption>([
    [
      1,
      {
        fields: [
          {
            ...make('icmpv6.opt.src_linkaddr', 'Source link-layer address', 48, RFC4861, 'mac'),
            initial: Uint8Array.of(2, 0, 0, 0, 0, 1),
          },
        ],
      },
    ],
    [
      2,
      {
        fields: [
          {
            ...make('icmpv6.opt.target_linkaddr', 'Target link-layer address', 48, RFC4861, 'mac'),
            initial: Uint8Array.of(2, 0, 0, 0, 0, 2),
          },
        ],
      },
    ],
    [
      3,
      {
        fields: [
          { ...make('icmpv6.opt.prefix.length', 'Prefix length', 8, RFC4861), initial: 64 },
          {
            ...make('icmpv6.opt.prefix.flag', 'Prefix flags', 8, RFC4861, 'hex' as const),
            initial: 0xc0,
            parts: [
              { name: 'icmpv6.opt.prefix.flag.l', label: 'On-link', shift: 7, bits: 1 },
              { name: 'icmpv6.opt.prefix.flag.a', label: 'Autonomous', shift: 6, bits: 1 },
              { name: 'icmpv6.opt.prefix.flag.r', label: 'Router address', shift: 5, bits: 1 },
              { name: 'icmpv6.opt.prefix.flag.reserved', label: 'Reserved', shift: 0, bits: 5 },
            ],
          },
          {
            ...make('icmpv6.opt.prefix.valid_lifetime', 'Valid lifetime (s)', 32, RFC4861),
            initial: 2_592_000,
          },
          {
            ...make('icmpv6.opt.prefix.preferred_lifetime', 'Preferred lifetime (s)', 32, RFC4861),
            initial: 604_800,
          },
          make('icmpv6.opt.prefix.reserved', 'Reserved', 32, RFC4861, 'bytes'),
          make('icmpv6.opt.prefix', 'Prefix', 128, RFC4861, 'ipv6'),
        ],
      },
    ],
    [
      5,
      {
        fields: [
          make('icmpv6.opt.mtu.reserved', 'Reserved', 16, RFC4861, 'bytes'),
          { ...make('icmpv6.opt.mtu', 'MTU', 32, RFC4861), initial: 1500 },
        ],
      },
    ],
    [14, { fields: [make('icmpv6.opt.nonce', 'Nonce', 0, 'RFC 3971 section 5.3.2', 'bytes')] }],
    [
      24,
      {
        fields: [
          { ...make('icmpv6.opt.prefix.length', 'Prefix length', 8, RFC4191), initial: 64 },
          {
            ...make('icmpv6.opt.route_info.flag', 'Route flags', 8, RFC4191, 'hex' as const),
            parts: [
              { name: 'icmpv6.opt.route_info.flag.route_preference', label: 'Preference', shift: 3, bits: 2 },
            ],
          },
          { ...make('icmpv6.opt.route_lifetime', 'Route lifetime (s)', 32, RFC4191), initial: 1800 },
          make('icmpv6.opt.prefix', 'Prefix', 128, RFC4191, 'ipv6'),
        ],
      },
    ],
    [
      25,
      {
        fields: [
          make('icmpv6.opt.rdnss.reserved', 'Reserved', 16, RFC8106, 'bytes'),
          { ...make('icmpv6.opt.rdnss.lifetime', 'DNS lifetime (s)', 32, RFC8106), initial: 1800 },
        ],
        items: [RDNSS],
        each: () => [RDNSS],
      },
    ],
  ]),
  other: make('icmpv6.opt.data', 'Option data', 0, RFC4861, 'bytes'),
  rest: make('icmpv6.opt.rest', 'Rest', 0, RFC4861, 'bytes'),
  unit: 8,
  less: 2,
  align: 1,
};

/** Fields behind type, code and checksum, and whether options follow. */
function bodyOf(type: number): { fields: readonly Field[]; options: boolean } {
  switch (type) {
    case 1:
    case 3:
      return { fields: [RESERVED], options: false };
    case 2:
      return { fields: [MTU], options: false };
    case 4:
      return { fields: [POINTER], options: false };
    case 128:
    case 129:
      return { fields: ECHO, options: false };
    case 133:
      return { fields: [RESERVED], options: true };
    case 134:
      return { fields: ADVERTISEMENT, options: true };
    case 135:
      return { fields: [RESERVED, NS_TARGET], options: true };
    case 136:
      return { fields: [NA_FLAGS, NA_TARGET], options: true };
    case 137:
      return { fields: [RESERVED, ...REDIRECT], options: true };
    default:
      return { fields: [], options: false };
  }
}

export const icmpv6: Protocol = {
  proto: 'icmpv6',
  label: 'ICMPv6',
  help: 'Internet Control Message Protocol for IPv6 (RFC 4443) with neighbour discovery (RFC 4861).',
  keys: { ipproto: 58 },
  header: [
    {
      ...make('icmpv6.type', 'Type', 8, RFC4443),
      initial: 128,
      choices: {
        1: 'Destination unreachable',
        2: 'Packet too big',
        3: 'Time exceeded',
        4: 'Parameter problem',
        128: 'Echo request',
        129: 'Echo reply',
        133: 'Router solicitation',
        134: 'Router advertisement',
        135: 'Neighbour solicitation',
        136: 'Neighbour advertisement',
        137: 'Redirect',
        143: 'Multicast listener report v2',
      },
    },
    make('icmpv6.code', 'Code', 8, RFC4443),
    {
      ...make('icmpv6.checksum', 'Checksum', 16, RFC4443, 'hex'),
      help: 'Over addresses and the whole message (RFC 4443 section 2.3).',
      unsure: (at) => at.cut,
      sum: (at) => pseudoChecksum(at, 58, at.headerLength + at.payloadLength, 2),
    },
  ],
  more: [
    RESERVED,
    MTU,
    POINTER,
    ...ECHO,
    ...ADVERTISEMENT,
    NS_TARGET,
    NA_FLAGS,
    NA_TARGET,
    ...REDIRECT,
    ...optionFields(OPTIONS),
  ],
  variable: (io) => {
    const body = bodyOf(io.get('icmpv6.type'));
    for (const field of body.fields) io.field(field);
    if (body.options) options(io, OPTIONS);
  },
  next: (get) => (get('icmpv6.type') >= 1 && get('icmpv6.type') <= 4 ? { proto: 'ipv6' } : null),
};
