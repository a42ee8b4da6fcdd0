import { type BackendDescriptor, parseOptions } from '../backend/descriptor';
import { asksForLab, receives, roleOf } from '../lab/pair';
import { packetBehind } from '../packet/editBytes';
import { specError } from '../packet/encode';
import { BUILT_IN_HEX, parseHex } from '../packet/hex';
import { TEMPLATES } from '../packet/templates';
import { clip, parseWhole } from '../quantity/parse';
import { type FaultSpec, faultOf } from '../stage/fault';
import { BATCH_DEFAULT, type PacketStream, type RunPlan, SEED_MAX, type Settings, STREAMS_MAX } from './plan';
import type { PlanStream } from './planDocument';
import { signatureProblem } from './signature';
import { parseStop } from './stop';
import { tuningOf } from './tuning';

/** What a new instance starts with: the built-in packet through the in-memory loopback. */
export function defaultSettings(): Settings {
  return {
    backend: 'loopback',
    options: {},
    batch: String(BATCH_DEFAULT),
    flush: 'every-batch',
    rate: '100 kpps',
    stop: '10s',
    again: 'retry',
    seed: '1',
    faultOn: false,
    fault: {},
    teeOn: false,
    signature: false,
    source: 'hex',
    hex: BUILT_IN_HEX,
    packet: TEMPLATES[0].packet,
  };
}

/** A plan, or the sentence and the field it belongs to. */
export type Planned = { ok: true; plan: RunPlan } | { ok: false; field: string; sentence: string };

/** A stream behind the first one of an opened plan: as it is written, with absolute paths, and its packets. */
export interface MoreStream {
  readonly written: PlanStream;
  readonly stream: PacketStream;
}

/** What is not typed text: chosen in dialogs or opened with a plan, known to main only. */
export interface Chosen {
  readonly capture: string | null;
  readonly file: string | null;
  readonly peer: string | null;
  readonly tee: string | null;
  /** Streams that are sent after the packet or capture of the draft. */
  readonly more: readonly MoreStream[];
}

export const NOTHING_CHOSEN: Chosen = { capture: null, file: null, peer: null, tee: null, more: [] };

/**
 * Checks everything a person typed and makes the plan of it. Files chosen in a save dialog may be
 * overwritten: the dialog has asked.
 */
export function planOf(settings: Settings, backends: readonly BackendDescriptor[], chosen: Chosen): Planned {
  const no = (field: string, sentence: string): Planned => ({ ok: false, field, sentence });
  const backend = backends.find((b) => b.name === settings.backend);
  if (!backend) return no('backend', `There is no backend “${clip(settings.backend)}”.`);
  if (backend.unavailable !== null) return no('backend', backend.unavailable);

  const own = settings.source === 'capture' ? 'capture' : 'frames';
  const tuned = tuningOf(settings, [{ kind: own }, ...chosen.more.map((more) => more.stream)]);
  if (!tuned.ok) return tuned;
  if (chosen.more.length >= STREAMS_MAX) {
    return no('capture', `A run has at most ${STREAMS_MAX} streams; this one has ${chosen.more.length + 1}.`);
  }
  const stop = parseStop(settings.stop);
  if (!stop.ok) return no('stop', stop.sentence);

  const seed = parseWhole(settings.seed, 'The seed', 0, SEED_MAX);
  if (!seed.ok) return no('seed', seed.sentence);
  const stages = stagesOf(settings, seed.value, chosen.tee);
  if (!stages.ok) return stages;

  const typed = { ...settings.options[backend.name] };
  for (const option of backend.options) {
    if (option.kind !== 'output') {
      // An emptied field means the default, as its placeholder shows.
      if (typed[option.name]?.trim() === '') delete typed[option.name];
      continue;
    }
    delete typed[option.name];
    if (chosen.file !== null) typed[option.name] = chosen.file;
    else if (option.required)
      return no(`options.${option.name}`, `Choose the file that ${backend.name} writes.`);
  }
  for (const option of backend.options) {
    const one = parseOptions({ name: backend.name, options: [option] }, pick(typed, option.name));
    if (!one.ok) return no(`options.${option.name}`, one.sentence);
  }
  if (backend.options.some(({ name }) => name === 'seed')) typed.seed ??= String(seed.value);
  const options = parseOptions(backend, typed);
  if (!options.ok) return no('backend', options.sentence);

  let stream: RunPlan['streams'][number];
  if (settings.source === 'capture') {
    if (chosen.capture === null) return no('capture', 'Open a capture first, or send the hex text.');
    stream = { kind: 'capture', path: chosen.capture };
  } else {
    const bytes = parseHex(settings.hex);
    if (!bytes.ok) return no('hex', bytes.sentence);
    const wrong = specError(packetBehind(settings.hex, settings.packet));
    if (wrong !== null) return no('packet', wrong);
    stream = { kind: 'frames', frames: [bytes.value] };
  }
  const streams = [stream, ...chosen.more.map((more) => more.stream)];
  const made = { backend: { name: backend.name, options: options.value } };
  const unsigned = settings.signature && roleOf(made) !== 'receive' ? signatureProblem(streams) : null;
  if (unsigned !== null) return no('signature', unsigned);
  return {
    ok: true,
    plan: {
      ...made,
      streams,
      ...tuned.tuning,
      stop: stop.value,
      again: settings.again,
      seed: seed.value,
      fault: stages.fault,
      tee: stages.tee,
      ...(settings.signature && { signature: true }),
      peerOut: receives(backend, made, asksForLab(made, backend.capabilities)) ? chosen.peer : null,
      force: true,
    },
  };
}

type Stages = { ok: true; fault: FaultSpec | null; tee: string | null };

/** The chain in front of the backend; without a seed of its own the fault stage takes the plan's. */
function stagesOf(settings: Settings, seed: number, tee: string | null): Stages | (Planned & { ok: false }) {
  if (settings.teeOn && tee === null) {
    return { ok: false, field: 'tee', sentence: 'Choose the file that the tee writes.' };
  }
  const chain = { ok: true as const, tee: settings.teeOn ? tee : null };
  if (!settings.faultOn) return { ...chain, fault: null };
  const given = Object.entries(settings.fault).filter(([, text]) => text.trim() !== '');
  for (const [name, text] of given) {
    const one = faultOf({ [name]: text });
    if (!one.ok) return { ok: false, field: `fault.${name}`, sentence: one.sentence };
  }
  const spec = faultOf(Object.fromEntries([['seed', String(seed)], ...given]));
  return spec.ok ? { ...chain, fault: spec.value } : { ok: false, field: 'faultOn', sentence: spec.sentence };
}

function pick(record: Readonly<Record<string, string>>, name: string): Record<string, string> {
  const value = Object.hasOwn(record, name) ? record[name] : undefined;
  return value === undefined ? {} : { [name]: value };
}
