import { getBits } from './bits';
import { decode } from './decode';
import { type FieldPath, setField } from './edit';
import { type Encoded, encode, encodeBytes, type FieldView, specError } from './encode';
import type { Field, Part, Raw } from './field';
import { formatHex, parseHex } from './hex';
import { findProtocol } from './protocols';
import { relax } from './relax';
import type { FrameSpec } from './spec';
import { textOf } from './value';

/** Changes to a packet through its bytes and bits. */

/** Which of several fields of its name one is. */
export function pathOf(encoded: Encoded, layer: number, field: number): FieldPath | null {
  const views = encoded.layers[layer]?.fields ?? [];
  const name = views[field]?.name;
  if (name === undefined) return null;
  return { layer, name, nth: views.slice(0, field).filter((view) => view.name === name).length };
}

function touches({ bitOffset, bitLength }: FieldView, byte: number): boolean {
  return bitLength > 0 && bitOffset < (byte + 1) * 8 && bitOffset + bitLength > byte * 8;
}

/** The field a byte belongs to, the first one where it belongs to several: numbers as in `encode`. */
export function fieldAt(encoded: Encoded, byte: number): { layer: number; field: number } | null {
  for (const [layer, { fields }] of encoded.layers.entries()) {
    const field = fields.findIndex((view) => touches(view, byte));
    if (field >= 0) return { layer, field };
  }
  return null;
}

/**
 * Types over one byte: the fields in it are set to what their bits are now, what is computed follows.
 * Where that leaves values without a place (another kind of option, another length), the layer is read
 * again from its bytes.
 */
export function setByte(spec: FrameSpec, byte: number, value: number): FrameSpec {
  const encoded = encode(spec);
  if (byte >= encoded.bytes.length || encoded.bytes[byte] === value) return spec;
  const wanted = Uint8Array.from(encoded.bytes);
  wanted[byte] = value;
  const edited = withFields(spec, encoded, wanted, byte);
  if (specError(edited) === null && encodeBytes(edited)[byte] === value) return edited;
  const layer = fieldAt(encoded, byte)?.layer ?? 0;
  const again = withLayer(spec, encoded, wanted, layer);
  return specError(again) === null && encodeBytes(again)[byte] === value ? again : packetOf(wanted);
}

/** The packet with one layer as it is in these bytes; what was computed in it stays computed. */
function withLayer(spec: FrameSpec, encoded: Encoded, bytes: Uint8Array, index: number): FrameSpec {
  const read = decode(bytes).layers[index];
  const old = spec.layers[index];
  if (!read || !old || read.proto !== old.proto) return packetOf(bytes);
  const fields = { ...read.fields };
  for (const { name, state } of encoded.layers[index]?.fields ?? []) {
    const field = declared(old.proto, name);
    if (state === 'auto' && (field?.auto || field?.sum)) delete fields[name];
  }
  return { layers: spec.layers.map((layer, i) => (i === index ? { proto: old.proto, fields } : layer)) };
}

function withFields(spec: FrameSpec, encoded: Encoded, wanted: Uint8Array, byte: number): FrameSpec {
  let edited = spec;
  for (const [layer, { proto, fields }] of encoded.layers.entries()) {
    for (const [index, view] of fields.entries()) {
      const path = pathOf(encoded, layer, index);
      const field = declared(proto, view.name);
      if (!path || !field || !touches(view, byte)) continue;
      // Text that came from words is bytes now, which need not be words.
      if (field.kind === 'text') {
        edited = asData(edited, layer, wanted, view);
        continue;
      }
      const after = textOf(field, rawIn(wanted, view));
      if (after !== textOf(field, rawIn(encoded.bytes, view))) edited = setField(edited, path, after);
    }
  }
  return edited;
}

function rawIn(bytes: Uint8Array, { bitOffset, bitLength, value }: FieldView): Raw {
  if (typeof value === 'number') return getBits(bytes, bitOffset, bitLength);
  return bytes.subarray(bitOffset / 8, (bitOffset + bitLength) / 8);
}

function asData(spec: FrameSpec, layer: number, bytes: Uint8Array, view: FieldView): FrameSpec {
  const raw = rawIn(bytes, view);
  const hex = typeof raw === 'number' ? '' : Array.from(raw, (b) => b.toString(16).padStart(2, '0')).join('');
  const layers = spec.layers.map((old, i) =>
    i === layer ? { proto: old.proto, fields: { 'data.data': hex } } : old,
  );
  return { layers };
}

function declared(proto: string, name: string): Field | undefined {
  const protocol = findProtocol(proto);
  return [...(protocol?.header ?? []), ...(protocol?.more ?? [])].find((field) => field.name === name);
}

/** Sets named bits of a field; bits that were set by their own names are part of it from now on. */
export function setPart(spec: FrameSpec, path: FieldPath, name: string, value: number): FrameSpec {
  const layer = spec.layers[path.layer];
  const view = encode(spec).layers[path.layer]?.fields.filter((f) => f.name === path.name)[path.nth];
  const field = declared(layer?.proto ?? '', path.name);
  const part = field?.parts?.find((p) => p.name === name);
  if (!layer || !view || !field || !part || typeof view.value !== 'number') return spec;
  const fields = { ...layer.fields };
  for (const other of field.parts ?? []) delete fields[other.name];
  const layers = spec.layers.map((old, i) => (i === path.layer ? { proto: old.proto, fields } : old));
  return setField({ layers }, path, withBits(view.value, part, value));
}

function withBits(number: number, { shift, bits }: Part, value: number): number {
  const above = 2 ** (shift + bits);
  return Math.floor(number / above) * above + (value % 2 ** bits) * 2 ** shift + (number % 2 ** shift);
}

/** The packet of bytes: decoded, with everything that comes out the same left to be computed. */
export function packetOf(bytes: Uint8Array): FrameSpec {
  const { layers } = decode(bytes);
  return relax({ layers: layers.map(({ proto, fields }) => ({ proto, fields })) });
}

/** The hex text of a packet. */
export function hexTextOf(spec: FrameSpec): string {
  return formatHex(encodeBytes(spec));
}

/** The packet behind a hex text: `known` while that encodes to it or the text is wrong, else the decoded one. */
export function packetBehind(hex: string, known: FrameSpec): FrameSpec {
  const read = parseHex(hex);
  if (!read.ok) return known;
  const bytes = encodeBytes(known);
  const same = bytes.length === read.value.length && bytes.every((byte, i) => byte === read.value[i]);
  return same ? known : packetOf(read.value);
}
