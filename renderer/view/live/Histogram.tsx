import { grouped, si } from '../../../app/quantity/format';
import { type Drawn, latencyWords, share } from '../../store/histogram';
import { useSize } from '../media';

const LEFT = 8;
const RIGHT = 8;
const BOTTOM = 16;
/** Room a label needs, in CSS pixels. */
const LABEL = 58;

/** How values lie on the axis, and how they are said. */
interface Axis {
  readonly place: (value: number, drawn: Drawn) => number;
  readonly ticks: (drawn: Drawn, most: number) => readonly number[];
  readonly words: (value: number) => string;
}

/** Latencies: a logarithmic axis with decades. */
export const LATENCY_AXIS: Axis = {
  place: (value, { from, to }) => Math.log(Math.max(value, from) / from) / Math.log(to / from),
  ticks: ({ from, to }) => {
    const ticks: number[] = [];
    for (let t = 10 ** Math.ceil(Math.log10(from)); t <= to; t *= 10) ticks.push(t);
    return ticks;
  },
  words: latencyWords,
};

/** Packets a call: a linear axis from zero. */
export const BATCH_AXIS: Axis = {
  place: (value, { from, to }) => (value - from) / (to - from),
  ticks: ({ to }, most) => {
    const step = 2 ** Math.ceil(Math.log2(to / Math.max(1, most)));
    return Array.from({ length: Math.floor(to / step) + 1 }, (_, i) => i * step);
  },
  words: (value) => grouped(value),
};

/** A histogram with a logarithmic count: one call among millions is still seen. Marks are the percentiles. */
export function Histogram(props: {
  drawn: Drawn | null;
  axis: Axis;
  /** What a bar counts. */
  what?: string;
  label: string;
  empty: string;
  marks?: readonly (readonly [word: string, value: number])[];
}) {
  const { drawn, axis, what = 'calls', label, empty, marks = [] } = props;
  const [box, { width, height }] = useSize<HTMLDivElement>();
  const plot = { width: width - LEFT - RIGHT, height: height - BOTTOM - 12 };
  const ready = plot.width > 40 && plot.height > 10;
  const x = (value: number) => LEFT + (drawn ? axis.place(value, drawn) : 0) * plot.width;
  const ticks = drawn ? axis.ticks(drawn, Math.floor(plot.width / LABEL)) : [];
  const skip = Math.ceil((ticks.length * LABEL) / Math.max(1, plot.width));
  return (
    <div className="histogram" ref={box} role="img" aria-label={label}>
      {ready && (
        <svg width={width} height={height} aria-hidden="true">
          <path d={`M${LEFT} ${height - BOTTOM + 0.5}H${width - RIGHT}`} stroke="var(--axis)" />
          {drawn?.bars.map((bar) => {
            const left = x(bar.lower);
            const right = x(axis === BATCH_AXIS ? bar.upper + 1 : bar.upper);
            const high = share(bar.count, drawn.highest) * plot.height;
            return (
              <rect
                key={bar.lower}
                x={left}
                y={height - BOTTOM - high}
                width={Math.max(1, right - left - (right - left > 3 ? 1 : 0))}
                height={high}
                fill="var(--line-taken)"
              >
                <title>{`${axis.words(bar.lower)} to ${axis.words(bar.upper)}: ${grouped(bar.count)} ${what}`}</title>
              </rect>
            );
          })}
          {drawn &&
            marks.map(([word, value]) => (
              <g key={word}>
                <path d={`M${x(value)} 12V${height - BOTTOM}`} stroke="var(--text-2)" strokeDasharray="2 2" />
                <text x={x(value)} y={9} textAnchor="middle">
                  {word}
                </text>
              </g>
            ))}
          {ticks
            .filter((_, i) => i % Math.max(1, skip) === 0)
            .map((tick) => (
              <text
                key={tick}
                x={Math.min(width - 24, Math.max(16, x(tick)))}
                y={height - 4}
                textAnchor="middle"
              >
                {axis.words(tick)}
              </text>
            ))}
        </svg>
      )}
      {drawn === null && <p className="strip-empty">{empty}</p>}
    </div>
  );
}

/** A histogram as a table: the largest bars, the most first. */
export function HistogramTable(props: { drawn: Drawn | null; axis: Axis; name: string; what?: string }) {
  const { drawn, axis, name, what = 'calls' } = props;
  const bars = [...(drawn?.bars ?? [])].sort((a, b) => a.lower - b.lower);
  return (
    // biome-ignore lint/a11y/useSemanticElements: it only makes the table scroll.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard.
    <div className="chart-table" role="group" aria-label={name} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{name}</th>
            <th scope="col">{`${what.charAt(0).toUpperCase()}${what.slice(1)}`}</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.lower}>
              <th scope="row">
                {bar.lower === bar.upper
                  ? axis.words(bar.lower)
                  : `${axis.words(bar.lower)} to ${axis.words(bar.upper)}`}
              </th>
              <td title={grouped(bar.count)}>{bar.count < 10_000 ? grouped(bar.count) : si(bar.count)}</td>
            </tr>
          ))}
          {bars.length === 0 && (
            <tr>
              <td colSpan={2}>{`No ${what} yet.`}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
