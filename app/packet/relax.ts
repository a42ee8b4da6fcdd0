import { encodeBytes } from './encode';
import type { FrameSpec } from './spec';

/**
 * A decoded packet made editable: every field that would come out the same by itself is unset, so
 * that it is computed again when something changes. The bytes stay what they are.
 */
export function relax(spec: FrameSpec): FrameSpec {
  const want = encodeBytes(spec);
  const relaxed: FrameSpec = {
    layers: spec.layers.map(({ proto, fields }) => ({ proto, fields: { ...fields } })),
  };
  for (const layer of relaxed.layers) {
    for (const name of Object.keys(layer.fields)) {
      const value = layer.fields[name];
      if (value === undefined) continue;
      delete layer.fields[name];
      if (!same(encodeBytes(relaxed), want)) layer.fields[name] = value;
    }
  }
  return relaxed;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
