/**
 * Numbers, durations and sizes as people type them (`10k`, `1.5M`, `500ms`).
 * Every parser returns a value or one sentence; none throws.
 */

export type Parsed<T> = { ok: true; value: T } | { ok: false; sentence: string };

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

export function refused<T>(sentence: string): Parsed<T> {
  return { ok: false, sentence };
}

const SI: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };
const BINARY: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

const NUMBER = /^(\d+(?:\.\d+)?|\.\d+)([kMG]?)$/;

function scaled(text: string, table: Readonly<Record<string, number>>): number | null {
  const match = NUMBER.exec(text);
  if (!match) return null;
  const value = Number(match[1]) * (table[match[2] ?? ''] ?? Number.NaN);
  // 1.1k is 1100, not 1100.0000000000002; whole values are exact already.
  const rounded = Number.isInteger(value) ? value : Math.round(value * 1e6) / 1e6;
  return Number.isFinite(rounded) ? rounded : null;
}

/** `NUMBER[k|M|G]` with SI factors, decimal point allowed: `1.5M` is 1,500,000. */
export function parseNumber(text: string): number | null {
  return scaled(text, SI);
}

/** A byte size: `1G` is 1 GiB (2^30 bytes), as capture limits are counted. */
export function parseByteSize(text: string): number | null {
  return scaled(text, BINARY);
}

/** A whole number of at least `min` that a double holds exactly, or a sentence about `what`. */
export function parseWhole(
  text: string,
  what: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): Parsed<number> {
  const value = parseNumber(text.replaceAll(',', '').trim());
  if (value === null || !Number.isInteger(value) || value < min || value > max) {
    return refused(`${what} is a whole number from ${group(min)} to ${group(max)}; “${clip(text)}” is not.`);
  }
  return parsed(value);
}

const DURATION = /^(\d+(?:\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s|m)$/;
const UNIT_NS = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9 } as const;
/** The longest duration that may be asked for: 30 days. */
export const DURATION_MAX_NS = 30 * 86_400e9;

/** `500ms`, `10s`, `2m`, `50us` in nanoseconds; null when it is not a duration or out of range. */
export function parseDurationNs(text: string): number | null {
  const match = DURATION.exec(text.trim());
  if (!match) return null;
  const ns = Math.round(Number(match[1]) * UNIT_NS[match[2] as keyof typeof UNIT_NS]);
  return ns >= 0 && ns <= DURATION_MAX_NS ? ns : null;
}

/** Nanoseconds as `parseDurationNs` takes them, in the largest unit that says them exactly and shortly. */
export function durationText(ns: number): string {
  if (ns > 0 && ns % UNIT_NS.m === 0) return `${ns / UNIT_NS.m}m`;
  for (const unit of ['s', 'ms', 'us'] as const) {
    const value = ns / UNIT_NS[unit];
    const text = `${value}${unit}`;
    if (value >= 1 && Number.isInteger(value * 1000) && parseDurationNs(text) === ns) return text;
  }
  return `${ns}ns`;
}

/** Digits in groups of three with commas, as counters are shown. */
export function group(value: number): string {
  return Math.trunc(value) === value ? value.toLocaleString('en-US') : String(value);
}

/** Untrusted text with its control characters made visible, those that turn the direction of writing among them. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '·');
}

/** Untrusted text shortened for a sentence, control characters made visible. */
export function clip(text: string, max = 40): string {
  const clean = plain(text);
  return clean.length > max ? `${clean.slice(0, max)}…` : clean;
}
