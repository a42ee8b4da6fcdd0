import { Snowflake, Table2 } from 'lucide-react';
import { SERIES_SPANS } from '../../../app/stats/series';
import { SPAN_WORDS } from '../../store/chart';
import { useScreen, useSession } from '../session';

/**
 * The time the charts show: one choice for both, since they share their cursor. Segments where there is room, else a
 * list; the style sheet shows one of the two.
 */
export function SpanSwitch() {
  const { screen } = useSession();
  const span = useScreen((s) => s.span);
  return (
    <>
      <fieldset className="segments compact span-segments">
        <legend className="visually-hidden">Time shown in the charts</legend>
        {SERIES_SPANS.map((s) => (
          <label key={s} className="segment">
            <input
              type="radio"
              name="span"
              checked={s === span}
              onChange={() => screen.setState({ span: s })}
            />
            <span>{SPAN_WORDS[s]}</span>
          </label>
        ))}
      </fieldset>
      <select
        className="select span-select"
        aria-label="Time shown in the charts"
        value={span}
        onChange={(event) => {
          const chosen = SERIES_SPANS.find((s) => s === event.target.value);
          if (chosen) screen.setState({ span: chosen });
        }}
      >
        {SERIES_SPANS.map((s) => (
          <option key={s} value={s}>
            {SPAN_WORDS[s]}
          </option>
        ))}
      </select>
    </>
  );
}

/** Lets the charts stand still while the run goes on, and takes them back to live. */
export function FreezeButton() {
  const { screen } = useSession();
  const frozen = useScreen((s) => s.frozen);
  return (
    <button
      type="button"
      className={frozen ? 'button compact pressed' : 'button compact'}
      aria-label={frozen ? 'Jump to live' : 'Freeze'}
      title={
        frozen
          ? 'Charts and calls stand still; the run and its counters go on (Ctrl+Shift+F)'
          : 'Let charts and calls stand still (Ctrl+Shift+F)'
      }
      onClick={() => screen.setState({ frozen: !frozen })}
    >
      <Snowflake size={14} aria-hidden="true" />
      <span className="wide-word">{frozen ? 'Jump to live' : 'Freeze'}</span>
    </button>
  );
}

/** Shows a chart as a table, or back. */
export function TableButton({ on, what, toggle }: { on: boolean; what: string; toggle: () => void }) {
  return (
    <button
      type="button"
      className={on ? 'icon-button small pressed' : 'icon-button small'}
      aria-pressed={on}
      aria-label={`${what} as a table`}
      title={on ? 'Show the chart' : 'Show the values as a table'}
      onClick={toggle}
    >
      <Table2 size={14} aria-hidden="true" />
    </button>
  );
}
