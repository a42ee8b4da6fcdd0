import { pseudoChecksum } from '../checksum';
import type { Field, FieldKind, Protocol } from '../field';
import { type KnownOption, type OptionList, optionFields, options } from '../options';

const SOURCE = 'RFC 9293 section 3.1';

const value = (
  name: string,
  label: string,
  bits: number,
  help: string,
  kind: FieldKind = 'dec',
  initial?: number,
): Field => ({ name, label, bits, kind, help, ...(initial === undefined ? {} : { initial }) });

const OPTIONS: OptionList = {
  kind: {
    name: 'tcp.option_kind',
    label: 'Option',
    bits: 8,
    kind: 'dec',
    choices: {
      0: 'End of options',
      1: 'No operation',
      2: 'Maximum segment size',
      3: 'Window scale',
      4: 'SACK permitted',
      5: 'SACK',
      8: 'Timestamps',
      19: 'MD5 signature',
      28: 'User timeout',
      34: 'Fast open',
    },
    help: 'Kind of an option (RFC 9293 section 3.2).',
  },
  length: value(
    'tcp.option_len',
    'Option length',
    8,
    'Bytes of an option with kind and length (RFC 9293 section 3.2).',
  ),
  single: [0, 1],
  end: 0,
  known: new Map<number, KnownOption>([
    [
      2,
      {
        fields: [
          value(
            'tcp.options.mss_val',
            'Maximum segment size',
            16,
            'Largest segment the sender takes (RFC 9293 section 3.2).',
            'dec',
            1460,
          ),
        ],
      },
    ],
    [
      3,
      {
        fields: [
          value(
            'tcp.options.wscale.shift',
            'Window scale',
            8,
            'Bits by which windows are shifted (RFC 7323 section 2.2).',
          ),
        ],
      },
    ],
    [4, { fields: [] }],
    [
      5,
      {
        fields: [
          value('tcp.options.sack_le', 'SACK left edge', 32, 'First sequence number of a block (RFC 2018).'),
          value('tcp.options.sack_re', 'SACK right edge', 32, 'Sequence number behind a block (RFC 2018).'),
        ],
        repeat: true,
      },
    ],
    [
      8,
      {
        fields: [
          value(
            'tcp.options.timestamp.tsval',
            'Timestamp value',
            32,
            'Clock of the sender (RFC 7323 section 3.2).',
          ),
          value(
            'tcp.options.timestamp.tsecr',
            'Timestamp echo reply',
            32,
            'The last clock seen from the other side (RFC 7323 section 3.2).',
          ),
        ],
      },
    ],
    [
      19,
      {
        fields: [
          value('tcp.options.md5.digest', 'MD5 digest', 128, 'Signature of the segment (RFC 2385).', 'bytes'),
        ],
      },
    ],
    [
      28,
      {
        fields: [
          value(
            'tcp.options.user_to_granularity',
            'Timeout in minutes',
            1,
            'Else in seconds (RFC 5482).',
            'flag',
          ),
          value(
            'tcp.options.user_to_val',
            'User timeout',
            15,
            'How long data may stay unacknowledged (RFC 5482).',
          ),
        ],
      },
    ],
    [
      34,
      {
        fields: [
          value('tcp.options.tfo.cookie', 'Fast open cookie', 0, 'Empty asks for one (RFC 7413).', 'bytes'),
        ],
      },
    ],
  ]),
  other: {
    name: 'tcp.options.unknown.payload',
    label: 'Option data',
    bits: 0,
    kind: 'bytes',
    help: 'The value of any other option.',
  },
  rest: {
    name: 'tcp.options.padding',
    label: 'Option padding',
    bits: 0,
    kind: 'bytes',
    help: 'What is left of the header.',
  },
  unit: 1,
  less: 2,
  align: 4,
};

const FLAGS = ['fin', 'syn', 'reset', 'push', 'ack', 'urg', 'ece', 'cwr', 'ae'];

export const tcp: Protocol = {
  proto: 'tcp',
  label: 'TCP',
  help: 'Transmission Control Protocol (RFC 9293).',
  keys: { ipproto: 6 },
  header: [
    value('tcp.srcport', 'Source port', 16, `Port of the sender (${SOURCE}).`, 'dec', 49_152),
    value('tcp.dstport', 'Destination port', 16, `Port of the receiver (${SOURCE}).`, 'dec', 80),
    value('tcp.seq_raw', 'Sequence number', 32, `Of the first byte of payload (${SOURCE}).`),
    value(
      'tcp.ack_raw',
      'Acknowledgment number',
      32,
      `The next byte expected from the other side (${SOURCE}).`,
    ),
    {
      name: 'tcp.hdr_len',
      label: 'Header length',
      bits: 4,
      kind: 'dec',
      unit: 4,
      help: `Bytes of the header with its options (${SOURCE}).`,
      auto: (at) => at.headerLength / 4,
      wrong: (said, there) =>
        said < 5
          ? `The header length is ${said * 4} B; a TCP header has 20 B or more.`
          : said > there
            ? `The header length says ${said * 4} B; ${there * 4} B are there.`
            : null,
    },
    {
      name: 'tcp.flags',
      label: 'Flags',
      bits: 12,
      kind: 'hex',
      initial: 2,
      parts: [
        ...FLAGS.map((flag, shift) => ({
          name: `tcp.flags.${flag}`,
          label: flag.toUpperCase(),
          shift,
          bits: 1,
        })),
        { name: 'tcp.flags.res', label: 'Reserved', shift: 9, bits: 3 },
      ],
      help: `What the segment does: SYN opens, FIN closes, RST refuses (${SOURCE}).`,
    },
    value(
      'tcp.window_size_value',
      'Window',
      16,
      `Bytes the sender is ready to take (${SOURCE}).`,
      'dec',
      65_535,
    ),
    {
      name: 'tcp.checksum',
      label: 'Checksum',
      bits: 16,
      kind: 'hex',
      help: `Over addresses, header and payload (${SOURCE}).`,
      unsure: (at) => at.cut,
      sum: (at) => pseudoChecksum(at, 6, at.headerLength + at.payloadLength, 16),
    },
    value('tcp.urgent_pointer', 'Urgent pointer', 16, `Where urgent data end, with URG (${SOURCE}).`),
  ],
  more: optionFields(OPTIONS),
  headerLength: (get) => get('tcp.hdr_len') * 4,
  variable: (io) => options(io, OPTIONS),
};
