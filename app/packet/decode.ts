import { type PlacedLayer, type Problem, problemsOf } from './frame';
import { readFrame } from './read';
import type { FieldScalar, FieldValue, LayerSpec } from './spec';
import { jsonOf } from './value';

export interface DecodedLayer extends LayerSpec {
  /** Of the header's first byte in the frame. */
  offset: number;
  /** Bytes of the header with its options, without payload. */
  length: number;
}

/** A frame in layers; it is a packet that encodes to the same bytes. */
export interface Decoded {
  layers: DecodedLayer[];
  problems: Problem[];
}

/**
 * Decodes a frame of any length. Never throws; what is cut or unknown ends in a `data` layer, so
 * that `encode(decode(frame))` is the frame. `linkType` is the number of a capture's interface
 * (LINKTYPE_ETHERNET 1, raw IP 101, 228, 229; frames of others are data), `originalLength` what the
 * frame had before a capture cut it: what is missing then is not judged.
 */
export function decode(bytes: Uint8Array, linkType?: number, originalLength?: number): Decoded {
  const { frame, problems } = readFrame(bytes, linkType, originalLength);
  const layers = frame.layers.map((layer) => ({
    proto: layer.protocol.proto,
    offset: layer.offset,
    length: layer.length,
    fields: fieldsOf(layer),
  }));
  return { layers, problems: [...problemsOf(frame), ...problems] };
}

function fieldsOf(layer: PlacedLayer): Record<string, FieldValue> {
  const fields: Record<string, FieldValue> = {};
  const add = (name: string, value: FieldScalar) => {
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  };
  for (const { field, raw } of layer.fields) add(field.name, jsonOf(field, raw));
  for (const { field, raw } of layer.tail) add(field.name, jsonOf(field, raw));
  return fields;
}
