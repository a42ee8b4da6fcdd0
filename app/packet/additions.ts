import { addValue, freshValue } from './edit';
import { encode } from './encode';
import type { FieldScalar, FrameSpec } from './spec';

/** Something that can be put into a layer: a field it has not got, or one more of an option. */
export interface Addition {
  readonly name: string;
  /** With the name of its value where that says what it is: "Option kind: MSS". */
  readonly label: string;
  readonly help: string;
  readonly value: FieldScalar;
}

/** What can be added to a layer of this packet; fields that only come with others are not offered. */
export function additionsTo(spec: FrameSpec, layer: number): Addition[] {
  const before = encode(spec).layers[layer];
  if (!before) return [];
  const count = (packet: FrameSpec, name: string) => {
    const fields = encode(packet).layers[layer]?.fields.filter((view) => view.name === name) ?? [];
    return fields.some(({ error }) => error !== null) ? -1 : fields.length;
  };
  return before.optional.flatMap(({ name, label, help, choices }) => {
    const fresh = freshValue(before.proto, name);
    const values = choices ?? (fresh === null ? [] : [{ value: fresh, label: '' }]);
    const has = Math.max(0, count(spec, name));
    return values
      .filter(({ value }) => count(addValue(spec, layer, name, value), name) > has)
      .map((choice) => ({
        name,
        label: choice.label === '' ? label : `${label}: ${choice.label}`,
        help,
        value: choice.value,
      }));
  });
}
