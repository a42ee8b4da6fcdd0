import type { Field, FieldKind, Io, Protocol } from '../field';
import { type OptionList, optionFields, options } from '../options';
import { DSFIELD_PARTS, IP_EXPERIMENTAL, IP_PROTOCOLS } from './ip';

const SOURCE = 'RFC 8200';
const NO_NEXT_HEADER = 59;

const make = (
  name: string,
  label: string,
  bits: number,
  section: string,
  kind: FieldKind = 'dec',
): Field => ({ name, label, bits, kind, help: `${label} (${SOURCE} section ${section}).` });

/** Which header or protocol follows. */
function nextHeader(name: string, section: string): Field {
  return {
    ...make(name, 'Next header', 8, section),
    choices: IP_PROTOCOLS,
    initial: IP_EXPERIMENTAL,
    auto: (at) => at.next('ipproto') ?? (at.payloadLength > 0 ? null : NO_NEXT_HEADER),
  };
}

export const ipv6: Protocol = {
  proto: 'ipv6',
  label: 'IPv6',
  help: `Internet Protocol version 6 (${SOURCE}).`,
  keys: { ethertype: 0x86dd, ipproto: 41 },
  header: [
    { ...make('ipv6.version', 'Version', 4, '3'), initial: 6 },
    { ...make('ipv6.tclass', 'Traffic class', 8, '7', 'hex'), parts: DSFIELD_PARTS('ipv6.tclass') },
    make('ipv6.flow', 'Flow label', 20, '6', 'hex'),
    {
      ...make('ipv6.plen', 'Payload length', 16, '3'),
      help: 'Bytes behind this header, extension headers included (RFC 8200 section 3).',
      auto: (at) => at.payloadLength,
      wrong: (value, there) =>
        value > there ? `The payload length says ${value} B; ${there} B are there.` : null,
    },
    nextHeader('ipv6.nxt', '3'),
    { ...make('ipv6.hlim', 'Hop limit', 8, '3'), initial: 64 },
    {
      ...make('ipv6.src', 'Source address', 128, '3', 'ipv6'),
      initial: Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    },
    {
      ...make('ipv6.dst', 'Destination address', 128, '3', 'ipv6'),
      initial: Uint8Array.of(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
    },
  ],
  next: (get) => (get('ipv6.version') === 6 ? { registry: 'ipproto', number: get('ipv6.nxt') } : null),
  // Zero stands for a jumbo payload or for segments a NIC has yet to cut: all there is.
  span: (get) => (get('ipv6.version') === 6 && get('ipv6.plen') > 0 ? 40 + get('ipv6.plen') : null),
};

const OPTIONS: OptionList = {
  kind: {
    ...make('ipv6.opt.type', 'Option', 8, '4.2', 'hex'),
    choices: {
      0: 'Pad1',
      1: 'PadN',
      4: 'Tunnel encapsulation limit',
      5: 'Router alert',
      194: 'Jumbo payload',
      201: 'Home address',
    },
  },
  length: {
    ...make('ipv6.opt.length', 'Option length', 8, '4.2'),
    help: 'Bytes of an option without kind and length (RFC 8200 section 4.2).',
  },
  single: [0],
  known: new Map<number, { fields: Field[]; named?: true }>([
    [
      1,
      {
        named: true,
        fields: [
          {
            ...make('ipv6.opt.padn', 'Padding', 0, '4.2', 'bytes'),
            help: 'Zeros that bring a header to a multiple of 8 B (RFC 8200 section 4.2).',
          },
        ],
      },
    ],
    [
      4,
      {
        fields: [
          {
            ...make('ipv6.opt.tel', 'Tunnel encapsulation limit', 8, ''),
            help: 'Tunnels a packet may still enter (RFC 2473 section 4.1.1).',
          },
        ],
      },
    ],
    [
      5,
      {
        fields: [
          {
            ...make('ipv6.opt.router_alert', 'Router alert', 16, ''),
            help: 'Asks routers to look at the packet (RFC 2711).',
          },
        ],
      },
    ],
    [
      194,
      {
        fields: [
          {
            ...make('ipv6.opt.jumbo', 'Jumbo payload length', 32, ''),
            help: 'Length of a payload over 65,535 B (RFC 2675).',
          },
        ],
      },
    ],
    [
      201,
      {
        fields: [
          {
            ...make('ipv6.opt.mipv6.home_address', 'Home address', 128, '', 'ipv6'),
            help: 'Of a mobile node (RFC 6275 section 6.3).',
          },
        ],
      },
    ],
  ]),
  other: {
    ...make('ipv6.opt.unknown', 'Option data', 0, '4.2', 'bytes'),
    help: 'The value of any other option (RFC 8200 section 4.2).',
  },
  rest: make('ipv6.opt.rest', 'Rest', 0, '4.2', 'bytes'),
  unit: 1,
  less: 0,
  align: 8,
};

/** Next header and length in units of 8 B beyond the first, as most extension headers start. */
function start(proto: string, section: string): Field[] {
  return [
    nextHeader(`${proto}.nxt`, section),
    {
      ...make(`${proto}.len`, 'Header length', 8, section),
      help: `In units of 8 B, without the first (${SOURCE} section ${section}).`,
      auto: (at) => Math.max(0, Math.ceil(at.headerLength / 8) - 1),
      wrong: (value, there) =>
        value > there ? `The header length says ${8 * (value + 1)} B; ${8 * (there + 1)} B are there.` : null,
    },
  ];
}

function extension(
  proto: string,
  label: string,
  key: number,
  section: string,
  rest: Pick<Protocol, 'header' | 'variable' | 'more'>,
): Protocol {
  return {
    proto,
    label,
    help: `An IPv6 extension header (${SOURCE} section ${section}).`,
    keys: { ipproto: key },
    ...rest,
    header: [...start(proto, section), ...rest.header],
    whole: true,
    headerLength: (get) => 8 * (get(`${proto}.len`) + 1),
    next: (get) => ({ registry: 'ipproto', number: get(`${proto}.nxt`) }),
  };
}

const WITH_OPTIONS: Pick<Protocol, 'header' | 'variable' | 'more'> = {
  header: [],
  more: optionFields(OPTIONS),
  variable: (io) => options(io, OPTIONS),
};

export const hopopts = extension('ipv6.hopopts', 'IPv6 hop-by-hop options', 0, '4.3', WITH_OPTIONS);
export const dstopts = extension('ipv6.dstopts', 'IPv6 destination options', 60, '4.6', WITH_OPTIONS);

/** What a routing header of some type holds behind its segments left. */
interface Route {
  readonly fields: readonly Field[];
  readonly address: Field;
  /** Addresses there are at least. */
  readonly least: 0 | 1;
  /** Bytes of its addresses and what follows them, or null when they do not fit. */
  readonly addresses: (io: Io, left: number) => number | null;
}

const ROUTE_DATA = make('ipv6.routing.unknown_data', 'Type-specific data', 0, '4.4', 'bytes');
const RFC6275 = (field: Field): Field => ({ ...field, help: `${field.label} (RFC 6275 section 6.4).` });
const RFC6554 = (field: Field): Field => ({ ...field, help: `${field.label} (RFC 6554 section 3).` });
const RFC8754 = (field: Field): Field => ({ ...field, help: `${field.label} (RFC 8754 section 2).` });
const SEGMENT: Field = {
  ...RFC8754(make('ipv6.routing.srh.addr', 'Segment', 128, '', 'ipv6')),
  help: 'A segment; the last one of the path comes first (RFC 8754 section 2).',
  many: true,
};

const ROUTES: ReadonlyMap<number, Route> = new Map([
  [
    0,
    {
      fields: [make('ipv6.routing.src.reserved', 'Reserved', 32, '4.4', 'bytes')],
      address: { ...make('ipv6.routing.src.addr', 'Address', 128, '4.4', 'ipv6'), many: true },
      least: 0,
      addresses: (_io: Io, left: number) => (left % 16 === 0 ? left : null),
    },
  ],
  [
    2,
    {
      fields: [RFC6275(make('ipv6.routing.mipv6.reserved', 'Reserved', 32, '', 'bytes'))],
      address: RFC6275(make('ipv6.routing.mipv6.home_address', 'Home address', 128, '', 'ipv6')),
      least: 1,
      addresses: (_io: Io, left: number) => (left === 16 ? left : null),
    },
  ],
  [
    3,
    {
      fields: [
        RFC6554(make('ipv6.routing.rpl.cmprI', 'Octets cut from addresses', 4, '')),
        RFC6554(make('ipv6.routing.rpl.cmprE', 'Octets cut from the last', 4, '')),
        RFC6554(make('ipv6.routing.rpl.pad', 'Padding bytes', 4, '')),
        RFC6554(make('ipv6.routing.rpl.reserved', 'Reserved', 20, '', 'hex')),
      ],
      address: { ...RFC6554(make('ipv6.routing.rpl.address', 'Address', 128, '', 'bytes')), many: true },
      least: 0,
      // Addresses in full only; with octets cut they stay one piece of data.
      addresses: (io: Io, left: number) =>
        left % 16 === 0 && (!io.reading || io.peek(16) < 16) ? left : null,
    },
  ],
  [
    4,
    {
      fields: [
        {
          ...RFC8754(make('ipv6.routing.srh.last_entry', 'Last entry', 8, '')),
          help: 'Index of the last segment in the list (RFC 8754 section 2).',
          auto: (at) => Math.max(0, at.all(SEGMENT.name).length - 1),
        },
        RFC8754(make('ipv6.routing.srh.flags', 'Flags', 8, '', 'hex')),
        RFC8754(make('ipv6.routing.srh.tag', 'Tag', 16, '', 'bytes')),
      ],
      address: SEGMENT,
      least: 1,
      addresses: (io: Io, left: number) => {
        const size = 16 * (((io.reading ? io.peek(8) : 0) & 0xff) + 1);
        return size <= left ? size : null;
      },
    },
  ],
]);

export const routing = extension('ipv6.routing', 'IPv6 routing', 43, '4.4', {
  header: [
    {
      ...make('ipv6.routing.type', 'Type', 8, '4.4'),
      choices: { 0: 'Source route', 2: 'Mobile IPv6', 3: 'RPL source route', 4: 'Segment routing' },
    },
    make('ipv6.routing.segleft', 'Segments left', 8, '4.4'),
  ],
  more: [...[...ROUTES.values()].flatMap(({ fields, address }) => [...fields, address]), ROUTE_DATA],
  variable: (io) => {
    const typed = ROUTES.get(io.get('ipv6.routing.type'));
    if (io.reading) {
      const size = typed && io.left() >= 4 ? typed.addresses(io, io.left() - 4) : null;
      for (const field of size === null ? [] : (typed?.fields ?? [])) io.field(field);
      for (let at = 0; typed && size !== null && at < size; at += 16) io.field(typed.address);
      io.bytes(ROUTE_DATA, io.left());
      return;
    }
    // What is set keeps its place, also under a type that was changed.
    const told = [...ROUTES.values()].find(({ fields, address }) =>
      [...fields, address].some((field) => io.given(field) > 0),
    );
    const route = told ?? typed;
    if (route && (told || io.given(ROUTE_DATA) === 0)) {
      for (const field of route.fields) io.field(field);
      for (let n = 0; n < route.least || io.given(route.address) > 0; n++) io.field(route.address);
      if (io.given(ROUTE_DATA) > 0) io.bytes(ROUTE_DATA, 0);
    } else io.bytes(ROUTE_DATA, 4);
  },
});

export const fraghdr: Protocol = {
  proto: 'ipv6.fraghdr',
  label: 'IPv6 fragment',
  help: `A piece of a larger packet (${SOURCE} section 4.5).`,
  keys: { ipproto: 44 },
  header: [
    nextHeader('ipv6.fraghdr.nxt', '4.5'),
    make('ipv6.fraghdr.reserved_octet', 'Reserved octet', 8, '4.5', 'hex'),
    {
      ...make('ipv6.fraghdr.offset', 'Fragment offset', 13, '4.5'),
      help: 'Where the piece belongs, in units of 8 B (RFC 8200 section 4.5).',
    },
    make('ipv6.fraghdr.reserved_bits', 'Reserved bits', 2, '4.5'),
    make('ipv6.fraghdr.more', 'More fragments', 1, '4.5', 'flag'),
    make('ipv6.fraghdr.ident', 'Identification', 32, '4.5', 'hex'),
  ],
  next: (get) =>
    get('ipv6.fraghdr.offset') === 0 ? { registry: 'ipproto', number: get('ipv6.fraghdr.nxt') } : null,
};
