import { memo, type PointerEvent } from 'react';
import { Area, CartesianGrid, ComposedChart, Line, XAxis, YAxis } from 'recharts';
import { si } from '../../../app/quantity/format';
import type { Stall } from '../../../app/stats/series';
import { type ChartRow, type Scale, stallWords, type TimeAxis, timeLabel } from '../../store/chart';
import { useSize } from '../media';
import { useCalls, useInstance, useScreen, useSession } from '../session';
import type { LineStyle } from './lines';
import { holdForSelection } from './useCalls';

const LEFT = 60;
const RIGHT = 18;
const TOP = 8;
const BOTTOM = 22;

interface PlotProps {
  readonly rows: readonly ChartRow[];
  readonly lines: readonly LineStyle[];
  readonly scale: Scale;
  readonly axis: TimeAxis;
  readonly unit: string;
  readonly width: number;
  readonly height: number;
}

/** Where there is no data the axes are drawn all the same: they need a row that has values, here one left of them. */
function axesOnly(lines: readonly LineStyle[]): ChartRow[] {
  return [Object.fromEntries([['t', -1], ...lines.map((line) => [`${line.metric}Max`, 0])])];
}
/** Room a label of the time axis needs, in CSS pixels. */
const LABEL = 52;

/** As many of the ticks as there is room for, and always the same ones while the time moves on. */
function fitting(axis: TimeAxis, width: number): number[] {
  const [first, second] = axis.ticks;
  if (first === undefined || second === undefined) return [...axis.ticks];
  const step = second - first;
  const every = Math.ceil((LABEL * axis.ticks.length) / Math.max(1, width - LEFT - RIGHT));
  return axis.ticks.filter((t) => Math.round(t / step) % every === 0);
}

/** The drawing itself: redrawn only when its data or size change. Animation, dots and tooltips are off on purpose. */
const Plot = memo(function Plot({ rows, lines, scale, axis, unit, width, height }: PlotProps) {
  return (
    <ComposedChart
      width={width}
      height={height}
      data={rows.length > 0 ? (rows as ChartRow[]) : axesOnly(lines)}
      margin={{ left: 0, right: RIGHT, top: TOP, bottom: 0 }}
      accessibilityLayer={false}
    >
      <CartesianGrid vertical={false} stroke="var(--hairline)" />
      <XAxis
        dataKey="t"
        type="number"
        domain={[axis.from, axis.to]}
        ticks={fitting(axis, width)}
        allowDataOverflow
        height={BOTTOM}
        tickFormatter={timeLabel}
        tickSize={4}
        interval={0}
        stroke="var(--axis)"
      />
      <YAxis
        type="number"
        domain={[0, scale.max]}
        ticks={scale.ticks as number[]}
        interval={0}
        width={LEFT}
        // Before a run there is nothing to measure: the lines stand there without numbers.
        tickFormatter={(value: number) => (value === 0 ? `0 ${unit}` : rows.length > 0 ? si(value) : '')}
        tickLine={false}
        axisLine={false}
        stroke="var(--axis)"
      />
      {lines.map((line) => (
        <Area
          key={`${line.metric}-range`}
          type="linear"
          dataKey={`${line.metric}Range`}
          stroke="none"
          fill={line.colour}
          fillOpacity={0.22}
          isAnimationActive={false}
          connectNulls={false}
          activeDot={false}
        />
      ))}
      {lines.map((line) => (
        <Line
          key={line.metric}
          type="linear"
          dataKey={`${line.metric}Max`}
          stroke={line.colour}
          strokeWidth={1.75}
          strokeDasharray={line.dash}
          isAnimationActive={false}
          connectNulls={false}
          dot={false}
          activeDot={false}
        />
      ))}
    </ComposedChart>
  );
});

/** The last row with a value of the line. */
function newest(rows: readonly ChartRow[], line: LineStyle): ChartRow | null {
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row && row[`${line.metric}Max`] != null) return row;
  }
  return null;
}

/** The newest point of each line carries the line's marker. */
function EndMarks({ rows, lines, scale, axis, width, height }: PlotProps) {
  const plotWidth = width - LEFT - RIGHT;
  const plotHeight = height - TOP - BOTTOM;
  return (
    <svg className="chart-marks" width={width} height={height} aria-hidden="true">
      {lines.map((line) => {
        const row = newest(rows, line);
        const value = row?.[`${line.metric}Max`];
        if (!row || value == null || row.t < axis.from) return null;
        const x = LEFT + ((row.t - axis.from) / (axis.to - axis.from)) * plotWidth;
        const y = TOP + (1 - value / scale.max) * plotHeight;
        return (
          <path
            key={line.metric}
            d={line.marker}
            fill={line.colour}
            transform={`translate(${x - 4} ${y - 4}) scale(.8)`}
          />
        );
      })}
    </svg>
  );
}

interface Place {
  readonly axis: TimeAxis;
  readonly width: number;
  readonly height: number;
}

function placeOf(seconds: number, { axis, width }: Place): number {
  return LEFT + ((seconds - axis.from) / (axis.to - axis.from)) * (width - LEFT - RIGHT);
}

/** The pointer's run time, else that of the selected call, as a line through every chart. */
function CursorLine({ id, ...place }: Place & { id: string }) {
  const cursor = useScreen((s) => s.cursor);
  const marked = useCalls((s) => s.marked[id]);
  const seconds = cursor ?? marked ?? null;
  if (seconds === null || seconds < place.axis.from || seconds > place.axis.to) return null;
  const height = Math.max(0, place.height - TOP - BOTTOM);
  const name = cursor === null ? 'chart-cursor marked' : 'chart-cursor';
  return <div className={name} style={{ left: placeOf(seconds, place), top: TOP, height }} />;
}

/** Times in which nothing was sampled: neither zero nor averaged, but named. */
function StallBands({ stalls, ...place }: Place & { stalls: readonly Stall[] }) {
  const { axis } = place;
  return stalls
    .filter((stall) => stall.to > axis.from && stall.from < axis.to)
    .map((stall) => {
      const left = placeOf(Math.max(stall.from, axis.from), place);
      const width = Math.max(2, placeOf(Math.min(stall.to, axis.to), place) - left);
      const height = Math.max(0, place.height - TOP - BOTTOM);
      return (
        <div key={stall.from} className="chart-stall" style={{ left, width, top: TOP, height }}>
          <span>{stallWords(stall)}</span>
        </div>
      );
    });
}

/** A line chart over run time: fixed axes from zero, envelopes as bands, one cursor shared by all charts. */
export function LineChart(
  props: Omit<PlotProps, 'width' | 'height'> & {
    id: string;
    stalls: readonly Stall[];
    label: string;
    empty: string | null;
  },
) {
  const session = useSession();
  const { screen } = session;
  const [box, size] = useSize<HTMLDivElement>();
  const { id, stalls, label, empty, ...plot } = props;
  const instance = useInstance(id);
  const { axis } = props;
  const ready = size.width > LEFT + RIGHT && size.height > TOP + BOTTOM;

  const secondsUnder = (event: PointerEvent<HTMLDivElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const share = (x - LEFT) / (size.width - LEFT - RIGHT);
    return share < 0 || share > 1 ? null : axis.from + share * (axis.to - axis.from);
  };
  const pick = (event: PointerEvent<HTMLDivElement>) => {
    const seconds = secondsUnder(event);
    if (seconds === null) return;
    session.calls.mark(id, seconds, (axis.to - axis.from) / 150);
    const found = session.calls.store.getState().selected[id] !== undefined;
    if (found && instance) holdForSelection(session, instance);
  };

  return (
    <div
      className="chart"
      ref={box}
      role="img"
      aria-label={label}
      onPointerMove={(event) => screen.setState({ cursor: secondsUnder(event) })}
      onPointerDown={pick}
      onPointerLeave={() => screen.setState({ cursor: null })}
    >
      {ready && <Plot {...plot} width={size.width} height={size.height} />}
      {ready && <EndMarks {...plot} width={size.width} height={size.height} />}
      {ready && <StallBands stalls={stalls} axis={axis} width={size.width} height={size.height} />}
      {ready && <CursorLine id={id} axis={axis} width={size.width} height={size.height} />}
      {empty !== null && <p className="chart-empty">{empty}</p>}
    </div>
  );
}
