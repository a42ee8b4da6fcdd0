import type { SeriesMetric } from '../../../app/stats/series';

/** How a line looks: lines differ in colour, dash and marker, and have a word in the legend. */
export interface LineStyle {
  readonly metric: SeriesMetric;
  readonly word: string;
  /** A colour token, so that it follows the theme. */
  readonly colour: string;
  /** As in `stroke-dasharray`; '0' is a solid line. */
  readonly dash: string;
  /** Outline of the marker in a 10 × 10 box. */
  readonly marker: string;
}

const DISC = 'M5 1a4 4 0 1 0 0 8a4 4 0 1 0 0-8z';
const DIAMOND = 'M5 0L10 5L5 10L0 5z';
const TRIANGLE = 'M5 .4L9.8 9H.2z';
const SQUARE = 'M1 1h8v8H1z';

export const THROUGHPUT_LINES: readonly LineStyle[] = [
  { metric: 'taken', word: 'Taken', colour: 'var(--line-taken)', dash: '0', marker: DISC },
  { metric: 'received', word: 'Received', colour: 'var(--line-received)', dash: '6 4', marker: DIAMOND },
];

export const CODE_LINES: readonly LineStyle[] = [
  { metric: 'success', word: 'SUCCESS', colour: 'var(--code-success)', dash: '0', marker: DISC },
  { metric: 'again', word: 'AGAIN', colour: 'var(--code-again)', dash: '7 3', marker: TRIANGLE },
  { metric: 'inval', word: 'INVAL', colour: 'var(--code-inval)', dash: '2 3', marker: SQUARE },
];
