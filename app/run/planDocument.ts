import { z } from 'zod';
import { type BackendDescriptor, parseOption, parseOptions } from '../backend/descriptor';
import { roleOf } from '../lab/pair';
import { encodeBytes } from '../packet/encode';
import { parseHex } from '../packet/hex';
import { checkSpec, issueSentence, prototypeKey, specSchema } from '../packet/parseSpec';
import { clip, type Parsed, parsed, parseWhole, refused } from '../quantity/parse';
import { FAULT_OPTIONS, type FaultSpec, faultOf } from '../stage/fault';
import { parseFlush } from './flush';
import {
  AGAIN_POLICIES,
  BATCH_DEFAULT,
  BATCH_MAX,
  BATCH_MIN,
  type PacketStream,
  type RunPlan,
  SEED_MAX,
  STREAMS_MAX,
} from './plan';
import { parseRate } from './rate';
import { signatureProblem } from './signature';
import { isAioCodeName, parseCount, parseRunDuration, type StopRule } from './stop';

/**
 * A plan as a file: the unit people save and share. Values are written as the command line takes
 * them; what is absent has the command line's default. Paths are relative to the plan file.
 */

export const PLAN_VERSION = 1;

/** An option as in `K=V`; numbers need no quotes. */
const optionValue = z.union(
  [z.string().max(4096), z.number(), z.boolean()],
  'it is text, a number, true or false',
);
const optionsSchema = z.record(z.string().max(64), optionValue);
const quantity = z.union([z.string().max(64), z.number()], 'it is a number, or short text such as 10k');

/** Packets of a plan: a SPEC, hex digits, or a capture. */
export const planStreamSchema = z.union(
  [
    z.strictObject({
      packet: z.unknown().describe('A SPEC: one frame with its layers, or an array of frames.'),
    }),
    z.strictObject({ hex: z.string().max(200_000) }),
    z.strictObject({ capture: z.string().min(1).max(4096) }),
  ],
  'a stream is exactly one of packet, hex and capture',
);

export type PlanStream = z.infer<typeof planStreamSchema>;

const stageSchema = z.strictObject({
  name: z.enum(['fault', 'tee']),
  options: optionsSchema.default({}),
});

export const planDocumentSchema = z.strictObject({
  version: z.literal(PLAN_VERSION),
  backend: z.strictObject({ name: z.string().max(64), options: optionsSchema.default({}) }),
  stages: z.array(stageSchema).max(2).default([]),
  streams: z.array(planStreamSchema).min(1).max(STREAMS_MAX),
  batch: quantity.optional(),
  /** `max`, `10kpps`, `100Mbps:l1`, `burst:N@GAPus`, `capture`. */
  rate: z.string().max(64).optional(),
  /** Absent: every stream once. */
  stop: z
    .strictObject({
      count: quantity.optional(),
      duration: z.string().max(64).optional(),
      never: z.literal(true).optional().describe('Goes on until it is stopped by hand.'),
      until: z.string().max(16).optional(),
    })
    .optional(),
  flush: z.string().max(128).optional(),
  again: z.enum(AGAIN_POLICIES).optional(),
  seed: quantity.optional(),
  signature: z
    .enum(['on', 'off'])
    .optional()
    .describe('Whether the last 24 bytes of each payload are a signature that the far end reads.'),
});
export type PlanDocument = z.infer<typeof planDocumentSchema>;
/** A plan as it is written: what has a default may be left out. */
export type WrittenPlan = z.input<typeof planDocumentSchema>;

/** The JSON schema of a plan file, for editors. Packets are described where a SPEC is. */
export function planJsonSchema(): unknown {
  const schema = z.toJSONSchema(planDocumentSchema, { io: 'input' });
  const spec = z.toJSONSchema(specSchema, { io: 'input', unrepresentable: 'any' });
  return { title: 'Packet Lab plan', ...schema, $defs: { ...schema.$defs, spec } };
}

/** Reads the text of a plan file. The sentence names the path of what is wrong. */
export function parsePlan(text: string): Parsed<PlanDocument> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return refused(`The plan is not JSON: ${clip(said, 120)}.`);
  }
  const version = versionOf(json);
  if (version !== PLAN_VERSION) {
    return refused(`version: this is Packet Lab’s plan version ${PLAN_VERSION}; the file says ${version}.`);
  }
  const strange = prototypeKey(json);
  if (strange !== null) return refused(`${strange}: “__proto__” is not known here.`);
  const read = planDocumentSchema.safeParse(json);
  return read.success ? parsed(read.data) : refused(issueSentence(read.error));
}

function versionOf(json: unknown): number | string {
  if (typeof json !== 'object' || json === null || !('version' in json)) return 'nothing';
  return typeof json.version === 'number' ? json.version : clip(JSON.stringify(json.version) ?? 'nothing');
}

/** Turns a path of the document into one that can be opened. */
export type Resolve = (path: string) => string;

/** What is not in the document: the command's own options. */
export type PlanExtras = Pick<RunPlan, 'peerOut' | 'force'>;

/** Checks everything a document says and makes the run of it. The sentence starts with the path. */
export function planOfDocument(
  document: PlanDocument,
  backends: readonly BackendDescriptor[],
  resolve: Resolve,
  extras: PlanExtras,
): Parsed<RunPlan> {
  try {
    return parsed(readPlan(document, backends, resolve, extras));
  } catch (error) {
    if (error instanceof Wrong) return refused(error.message);
    throw error;
  }
}

/** Ends the reading of a document; its message is the sentence. */
class Wrong extends Error {}

function at<T>(path: string, value: Parsed<T>): T {
  if (!value.ok) throw new Wrong(`${path}: ${value.sentence}`);
  return value.value;
}

function readPlan(
  document: PlanDocument,
  backends: readonly BackendDescriptor[],
  resolve: Resolve,
  extras: PlanExtras,
): RunPlan {
  const seed =
    document.seed === undefined ? 1 : at('seed', parseWhole(String(document.seed), 'The seed', 0, SEED_MAX));
  const streams = document.streams.map((stream, i) => streamOf(stream, `streams[${i}]`, resolve));
  const rate = document.rate === undefined ? { kind: 'max' as const } : at('rate', parseRate(document.rate));
  if (rate.kind === 'capture' && streams.some(({ kind }) => kind !== 'capture')) {
    throw new Wrong('rate: capture needs the times of captures; every stream has to be one.');
  }
  const signature = document.signature === 'on';
  const backend = backendOf(document, backends, resolve);
  const unsigned = signature && roleOf({ backend }) !== 'receive' ? signatureProblem(streams) : null;
  if (unsigned !== null) throw new Wrong(`signature: ${unsigned}`);
  return {
    backend,
    streams,
    batch:
      document.batch === undefined
        ? BATCH_DEFAULT
        : at('batch', parseWhole(String(document.batch), 'The batch size', BATCH_MIN, BATCH_MAX)),
    rate,
    stop: stopOf(document.stop),
    flush:
      document.flush === undefined ? { every: 1, afterNs: null } : at('flush', parseFlush(document.flush)),
    again: document.again ?? 'retry',
    seed,
    ...(signature && { signature }),
    ...stagesOf(document, seed, resolve),
    ...extras,
  };
}

function backendOf(
  { backend, seed }: PlanDocument,
  backends: readonly BackendDescriptor[],
  resolve: Resolve,
) {
  const found = backends.find(({ name }) => name === backend.name);
  const names = backends.map(({ name }) => name).join(', ');
  if (!found)
    throw new Wrong(`backend.name: there is no backend “${clip(backend.name)}”; there are ${names}.`);
  if (found.unavailable !== null) throw new Wrong(`backend.name: ${found.unavailable}`);
  const given = strings(backend.options);
  for (const option of found.options) {
    const text = Object.hasOwn(given, option.name) ? given[option.name] : undefined;
    if (option.name === 'seed' && text === undefined && seed !== undefined) given.seed = String(seed);
    if (text === undefined) continue;
    at(`backend.options.${option.name}`, parseOption(found.name, option, text));
    if (option.kind === 'output') given[option.name] = resolve(text);
  }
  const known = found.options.map((option) => option.name);
  return { name: found.name, options: at(optionPath('backend', given, known), parseOptions(found, given)) };
}

/** The path of options, with the name of the first unknown one. */
function optionPath(owner: string, given: Readonly<Record<string, unknown>>, known: readonly string[]) {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  return unknown === undefined ? `${owner}.options` : `${owner}.options.${clip(unknown)}`;
}

function strings(options: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
}

/** The packets of one stream; `path` is where it stands in the document. */
export function readStream(stream: PlanStream, path: string, resolve: Resolve): Parsed<PacketStream> {
  try {
    return parsed(streamOf(stream, path, resolve));
  } catch (error) {
    if (error instanceof Wrong) return refused(error.message);
    throw error;
  }
}

function streamOf(stream: PlanStream, path: string, resolve: Resolve): PacketStream {
  if ('capture' in stream) return { kind: 'capture', path: resolve(stream.capture) };
  if ('hex' in stream) return { kind: 'frames', frames: [at(`${path}.hex`, parseHex(stream.hex))] };
  const specs = checkSpec(stream.packet);
  if (specs.ok) return { kind: 'frames', frames: specs.value.map(encodeBytes) };
  // A sentence about an array starts with its index: the path goes on without a dot.
  throw new Wrong(`${path}.packet${specs.sentence.startsWith('[') ? '' : '.'}${specs.sentence}`);
}

function stopOf(stop: PlanDocument['stop']): StopRule {
  if (stop?.until !== undefined && !isAioCodeName(stop.until)) {
    throw new Wrong(`stop.until: it is success, inval or again; “${clip(stop.until)}” is not.`);
  }
  const until = stop?.until !== undefined && isAioCodeName(stop.until) ? stop.until : null;
  const ends = (['count', 'duration', 'never'] as const).filter((end) => stop?.[end] !== undefined);
  if (ends.length > 1) {
    throw new Wrong(`stop: ${ends.join(' and ')} exclude each other; a run ends by one of them.`);
  }
  if (stop?.count !== undefined) {
    return { after: { kind: 'count', count: at('stop.count', parseCount(String(stop.count))) }, until };
  }
  if (stop?.never !== undefined) return { after: { kind: 'never' }, until };
  if (stop?.duration !== undefined) {
    return { after: { kind: 'duration', ns: at('stop.duration', parseRunDuration(stop.duration)) }, until };
  }
  return { after: { kind: 'once' }, until };
}

/** The chain is fault, then tee; a plan names what is there, in this order. */
function stagesOf({ stages }: PlanDocument, seed: number, resolve: Resolve): Pick<RunPlan, 'fault' | 'tee'> {
  let fault: FaultSpec | null = null;
  let tee: string | null = null;
  for (const [i, { name, options }] of stages.entries()) {
    const path = `stages[${i}]`;
    if (name === 'fault') {
      if (fault) throw new Wrong(`${path}: there is a fault stage already; one is enough.`);
      if (tee !== null) throw new Wrong(`${path}: the fault stage comes before the tee.`);
      const known = FAULT_OPTIONS.map((option) => option.name);
      const spec = at(optionPath(path, options, known), faultOf(strings(options)));
      fault = Object.hasOwn(options, 'seed') ? spec : { ...spec, seed };
    } else {
      if (tee !== null) throw new Wrong(`${path}: there is a tee already; one is enough.`);
      const { file, ...rest } = strings(options);
      const unknown = Object.keys(rest)[0];
      if (unknown !== undefined)
        throw new Wrong(
          `${optionPath(path, options, ['file'])}: the tee has no option “${clip(unknown)}”; it knows file.`,
        );
      if (!file) throw new Wrong(`${path}.options.file: the tee needs the name of a file to write.`);
      tee = resolve(file);
    }
  }
  return { fault, tee };
}
