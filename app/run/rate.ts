import { si } from '../quantity/format';
import { clip, type Parsed, parsed, parseNumber, refused } from '../quantity/parse';

/** How fast packets become due. `max` spins; `pps` sleeps until packets are due. */
export type Rate = { readonly kind: 'max' } | { readonly kind: 'pps'; readonly pps: number };

export const RATE_PPS_MIN = 0.001;
export const RATE_PPS_MAX = 1e9;

/** Parses `max` or `NUMBER[k|M|G]pps`, as in `10kpps` or `1.5 Mpps`. */
export function parseRate(text: string): Parsed<Rate> {
  const clean = text.trim();
  if (clean.toLowerCase() === 'max') return parsed({ kind: 'max' });
  const match = /^([\d.,]+)\s*([kMG]?)\s*pps$/.exec(clean);
  const pps = match ? parseNumber(`${match[1]?.replaceAll(',', '')}${match[2]}`) : null;
  if (pps === null || pps < RATE_PPS_MIN || pps > RATE_PPS_MAX) {
    return refused(
      `The rate is max, or packets per second from 0.001pps to 1Gpps such as 10kpps; “${clip(text)}” is not.`,
    );
  }
  return parsed({ kind: 'pps', pps });
}

/** The rate as the command line takes it. */
export function formatRate(rate: Rate): string {
  if (rate.kind === 'max') return 'max';
  for (const [factor, prefix] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const) {
    const value = rate.pps / factor;
    if (value >= 1 && Number.isInteger(value * 1000)) return `${value}${prefix}pps`;
  }
  return `${rate.pps}pps`;
}

/** The rate as shown to people: "max" or "10.0 kpps". */
export function showRate(rate: Rate): string {
  return rate.kind === 'max' ? 'max' : si(rate.pps, 'pps');
}
