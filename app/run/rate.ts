import { si } from '../quantity/format';
import {
  clip,
  type Parsed,
  parseDurationNs,
  parsed,
  parseNumber,
  parseWhole,
  refused,
} from '../quantity/parse';

/**
 * How fast packets become due. `max` spins, everything else sleeps until packets are due.
 * Bit rates count a frame with its FCS (L2: max(len, 60) + 4 bytes), or with preamble and
 * inter-frame gap as well (L1: max(len, 60) + 24 bytes). `burst`: that many packets at once, the
 * next burst `gapNs` after the start of this one. `capture`: as the frames were captured.
 */
export type Rate =
  | { readonly kind: 'max' }
  | { readonly kind: 'pps'; readonly pps: number }
  | { readonly kind: 'l1' | 'l2'; readonly bps: number }
  | { readonly kind: 'burst'; readonly packets: number; readonly gapNs: number }
  | { readonly kind: 'capture' };

/** The kinds in the order of the core's `PL_RATE_*`. */
export const RATE_KINDS = [
  'max',
  'pps',
  'l1',
  'l2',
  'burst',
  'capture',
] as const satisfies readonly Rate['kind'][];

export const RATE_PPS_MIN = 0.001;
export const RATE_PPS_MAX = 1e9;
export const RATE_BPS_MIN = 1;
export const RATE_BPS_MAX = 1e12;
const BURST_MAX = 1_000_000_000;
const GAP_MIN_NS = 1000;
const GAP_MAX_NS = 3600e9;

const HOW =
  'max, packets per second such as 10kpps, bits per second such as 100Mbps:l1 or 100Mbps:l2, burst:N@GAPus, or capture';

/** Parses the rate as typed on the command line or in the window. */
export function parseRate(text: string): Parsed<Rate> {
  const clean = text.trim();
  const lower = clean.toLowerCase();
  if (lower === 'max' || lower === 'capture') return parsed({ kind: lower });
  if (lower.startsWith('burst')) return parseBurst(lower);
  const match = /^([\d.,]+)\s*([kMG]?)\s*(pps|bps\s*:\s*l1|bps\s*:\s*l2)$/.exec(clean);
  const value = match ? parseNumber(`${match[1]?.replaceAll(',', '')}${match[2]}`) : null;
  if (!match || value === null) return refused(`The rate is ${HOW}; “${clip(text)}” is not.`);
  if (match[3] === 'pps') {
    if (value >= RATE_PPS_MIN && value <= RATE_PPS_MAX) return parsed({ kind: 'pps', pps: value });
    return refused(`The rate is max, or packets per second from 0.001pps to 1Gpps; “${clip(text)}” is not.`);
  }
  if (value >= RATE_BPS_MIN && value <= RATE_BPS_MAX) {
    return parsed({ kind: match[3]?.endsWith('l1') ? 'l1' : 'l2', bps: value });
  }
  return refused(`The rate is max, or bits per second from 1bps to 1000Gbps; “${clip(text)}” is not.`);
}

function parseBurst(text: string): Parsed<Rate> {
  const match = /^burst\s*[: ]\s*([^@]+)@\s*(.+)$/.exec(text);
  if (!match) return refused(`A burst rate is burst:N@GAPus, as in burst:32@1000us; “${clip(text)}” is not.`);
  const packets = parseWhole(match[1] ?? '', 'The packets of a burst', 1, BURST_MAX);
  if (!packets.ok) return packets;
  const gapNs = parseDurationNs(match[2] ?? '');
  if (gapNs === null || gapNs < GAP_MIN_NS || gapNs > GAP_MAX_NS) {
    return refused(`The time from burst to burst is from 1us to 60m; “${clip(match[2] ?? '')}” is not.`);
  }
  return parsed({ kind: 'burst', packets: packets.value, gapNs });
}

function scaled(value: number, unit: string): string {
  for (const [factor, prefix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    const part = value / factor;
    if (part >= 1 && Number.isInteger(part * 1000)) return `${part}${prefix}${unit}`;
  }
  return `${value}${unit}`;
}

/** The rate as the command line takes it. */
export function formatRate(rate: Rate): string {
  switch (rate.kind) {
    case 'max':
    case 'capture':
      return rate.kind;
    case 'pps':
      return scaled(rate.pps, 'pps');
    case 'l1':
    case 'l2':
      return `${scaled(rate.bps, 'bps')}:${rate.kind}`;
    case 'burst':
      return `burst:${rate.packets}@${rate.gapNs / 1000}us`;
  }
}

/** The rate as shown to people: "max", "10.0 kpps", "100 Mbit/s L1". */
export function showRate(rate: Rate): string {
  switch (rate.kind) {
    case 'max':
      return 'max';
    case 'capture':
      return 'as captured';
    case 'pps':
      return si(rate.pps, 'pps');
    case 'l1':
    case 'l2':
      return `${si(rate.bps, 'bit/s')} ${rate.kind.toUpperCase()}`;
    case 'burst':
      return `${rate.packets} every ${rate.gapNs / 1000} µs`;
  }
}

/** What was asked for, as `send --json` prints it: null at max and with capture timing. */
export function askedOf(rate: Rate): { value: number; unit: 'pps' | 'bps:l1' | 'bps:l2' } | null {
  switch (rate.kind) {
    case 'max':
    case 'capture':
      return null;
    case 'pps':
      return { value: rate.pps, unit: 'pps' };
    case 'l1':
    case 'l2':
      return { value: rate.bps, unit: `bps:${rate.kind}` };
    case 'burst':
      return { value: (rate.packets * 1e9) / rate.gapNs, unit: 'pps' };
  }
}
