import type { BackendDescriptor } from '../backend/descriptor';
import { encodeBytes, specError } from '../packet/encode';
import { formatHex } from '../packet/hex';
import { checkSpec, issueSentence } from '../packet/parseSpec';
import type { FrameSpec } from '../packet/spec';
import { durationText, type Parsed, parsed, refused } from '../quantity/parse';
import { formatFlush } from './flush';
import { type RunPlan, type Settings, STREAMS_MAX, settingsSchema } from './plan';
import {
  PLAN_VERSION,
  type PlanDocument,
  type PlanStream,
  planOfDocument,
  type Resolve,
  type WrittenPlan,
} from './planDocument';
import { formatRate } from './rate';
import { type Chosen, type MoreStream, type Planned, planOf } from './settings';
import { formatStop } from './stop';

/**
 * The draft of an instance as a plan document, and back. Both ways give the same run. What the run
 * does not use stays with the window: options of other backends, a fault stage that is off, the hex
 * text behind a capture, and the file for the far end's packets, which is the command's own.
 */

export type Documented = { ok: true; document: WrittenPlan } | (Planned & { ok: false });

/** Turns an absolute path into the one that is written in the document. */
export type NameOf = (path: string) => string;

/** The document of a draft that can be run; else the sentence that Run would give, with its field. */
export function documentOf(
  settings: Settings,
  backends: readonly BackendDescriptor[],
  chosen: Chosen,
  nameOf: NameOf,
): Documented {
  const planned = planOf(settings, backends, chosen);
  if (!planned.ok) return planned;
  const { plan } = planned;
  const stages = stagesOf(settings, plan, nameOf);
  const stop = stopOf(plan.stop);
  return {
    ok: true,
    document: {
      version: PLAN_VERSION,
      backend: { name: plan.backend.name, options: optionsOf(settings, backends, chosen, nameOf) },
      ...(stages.length > 0 && { stages }),
      streams: [
        firstStream(settings, plan, nameOf),
        ...chosen.more.map(({ written }) => withName(written, nameOf)),
      ],
      batch: plan.batch,
      rate: formatRate(plan.rate),
      ...(stop && { stop }),
      flush: formatFlush(plan.flush),
      again: plan.again,
      seed: plan.seed,
      ...(plan.signature && { signature: 'on' as const }),
    },
  };
}

/** Text as a number where that says the same. */
function plain(text: string): string | number {
  const clean = text.trim();
  const number = Number(clean);
  return String(number) === clean && Number.isFinite(number) ? number : clean;
}

function optionsOf(
  settings: Settings,
  backends: readonly BackendDescriptor[],
  chosen: Chosen,
  nameOf: NameOf,
): Record<string, string | number> {
  const options: Record<string, string | number> = {};
  const typed = settings.options[settings.backend] ?? {};
  for (const { name, kind } of backends.find((b) => b.name === settings.backend)?.options ?? []) {
    const text = Object.hasOwn(typed, name) ? (typed[name] ?? '') : '';
    if (kind === 'output') {
      if (chosen.file !== null) options[name] = nameOf(chosen.file);
    } else if (text.trim() !== '') {
      options[name] = plain(text);
    }
  }
  return options;
}

function stagesOf(settings: Settings, plan: RunPlan, nameOf: NameOf): NonNullable<WrittenPlan['stages']> {
  const stages: NonNullable<WrittenPlan['stages']> = [];
  if (settings.faultOn) {
    const given = Object.entries(settings.fault).filter(([, text]) => text.trim() !== '');
    stages.push({
      name: 'fault',
      options: Object.fromEntries(given.map(([name, text]) => [name, plain(text)])),
    });
  }
  if (plan.tee !== null) stages.push({ name: 'tee', options: { file: nameOf(plan.tee) } });
  return stages;
}

function stopOf({ after, until }: RunPlan['stop']): WrittenPlan['stop'] {
  const first = until === null ? {} : { until };
  switch (after.kind) {
    case 'once':
      return until === null ? undefined : first;
    case 'never':
      return { never: true, ...first };
    case 'count':
      return { count: after.count, ...first };
    case 'duration':
      return { duration: durationText(after.ns), ...first };
  }
}

/** Layers where they are known to make these bytes; else the bytes. */
function firstStream(settings: Settings, { streams }: RunPlan, nameOf: NameOf): PlanStream {
  const [first] = streams;
  if (first?.kind === 'capture') return { capture: nameOf(first.path) };
  const bytes = first?.frames[0] ?? new Uint8Array();
  return makes(settings.packet, bytes)
    ? { packet: settings.packet }
    : { hex: formatHex(bytes).replaceAll(/\s/g, '') };
}

function makes(spec: FrameSpec, bytes: Uint8Array): boolean {
  if (spec.layers.length === 0 || specError(spec) !== null) return false;
  const made = encodeBytes(spec);
  return made.length === bytes.length && made.every((byte, i) => byte === bytes[i]);
}

function withName(stream: PlanStream, nameOf: NameOf): PlanStream {
  return 'capture' in stream ? { capture: nameOf(stream.capture) } : stream;
}

/** A plan as an instance of the window holds it. */
export interface OpenedPlan {
  readonly settings: Settings;
  /** The capture that is sent first; null when the plan begins with a packet. */
  readonly capture: string | null;
  readonly file: string | null;
  readonly tee: string | null;
  readonly more: readonly MoreStream[];
}

/**
 * What an instance holds after a plan was opened in it; `base` is what it held before, for all that a
 * plan does not speak of. The sentence starts with the path of what is wrong.
 */
export function settingsOf(
  document: PlanDocument,
  backends: readonly BackendDescriptor[],
  resolve: Resolve,
  base: Settings,
): Parsed<OpenedPlan> {
  const read = planOfDocument(document, backends, resolve, { peerOut: null, force: false });
  if (!read.ok) return read;
  const plan = read.value;
  const outputs = new Set(
    backends
      .find(({ name }) => name === plan.backend.name)
      ?.options.filter(({ kind }) => kind === 'output')
      .map(({ name }) => name),
  );
  const options = textsOf(document.backend.options).filter(([name]) => !outputs.has(name));
  const fault = document.stages.find(({ name }) => name === 'fault');
  const { file } = plan.backend.options;
  const settings: Settings = {
    backend: plan.backend.name,
    options: { ...base.options, [plan.backend.name]: Object.fromEntries(options) },
    batch: String(plan.batch),
    flush: document.flush ?? formatFlush(plan.flush),
    rate: document.rate ?? formatRate(plan.rate),
    stop: formatStop(plan.stop),
    again: plan.again,
    seed: String(plan.seed),
    faultOn: plan.fault !== null,
    fault: fault ? Object.fromEntries(textsOf(fault.options)) : base.fault,
    teeOn: plan.tee !== null,
    signature: plan.signature ?? false,
    ...firstSource(document, plan, base),
  };
  const more = moreOf(document, plan, resolve);
  if (more.length >= STREAMS_MAX) {
    return refused(
      `streams: with one stream for each packet of the first there are ${more.length + 1}; the window takes ${STREAMS_MAX}. The command packet-lab run sends this plan.`,
    );
  }
  const fits = settingsSchema.safeParse(settings);
  if (!fits.success) {
    return refused(
      `The window has no room for this plan (${issueSentence(fits.error).replace(/\.$/, '')}). The command packet-lab run sends it.`,
    );
  }
  const [first] = plan.streams;
  return parsed({
    settings: fits.data,
    capture: first?.kind === 'capture' ? first.path : null,
    file: typeof file === 'string' ? file : null,
    tee: plan.tee,
    more,
  });
}

function textsOf(options: Readonly<Record<string, string | number | boolean>>): [string, string][] {
  return Object.entries(options).map(([name, value]) => [name, String(value)]);
}

/** The first stream as the draft's packet; one of several packets begins with its first. */
function firstSource(
  { streams: [written] }: PlanDocument,
  { streams: [first] }: RunPlan,
  base: Settings,
): Pick<Settings, 'source' | 'hex' | 'packet'> {
  if (first?.kind !== 'frames' || !written) return { source: 'capture', hex: base.hex, packet: base.packet };
  const bytes = first.frames[0] ?? new Uint8Array();
  // Without layers of its own the packet is what the bytes decode to, and is saved as bytes again.
  const packet = 'packet' in written ? firstSpec(written.packet) : undefined;
  return { source: 'hex', hex: formatHex(bytes), packet: packet ?? { layers: [] } };
}

function firstSpec(packet: unknown): FrameSpec | undefined {
  const specs = checkSpec(Array.isArray(packet) ? packet[0] : packet);
  return specs.ok ? specs.value[0] : undefined;
}

function moreOf(document: PlanDocument, plan: RunPlan, resolve: Resolve): MoreStream[] {
  const more: MoreStream[] = [];
  for (const [index, written] of document.streams.entries()) {
    const stream = plan.streams[index];
    if (!stream) continue;
    if (index > 0) more.push({ written: withName(written, resolve), stream });
    else if (stream.kind === 'frames' && stream.frames.length > 1 && 'packet' in written) {
      const rest = Array.isArray(written.packet) ? written.packet.slice(1) : [];
      more.push({ written: { packet: rest }, stream: { kind: 'frames', frames: stream.frames.slice(1) } });
    }
  }
  return more;
}
