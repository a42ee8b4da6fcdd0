import { clip } from '../quantity/parse';
import { setBits } from './bits';
import type { Field, Protocol, Raw, WriteIo } from './field';
import { type Frame, LayerAt, type LayerError, type Placed, type PlacedLayer } from './frame';
import { nearName } from './near';
import { fieldNames, findProtocol, PROTOCOLS, UNKNOWN } from './protocols';
import { isNumber } from './read';
import type { FieldScalar, FrameSpec, LayerSpec } from './spec';
import { rawOf } from './value';

/**
 * Lays a packet out: set fields as they are, the others computed. Never throws; what can't be
 * encoded keeps its reason and the computed value is in the bytes.
 */
export function writeFrame(spec: FrameSpec): Frame {
  const frame: Frame = { bytes: new Uint8Array(0), cut: false, layers: spec.layers.map(layOut) };
  let offset = 0;
  for (const layer of frame.layers) {
    layer.offset = offset;
    for (const placed of layer.fields) placed.at += offset * 8;
    offset += layer.length;
  }
  for (const layer of frame.layers) layer.end = offset;
  const tail = frame.layers
    .flatMap((layer) => layer.tail)
    .sort((a, b) => (a.field.tail ?? 0) - (b.field.tail ?? 0));
  for (const placed of tail) {
    placed.at = offset * 8;
    offset += placed.bits / 8;
  }
  frame.bytes = new Uint8Array(offset);
  computeNumbers(frame);
  for (const layer of frame.layers) for (const placed of layer.fields) write(frame.bytes, placed);
  for (const placed of tail) write(frame.bytes, placed);
  computeSums(frame);
  return frame;
}

function layOut(spec: LayerSpec): PlacedLayer {
  const protocol = findProtocol(spec.proto);
  if (!protocol) {
    const error = { field: null, sentence: unknownProtocol(spec.proto) };
    return { protocol: UNKNOWN, offset: 0, length: 0, end: 0, fields: [], tail: [], error };
  }
  const writer = new Writer(spec.fields);
  for (const field of protocol.header) writer.field(field);
  protocol.variable?.(writer);
  const tail = (protocol.more ?? [])
    .filter((field) => field.tail !== undefined)
    .flatMap((field) => writer.tail(field));
  const unused = writer.unused();
  const error = unused === null ? null : noPlace(protocol, unused);
  return { protocol, offset: 0, length: writer.length(), end: 0, fields: writer.placed, tail, error };
}

function unknownProtocol(proto: string): string {
  const names = PROTOCOLS.map((protocol) => protocol.proto);
  const near = nearName(proto, names);
  const hint = near ? `did you mean “${near}”?` : `there are ${names.join(', ')}.`;
  return `There is no protocol “${clip(proto)}” here; ${hint}`;
}

/** Why a set name was not used by its layer. */
function noPlace(protocol: Protocol, field: string): LayerError {
  const names = fieldNames(protocol);
  if (names.includes(field)) {
    return { field, sentence: `${field} has more values than this packet has places for them.` };
  }
  const near = nearName(field, names);
  const hint = near ? `; did you mean “${near}”?` : '.';
  return { field, sentence: `${protocol.label} has no field “${clip(field, 60)}”${hint}` };
}

/** Takes set values of one layer, field by field. */
class Writer implements WriteIo {
  readonly reading = false;
  readonly placed: Placed[] = [];
  private at = 0;
  private readonly taken = new Map<string, number>();

  constructor(private readonly set: LayerSpec['fields']) {}

  field(field: Field): number {
    const placed = this.place(field, field.bits);
    this.add(placed);
    return typeof placed.raw === 'number' ? placed.raw : 0;
  }

  bytes(field: Field, length: number): void {
    this.add(this.place(field, length * 8));
  }

  /** A field behind all layers: there only when it is set. */
  tail(field: Field): Placed[] {
    if (this.given(field) === 0) return [];
    return [this.place(field, field.bits)];
  }

  given({ name }: Field): number {
    return this.values(name).length - (this.taken.get(name) ?? 0);
  }

  upcoming(field: Field): Raw | null {
    const value = this.values(field.name)[this.taken.get(field.name) ?? 0];
    const raw = value === undefined ? null : rawOf(field, value);
    return raw?.ok ? raw.value : null;
  }

  take(field: Field): Raw | null {
    if (this.given(field) === 0) return null;
    const placed = this.place(field, 0);
    this.add({ ...placed, bits: 0 });
    return placed.error === null ? placed.raw : null;
  }

  put(field: Field, raw: Raw): void {
    const bits = typeof raw === 'number' ? field.bits : raw.length * 8;
    this.add({ field, at: this.at, bits, raw, given: false, computed: null, error: null });
  }

  get(name: string): number {
    for (const { field, raw } of this.placed) if (field.name === name && typeof raw === 'number') return raw;
    return 0;
  }

  length(): number {
    return this.at >> 3;
  }

  /** The first set name that nothing used, or null. */
  unused(): string | null {
    for (const name of Object.keys(this.set)) {
      if (this.values(name).length > (this.taken.get(name) ?? 0)) return name;
    }
    return null;
  }

  private values(name: string): readonly FieldScalar[] {
    if (!Object.hasOwn(this.set, name)) return [];
    const value = this.set[name];
    return Array.isArray(value) ? value : value === undefined ? [] : [value];
  }

  private next(name: string): FieldScalar | undefined {
    const index = this.taken.get(name) ?? 0;
    const value = this.values(name)[index];
    if (value !== undefined) this.taken.set(name, index + 1);
    return value;
  }

  private place(field: Field, bits: number): Placed {
    const value = this.next(field.name);
    const initial = field.initial ?? (isNumber(field) ? 0 : new Uint8Array(bits / 8));
    const parsed = value === undefined ? null : rawOf(field, value);
    const base = parsed?.ok ? parsed.value : initial;
    const parts = field.parts ? this.parts(field, base) : null;
    const raw = parts?.raw ?? base;
    const error = parsed && !parsed.ok ? parsed.sentence : (parts?.error ?? null);
    const given = (parsed?.ok ?? false) || (parts?.given ?? false);
    // Written out: an object made by spreading is many times slower to make and to change.
    return {
      field,
      at: this.at,
      bits: typeof raw === 'number' ? bits : raw.length * 8,
      raw,
      given,
      computed: null,
      error,
    };
  }

  /** Bits that were set by their own names. */
  private parts(field: Field, base: Raw): { raw: Raw; given: boolean; error: string | null } {
    let raw = base;
    let given = false;
    let error: string | null = null;
    for (const { name, label, shift, bits } of field.parts ?? []) {
      const value = this.next(name);
      if (value === undefined || typeof raw !== 'number') continue;
      const part = rawOf({ name, label, bits, kind: 'dec', help: '' }, value);
      if (!part.ok) error ??= part.sentence;
      else if (typeof part.value === 'number') {
        const mask = (2 ** bits - 1) * 2 ** shift;
        const kept = Math.floor(raw / 2 ** (shift + bits)) * 2 ** (shift + bits) + (raw % 2 ** shift);
        raw = kept + ((part.value * 2 ** shift) % (mask + 2 ** shift));
        given = true;
      }
    }
    return { raw, given, error };
  }

  private add(placed: Placed): void {
    this.placed.push(placed);
    this.at += placed.bits;
  }
}

function write(bytes: Uint8Array, { at, bits, raw }: Placed): void {
  if (typeof raw === 'number') setBits(bytes, at, bits, raw);
  else if (bits > 0) bytes.set(raw, at / 8);
}

/** Lengths, types and the like, from the outermost layer inwards. */
function computeNumbers(frame: Frame): void {
  for (const [index, layer] of frame.layers.entries()) {
    const at = new LayerAt(frame, index);
    for (const placed of layer.fields) {
      if (!placed.field.auto) continue;
      placed.computed = fitted(placed, placed.field.auto(at));
      if (!placed.given && placed.computed !== null) placed.raw = placed.computed;
    }
  }
}

/** A computed number that does not fit is cut to its width, as hardware would. */
function fitted({ bits }: Placed, raw: Raw | null): Raw | null {
  return typeof raw === 'number' ? raw % 2 ** bits : raw;
}

/** Checksums, from the innermost layer outwards: an outer one covers the inner ones. */
function computeSums(frame: Frame): void {
  for (let index = frame.layers.length - 1; index >= 0; index--) {
    const at = new LayerAt(frame, index);
    for (const placed of frame.layers[index]?.fields ?? []) {
      if (!placed.field.sum) continue;
      placed.computed = placed.field.sum(at);
      if (placed.given) continue;
      placed.raw = placed.computed ?? 0;
      write(frame.bytes, placed);
    }
  }
}
