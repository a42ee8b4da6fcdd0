import {
  type BackendDescriptor,
  type BackendOption,
  defaultText,
  parseOption,
} from '../../app/backend/descriptor';
import type { InstanceInfo } from '../../app/ipc/contract';
import { isLabOpen, PAIR_OR_NONE, pairNeedsLab } from '../../app/lab/pair';
import { packetBehind } from '../../app/packet/editBytes';
import { specError } from '../../app/packet/encode';
import { parseHex } from '../../app/packet/hex';
import { parseWhole } from '../../app/quantity/parse';
import { attachSentence, type Neighbour } from '../../app/run/attach';
import { parseFlush } from '../../app/run/flush';
import { BATCH_MAX, BATCH_MIN, SEED_MAX, type Settings } from '../../app/run/plan';
import { parseRate } from '../../app/run/rate';
import { unsignable } from '../../app/run/signature';
import { parseStop } from '../../app/run/stop';
import { NEEDS_CAPTURE } from '../../app/run/tuning';
import { faultOf } from '../../app/stage/fault';
import { isBusy } from './lab';
import { roleOfDraft } from './labPreflight';

/** What is wrong with a draft, by field, in the order of the form. Main checks again when Run is pressed. */
export type FieldProblems = Readonly<Record<string, string>>;

/** The text of an option as a run takes it: what was typed, its default when that is nothing. */
export function optionText(settings: Settings, backend: string, option: BackendOption): string {
  const typed = settings.options[backend]?.[option.name];
  return typed === undefined || typed.trim() === '' ? defaultText(option) : typed;
}

/** The other instances as attaching sees them. Whether one is taken already is main's to know. */
function neighboursOf(own: InstanceInfo, all: readonly InstanceInfo[]): readonly Neighbour[] {
  return all
    .filter(({ id }) => id !== own.id)
    .map((i) => ({
      id: i.id,
      backend: (isBusy(i) ? i.ranOn : null) ?? i.settings.backend,
      attachedTo: null,
    }));
}

function optionProblem(
  settings: Settings,
  instance: InstanceInfo,
  backend: BackendDescriptor,
  option: BackendOption,
  instances: readonly InstanceInfo[],
  labOpen: boolean,
): string | null {
  if (option.kind === 'output') {
    const missing = option.required && instance.outputs.file === null;
    return missing ? `Choose the file that ${backend.name} writes.` : null;
  }
  const result = parseOption(backend.name, option, optionText(settings, backend.name, option));
  if (!result.ok) return result.sentence;
  if (option.kind === 'choice' && option.name === PAIR_OR_NONE.name) {
    const missing = result.value !== option.default && !labOpen;
    return missing ? pairNeedsLab(Number(result.value)) : null;
  }
  if (option.kind !== 'instance' || typeof result.value !== 'string') return null;
  return attachSentence(instance.id, result.value, neighboursOf(instance, instances));
}

/** The field that stands for the packet source: the hex text, or the capture. */
function sourceProblem(settings: Settings, instance: InstanceInfo): [field: string, sentence: string] | null {
  if (settings.source === 'hex') {
    const bytes = parseHex(settings.hex);
    if (!bytes.ok) return ['hex', bytes.sentence];
    const wrong = specError(packetBehind(settings.hex, settings.packet));
    return wrong === null ? null : ['packet', wrong];
  }
  if (instance.capture === null) {
    return ['capture', instance.captureNote ?? 'Open a capture first (Ctrl+O), or send the hex text.'];
  }
  if (instance.capture.sendable + instance.capture.oversize === 0) {
    return ['capture', `${instance.capture.name} holds no Ethernet frame, so there is nothing to send.`];
  }
  return null;
}

/** Why the packet can't be signed; null where it can, or is wrong in other ways. */
function hexUnsignable(hex: string): string | null {
  const bytes = parseHex(hex);
  return bytes.ok ? unsignable(bytes.value) : null;
}

export function checkSettings(
  settings: Settings,
  instance: InstanceInfo,
  backends: readonly BackendDescriptor[],
  instances: readonly InstanceInfo[] = [],
): FieldProblems {
  const problems: Record<string, string> = {};
  const source = sourceProblem(settings, instance);
  if (source) problems[source[0]] = source[1];

  const backend = backends.find((b) => b.name === settings.backend);
  if (!backend) problems.backend = `There is no backend named ${settings.backend}. Choose another one.`;
  else if (backend.unavailable !== null) problems.backend = backend.unavailable;
  for (const option of backend?.options ?? []) {
    const sentence = backend
      ? optionProblem(settings, instance, backend, option, instances, isLabOpen(backends))
      : null;
    if (sentence !== null) problems[`options.${option.name}`] = sentence;
  }

  const batch = parseWhole(settings.batch, 'The batch size', BATCH_MIN, BATCH_MAX);
  if (!batch.ok) problems.batch = batch.sentence;
  const flush = parseFlush(settings.flush);
  if (!flush.ok) problems.flush = flush.sentence;
  const rate = parseRate(settings.rate);
  if (!rate.ok) problems.rate = rate.sentence;
  else if (rate.value.kind === 'capture' && settings.source !== 'capture') problems.rate = NEEDS_CAPTURE;
  const stop = parseStop(settings.stop);
  if (!stop.ok) problems.stop = stop.sentence;
  const signs = settings.signature && settings.source === 'hex' && roleOfDraft(settings) !== 'receive';
  const unsigned = signs ? hexUnsignable(settings.hex) : null;
  if (unsigned !== null) problems.signature = unsigned;
  const seed = parseWhole(settings.seed, 'The seed', 0, SEED_MAX);
  if (!seed.ok) problems.seed = seed.sentence;
  for (const [name, text] of Object.entries(settings.faultOn ? settings.fault : {})) {
    const one = text.trim() === '' ? null : faultOf({ [name]: text });
    if (one && !one.ok) problems[`fault.${name}`] = one.sentence;
  }
  if (settings.teeOn && instance.outputs.tee === null) problems.tee = 'Choose the file that the tee writes.';
  return problems;
}

/** Whether a problem is only something not chosen yet: that is not marked as an error before Run is pressed. */
export function isUnchosen(
  field: string,
  instance: InstanceInfo,
  backend: BackendDescriptor | undefined,
): boolean {
  if (field === 'capture') return instance.capture === null;
  if (field === 'tee') return instance.outputs.tee === null;
  const option = backend?.options.find((o) => field === `options.${o.name}`);
  return option?.kind === 'output';
}
