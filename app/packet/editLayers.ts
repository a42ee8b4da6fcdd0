import type { Protocol, Registry } from './field';
import { PROTOCOLS } from './protocols';
import type { FrameSpec } from './spec';

/** Changes to the layers of a packet. Each gives a new packet and leaves the old one as it was. */

/** Puts a new layer behind the one at `after` (−1: in front of all). */
export function addLayer(spec: FrameSpec, after: number, proto: string): FrameSpec {
  const layers = [...spec.layers];
  layers.splice(after + 1, 0, { proto, fields: {} });
  return { layers };
}

export function removeLayer(spec: FrameSpec, index: number): FrameSpec {
  return { layers: spec.layers.filter((_, i) => i !== index) };
}

export function duplicateLayer(spec: FrameSpec, index: number): FrameSpec {
  const layer = spec.layers[index];
  if (!layer) return spec;
  const layers = [...spec.layers];
  layers.splice(index + 1, 0, { proto: layer.proto, fields: { ...layer.fields } });
  return { layers };
}

/** Moves a layer so that it stands at `to`; a place that does not exist changes nothing. */
export function moveLayer(spec: FrameSpec, from: number, to: number): FrameSpec {
  const layers = [...spec.layers];
  const [layer] = layers.splice(from, 1);
  if (!layer || to < 0 || to > layers.length) return spec;
  layers.splice(to, 0, layer);
  return { layers };
}

/** Every protocol: those that the layer in front can name first, of them those that hold no other network layer. */
export function protocolsBehind(proto: string | undefined): readonly string[] {
  const registry = proto === undefined ? null : registryOf(proto);
  const rank = ({ proto: name, keys }: Protocol) => {
    if (registry === null || keys[registry] === undefined) return name === 'data' ? 2 : 3;
    return registry === 'ipproto' && (keys.ethertype !== undefined || name.startsWith('ipv6.')) ? 1 : 0;
  };
  return [...PROTOCOLS].sort((a, b) => rank(a) - rank(b)).map((protocol) => protocol.proto);
}

/** Where a layer looks up what is behind it. */
function registryOf(proto: string): Registry | null {
  if (/^(eth|vlan|ieee8021ad)$/.test(proto)) return 'ethertype';
  if (/^ip(v6.*)?$/.test(proto)) return 'ipproto';
  return proto === 'udp' ? 'udpport' : null;
}
