import type { Field, FieldKind, Io, Protocol } from '../field';

const SOURCE = 'RFC 826';

function address(name: string, label: string, kind: FieldKind, bits: number, initial?: Uint8Array): Field {
  return { name, label, kind, bits, help: `${label} (${SOURCE}).`, ...(initial ? { initial } : {}) };
}

/** Hardware and protocol address of one side: named for Ethernet and IPv4, plain bytes for others. */
function side(who: 'src' | 'dst', label: string, mac: Uint8Array, ip: Uint8Array) {
  return {
    mac: address(`arp.${who}.hw_mac`, `${label} MAC address`, 'mac', 48, mac),
    hw: address(`arp.${who}.hw`, `${label} hardware address`, 'bytes', 0),
    ipv4: address(`arp.${who}.proto_ipv4`, `${label} IP address`, 'ipv4', 32, ip),
    proto: address(`arp.${who}.proto`, `${label} protocol address`, 'bytes', 0),
  };
}

const SRC = side('src', 'Sender', Uint8Array.of(2, 0, 0, 0, 0, 1), Uint8Array.of(198, 18, 0, 1));
const DST = side('dst', 'Target', new Uint8Array(6), Uint8Array.of(198, 18, 0, 2));

/** Hardware whose addresses are those of Ethernet: Ethernet, experimental Ethernet, IEEE 802. */
const MAC_TYPES = [1, 2, 6];

function put(io: Io, { mac, hw, ipv4, proto }: typeof SRC): void {
  const hwSize = io.get('arp.hw.size');
  const protoSize = io.get('arp.proto.size');
  const macs = hwSize === 6 && MAC_TYPES.includes(io.get('arp.hw.type'));
  const ips = protoSize === 4 && io.get('arp.proto.type') === 0x0800;
  if (isNamed(io, mac, hw, macs)) io.field(mac);
  else io.bytes(hw, hwSize);
  if (isNamed(io, ipv4, proto, ips)) io.field(ipv4);
  else io.bytes(proto, protoSize);
}

/** An address that is set keeps its place, whatever the types and sizes in front say. */
function isNamed(io: Io, named: Field, plain: Field, usual: boolean): boolean {
  if (io.reading) return usual;
  return io.given(named) > 0 || (usual && io.given(plain) === 0);
}

export const arp: Protocol = {
  proto: 'arp',
  label: 'ARP',
  help: `Asks for and tells the MAC address of an IPv4 address (${SOURCE}).`,
  keys: { ethertype: 0x0806 },
  header: [
    {
      name: 'arp.hw.type',
      label: 'Hardware type',
      bits: 16,
      kind: 'dec',
      initial: 1,
      choices: { 1: 'Ethernet' },
      help: `Kind of hardware address (${SOURCE}).`,
    },
    {
      name: 'arp.proto.type',
      label: 'Protocol type',
      bits: 16,
      kind: 'hex',
      initial: 0x0800,
      choices: { 2048: 'IPv4' },
      help: `Kind of protocol address (${SOURCE}).`,
    },
    {
      name: 'arp.hw.size',
      label: 'Hardware size',
      bits: 8,
      kind: 'dec',
      initial: 6,
      help: `Bytes of a hardware address (${SOURCE}).`,
    },
    {
      name: 'arp.proto.size',
      label: 'Protocol size',
      bits: 8,
      kind: 'dec',
      initial: 4,
      help: `Bytes of a protocol address (${SOURCE}).`,
    },
    {
      name: 'arp.opcode',
      label: 'Operation',
      bits: 16,
      kind: 'dec',
      initial: 1,
      choices: { 1: 'Request', 2: 'Reply' },
      help: `What is asked or told (${SOURCE}).`,
    },
  ],
  more: [...Object.values(SRC), ...Object.values(DST)],
  variable: (io) => {
    put(io, SRC);
    put(io, DST);
  },
  span: (get) => 8 + 2 * (get('arp.hw.size') + get('arp.proto.size')),
};
