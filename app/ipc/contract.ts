import { z } from 'zod';
import { backendDescriptorSchema } from '../backend/descriptor';
import { diagnosisSchema } from '../lab/finding';
import { labPortInputSchema, labSizeSchema, netLabSchema } from '../lab/state';
import { STREAMS_MAX, settingsSchema } from '../run/plan';
import { CALLS_KEPT, callsReadingSchema, histogramsSchema } from '../stats/calls';
import { framesReadingSchema, streamHistogramsSchema } from '../stats/received';
import { historySchema, STALLS_KEPT, stallSchema } from '../stats/series';
import { snapshotSchema } from '../stats/snapshot';
import { exportSchema } from './export';

/**
 * The map of the app: every request the page can make and every event main can post.
 * Types of both sides, run-time checks and test mocks all derive from this one value.
 * No packet of a run crosses here; a page reads frames of an opened capture on demand.
 */

export const instanceIdSchema = z.string().regex(/^[A-Z]{1,3}$/);

/** What is known of an opened capture; `problem` is the sentence of a damaged one. */
export const captureInfoSchema = z.object({
  /** File name without folder, as untrusted text. */
  name: z.string(),
  format: z.enum(['pcap', 'pcapng']),
  frames: z.number(),
  /** Sum of captured bytes. */
  bytes: z.number(),
  fileBytes: z.number(),
  /** Time from the first to the last frame, in seconds. */
  seconds: z.number(),
  /** Frames on Ethernet interfaces with at most 4096 B: what a run can send. */
  sendable: z.number(),
  /** Frames over 4096 B: refused and counted. */
  oversize: z.number(),
  /** Frames cut by the capture's snap length. */
  truncated: z.number(),
  /** Link types by name with their number of frames, for example Ethernet. */
  linkTypes: z.array(z.object({ name: z.string(), frames: z.number(), ethernet: z.boolean() })),
  /** How many frames the list can show (at most 1,000,000). */
  listed: z.number(),
  problem: z.string().nullable(),
});
export type CaptureInfo = z.infer<typeof captureInfoSchema>;

export const frameRowSchema = z.object({
  /** 1-based number as in Wireshark. */
  no: z.number(),
  /** Seconds since the first frame. */
  time: z.number(),
  /** Captured length in bytes, and the length on the link. */
  length: z.number(),
  original: z.number(),
  /** Link type name, for example Ethernet. */
  link: z.string(),
  /** The first bytes (at most 24) as hex digits. */
  head: z.string(),
  /** What the capture says on this frame, as untrusted text of at most 300 characters; null when it says nothing. */
  comment: z.string().nullable(),
  /** Why this frame will not be sent, or null. */
  note: z.string().nullable(),
});
export type FrameRow = z.infer<typeof frameRowSchema>;

/** What a run writes: the backend's file, the far end's capture, the tee's capture. */
export const OUTPUTS = ['file', 'peer', 'tee'] as const;
export type OutputName = (typeof OUTPUTS)[number];

export const RUN_PHASES = ['idle', 'opening', 'running', 'stopping', 'done', 'fault'] as const;

export const instanceSchema = z.object({
  id: instanceIdSchema,
  /** The name of the plan that was opened or saved last, as untrusted text; null before. */
  title: z.string().nullable(),
  settings: settingsSchema,
  capture: captureInfoSchema.nullable(),
  /** Why the capture of an opened plan or of the last session is not there, or that it is being opened. */
  captureNote: z.string().nullable(),
  /** Streams of an opened plan that are sent after the packet or capture, one description each. */
  more: z.array(z.string()),
  /** Outputs chosen in main's save dialog: full paths, shown as text. */
  outputs: z.object({
    file: z.string().nullable(),
    peer: z.string().nullable(),
    tee: z.string().nullable(),
  }),
  phase: z.enum(RUN_PHASES),
  /** Number of the run, 1-based over the life of the instance; 0 before the first. */
  run: z.number(),
  /** The rate the current or last run was asked for, in pps; null = max or no run yet. */
  askedPps: z.number().nullable(),
  /** What the current or last run was asked for, as shown: max, 10.0 kpps, 100 Mbit/s L1; null before the first. */
  asked: z.string().nullable(),
  /** The backend of the current or last run; null before the first. */
  ranOn: z.string().nullable(),
});
export type InstanceInfo = z.infer<typeof instanceSchema>;

export const journalEntrySchema = z.object({
  seq: z.number(),
  /** Wall clock, ms since the epoch. */
  at: z.number(),
  level: z.enum(['info', 'warning', 'fault']),
  instance: instanceIdSchema.nullable(),
  text: z.string(),
});
export type JournalEntry = z.infer<typeof journalEntrySchema>;

export const liveSchema = z.object({
  id: instanceIdSchema,
  run: z.number(),
  snapshot: snapshotSchema,
  /** When nothing was sampled, the latest ones. */
  stalls: z.array(stallSchema).max(STALLS_KEPT),
});
export type Live = z.infer<typeof liveSchema>;

export const instanceDiagnosisSchema = diagnosisSchema.extend({ id: instanceIdSchema });

/** A plan that was opened or saved before; the key is what the page may say of it. */
export const recentPlanSchema = z.object({ key: z.number(), name: z.string(), folder: z.string() });
export type RecentPlan = z.infer<typeof recentPlanSchema>;

/** Everything a page needs to draw itself after start, reload or crash. */
export const helloSchema = z.object({
  about: z.object({
    version: z.string(),
    electron: z.string(),
    chrome: z.string(),
    node: z.string(),
    /** Which runtime the app runs on: override, official or fallback (development only). */
    runtime: z.string(),
    platform: z.string(),
  }),
  backends: z.array(backendDescriptorSchema),
  instances: z.array(instanceSchema),
  live: z.array(liveSchema),
  history: z.record(z.string(), historySchema),
  journal: z.array(journalEntrySchema),
  /** The instance that was shown last, or null. */
  selected: instanceIdSchema.nullable(),
  recent: z.array(recentPlanSchema),
  /** The lab of interfaces, open or not. */
  netLab: netLabSchema,
  /** Of the instances that were looked at. */
  diagnoses: z.array(instanceDiagnosisSchema),
});
export type Hello = z.infer<typeof helloSchema>;

/** Strict, as every input: what a page says beyond it (a path, for one) is refused and not overlooked. */
const byId = z.strictObject({ id: instanceIdSchema });
const nothing = z.null();

/**
 * Requests: the page asks, main answers or refuses with an `IpcFailure`. `patient` ones may take as
 * long as a person or a large file takes; all others answer at once.
 */
export const requests = {
  'lab.hello': { input: nothing, output: helloSchema },
  'instance.add': { input: nothing, output: instanceSchema },
  /** A new instance with the same settings and capture; its outputs are to be chosen anew. */
  'instance.duplicate': { input: byId, output: instanceSchema },
  'instance.remove': { input: byId, output: nothing, patient: true },
  /** Keeps the draft. While a run is on rate, batch and flush change with it, and another change is refused. */
  'instance.configure': { input: byId.extend({ settings: settingsSchema }), output: instanceSchema },
  /** The instance that the page shows from now on. */
  'instance.select': { input: byId, output: nothing },
  /** Main shows its save dialog and writes the draft as a plan; null when it was cancelled. */
  'plan.save': { input: byId, output: instanceSchema.nullable(), patient: true },
  /** Main shows its open dialog and puts a plan in place of the draft; null when it was cancelled. */
  'plan.open': { input: byId, output: instanceSchema.nullable(), patient: true },
  'plan.openRecent': {
    input: byId.extend({ key: z.number().int().nonnegative() }),
    output: instanceSchema,
    patient: true,
  },
  /** Takes the streams behind the first out of the run. */
  'plan.firstOnly': { input: byId, output: instanceSchema },
  /** Puts the command that repeats the run on the clipboard; `notes` say what it does not repeat. */
  'plan.copyCommand': {
    input: byId,
    output: z.object({ command: z.string(), notes: z.array(z.string()) }),
  },
  /** Checks the draft, opens the backend, starts the run. */
  'run.start': { input: byId, output: nothing, patient: true },
  'run.stop': { input: byId, output: nothing, patient: true },
  'run.stopAll': { input: nothing, output: nothing, patient: true },
  /** A send of zero packets with flush, as soon as the runner gets to it. */
  'run.flush': { input: byId, output: nothing },
  /** Recent send calls from number `first` on, at most `max`; null before the first run. Also after its end. */
  'calls.read': {
    input: byId.extend({
      first: z.number().int().nonnegative(),
      max: z.number().int().min(1).max(CALLS_KEPT),
    }),
    output: callsReadingSchema.nullable(),
  },
  /** Histograms over all calls of the run; null before the first run. */
  'calls.histograms': { input: byId, output: histogramsSchema.nullable() },
  /** The last frames that the far end received; null before the first run. Also after its end. */
  'received.frames': { input: byId, output: framesReadingSchema.nullable() },
  /** Histograms of one stream that the far end received; null before the first run. */
  'received.histograms': {
    input: byId.extend({
      stream: z
        .number()
        .int()
        .min(0)
        .max(STREAMS_MAX - 1),
    }),
    output: streamHistogramsSchema.nullable(),
  },
  /** Main shows its open dialog; null when it was cancelled. */
  'capture.open': { input: byId, output: instanceSchema.nullable(), patient: true },
  'capture.frames': {
    input: byId.extend({ first: z.number().int().nonnegative(), count: z.number().int().min(1).max(200) }),
    output: z.array(frameRowSchema),
  },
  /** The bytes of one frame (0-based `index`) as hex digits, at most 65,536 bytes. */
  'capture.bytes': { input: byId.extend({ index: z.number().int().nonnegative() }), output: z.string() },
  /** Main shows its save dialog for an output; null when it was cancelled. */
  'output.choose': {
    input: byId.extend({ which: z.enum(OUTPUTS) }),
    output: instanceSchema.nullable(),
    patient: true,
  },
  /** Writes what the page shows to a file chosen in main's save dialog; its path, or null when it was cancelled. */
  'export.save': { input: byId.extend(exportSchema.shape), output: z.string().nullable(), patient: true },
  /** Opens the one lab of interfaces the window may have. */
  'lab.open': { input: labSizeSchema, output: netLabSchema, patient: true },
  /** Stops the runs on the lab and ends it; no refusal when there is none. */
  'lab.close': { input: nothing, output: netLabSchema, patient: true },
  /** Changes an interface of the lab, also while a run sends on it. */
  'lab.port': { input: labPortInputSchema, output: netLabSchema },
  'output.clear': { input: byId.extend({ which: z.enum(OUTPUTS) }), output: instanceSchema },
} as const;

/** Events: main posts, the page listens. */
export const events = {
  /** Totals of all instances; at most one is under way, the page acknowledges after painting. */
  stats: z.object({
    seq: z.number(),
    live: z.array(liveSchema),
    /** Sampler ticks this client did not get because it had not yet painted. */
    skipped: z.number(),
  }),
  instances: z.array(instanceSchema),
  journal: z.array(journalEntrySchema),
  recent: z.array(recentPlanSchema),
  /** The lab of interfaces: it or one of them has changed. */
  'lab.state': netLabSchema,
  /** What is found about instances, of those where it differs from what was told last; at most a few a second. */
  diagnoses: z.array(instanceDiagnosisSchema),
  /** A command of the native menu, by the id it has in the page's palette. */
  command: z.object({ id: z.string().max(64) }),
} as const;

export const contract = { requests, events } as const;

export type RequestName = keyof typeof requests;
export type RequestInput<N extends RequestName> = z.infer<(typeof requests)[N]['input']>;
export type RequestOutput<N extends RequestName> = z.infer<(typeof requests)[N]['output']>;
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.infer<(typeof events)[N]>;

export function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(requests, name);
}

/** Why a request was refused: a code for programs, one sentence for people, a field to show it at. */
export const failureSchema = z.object({
  code: z.enum(['UNKNOWN_CHANNEL', 'BAD_MESSAGE', 'BAD_INPUT', 'BUSY', 'FAULT', 'INTERNAL']),
  sentence: z.string(),
  /** The setting at fault: `batch`, `rate`, `options.ring`, `capture` … or null. */
  field: z.string().nullable(),
});
export type IpcFailure = z.infer<typeof failureSchema>;

/** What travels over the port, page → main. */
export const toMainSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('request'),
    id: z.number().int(),
    name: z.string().max(64),
    input: z.unknown(),
  }),
  /** The page has painted the stats message with this number: main may send the next. */
  z.object({ type: z.literal('painted'), seq: z.number().int() }),
]);
export type ToMain = z.infer<typeof toMainSchema>;

/** What travels over the port, main → page. */
export const toPageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('answer'), id: z.number().int(), output: z.unknown() }),
  z.object({ type: z.literal('failure'), id: z.number().int(), failure: failureSchema }),
  z.object({ type: z.literal('event'), name: z.string(), payload: z.unknown() }),
]);
export type ToPage = z.infer<typeof toPageSchema>;

/**
 * What the preload exposes to the page as `window.packetLab`, frozen, and nothing else:
 * a pair of functions over the private port. The page checks what arrives with the schemas above.
 */
export interface PageBridge {
  /** Posts one message to main. */
  post(message: ToMain): void;
  /** Hears messages from main; one listener, the latest wins. */
  listen(listener: (message: unknown) => void): void;
}
