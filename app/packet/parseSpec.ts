import { z } from 'zod';
import { clip, type Parsed, parsed, refused } from '../quantity/parse';
import { specError } from './encode';
import { type FrameSpec, LAYERS_MAX, layerSpecSchema } from './spec';

/** Frames in one SPEC file. */
export const FRAMES_MAX = 100_000;

const ignored = z.unknown().optional();

/** One frame as written in a file: what `decode --json` adds is ignored, anything else is refused. */
const writtenLayer = z.strictObject({
  ...layerSpecSchema.shape,
  offset: ignored,
  length: ignored,
});
export const writtenFrameSchema = z
  .strictObject({
    no: ignored,
    time: ignored,
    len: ignored,
    layers: z.array(writtenLayer).min(1).max(LAYERS_MAX),
    problems: ignored,
  })
  .transform(({ layers }): FrameSpec => ({ layers: layers.map(({ proto, fields }) => ({ proto, fields })) }));

/** A SPEC: one frame, or several in an array. */
export const specSchema = z.union([
  z.array(writtenFrameSchema).min(1).max(FRAMES_MAX),
  writtenFrameSchema.transform((frame) => [frame]),
]);

/** Reads a SPEC: JSON of one frame or an array, or a frame a line as `decode --json` prints them. */
export function parseSpec(text: string): Parsed<FrameSpec[]> {
  const json = readJson(text.replace(/^\uFEFF/, ''));
  return json.ok ? checkSpec(json.value) : json;
}

/** Checks a SPEC that was read already. The sentence names the path of what is wrong. */
export function checkSpec(value: unknown): Parsed<FrameSpec[]> {
  const frames = Array.isArray(value) ? value : [value];
  if (frames.length === 0) return refused('The packet file holds no frames; it needs at least one.');
  if (frames.length > FRAMES_MAX) {
    return refused(`The packet file holds ${frames.length} frames; at most ${FRAMES_MAX} are taken.`);
  }
  const specs: FrameSpec[] = [];
  for (const [index, frame] of frames.entries()) {
    const where = Array.isArray(value) ? `[${index}].` : '';
    const read = writtenFrameSchema.safeParse(frame);
    if (!read.success) return refused(`${where}${issueSentence(read.error)}`);
    const error = specError(read.data);
    if (error !== null) return refused(`${where}${error}`);
    specs.push(read.data);
  }
  return parsed(specs);
}

/** The first complaint of a schema as one sentence that starts with the path. */
export function issueSentence(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'It does not have the expected shape.';
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const keys =
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => `“${clip(key)}”`).join(', ') : null;
  const where = path === '' ? 'the whole' : clip(path.replace(/^\./, ''), 120);
  return keys ? `${where}: ${keys} is not known here.` : `${where}: ${issue.message}.`;
}

function readJson(text: string): Parsed<unknown> {
  try {
    return parsed(JSON.parse(text));
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 1 && lines.every((line) => line.trim().startsWith('{') && line.trim().endsWith('}'))) {
      try {
        return parsed(lines.map((line): unknown => JSON.parse(line)));
      } catch {
        // Not lines either: the first complaint is the better one.
      }
    }
    const said = error instanceof Error ? error.message : String(error);
    return refused(`The packet file is not JSON: ${clip(said, 120)}.`);
  }
}
