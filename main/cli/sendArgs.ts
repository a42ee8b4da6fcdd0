import { type BackendDescriptor, parseOptions } from '../../app/backend/descriptor';
import type { LabSize } from '../../app/lab/parse';
import { encodeBytes } from '../../app/packet/encode';
import { parseHex } from '../../app/packet/hex';
import { parseSpec } from '../../app/packet/parseSpec';
import { clip, type Parsed, parseWhole } from '../../app/quantity/parse';
import { ATTACH_ALONE, attachOf } from '../../app/run/attach';
import { parseFlush } from '../../app/run/flush';
import {
  AGAIN_POLICIES,
  type AgainPolicy,
  BATCH_DEFAULT,
  BATCH_MAX,
  BATCH_MIN,
  type PacketStream,
  type RunPlan,
  SEED_MAX,
} from '../../app/run/plan';
import { parseRate } from '../../app/run/rate';
import { signatureProblem } from '../../app/run/signature';
import { isAioCodeName, parseCount, parseRunDuration, type StopRule } from '../../app/run/stop';
import { type FaultSpec, parseFault } from '../../app/stage/fault';
import { BACKENDS, findBackend } from '../backends/table';
import { readWords } from './args';
import { checkPeerOut, joinLab, readLab } from './labArgs';
import { readText } from './readText';
import { UsageError } from './usage';

const OPTIONS = {
  backend: { type: 'string' },
  opt: { type: 'string', multiple: true },
  pcap: { type: 'string' },
  hex: { type: 'string' },
  packet: { type: 'string' },
  batch: { type: 'string' },
  flush: { type: 'string' },
  rate: { type: 'string' },
  count: { type: 'string' },
  duration: { type: 'string' },
  until: { type: 'string' },
  again: { type: 'string' },
  seed: { type: 'string' },
  fault: { type: 'string' },
  tee: { type: 'string' },
  'peer-out': { type: 'string' },
  lab: { type: 'string' },
  signature: { type: 'boolean' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export interface SendCommand {
  readonly plan: RunPlan;
  readonly json: boolean;
  /** The lab that is made for the run, or null. */
  readonly lab: LabSize | null;
}

export function must<T>(result: Parsed<T>): T {
  if (!result.ok) throw new UsageError(result.sentence);
  return result.value;
}

type Values = ReturnType<typeof read>;

function read(argv: readonly string[]) {
  const { values, positionals } = readWords(joinLab(argv), OPTIONS);
  const [word] = positionals;
  if (word !== undefined) {
    throw new UsageError(
      `Unexpected argument '${clip(word)}': send takes options only. See packet-lab --help.`,
    );
  }
  return values;
}

/** Turns the words behind `send` into a plan. Throws a `UsageError` of one sentence. */
export async function readSend(argv: readonly string[]): Promise<SendCommand> {
  const values = read(argv);
  const backend = backendOf(values);
  const peerOut = values['peer-out'] ?? null;
  if (values.tee === '') throw new UsageError('--tee needs the name of a file to write.');
  const options = must(parseOptions(backend, optionsOf(values.opt ?? [])));
  if (attachOf({ backend: { name: backend.name, options } }) !== null)
    throw new UsageError(`--opt ${ATTACH_ALONE}`);
  const lab = readLab(values.lab, backend, options);
  checkPeerOut(peerOut, backend, options, lab);
  const stream = await streamOf(values);
  const unsigned = values.signature ? signatureProblem([stream]) : null;
  if (unsigned !== null) throw new UsageError(`--signature: ${unsigned}`);
  const rate = values.rate === undefined ? { kind: 'max' as const } : must(parseRate(values.rate));
  if (rate.kind === 'capture' && stream.kind !== 'capture') {
    throw new UsageError('--rate capture needs the times of a capture: give one with --pcap.');
  }
  const plan: RunPlan = {
    backend: { name: backend.name, options },
    streams: [stream],
    batch:
      values.batch === undefined
        ? BATCH_DEFAULT
        : must(parseWhole(values.batch, '--batch', BATCH_MIN, BATCH_MAX)),
    rate,
    stop: stopOf(values),
    flush: values.flush === undefined ? { every: 1, afterNs: null } : must(parseFlush(values.flush)),
    again: againOf(values.again),
    seed: values.seed === undefined ? 1 : must(parseWhole(values.seed, '--seed', 0, SEED_MAX)),
    fault: faultOf(values),
    tee: values.tee ?? null,
    ...(values.signature && { signature: true }),
    peerOut,
    force: values.force ?? false,
    inputs: values.packet === undefined || values.packet === '-' ? [] : [values.packet],
  };
  return {
    plan: withSeed(
      plan,
      backend.options.some((o) => o.name === 'seed'),
      values,
    ),
    json: values.json ?? false,
    lab,
  };
}

/** The backend of that name, whether it can be used or not. */
export function backendNamed(name: string | undefined): BackendDescriptor {
  const names = BACKENDS.map((b) => b.name).join(', ');
  if (name === undefined) throw new UsageError(`--backend is needed: one of ${names}.`);
  const backend = findBackend(name);
  if (!backend) throw new UsageError(`There is no backend “${clip(name)}”; there are ${names}.`);
  return backend;
}

function backendOf(values: Values): BackendDescriptor {
  const backend = backendNamed(values.backend);
  if (backend.unavailable !== null) throw new UsageError(backend.unavailable);
  return backend;
}

/** The words behind `--opt`. */
export function optionsOf(pairs: readonly string[]): Record<string, string> {
  const options: Record<string, string> = Object.create(null);
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`--opt is K=V, as in ring=64; “${clip(pair)}” is not.`);
    const key = pair.slice(0, at);
    if (key in options) throw new UsageError(`--opt ${clip(key)} is given twice; once is enough.`);
    options[key] = pair.slice(at + 1);
  }
  return options;
}

/** The packets: exactly one of --pcap, --hex and --packet. */
async function streamOf(values: Values): Promise<PacketStream> {
  const given = (['pcap', 'hex', 'packet'] as const).filter((name) => values[name] !== undefined);
  const [first, second] = given;
  if (!first) throw new UsageError('Packets are needed: --pcap FILE, --hex HEX or --packet SPEC.json.');
  if (second)
    throw new UsageError(`--${first} and --${second} exclude each other: packets come from one of them.`);
  const text = values[first] ?? '';
  switch (first) {
    case 'pcap':
      if (text === '') throw new UsageError('--pcap needs the name of a capture.');
      return { kind: 'capture', path: text };
    case 'hex':
      return { kind: 'frames', frames: [must(parseHex(text))] };
    case 'packet': {
      const specs = parseSpec(await readText(text, '--packet'));
      if (!specs.ok) throw new UsageError(`${clip(text, 100)}: ${specs.sentence}`);
      return { kind: 'frames', frames: specs.value.map(encodeBytes) };
    }
  }
}

function stopOf(values: Values): StopRule {
  const { count, duration, until } = values;
  if (count !== undefined && duration !== undefined) {
    throw new UsageError('--count and --duration exclude each other: a run ends by one of them.');
  }
  if (until !== undefined && !isAioCodeName(until)) {
    throw new UsageError(`--until is success, inval or again; “${clip(until)}” is not.`);
  }
  const first = until === undefined ? null : until;
  if (count !== undefined) return { after: { kind: 'count', count: must(parseCount(count)) }, until: first };
  if (duration !== undefined)
    return { after: { kind: 'duration', ns: must(parseRunDuration(duration)) }, until: first };
  return { after: { kind: 'once' }, until: first };
}

/** `--seed` seeds the fault stage, too, unless it names a seed of its own. */
function faultOf({ fault, seed }: Values): FaultSpec | null {
  if (fault === undefined) return null;
  const spec = must(parseFault(fault));
  const own = fault.split(',').some((pair) => pair.trim().startsWith('seed='));
  return own || seed === undefined ? spec : { ...spec, seed: must(parseWhole(seed, '--seed', 0, SEED_MAX)) };
}

function againOf(text: string | undefined): AgainPolicy {
  if (text === undefined) return 'retry';
  const policy = AGAIN_POLICIES.find((p) => p === text);
  if (!policy) throw new UsageError(`--again is retry, drop or stop; “${clip(text)}” is not.`);
  return policy;
}

/** `--seed` seeds the whole plan; an explicit `--opt seed=` of the backend goes before it. */
function withSeed(plan: RunPlan, backendHasSeed: boolean, values: Values): RunPlan {
  const own = (values.opt ?? []).some((pair) => pair.startsWith('seed='));
  if (!backendHasSeed || own || values.seed === undefined) return plan;
  return { ...plan, backend: { ...plan.backend, options: { ...plan.backend.options, seed: plan.seed } } };
}
