import type { Field, Protocol, Registry } from './field';
import { arp } from './protocol/arp';
import { data } from './protocol/data';
import { eth } from './protocol/eth';
import { icmp } from './protocol/icmp';
import { icmpv6 } from './protocol/icmpv6';
import { ip } from './protocol/ip';
import { dstopts, fraghdr, hopopts, ipv6, routing } from './protocol/ipv6';
import { signature } from './protocol/signature';
import { tcp } from './protocol/tcp';
import { udp } from './protocol/udp';
import { ieee8021ad, vlan } from './protocol/vlan';
import { vxlan } from './protocol/vxlan';

/** Every protocol there is, in the order forms offer them. */
export const PROTOCOLS: readonly Protocol[] = [
  eth,
  vlan,
  ieee8021ad,
  arp,
  ip,
  ipv6,
  hopopts,
  routing,
  fraghdr,
  dstopts,
  icmp,
  icmpv6,
  udp,
  tcp,
  vxlan,
  data,
  signature,
];

const byName = new Map(PROTOCOLS.map((protocol) => [protocol.proto, protocol]));

export function findProtocol(proto: string): Protocol | null {
  return byName.get(proto) ?? null;
}

/** Every name that may be set in a layer. */
export function fieldNames({ header, more }: Protocol): string[] {
  return [...header, ...(more ?? [])].flatMap(({ name, parts }) => [
    name,
    ...(parts ?? []).map((part) => part.name),
  ]);
}

export function findField(proto: string, name: string): Field | null {
  const protocol = findProtocol(proto);
  return (
    [...(protocol?.header ?? []), ...(protocol?.more ?? [])].find((field) => field.name === name) ?? null
  );
}

const byKey: Record<Registry, Map<number, Protocol>> = {
  ethertype: new Map(),
  ipproto: new Map(),
  udpport: new Map(),
};
for (const protocol of PROTOCOLS) {
  for (const [registry, map] of Object.entries(byKey)) {
    const key = protocol.keys[registry as Registry];
    if (key !== undefined) map.set(key, protocol);
    for (const other of protocol.otherKeys?.[registry as Registry] ?? []) map.set(other, protocol);
  }
}

/** The protocol with a number in a registry, or null when it is not known here. */
export function findKey(registry: Registry, number: number): Protocol | null {
  return byKey[registry].get(number) ?? null;
}

/** Stands for a layer whose name is not known: no bytes. */
export const UNKNOWN: Protocol = { proto: '', label: 'Unknown', help: '', keys: {}, header: [] };
