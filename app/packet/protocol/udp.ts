import { pseudoChecksum } from '../checksum';
import type { At, Protocol } from '../field';

const SOURCE = 'RFC 768';

/** Over what the length says, as receivers do, as far as it is there. */
function covered(at: At): number {
  const said = at.get('udp.length');
  const there = at.headerLength + at.payloadLength;
  return said >= 8 && said <= there ? said : there;
}

export const udp: Protocol = {
  proto: 'udp',
  label: 'UDP',
  help: `User Datagram Protocol (${SOURCE}).`,
  keys: { ipproto: 17 },
  header: [
    {
      name: 'udp.srcport',
      label: 'Source port',
      bits: 16,
      kind: 'dec',
      initial: 49_152,
      help: `Port of the sender (${SOURCE}).`,
    },
    {
      name: 'udp.dstport',
      label: 'Destination port',
      bits: 16,
      kind: 'dec',
      initial: 9,
      help: `Port of the receiver; 9 discards what it gets (${SOURCE}, RFC 863).`,
      auto: (at) => at.next('udpport'),
    },
    {
      name: 'udp.length',
      label: 'Length',
      bits: 16,
      kind: 'dec',
      help: `Bytes of header and payload (${SOURCE}).`,
      auto: (at) => at.headerLength + at.payloadLength,
      wrong: (value, there) =>
        value === there || (value === 0 && there > 65_535)
          ? null
          : value < 8
            ? `The length says ${value} B; the header alone has 8 B.`
            : `The length says ${value} B; ${there} B are there.`,
    },
    {
      name: 'udp.checksum',
      label: 'Checksum',
      bits: 16,
      kind: 'hex',
      help: `Over addresses, header and payload; 0 over IPv4 means none (${SOURCE}).`,
      // A sum of zero is sent as its other form, since zero means that there is none.
      sum: (at) => {
        const sum = pseudoChecksum(at, 17, covered(at), 6);
        return sum === 0 ? 0xffff : sum;
      },
      unsure: (at) => at.cut || at.get('udp.length') > at.headerLength + at.payloadLength,
      zeroIsNone: (at) => at.outer('ip', 'ipv6')?.proto === 'ip',
    },
  ],
  next: (get) => ({ registry: 'udpport', number: get('udp.dstport') }),
  span: (get) => (get('udp.length') >= 8 ? get('udp.length') : null),
};
