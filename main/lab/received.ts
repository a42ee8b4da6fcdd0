import { hexOf } from '../../app/packet/value';
import type { Received, ReceivedFrame } from '../../app/stats/received';
import type { NativeAddon, NativeRun } from '../native/addon';
import type { NativeFrames, NativeReceived, NativeStreamHistograms } from '../native/readings';

/** The last frames that arrived, as the page lists them. */
export interface LastFrames {
  readonly total: number;
  readonly frames: readonly ReceivedFrame[];
}

/** What a run's far end received: read from the run while it exists, kept from its end on. */
export class ReceivedReader {
  private last: {
    readonly frames: LastFrames;
    readonly streams: Map<number, NativeStreamHistograms>;
  } | null = null;

  constructor(
    private readonly addon: NativeAddon,
    private readonly run: NativeRun,
  ) {}

  frames(): LastFrames {
    return this.last?.frames ?? framesOf(this.addon.readFrames(this.run));
  }

  /** Histograms of one stream; empty for one that nothing is known of. */
  histograms(stream: number): NativeStreamHistograms {
    if (!this.last) return this.addon.readStream(this.run, stream);
    return this.last.streams.get(stream) ?? { latency: new Float64Array(), gap: new Float64Array() };
  }

  /** The run goes: keeps what it knows of these streams. */
  keep(received: NativeReceived | null): void {
    const streams = (received?.streams ?? []).map(({ id }) => id);
    this.last = {
      frames: this.frames(),
      streams: new Map(streams.map((id) => [id, this.addon.readStream(this.run, id)])),
    };
  }
}

const COLUMNS = 4;

function framesOf({ total, rows, bytes }: NativeFrames): LastFrames {
  const frames: ReceivedFrame[] = [];
  let at = 0;
  for (let i = 0; i + COLUMNS <= rows.length; i += COLUMNS) {
    const [no = 0, ns = 0, length = 0, kept = 0] = rows.subarray(i, i + COLUMNS);
    frames.push({ no, time: ns / 1e9, length, hex: hexOf(bytes.subarray(at, at + kept)) });
    at += kept;
  }
  return { total, frames };
}

export function receivedOf(received: NativeReceived | null): Received | null {
  if (received === null) return null;
  const { streams, unsigned, tooLate, ownLoss } = received;
  return {
    streams: streams.map(({ latency, gap, ...counts }) => ({ ...counts, latencyNs: latency, gapNs: gap })),
    unsigned,
    tooLate,
    ownLoss,
  };
}
