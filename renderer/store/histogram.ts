import { duration } from '../../app/quantity/format';
import { type HistogramBar, histogramBars } from '../../app/stats/calls';

/** Histograms as they are drawn: few enough bars to see, on scales that fit. */

export interface Drawn {
  readonly bars: readonly HistogramBar[];
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly highest: number;
}

function merged(bars: readonly HistogramBar[], from: number, to: number): Drawn {
  return {
    bars,
    from,
    to,
    total: bars.reduce((sum, bar) => sum + bar.count, 0),
    highest: bars.reduce((most, bar) => Math.max(most, bar.count), 0),
  };
}

/** Latencies in eighths of an octave, on a logarithmic axis that begins and ends at a power of two. */
export function latencyBars(rows: Float64Array): Drawn | null {
  const fine = histogramBars(rows);
  const first = fine[0];
  const last = fine.at(-1);
  if (!first || !last) return null;
  const bins = new Map<number, number>();
  for (const { lower, upper, count } of fine) {
    const bin = Math.floor(Math.log2(Math.max(1, (lower + upper) / 2)) * 8);
    bins.set(bin, (bins.get(bin) ?? 0) + count);
  }
  const bars = [...bins].map(([bin, count]) => ({
    lower: 2 ** (bin / 8),
    upper: 2 ** ((bin + 1) / 8),
    count,
  }));
  const from = 2 ** Math.floor(Math.log2(Math.max(1, first.lower)));
  return merged(bars, from, Math.max(2 ** Math.ceil(Math.log2(last.upper + 1)), from * 8));
}

/** A place on the axis of latencies: "10 µs", "2.05 µs". */
export function latencyWords(ns: number): string {
  return duration(ns).replace(/\.0+(?!\d)/, '');
}

/** At most this many bars of packets a call. */
const BATCH_BARS = 64;

/** Packets a call: one bar for each number where they are few, else ranges of equal width. */
export function batchBars(rows: Float64Array): Drawn | null {
  const fine = histogramBars(rows);
  const last = fine.at(-1);
  if (!last) return null;
  const width = Math.ceil((last.upper + 1) / (BATCH_BARS + 1));
  const bins = new Map<number, number>();
  for (const { lower, count } of fine) {
    const bin = Math.floor(lower / width);
    bins.set(bin, (bins.get(bin) ?? 0) + count);
  }
  const bars = [...bins].map(([bin, count]) => ({ lower: bin * width, upper: (bin + 1) * width - 1, count }));
  return merged(bars, 0, Math.max(8, (Math.floor(last.upper / width) + 1) * width));
}

/** Height of a bar as a share of the plot: logarithmic, so that one call among millions is still seen. */
export function share(count: number, highest: number): number {
  return count <= 0 ? 0 : Math.log10(count * 9 + 1) / Math.log10(highest * 9 + 1);
}
