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

/** Every protocol, those that the layer in front can name first. */
export function protocolsBehind(proto: string | undefined): readonly string[] {
  const registry =
    proto === undefined
      ? null
      : /^(eth|vlan|ieee8021ad)$/.test(proto)
        ? 'ethertype'
        : /^ip(v6.*)?$/.test(proto)
          ? 'ipproto'
          : null;
  const fits = PROTOCOLS.filter(({ keys }) => registry !== null && keys[registry] !== undefined);
  const others = PROTOCOLS.filter((protocol) => !fits.includes(protocol));
  return [...fits, ...others].map((protocol) => protocol.proto);
}
