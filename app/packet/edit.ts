import { encode } from './encode';
import { findField } from './protocols';
import type { FieldScalar, FieldValue, FrameSpec } from './spec';
import { jsonOf } from './value';

/**
 * Changes to a packet as a form makes them. Each gives a new packet; the old one stays what it is,
 * so that undoing is keeping it.
 */

/** Where a field is: its layer, its name, and which one of several of the same name. */
export interface FieldPath {
  layer: number;
  name: string;
  nth: number;
}

/** Sets one field to what was typed or chosen. */
export function setField(spec: FrameSpec, { layer, name, nth }: FieldPath, value: FieldScalar): FrameSpec {
  const values = valuesOf(spec, layer, name);
  values[nth] = value;
  return withValues(spec, layer, name, values);
}

/** Lets one field be computed again; one of several keeps its place with what is computed. */
export function unsetField(spec: FrameSpec, { layer, name, nth }: FieldPath): FrameSpec {
  const values = valuesOf(spec, layer, name);
  const views = viewsOf(spec, layer, name);
  if (values.length <= 1) return withValues(spec, layer, name, []);
  values[nth] = views[nth]?.auto ?? 0;
  return withValues(spec, layer, name, values);
}

/** What a field that is put into a layer starts with; null when the layer can't have it. */
export function freshValue(proto: string, name: string): FieldScalar | null {
  const field = findField(proto, name);
  if (!field) return null;
  const bytes = new Uint8Array(field.bits === 0 ? 1 : field.bits / 8);
  const numeric = field.kind === 'dec' || field.kind === 'hex' || field.kind === 'flag';
  return jsonOf(field, field.initial ?? (numeric ? 0 : bytes));
}

/** Adds one more value of a field: an option by its kind, an address of a route. */
export function addValue(spec: FrameSpec, layer: number, name: string, value: FieldScalar): FrameSpec {
  return withValues(spec, layer, name, [...meantOf(spec, layer, name), value]);
}

/**
 * Takes an option out, with its length and value: everything from the field at this path up to the
 * next of its name.
 */
export function removeOption(spec: FrameSpec, { layer, name, nth }: FieldPath): FrameSpec {
  const views = encode(spec).layers[layer]?.fields ?? [];
  const starts = views.flatMap((view, index) => (view.name === name ? [index] : []));
  const from = starts[nth];
  if (from === undefined) return spec;
  const gone = new Map<string, number[]>();
  for (const [index, view] of views.entries()) {
    if (index < from || index >= (starts[nth + 1] ?? views.length)) continue;
    const place = views.slice(0, index).filter((other) => other.name === view.name).length;
    gone.set(view.name, [...(gone.get(view.name) ?? []), place]);
  }
  let changed = spec;
  for (const [field, places] of gone) {
    // Values that are not set have nothing to lose, but kinds must be named for the others to stay.
    if (field !== name && spec.layers[layer]?.fields[field] === undefined) continue;
    const all = field === name ? meantOf(spec, layer, field) : valuesOf(spec, layer, field);
    const values = all.filter((_, place) => !places.includes(place));
    changed = withValues(changed, layer, field, values);
  }
  return changed;
}

function viewsOf(spec: FrameSpec, layer: number, name: string) {
  return (encode(spec).layers[layer]?.fields ?? []).filter((view) => view.name === name);
}

/** Values of a field: as they are set, the rest as they come out. */
function valuesOf(spec: FrameSpec, layer: number, name: string): FieldScalar[] {
  const set = spec.layers[layer]?.fields[name];
  const given = set === undefined ? [] : Array.isArray(set) ? set : [set];
  const shown = viewsOf(spec, layer, name).map(({ value }) => (Array.isArray(value) ? 0 : value));
  return [...given, ...shown.slice(given.length)];
}

/** The same without what only fills a header up: ends of options at its end that nobody set. */
function meantOf(spec: FrameSpec, layer: number, name: string): FieldScalar[] {
  const views = viewsOf(spec, layer, name);
  let end = views.length;
  while (end > 0 && views[end - 1]?.state === 'auto' && views[end - 1]?.value === 0) end--;
  return valuesOf(spec, layer, name).slice(0, end);
}

function withValues(spec: FrameSpec, layer: number, name: string, values: FieldScalar[]): FrameSpec {
  const layers = spec.layers.map((old, index) => {
    if (index !== layer) return old;
    const fields: Record<string, FieldValue> = { ...old.fields };
    const [only] = values;
    if (only !== undefined)
      for (const other of findField(old.proto, name)?.replaces ?? []) delete fields[other];
    if (only === undefined) delete fields[name];
    else fields[name] = values.length === 1 ? only : values;
    return { proto: old.proto, fields };
  });
  return { layers };
}
