import { z } from 'zod';

/**
 * A packet as people save, edit and share it: what `decode --json` prints is a valid one.
 * Only what is set is in `fields`; everything else is computed.
 */

export const LAYERS_MAX = 64;
const FIELDS_MAX = 256;
const VALUES_MAX = 1000;
/** Hex of the largest frame a capture holds, with a separator between bytes. */
const TEXT_MAX = 3 * 262_144;

const scalarSchema = z.union(
  [z.number(), z.string().max(TEXT_MAX), z.boolean()],
  'a value is a number, text, true or false',
);
export type FieldScalar = z.infer<typeof scalarSchema>;

/** A field that is there several times has an array, in wire order. */
export const fieldValueSchema = z.union(
  [scalarSchema, z.array(scalarSchema).max(VALUES_MAX)],
  `a value is a number, text, true or false, or an array of up to ${VALUES_MAX} of them`,
);
export type FieldValue = z.infer<typeof fieldValueSchema>;

export const layerSpecSchema = z.object({
  proto: z.string().max(64),
  fields: z
    .record(z.string().max(64), fieldValueSchema)
    .refine((fields) => Object.keys(fields).length <= FIELDS_MAX, `at most ${FIELDS_MAX} fields`)
    .default({}),
});
export interface LayerSpec {
  proto: string;
  fields: Record<string, FieldValue>;
}

export const frameSpecSchema = z.object({ layers: z.array(layerSpecSchema).max(LAYERS_MAX) });
export interface FrameSpec {
  layers: LayerSpec[];
}
