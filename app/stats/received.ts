import { z } from 'zod';
import { rowsOf } from './calls';

/**
 * What the far end makes of what it receives, by the signatures of the packets. Exact meanings:
 * `native/include/pl_receive.h`.
 */

/** The last frames that are kept (`PL_FRAMES`), and the bytes kept of each (`PL_FRAME_MAX`). */
export const FRAMES_KEPT = 256;
export const FRAME_BYTES_KEPT = 256;

const count = z.number().nonnegative();

const timesSchema = z.object({ n: count, p50: count, p90: count, p99: count, p999: count, max: count });
/** Quantiles in ns. */
export type Times = z.infer<typeof timesSchema>;

export const receivedStreamSchema = z.object({
  /** Which stream of the sender's plan, from 0. */
  id: count,
  /** Sequence numbers that arrived, each once. */
  received: count,
  /** Numbers that are missing; while a run is on those below the highest that arrived. */
  lost: count,
  /** Numbers that arrived after a higher one. */
  reordered: count,
  /** Frames whose number had arrived before. */
  duplicated: count,
  /** Arrival − send time of each number, by CLOCK_MONOTONIC of this host. */
  latencyNs: timesSchema,
  /** Between one frame of the stream and the next. */
  gapNs: timesSchema,
});
export type ReceivedStream = z.infer<typeof receivedStreamSchema>;

export const receivedSchema = z.object({
  streams: z.array(receivedStreamSchema),
  /** Frames without a whole signature. */
  unsigned: count,
  /** Frames so far behind that nothing can be said of them; their numbers stay lost. */
  tooLate: count,
  /** Frames that arrived and the receiver itself lost, because its receive ring was full. */
  ownLoss: count,
});
export type Received = z.infer<typeof receivedSchema>;

export const receivedFrameSchema = z.object({
  /** 1-based number of the frame at this receiver. */
  no: count,
  /** Seconds since the run's first call. */
  time: z.number(),
  /** Bytes of the frame, of which `hex` may be the beginning. */
  length: count,
  hex: z.string().max(2 * FRAME_BYTES_KEPT),
});
export type ReceivedFrame = z.infer<typeof receivedFrameSchema>;

export const framesReadingSchema = z.object({
  /** Number of the run they belong to. */
  run: z.number(),
  /** Frames that have arrived so far. */
  total: count,
  /** The last of them, oldest first. */
  frames: z.array(receivedFrameSchema).max(FRAMES_KEPT),
});
export type FramesReading = z.infer<typeof framesReadingSchema>;

const BUCKETS_MAX = 4608;

export const streamHistogramsSchema = z.object({
  run: z.number(),
  /** Stream of the plan. */
  stream: z.number(),
  latency: rowsOf(3, BUCKETS_MAX),
  gap: rowsOf(3, BUCKETS_MAX),
});
export type StreamHistograms = z.infer<typeof streamHistogramsSchema>;
