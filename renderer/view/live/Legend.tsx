import { si } from '../../../app/quantity/format';
import { type ChartRow, rowAt } from '../../store/chart';
import { useScreen } from '../session';
import type { LineStyle } from './lines';

/** A line's look in small: dash, colour, marker. */
export function LineSample({ line }: { line: LineStyle }) {
  return (
    <svg width="26" height="10" viewBox="0 0 26 10" aria-hidden="true">
      <path d="M0 5h26" stroke={line.colour} strokeWidth="2" strokeDasharray={line.dash} fill="none" />
      <path d={line.marker} fill={line.colour} transform="translate(8.5 .5) scale(.9)" />
    </svg>
  );
}

/** Each line's look, its word, and its value: under the cursor, else the newest. */
export function Legend({
  lines,
  rows,
  unit,
}: {
  lines: readonly LineStyle[];
  rows: readonly ChartRow[];
  unit: string;
}) {
  const cursor = useScreen((s) => s.cursor);
  const row = cursor === null ? rows.at(-1) : rowAt(rows, cursor);
  return (
    <ul className="legend">
      {lines.map((line) => {
        const value = row?.[`${line.metric}Max`];
        return (
          <li key={line.metric} className="legend-item">
            <LineSample line={line} />
            <span className="legend-word">{line.word}</span>
            <span className="legend-value">{value == null ? '–' : si(value, unit)}</span>
          </li>
        );
      })}
    </ul>
  );
}
