import type { FrameSpec, LayerSpec } from './spec';

/** A packet to start from. Addresses are those for tests and documents: 198.18.0.0/15, 2001:db8::/32, MAC 02:… */
export interface Template {
  readonly name: string;
  /** One sentence: what it is good for. */
  readonly sentence: string;
  readonly packet: FrameSpec;
}

const layer = (proto: string, fields: LayerSpec['fields'] = {}): LayerSpec => ({ proto, fields });
const text = (words: string) => layer('data', { 'data.text': words });
const fill = (length: number) => layer('data', { 'data.len': length, 'data.pattern': '00010203' });

function template(name: string, sentence: string, ...layers: LayerSpec[]): Template {
  return { name, sentence, packet: { layers } };
}

export const TEMPLATES: readonly [Template, ...Template[]] = [
  template(
    'UDP',
    'The smallest Ethernet frame with a UDP datagram: 60 bytes, good checksums.',
    layer('eth'),
    layer('ip'),
    layer('udp'),
    text('Packet Lab - hello'),
  ),
  template(
    'UDP to this computer',
    'Addressed to 127.0.0.1, so that the udp backend can send it.',
    layer('eth'),
    layer('ip', { 'ip.src': '127.0.0.1', 'ip.dst': '127.0.0.1' }),
    layer('udp'),
    text('Packet Lab - hello'),
  ),
  template(
    'UDP, 1,514 bytes',
    'The largest frame an MTU of 1,500 lets through.',
    layer('eth'),
    layer('ip'),
    layer('udp'),
    fill(1472),
  ),
  template(
    'Jumbo, 4,096 bytes',
    'The largest buffer there is here; needs an MTU of 4,082 or more.',
    layer('eth'),
    layer('ip'),
    layer('udp'),
    fill(4054),
  ),
  template(
    'UDP in a VLAN',
    'An 802.1Q tag in front: four bytes more than the MTU counts.',
    layer('eth'),
    layer('vlan', { 'vlan.id': 100, 'vlan.priority': 3 }),
    layer('ip'),
    layer('udp'),
    text('Packet Lab - tagged'),
  ),
  template(
    'Two tags (QinQ)',
    'A service tag of 802.1ad around a customer tag.',
    layer('eth'),
    layer('ieee8021ad', { 'ieee8021ad.id': 200 }),
    layer('vlan', { 'vlan.id': 100 }),
    layer('ip'),
    layer('udp'),
    text('Packet Lab - two tags'),
  ),
  template(
    'TCP SYN',
    'Opens a connection, with the options every stack sends: MSS, SACK, timestamps, window scale.',
    layer('eth'),
    layer('ip'),
    layer('tcp', {
      'tcp.option_kind': [2, 4, 8, 1, 3],
      'tcp.options.mss_val': 1460,
      'tcp.options.timestamp.tsval': 1000,
      'tcp.options.wscale.shift': 7,
    }),
  ),
  template(
    'ICMP echo',
    'A ping: whoever gets it answers.',
    layer('eth'),
    layer('ip'),
    layer('icmp', { 'icmp.ident': 1, 'icmp.seq': 1 }),
    fill(48),
  ),
  template(
    'ARP request',
    'Asks everybody on the link for the MAC address of 198.18.0.2.',
    layer('eth', { 'eth.dst': 'ff:ff:ff:ff:ff:ff' }),
    layer('arp'),
  ),
  template(
    'IPv4 fragment',
    'The last piece of a larger packet: no header of its own follows.',
    layer('eth'),
    layer('ip', { 'ip.flags': 0, 'ip.id': 0x1234, 'ip.frag_offset': 185, 'ip.proto': 17 }),
    fill(64),
  ),
  template(
    'IPv6 UDP',
    'A datagram over IPv6.',
    layer('eth'),
    layer('ipv6'),
    layer('udp'),
    text('Packet Lab - six'),
  ),
  template(
    'ICMPv6 echo',
    'A ping over IPv6.',
    layer('eth'),
    layer('ipv6'),
    layer('icmpv6', { 'icmpv6.echo.identifier': 1, 'icmpv6.echo.sequence_number': 1 }),
    fill(48),
  ),
  template(
    'Neighbour solicitation',
    'How IPv6 asks for a MAC address.',
    layer('eth', { 'eth.dst': '33:33:ff:00:00:02' }),
    layer('ipv6', { 'ipv6.dst': 'ff02::1:ff00:2', 'ipv6.hlim': 255 }),
    layer('icmpv6', { 'icmpv6.type': 135, 'icmpv6.opt.type': 1 }),
  ),
  template(
    'IPv6 with options',
    'A router alert in a hop-by-hop header: routers have to look at it.',
    layer('eth'),
    layer('ipv6'),
    layer('ipv6.hopopts', { 'ipv6.opt.type': 5 }),
    layer('udp'),
    text('Packet Lab - options'),
  ),
  template(
    'VXLAN',
    'An Ethernet frame of a virtual network inside a UDP datagram.',
    layer('eth'),
    layer('ip'),
    layer('udp', { 'udp.checksum': 0 }),
    layer('vxlan', { 'vxlan.vni': 100 }),
    layer('eth'),
    layer('ip', { 'ip.src': '192.0.2.1', 'ip.dst': '192.0.2.2' }),
    layer('icmp', { 'icmp.ident': 1, 'icmp.seq': 1 }),
    fill(48),
  ),
];
