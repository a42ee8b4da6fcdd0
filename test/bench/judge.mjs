// @ts-check
// What rounds say: medians, the interval of a median, and whether a target is met.

/**
 * @typedef {object} Target
 * @property {'time ratio' | 'rate ratio' | 'difference' | 'value'} kind what of a round is compared: ours / bare as times
 *   (at most), bare / ours as times, which is ours / bare as rates (at least), ours - bare (at most), ours (at most)
 * @property {number} limit
 */

/**
 * @typedef {object} Round
 * @property {number} ours in the case's unit
 * @property {number} [bare]
 */

/**
 * @typedef {object} Judgement
 * @property {number} ours median
 * @property {number | null} bare median
 * @property {number | null} median of what is compared
 * @property {number | null} low ends of its 95 % interval
 * @property {number | null} high
 * @property {number | null} width of the interval, as a part of the median (ratios) or of the limit (differences, values)
 * @property {'met' | 'missed' | 'not resolved' | 'not judged' | 'no target'} reading
 */

/** Rounds below which nothing is judged. */
export const ROUNDS_MIN = 15;

/** An interval wider than this says nothing. */
const WIDTH_MAX = 0.1;

const ascending = (/** @type {number} */ a, /** @type {number} */ b) => a - b;

export function median(/** @type {readonly number[]} */ values) {
  const sorted = [...values].sort(ascending);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * The 95 % confidence interval of the median by order statistics: it assumes nothing about how the values are spread.
 * The k-th smallest and the k-th largest value hold the median with probability 1 - 2 P(fewer than k of n heads).
 * @param {readonly number[]} values
 * @returns {[number, number]}
 */
export function medianInterval(values) {
  const sorted = [...values].sort(ascending);
  const n = sorted.length;
  let k = 1;
  let chance = 0.5 ** n; // of exactly k - 1 heads
  let below = chance;
  for (;;) {
    chance *= (n - k + 1) / k;
    if (2 * (below + chance) > 0.05) break;
    below += chance;
    k += 1;
  }
  return [sorted[k - 1] ?? Number.NaN, sorted[n - k] ?? Number.NaN];
}

/**
 * @param {Round} round
 * @param {Target['kind']} kind
 */
function compared({ ours, bare = Number.NaN }, kind) {
  if (kind === 'time ratio') return ours / bare;
  if (kind === 'rate ratio') return bare / ours;
  return kind === 'difference' ? ours - bare : ours;
}

/**
 * Judges the rounds of a case.
 * @param {readonly Round[]} rounds
 * @param {Target | null} target null: the rate ratio is shown where there is something to compare with
 * @returns {Judgement}
 */
export function judge(rounds, target) {
  const bares = rounds.flatMap((round) => (round.bare === undefined ? [] : [round.bare]));
  const ours = median(rounds.map((round) => round.ours));
  const bare = bares.length > 0 ? median(bares) : null;
  const kind = target?.kind ?? (bare === null ? 'value' : 'rate ratio');
  const values = rounds.map((round) => compared(round, kind));
  const [low, high] = medianInterval(values);
  const middle = median(values);
  const isRatio = kind === 'time ratio' || kind === 'rate ratio';
  const width = (high - low) / Math.abs(isRatio || target === null ? middle : target.limit);
  const numbers = { ours, bare, median: middle, low, high, width };
  if (target === null) return { ...numbers, reading: 'no target' };
  if (rounds.length < ROUNDS_MIN) return { ...numbers, reading: 'not judged' };
  // An absolute figure has no reference that shakes with it: an interval on one side of the limit is clear at any width.
  if (kind === 'value' && high <= target.limit) return { ...numbers, reading: 'met' };
  if (kind === 'value' && low > target.limit) return { ...numbers, reading: 'missed' };
  if (!(width <= WIDTH_MAX)) return { ...numbers, reading: 'not resolved' };
  const met = kind === 'rate ratio' ? high >= target.limit : low <= target.limit;
  return { ...numbers, reading: met ? 'met' : 'missed' };
}
