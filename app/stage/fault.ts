import { clip, type Parsed, parseDurationNs, parsed, parseNumber, refused } from '../quantity/parse';

/**
 * What the fault stage does wrong on purpose. Shares are drawn from (seed, ordinal of the packet in
 * the plan), once; `…Every` counts packets of the plan; `…At` is a 0-based ordinal and fires once.
 */
export interface FaultSpec {
  readonly drop: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly corrupt: number;
  readonly delayNs: number;
  readonly seed: number;
  /** 0 = never. */
  readonly againEvery: number;
  readonly invalEvery: number;
  /** -1 = never. */
  readonly againAt: number;
  readonly invalAt: number;
}

export const NO_FAULT: FaultSpec = {
  drop: 0,
  duplicate: 0,
  reorder: 0,
  corrupt: 0,
  delayNs: 0,
  seed: 1,
  againEvery: 0,
  invalEvery: 0,
  againAt: -1,
  invalAt: -1,
};

interface FaultOption {
  /** The name on the command line and in plans. */
  readonly name: string;
  readonly member: keyof FaultSpec;
  readonly kind: 'share' | 'duration' | 'whole';
  readonly min: number;
  readonly max: number;
  readonly help: string;
}

const share = (name: 'drop' | 'duplicate' | 'reorder' | 'corrupt', help: string): FaultOption => ({
  name,
  member: name,
  kind: 'share',
  min: 0,
  max: 1,
  help,
});

/** The longest delay, in ns. */
const DELAY_MAX_NS = 10e9;

export const FAULT_OPTIONS: readonly FaultOption[] = [
  share('drop', 'Share of packets that vanish; they count as taken.'),
  share('duplicate', 'Share of packets sent twice.'),
  share('reorder', 'Share of packets held until three later ones have passed.'),
  share('corrupt', 'Share of packets with one bit turned.'),
  {
    name: 'delay',
    member: 'delayNs',
    kind: 'duration',
    min: 0,
    max: DELAY_MAX_NS,
    help: 'Time every packet is held.',
  },
  {
    name: 'seed',
    member: 'seed',
    kind: 'whole',
    min: 0,
    max: 2 ** 32 - 1,
    help: 'Seed of the random decisions.',
  },
  {
    name: 'again-every',
    member: 'againEvery',
    kind: 'whole',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    help: 'Every Nth packet of the plan is answered AGAIN once.',
  },
  {
    name: 'again-at',
    member: 'againAt',
    kind: 'whole',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: 'The packet with this ordinal is answered AGAIN once.',
  },
  {
    name: 'inval-every',
    member: 'invalEvery',
    kind: 'whole',
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    help: 'Every Nth packet of the plan is answered INVAL.',
  },
  {
    name: 'inval-at',
    member: 'invalAt',
    kind: 'whole',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: 'The packet with this ordinal is answered INVAL.',
  },
];

function parseValue(option: FaultOption, text: string): number | null {
  const value = option.kind === 'duration' ? (text === '0' ? 0 : parseDurationNs(text)) : parseNumber(text);
  if (value === null || value < option.min || value > option.max) return null;
  return option.kind === 'share' || Number.isInteger(value) ? value : null;
}

function rangeOf(option: FaultOption): string {
  if (option.kind === 'share') return 'a share from 0 to 1';
  if (option.kind === 'duration') return 'a time from 0 to 10s such as 5ms';
  return `a whole number from ${option.min} to ${option.max}`;
}

/** Checks the options of a fault stage by name; an unknown one is refused with the known ones. */
export function faultOf(given: Readonly<Record<string, string>>): Parsed<FaultSpec> {
  const spec: Record<keyof FaultSpec, number> = { ...NO_FAULT };
  for (const [name, text] of Object.entries(given)) {
    const option = FAULT_OPTIONS.find((o) => o.name === name);
    if (!option) {
      const names = FAULT_OPTIONS.map((o) => o.name).join(', ');
      return refused(`The fault stage has no option “${clip(name)}”; it knows ${names}.`);
    }
    const value = parseValue(option, text.trim());
    if (value === null) {
      return refused(`fault option ${name} is ${rangeOf(option)}; “${clip(text)}” is not.`);
    }
    spec[option.member] = value;
  }
  return parsed(spec);
}

/** Parses `K=V,K=V` as the command line takes it. */
export function parseFault(text: string): Parsed<FaultSpec> {
  const given: Record<string, string> = Object.create(null);
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at < 1)
      return refused(`The fault stage takes K=V,K=V as in drop=0.01,seed=7; “${clip(pair)}” is not.`);
    const name = pair.slice(0, at).trim();
    if (name in given) return refused(`fault option ${clip(name)} is given twice; once is enough.`);
    given[name] = pair.slice(at + 1);
  }
  return faultOf(given);
}
