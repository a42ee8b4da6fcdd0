import { si } from '../../../app/quantity/format';
import { type ChartRow, timeLabel } from '../../store/chart';
import type { LineStyle } from './lines';

/** Rows shown at most, the newest first. */
const ROWS = 60;

function cell(row: ChartRow, line: LineStyle, unit: string): string {
  const range = row[`${line.metric}Range`];
  if (range == null) return '–';
  return range[0] === range[1] ? si(range[1], unit) : `${si(range[0], unit)} to ${si(range[1], unit)}`;
}

/** A chart as a table: the same buckets, smallest and largest value of each. */
export function ChartTable(props: {
  rows: readonly ChartRow[];
  lines: readonly LineStyle[];
  unit: string;
  caption: string;
}) {
  const newest = props.rows.slice(-ROWS).reverse();
  return (
    // biome-ignore lint/a11y/useSemanticElements: it only makes the table scroll.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard.
    <div className="chart-table" role="group" aria-label="Values by time" tabIndex={0}>
      <table>
        <caption className="visually-hidden">{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">Run time</th>
            {props.lines.map((line) => (
              <th key={line.metric} scope="col">
                {line.word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {newest.map((row) => (
            <tr key={row.t}>
              <th scope="row">{row.t < 60 ? `${row.t.toFixed(1)} s` : timeLabel(row.t)}</th>
              {props.lines.map((line) => (
                <td key={line.metric}>{cell(row, line, props.unit)}</td>
              ))}
            </tr>
          ))}
          {newest.length === 0 && (
            <tr>
              <td colSpan={props.lines.length + 1}>No values yet.</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
