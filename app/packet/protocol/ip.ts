import { internetChecksum } from '../checksum';
import type { Field, FieldKind, Protocol } from '../field';
import { type KnownOption, type OptionList, optionFields, options } from '../options';

const SOURCE = 'RFC 791 section 3.1';

/** Protocol numbers with names (iana.org, protocol numbers). */
export const IP_PROTOCOLS: Readonly<Record<number, string>> = {
  0: 'IPv6 hop-by-hop',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'IPv6 routing',
  44: 'IPv6 fragment',
  47: 'GRE',
  50: 'ESP',
  58: 'ICMPv6',
  59: 'No next header',
  60: 'IPv6 destination options',
  89: 'OSPF',
  132: 'SCTP',
  253: 'Experimental 1',
};

/** For experiments: carried when nothing says what follows (RFC 3692). */
export const IP_EXPERIMENTAL = 253;

/** Six bits of service and two of congestion (RFC 2474, RFC 3168). */
export const DSFIELD_PARTS = (name: string) => [
  { name: `${name}.dscp`, label: 'DSCP', shift: 2, bits: 6 },
  {
    name: `${name}.ecn`,
    label: 'ECN',
    shift: 0,
    bits: 2,
    choices: { 0: 'Not-ECT', 1: 'ECT(1)', 2: 'ECT(0)', 3: 'CE' },
  },
];

const option = (name: string, label: string, bits: number, kind: FieldKind = 'dec'): Field => ({
  name,
  label,
  bits,
  kind,
  help: `${label} of an option (${SOURCE}).`,
});
const POINTER: Field = { ...option('ip.opt.ptr', 'Pointer', 8), initial: 4 };
const OPTION_DATA = option('ip.opt.data', 'Data', 0, 'bytes');
const address = (name: string, label: string): Field => ({ ...option(name, label, 32, 'ipv4'), many: true });
const RECORDED = address('ip.rec_rt', 'Recorded route');
const EMPTY = address('ip.empty_rt', 'Empty route');
export const SOURCE_ROUTE = address('ip.src_rt', 'Source route');

/** Addresses: those in front of the pointer (which counts from the kind, at 1) were recorded. */
function route(ahead: Field): KnownOption {
  const each = ([pointer = 0]: readonly number[], at: number) => [at + 3 < pointer ? RECORDED : ahead];
  return { fields: [POINTER], items: [RECORDED, ahead], each, sequence: true };
}

const STAMP_ADDRESS = address('ip.opt.time_stamp_addr', 'Address');
const STAMP: Field = { ...option('ip.opt.time_stamp', 'Time stamp', 32), many: true };
const MTU: Field = {
  ...option('ip.opt.mtu', 'MTU', 16),
  help: 'Smallest MTU on the way (RFC 1191 section 4).',
};
const traced = (field: Field): Field => ({ ...field, help: `${field.label} of a traceroute (RFC 1393).` });

const OPTIONS: OptionList = {
  kind: {
    name: 'ip.opt.type',
    label: 'Option',
    bits: 8,
    kind: 'dec',
    choices: {
      0: 'End of options',
      1: 'No operation',
      7: 'Record route',
      11: 'MTU probe',
      12: 'MTU reply',
      68: 'Time stamp',
      82: 'Traceroute',
      130: 'Security',
      131: 'Loose source route',
      136: 'Stream ID',
      137: 'Strict source route',
      148: 'Router alert',
    },
    help: 'Kind of an option (RFC 791 section 3.1).',
  },
  length: {
    name: 'ip.opt.len',
    label: 'Option length',
    bits: 8,
    kind: 'dec',
    help: 'Bytes of an option with kind and length (RFC 791 section 3.1).',
  },
  single: [0, 1],
  end: 0,
  endsOnce: true,
  known: new Map<number, KnownOption>([
    [7, route(EMPTY)],
    [131, route(SOURCE_ROUTE)],
    [137, route(SOURCE_ROUTE)],
    [
      68,
      {
        fields: [
          { ...POINTER, initial: 5 },
          option('ip.opt.overflow', 'Overflow', 4),
          {
            ...option('ip.opt.flag', 'Flag', 4, 'hex'),
            choices: { 0: 'Time stamps', 1: 'Time stamps and addresses', 3: 'Addresses are given' },
          },
        ],
        items: [STAMP_ADDRESS, STAMP],
        each: ([, , flag]: readonly number[]) =>
          flag === 1 || flag === 3 ? [STAMP_ADDRESS, STAMP] : [STAMP],
      },
    ],
    [11, { fields: [MTU] }],
    [12, { fields: [MTU] }],
    [
      82,
      {
        fields: [
          traced(option('ip.opt.id_number', 'Identifier', 16)),
          traced(option('ip.opt.ohc', 'Outbound hop count', 16)),
          traced(option('ip.opt.rhc', 'Return hop count', 16)),
          traced(option('ip.opt.originator', 'Originator', 32, 'ipv4')),
        ],
      },
    ],
    [
      136,
      {
        fields: [
          {
            name: 'ip.opt.sid',
            label: 'Stream identifier',
            bits: 16,
            kind: 'dec',
            help: 'SATNET stream (RFC 791 section 3.1).',
          },
        ],
      },
    ],
    [
      148,
      {
        fields: [
          {
            name: 'ip.opt.ra',
            label: 'Router alert',
            bits: 16,
            kind: 'dec',
            choices: { 0: 'Every router examines the packet' },
            help: 'Asks routers to look at the packet (RFC 2113).',
          },
        ],
      },
    ],
  ]),
  other: OPTION_DATA,
  rest: {
    name: 'ip.opt.padding',
    label: 'Option padding',
    bits: 0,
    kind: 'bytes',
    help: 'What is left of the header.',
  },
  unit: 1,
  less: 2,
  align: 4,
};

export const ip: Protocol = {
  proto: 'ip',
  label: 'IPv4',
  help: 'Internet Protocol version 4 (RFC 791).',
  keys: { ethertype: 0x0800, ipproto: 4 },
  header: [
    { name: 'ip.version', label: 'Version', bits: 4, kind: 'dec', initial: 4, help: `4 (${SOURCE}).` },
    {
      name: 'ip.hdr_len',
      label: 'Header length',
      bits: 4,
      kind: 'dec',
      unit: 4,
      help: `Bytes of the header with its options (${SOURCE}).`,
      auto: (at) => at.headerLength / 4,
      wrong: (value, there) =>
        value < 5
          ? `The header length is ${value * 4} B; an IPv4 header has 20 B or more.`
          : value > there
            ? `The header length says ${value * 4} B; ${there * 4} B are there.`
            : null,
    },
    {
      name: 'ip.dsfield',
      label: 'Differentiated services',
      bits: 8,
      kind: 'hex',
      parts: DSFIELD_PARTS('ip.dsfield'),
      help: 'Class of service and congestion (RFC 2474, RFC 3168).',
    },
    {
      name: 'ip.len',
      label: 'Total length',
      bits: 16,
      kind: 'dec',
      help: `Bytes of header and payload (${SOURCE}).`,
      auto: (at) => at.headerLength + at.payloadLength,
      wrong: (value, there, at) =>
        value > there
          ? `The total length says ${value} B; ${there} B are there.`
          : value < at.headerLength && value > 0
            ? `The total length says ${value} B; the header alone has ${at.headerLength} B.`
            : null,
    },
    {
      name: 'ip.id',
      label: 'Identification',
      bits: 16,
      kind: 'hex',
      help: `Joins the fragments of one packet (${SOURCE}).`,
    },
    {
      name: 'ip.flags',
      label: 'Flags',
      bits: 3,
      kind: 'hex',
      initial: 2,
      parts: [
        { name: 'ip.flags.rb', label: 'Reserved', shift: 2, bits: 1 },
        { name: 'ip.flags.df', label: 'Don’t fragment', shift: 1, bits: 1 },
        { name: 'ip.flags.mf', label: 'More fragments', shift: 0, bits: 1 },
      ],
      help: `Fragmentation (${SOURCE}).`,
    },
    {
      name: 'ip.frag_offset',
      label: 'Fragment offset',
      bits: 13,
      kind: 'dec',
      help: `Where a fragment belongs, in units of 8 B (${SOURCE}).`,
    },
    {
      name: 'ip.ttl',
      label: 'Time to live',
      bits: 8,
      kind: 'dec',
      initial: 64,
      help: `Routers it may still pass (${SOURCE}).`,
    },
    {
      name: 'ip.proto',
      label: 'Protocol',
      bits: 8,
      kind: 'dec',
      choices: IP_PROTOCOLS,
      help: `Which protocol follows (${SOURCE}).`,
      initial: IP_EXPERIMENTAL,
      auto: (at) => at.next('ipproto'),
    },
    {
      name: 'ip.checksum',
      label: 'Header checksum',
      bits: 16,
      kind: 'hex',
      help: `Over the header only (${SOURCE}, RFC 1071).`,
      sum: (at) => internetChecksum(at, at.headerLength, 10),
    },
    {
      name: 'ip.src',
      label: 'Source address',
      bits: 32,
      kind: 'ipv4',
      initial: Uint8Array.of(198, 18, 0, 1),
      help: `Of the sender (${SOURCE}).`,
    },
    {
      name: 'ip.dst',
      label: 'Destination address',
      bits: 32,
      kind: 'ipv4',
      initial: Uint8Array.of(198, 19, 0, 1),
      help: `Of the receiver (${SOURCE}).`,
    },
  ],
  more: optionFields(OPTIONS),
  headerLength: (get) => get('ip.hdr_len') * 4,
  variable: (io) => options(io, OPTIONS),
  // Fragments but the first carry no header, and a header nobody can trust carries nothing known.
  next: (get) =>
    isSound(get) && get('ip.frag_offset') === 0 ? { registry: 'ipproto', number: get('ip.proto') } : null,
  // Zero stands for segments a NIC has yet to cut: all there is.
  span: (get) => (isSound(get) && get('ip.len') > 0 ? get('ip.len') : null),
};

/** Whether the header's own numbers can be believed. */
function isSound(get: (name: string) => number): boolean {
  const length = get('ip.len');
  const header = get('ip.hdr_len') * 4;
  return get('ip.version') === 4 && header >= 20 && (length === 0 || length >= header);
}
