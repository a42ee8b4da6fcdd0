import { clip } from '../quantity/parse';
import type { Field, Part, Raw } from './field';
import { type PlacedLayer, type Problem, problemsOf } from './frame';
import type { FieldValue, FrameSpec } from './spec';
import { jsonOf, textOf } from './value';
import { writeFrame } from './write';

/** Whether a field is computed, set, or set to something else than would be computed. */
export type FieldState = 'auto' | 'pinned' | 'purpose';

/** A value with a name. */
export interface Choice {
  value: number;
  label: string;
}

/** A field as a form shows it; one for each time it is there. */
export interface FieldView {
  name: string;
  label: string;
  help: string;
  /** From the start of the frame. */
  bitOffset: number;
  bitLength: number;
  /** As `decode --json` prints it. */
  value: FieldValue;
  /** As people read and type it. */
  text: string;
  /** What it is when it is not set. */
  auto: string;
  state: FieldState;
  choices: Choice[] | null;
  /** Whether there may be more of it, each with what belongs to it: the kind of an option. */
  many: boolean;
  /** Named bits inside, with their values. */
  parts: { name: string; label: string; bits: number; value: number }[];
  /** Why the given value can't be encoded; the bytes then hold what is computed. */
  error: string | null;
}

export interface EncodedLayer {
  proto: string;
  label: string;
  offset: number;
  length: number;
  fields: FieldView[];
  /** Fields that are not there and could be set, and those that may be there once more. */
  optional: { name: string; label: string; help: string; choices: Choice[] | null }[];
  error: string | null;
}

export interface Encoded {
  bytes: Uint8Array;
  /** One per layer of the packet, in its order. */
  layers: EncodedLayer[];
  problems: Problem[];
}

/** Encodes a packet: bytes, the range of every field, and what is wrong. Never throws. */
export function encode(spec: FrameSpec): Encoded {
  const frame = writeFrame(spec);
  const layers = frame.layers.map((layer, i) => viewOf(layer, spec.layers[i]?.proto ?? ''));
  return { bytes: frame.bytes, layers, problems: problemsOf(frame) };
}

/** The bytes alone, without views: for many packets. */
export function encodeBytes(spec: FrameSpec): Uint8Array {
  return writeFrame(spec).bytes;
}

/** The first reason why a packet can't be encoded as it is written, with its path; null when it can. */
export function specError(spec: FrameSpec): string | null {
  for (const [index, layer] of writeFrame(spec).layers.entries()) {
    if (layer.error) {
      const { field, sentence } = layer.error;
      return `layers[${index}]${field === null ? '.proto' : `.fields.${clip(field, 60)}`}: ${sentence}`;
    }
    const wrong = [...layer.fields, ...layer.tail].find(({ error }) => error !== null);
    if (wrong) return `layers[${index}].fields.${wrong.field.name}: ${wrong.error}`;
  }
  return null;
}

function viewOf(layer: PlacedLayer, proto: string): EncodedLayer {
  const placed = [...layer.fields, ...layer.tail];
  const there = new Set(placed.map(({ field }) => field.name));
  const more = layer.protocol.more ?? [];
  return {
    proto,
    label: layer.protocol.label,
    offset: layer.offset,
    length: layer.length,
    fields: placed.map(({ field, at, bits, raw, given, computed, error }) => ({
      name: field.name,
      label: field.label,
      help: field.help,
      bitOffset: at,
      bitLength: bits,
      value: jsonOf(field, raw),
      text: textOf(field, raw),
      auto: textOf(field, computed ?? initialOf(field, raw)),
      state: stateOf(given, raw, computed),
      choices: choicesOf(field),
      many: more.some(({ name, many }) => many && name === field.name),
      parts: (field.parts ?? []).map((part) => partOf(part, raw)),
      error,
    })),
    optional: more
      .filter(
        ({ name, many }, i) =>
          (many || !there.has(name)) && more.findIndex((other) => other.name === name) === i,
      )
      .map((field) => ({
        name: field.name,
        label: field.label,
        help: field.help,
        choices: choicesOf(field),
      })),
    error: layer.error?.sentence ?? null,
  };
}

function choicesOf({ choices }: Field): Choice[] | null {
  if (!choices) return null;
  return Object.entries(choices).map(([value, label]) => ({ value: Number(value), label }));
}

function initialOf(field: Field, raw: Raw): Raw {
  return field.initial ?? (typeof raw === 'number' ? 0 : new Uint8Array(field.bits / 8));
}

function stateOf(given: boolean, raw: Raw, computed: Raw | null): FieldState {
  if (!given) return 'auto';
  return computed === null || computed === raw ? 'pinned' : 'purpose';
}

function partOf({ name, label, shift, bits }: Part, raw: Raw) {
  const value = typeof raw === 'number' ? Math.floor(raw / 2 ** shift) % 2 ** bits : 0;
  return { name, label, bits, value };
}
