import { parseWhole } from '../quantity/parse';
import { parseFlush } from './flush';
import { BATCH_MAX, BATCH_MIN, type RunPlan, type Settings, type Tuning } from './plan';
import { parseRate } from './rate';

/** The settings that may change while a run is on. */
export const TUNABLE = ['rate', 'batch', 'flush'] as const satisfies readonly (keyof Settings)[];

/** What is asked for while a run is on, or the sentence and the field it belongs to. */
export type Tuned = { ok: true; tuning: Tuning } | { ok: false; field: string; sentence: string };

/** Checks the settings that may change; `streams` are those of the run (or of the plan to be). */
export function tuningOf(
  settings: Pick<Settings, (typeof TUNABLE)[number]>,
  streams: readonly Pick<RunPlan['streams'][number], 'kind'>[],
): Tuned {
  const batch = parseWhole(settings.batch, 'The batch size', BATCH_MIN, BATCH_MAX);
  if (!batch.ok) return { ok: false, field: 'batch', sentence: batch.sentence };
  const flush = parseFlush(settings.flush);
  if (!flush.ok) return { ok: false, field: 'flush', sentence: flush.sentence };
  const rate = parseRate(settings.rate);
  if (!rate.ok) return { ok: false, field: 'rate', sentence: rate.sentence };
  if (rate.value.kind === 'capture' && streams.some(({ kind }) => kind !== 'capture')) {
    const sentence = streams[0]?.kind === 'capture' ? NEEDS_CAPTURES : NEEDS_CAPTURE;
    return { ok: false, field: 'rate', sentence };
  }
  return { ok: true, tuning: { batch: batch.value, flush: flush.value, rate: rate.value } };
}

export const NEEDS_CAPTURE =
  'The rate “capture” needs the times of a capture: open one, or choose another rate.';
const NEEDS_CAPTURES =
  'The rate “capture” needs the times of captures: every stream of the plan has to be one.';

/** What a setting is called in a sentence. */
const WORDS: Readonly<Record<keyof Settings, string>> = {
  backend: 'the backend',
  options: 'the backend’s options',
  batch: 'the batch size',
  flush: 'the flush policy',
  rate: 'the rate',
  stop: 'when it stops',
  again: 'what AGAIN does',
  seed: 'the seed',
  faultOn: 'the stages',
  fault: 'the fault stage',
  teeOn: 'the stages',
  signature: 'the signature',
  source: 'what is sent',
  hex: 'the packet',
  packet: 'the packet',
};

/** The sentence about a setting that can't change while a run is on. */
export function lockedSentence(field: keyof Settings): string {
  return `Stop the run to change ${WORDS[field]}.`;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The first setting that differs and can't change while a run is on, with the name of its field; null when none does. */
export function lockedChange(before: Settings, after: Settings): { field: string; sentence: string } | null {
  for (const key of Object.keys(WORDS) as (keyof Settings)[]) {
    if ((TUNABLE as readonly string[]).includes(key) || same(before[key], after[key])) continue;
    return { field: fieldOf(key, before, after), sentence: lockedSentence(key) };
  }
  return null;
}

/** The field of the form that shows a setting: options and faults have one each. */
function fieldOf(key: keyof Settings, before: Settings, after: Settings): string {
  if (key === 'fault') return within(key, before.fault, after.fault);
  if (key !== 'options') return key;
  return within(key, before.options[after.backend] ?? {}, after.options[after.backend] ?? {});
}

function within(
  key: string,
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): string {
  const name = [...Object.keys(a), ...Object.keys(b)].find((n) => a[n] !== b[n]);
  return name === undefined ? key : `${key}.${name}`;
}
