/** How quantities are shown: SI prefixes for rates, grouped digits for counters, fixed widths. */

const STEPS = [
  { at: 1e9, prefix: 'G' },
  { at: 1e6, prefix: 'M' },
  { at: 1e3, prefix: 'k' },
] as const;

/** Three significant digits with an SI prefix: 1234567 → "1.23 M"; below 1000 without prefix. */
export function si(value: number, unit = ''): string {
  if (!Number.isFinite(value)) return `– ${unit}`.trim();
  const magnitude = Math.abs(value);
  for (const step of STEPS) {
    if (magnitude >= step.at * 0.9995) return `${three(value / step.at)} ${step.prefix}${unit}`;
  }
  return `${three(value)} ${unit}`.trim();
}

function three(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 99.95) return value.toFixed(0);
  if (magnitude >= 9.995) return value.toFixed(1);
  if (magnitude === 0) return '0';
  return value.toFixed(2);
}

/** 1234567 → "1,234,567". */
export function grouped(value: number): string {
  return Math.trunc(value).toLocaleString('en-US');
}

/** Nanoseconds with a fitting unit: 1530 → "1.53 µs". */
export function duration(ns: number): string {
  if (!Number.isFinite(ns)) return '–';
  if (ns >= 60e9) return `${Math.floor(ns / 60e9)} m ${Math.floor((ns % 60e9) / 1e9)} s`;
  if (ns >= 1e9) return `${three(ns / 1e9)} s`;
  if (ns >= 1e6) return `${three(ns / 1e6)} ms`;
  if (ns >= 1e3) return `${three(ns / 1e3)} µs`;
  return `${Math.round(ns)} ns`;
}

/** A run clock: seconds as "00:01:02.3". */
export function clock(seconds: number): string {
  const tenths = Math.floor(Math.max(0, seconds) * 10);
  const two = (n: number) => String(n).padStart(2, '0');
  const s = Math.floor(tenths / 10);
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}.${tenths % 10}`;
}

/** L2 bytes of a frame on an Ethernet link: padded to the minimum, with the 4-byte FCS. */
export function frameBytes(bufferBytes: number): number {
  return Math.max(bufferBytes, 60) + 4;
}

/** L1 bytes: the frame with preamble, start delimiter and inter-frame gap (20 bytes more). */
export function wireBytes(bufferBytes: number): number {
  return Math.max(bufferBytes, 60) + 24;
}

/** The one place the three sizes stand together: "60 B buffer = 64 B frame = 84 B on the wire". */
export function sizes(bufferBytes: number): string {
  return `${grouped(bufferBytes)} B buffer = ${grouped(frameBytes(bufferBytes))} B frame = ${grouped(
    wireBytes(bufferBytes),
  )} B on the wire`;
}
