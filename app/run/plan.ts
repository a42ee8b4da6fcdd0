import { z } from 'zod';
import type { AioCodeName } from '../aio/codes';
import type { OptionValue } from '../backend/descriptor';
import { frameSpecSchema } from '../packet/spec';
import type { FaultSpec } from '../stage/fault';
import type { FlushPolicy } from './flush';
import type { Rate } from './rate';
import type { StopRule } from './stop';

export const AGAIN_POLICIES = ['retry', 'drop', 'stop'] as const;
export type AgainPolicy = (typeof AGAIN_POLICIES)[number];

/** Packets in one send call. */
export const BATCH_MIN = 1;
export const BATCH_MAX = 4096;
export const BATCH_DEFAULT = 64;
export const SEED_MAX = 2 ** 32 - 1;
/** Streams of a plan. */
export const STREAMS_MAX = 64;

/** How long a run may make no progress before it ends with the fault "stalled". */
export const STALL_NS = 10e9;

/** Packets of a plan in their order: frames, or a capture. */
export type PacketStream =
  | { readonly kind: 'frames'; readonly frames: readonly Uint8Array[] }
  | { readonly kind: 'capture'; readonly path: string };

/** A run with everything checked: what the command line and the window both hand to the lab. */
export interface RunPlan {
  readonly backend: { readonly name: string; readonly options: Readonly<Record<string, OptionValue>> };
  /** Sent one after the other, then from the first again. */
  readonly streams: readonly PacketStream[];
  readonly batch: number;
  readonly rate: Rate;
  readonly stop: StopRule;
  readonly flush: FlushPolicy;
  readonly again: AgainPolicy;
  readonly seed: number;
  /** The stages in front of the backend, in this order: fault, tee. Null = not there. */
  readonly fault: FaultSpec | null;
  /** Where the tee records what the backend accepted. */
  readonly tee: string | null;
  /** Whether packets are signed and the far end reads it (`native/include/pl_signature.h`); absent = not. */
  readonly signature?: boolean;
  /** Where the far end's packets are written, or null. */
  readonly peerOut: string | null;
  /** Whether existing outputs may be overwritten. */
  readonly force: boolean;
  /** Outputs that are never overwritten, whatever `force` says: nobody was asked about them yet. */
  readonly keep?: readonly string[];
  /** Files this was read from, besides captures: a plan, a SPEC. Never written. */
  readonly inputs?: readonly string[];
}

/** What may change while a run is on. */
export type Tuning = Pick<RunPlan, 'batch' | 'rate' | 'flush'>;

/** Settings are kept and told to every page, so what is in them is bounded. */
const NAMES_MAX = 64;

function few<T extends z.ZodType<Record<string, unknown>>>(record: T): T {
  return record.refine((r) => Object.keys(r).length <= NAMES_MAX, `at most ${NAMES_MAX} names`);
}

/**
 * The run settings as they stand in the window: text the person typed, kept even while wrong.
 * Main checks them with the same parsers as the command line when Run is pressed.
 */
export const settingsSchema = z.object({
  backend: z.string().max(64),
  /** Per backend, so that switching back and forth loses nothing. */
  options: few(z.record(z.string().max(64), few(z.record(z.string().max(64), z.string().max(4096))))),
  batch: z.string().max(64),
  flush: z.string().max(128),
  rate: z.string().max(64),
  stop: z.string().max(64),
  again: z.enum(AGAIN_POLICIES),
  seed: z.string().max(64),
  /** The fault stage: whether it is in the chain, and its options as typed. */
  faultOn: z.boolean(),
  fault: few(z.record(z.string().max(64), z.string().max(64))),
  /** Whether the tee is in the chain; its file is chosen in a dialog. */
  teeOn: z.boolean(),
  /** Whether packets are signed; sessions of before have not said. */
  signature: z.boolean().default(false),
  source: z.enum(['hex', 'capture']),
  /** The bytes of the packet as text; it decides, also while it is wrong. */
  hex: z.string().max(65_536),
  /** The packet in layers, as long as it encodes to these bytes. */
  packet: frameSpecSchema,
});
export type Settings = z.infer<typeof settingsSchema>;

export type { AioCodeName };
