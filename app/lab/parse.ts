import { clip, type Parsed, parsed, parseWhole, refused } from '../quantity/parse';
import { LAB_LIMITS, LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from './limits';

/** What a lab is made of. */
export interface LabSize {
  readonly pairs: number;
  readonly mtu: number;
}

/** Reads `pairs=N,mtu=N`; what is missing has its default, nothing at all included. */
export function parseLab(text: string): Parsed<LabSize> {
  const given = new Map<string, string>();
  for (const pair of text.split(',').filter((one) => one.trim() !== '')) {
    const [, name, value] = /^\s*(pairs|mtu)\s*=(.*)$/.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      return refused(`--lab is pairs=N,mtu=N or nothing; “${clip(pair)}” is not known.`);
    if (given.has(name)) return refused(`--lab ${name} is given twice; once is enough.`);
    given.set(name, value);
  }
  const { pairsMax, mtuMin, mtuMax } = LAB_LIMITS;
  const pairs = parseWhole(given.get('pairs') ?? String(LAB_PAIRS_DEFAULT), '--lab pairs', 1, pairsMax);
  if (!pairs.ok) return pairs;
  const mtu = parseWhole(given.get('mtu') ?? String(LAB_MTU_DEFAULT), '--lab mtu', mtuMin, mtuMax);
  return mtu.ok ? parsed({ pairs: pairs.value, mtu: mtu.value }) : mtu;
}
