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
    const strange = prototypeKey(frame);
    if (strange !== null) return refused(`${where}${strange}: “__proto__” is not known here.`);
    const read = writtenFrameSchema.safeParse(frame);
    if (!read.success) return refused(`${where}${issueSentence(read.error)}`);
    const error = specError(read.data);
    if (error !== null) return refused(`${where}${error}`);
    specs.push(read.data);
  }
  return parsed(specs);
}

type Issue = z.core.$ZodIssue;

/** The first complaint of a schema as one sentence that starts with the path. */
export function issueSentence(error: z.ZodError): string {
  const first = error.issues[0];
  if (!first) return 'It does not have the expected shape.';
  const issue = innermost(first);
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const where = pathText(key === undefined ? issue.path : [...issue.path, key]);
  return `${where}: ${key === undefined ? wordsOf(issue) : `“${clip(key)}” is not known here`}.`;
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return text === '' ? 'the whole' : clip(text.replace(/^\./, ''), 120);
}

/** Of a choice between shapes the complaint of the one that was meant, when only one can be. */
function innermost(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const strange = (branch: readonly Issue[]) =>
    branch.reduce(
      (sum, { code, ...rest }) =>
        sum + (code === 'unrecognized_keys' && 'keys' in rest ? rest.keys.length : 0),
      0,
    );
  const ranked = [...issue.errors].sort((a, b) => strange(a) - strange(b));
  const [best, second] = ranked;
  if (!best?.[0] || !second || strange(best) === strange(second)) return issue;
  const inner = innermost(best[0]);
  return { ...inner, path: [...issue.path, ...inner.path] };
}

/** What is wrong with a value, in words of its own. */
function wordsOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return /undefined$/.test(issue.message)
        ? 'it is missing'
        : `it has to be ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return `it is one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `it needs ${issue.minimum} or more`;
    case 'too_big':
      return `it takes ${issue.maximum} at most`;
    default:
      return issue.message;
  }
}

/** How deep specs and plans go; what lies deeper is refused by their schemas or ignored. */
const DEPTH = 12;

/** The path of a key named `__proto__`, which schemas pass over without a word; null when there is none. */
export function prototypeKey(value: unknown): string | null {
  const path = prototypePath(value, 0);
  return path && pathText(path.reverse());
}

/** The keys from the innermost out. */
function prototypePath(value: unknown, depth: number): PropertyKey[] | null {
  if (typeof value !== 'object' || value === null || depth > DEPTH) return null;
  if (Object.hasOwn(value, '__proto__')) return ['__proto__'];
  const entries: Iterable<[PropertyKey, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, inner] of entries) {
    const path = prototypePath(inner, depth + 1);
    if (path) return [...path, key];
  }
  return null;
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
