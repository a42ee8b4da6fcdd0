import type { Protocol } from '../field';

/** An Ethernet frame of a virtual network, carried in UDP. */
export const vxlan: Protocol = {
  proto: 'vxlan',
  label: 'VXLAN',
  help: 'An Ethernet frame of a virtual network, carried in UDP (RFC 7348).',
  keys: { udpport: 4789 },
  header: [
    {
      name: 'vxlan.flags',
      label: 'Flags',
      bits: 16,
      kind: 'hex',
      initial: 0x0800,
      parts: [{ name: 'vxlan.flag_i', label: 'Network identifier is valid', shift: 11, bits: 1 }],
      help: 'Only the I flag is defined and has to be set (RFC 7348 section 5).',
    },
    {
      name: 'vxlan.gbp',
      label: 'Group policy',
      bits: 16,
      kind: 'dec',
      help: 'Reserved (RFC 7348 section 5).',
    },
    {
      name: 'vxlan.vni',
      label: 'Network identifier',
      bits: 24,
      kind: 'dec',
      initial: 1,
      help: 'Which virtual network (RFC 7348 section 5).',
    },
    { name: 'vxlan.reserved8', label: 'Reserved', bits: 8, kind: 'dec', help: 'Zero (RFC 7348 section 5).' },
  ],
  next: () => ({ proto: 'eth' }),
};
