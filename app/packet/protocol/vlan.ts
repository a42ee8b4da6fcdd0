import type { Field, Protocol } from '../field';
import { typeFields, typeOrLength } from './eth';

/** Both kinds of tag differ in their names and their EtherType only. */
function tag(name: string, type: string, label: string, key: number, source: string): Protocol {
  const fields = typeFields(type, type.replace('etype', 'len'));
  const trailer: Field = {
    name: type.replace('etype', 'trailer'),
    label: 'Trailer',
    bits: 0,
    kind: 'bytes',
    tail: name === 'vlan' ? 3 : 2,
    help: 'Bytes behind the tagged payload that no header counts.',
  };
  return {
    proto: name,
    label,
    help: `A tag that names the virtual LAN (${source}).`,
    keys: { ethertype: key },
    // What switches used for stacked tags before 802.1ad.
    ...(key === 0x8100 ? { otherKeys: { ethertype: [0x9100] } } : {}),
    link: true,
    header: [
      {
        name: `${name}.priority`,
        label: 'Priority',
        bits: 3,
        kind: 'dec',
        help: `Priority code point (${source} 9.6).`,
      },
      {
        name: `${name}.dei`,
        label: 'Drop eligible',
        bits: 1,
        kind: 'flag',
        help: `Drop eligible indicator (${source} 9.6).`,
      },
      {
        name: `${name}.id`,
        label: 'VLAN',
        bits: 12,
        kind: 'dec',
        initial: 1,
        help: `VLAN identifier (${source} 9.6).`,
      },
    ],
    more: [fields.type, fields.length, trailer],
    variable: (io) => typeOrLength(io, fields),
    next: (get, has) => (has(fields.length.name) ? null : { registry: 'ethertype', number: get(type) }),
    span: (get, has) => (has(fields.length.name) ? 4 + get(fields.length.name) : null),
  };
}

export const vlan = tag('vlan', 'vlan.etype', '802.1Q VLAN', 0x8100, 'IEEE 802.1Q');
/** tshark names the type of this tag after 802.1ah. */
export const ieee8021ad = tag('ieee8021ad', 'ieee8021ah.etype', '802.1ad VLAN', 0x88a8, 'IEEE 802.1ad');
