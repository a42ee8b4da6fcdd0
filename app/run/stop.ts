import { AIO_CODE_NAMES, type AioCodeName } from '../aio/codes';
import { grouped } from '../quantity/format';
import {
  clip,
  DURATION_MAX_NS,
  durationText,
  type Parsed,
  parseDurationNs,
  parsed,
  parseNumber,
  refused,
} from '../quantity/parse';

/**
 * When a run ends by itself. `once`: a capture once, a single packet exactly once.
 * `until` may stand beside each of them: the run also ends at the first such code.
 */
export interface StopRule {
  readonly after:
    | { readonly kind: 'never' }
    | { readonly kind: 'once' }
    | { readonly kind: 'count'; readonly count: number }
    | { readonly kind: 'duration'; readonly ns: number };
  readonly until: AioCodeName | null;
}

export const STOP_COUNT_MAX = Number.MAX_SAFE_INTEGER;

export function isAioCodeName(text: string): text is AioCodeName {
  return (AIO_CODE_NAMES as readonly string[]).includes(text);
}

/** Parses a count of packets, `1` to 2^53−1, SI suffixes allowed. */
export function parseCount(text: string): Parsed<number> {
  const count = parseNumber(text.trim().replaceAll(',', ''));
  if (count === null || !Number.isInteger(count) || count < 1 || count > STOP_COUNT_MAX) {
    return refused(`The packet count is a whole number from 1 to 2^53 − 1; “${clip(text)}” is not.`);
  }
  return parsed(count);
}

/** Parses a duration of a run, 1 ms to 30 days. */
export function parseRunDuration(text: string): Parsed<number> {
  const ns = parseDurationNs(text);
  if (ns === null || ns < 1e6 || ns > DURATION_MAX_NS) {
    return refused(`The duration is a time such as 500ms, 10s or 2m, up to 30 days; “${clip(text)}” is not.`);
  }
  return parsed(ns);
}

/**
 * Parses the window's "Stop after": `never`, `once`, `1,000 packets`, `10s`, `first AGAIN`, and what
 * stands first of two: `10s or first AGAIN`.
 */
export function parseStop(text: string): Parsed<StopRule> {
  const [, before, code] = /^(?:(.*?)\s+or\s+)?(?:the )?first\s+(\w+)$/i.exec(text.trim()) ?? [];
  const until = code?.toLowerCase();
  if (until === undefined || !isAioCodeName(until)) return parseAfter(text);
  if (before === undefined) return parsed({ after: { kind: 'never' }, until });
  const rule = parseAfter(before);
  return rule.ok ? parsed({ ...rule.value, until }) : rule;
}

function parseAfter(text: string): Parsed<StopRule> {
  const clean = text.trim();
  const lower = clean.toLowerCase();
  if (lower === 'never') return parsed({ after: { kind: 'never' }, until: null });
  if (lower === 'once') return parsed({ after: { kind: 'once' }, until: null });
  const packets = /^([\d.,]+[kMG]?)(?:\s*packets?)?$/.exec(clean)?.[1];
  if (packets !== undefined) {
    const count = parseCount(packets);
    return count.ok ? parsed({ after: { kind: 'count', count: count.value }, until: null }) : count;
  }
  if (/^[\d.]+\s*(?:ns|us|µs|ms|s|m)$/.test(clean)) {
    const ns = parseRunDuration(clean);
    return ns.ok ? parsed({ after: { kind: 'duration', ns: ns.value }, until: null }) : ns;
  }
  return refused(
    `Stop after is never, once, a count such as 1000 packets, a time such as 10s, or first AGAIN; “${clip(text)}” is none of these.`,
  );
}

/** The rule in the words that `parseStop` takes. */
export function formatStop({ after, until }: StopRule): string {
  const first = until === null ? null : `first ${until.toUpperCase()}`;
  if (first !== null && after.kind === 'never') return first;
  return first === null ? afterText(after) : `${afterText(after)} or ${first}`;
}

function afterText(after: StopRule['after']): string {
  switch (after.kind) {
    case 'never':
    case 'once':
      return after.kind;
    case 'count':
      return `${grouped(after.count)} ${after.count === 1 ? 'packet' : 'packets'}`;
    case 'duration':
      return durationText(after.ns);
  }
}
