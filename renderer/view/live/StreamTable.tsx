import { duration, grouped } from '../../../app/quantity/format';
import type { ReceivedStream } from '../../../app/stats/received';

const COUNTS = ['received', 'lost', 'reordered', 'duplicated'] as const;
const QUANTILES = [
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
] as const;
const TIMES = [
  ['latencyNs', 'Latency'],
  ['gapNs', 'Gap'],
] as const;

/** One row a stream; its button chooses whose histograms are shown. */
export function StreamTable(props: {
  streams: readonly ReceivedStream[];
  selected: number;
  onSelect: (id: number) => void;
}) {
  const { streams, selected, onSelect } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls is reached by the keyboard.
    <section className="stream-table" tabIndex={0} aria-label="Received streams">
      <table>
        <thead>
          <tr>
            <th scope="col">Stream</th>
            {['Received', 'Lost', 'Reordered', 'Duplicated'].map((word) => (
              <th key={word} scope="col">
                {word}
              </th>
            ))}
            {TIMES.flatMap(([key, word]) =>
              QUANTILES.map(([name]) => (
                <th key={`${key} ${name}`} scope="col">
                  {`${word} ${name}`}
                </th>
              )),
            )}
          </tr>
        </thead>
        <tbody>
          {streams.map((stream) => (
            <tr
              key={stream.id}
              data-stream={stream.id}
              className={stream.id === selected ? 'selected' : undefined}
            >
              <th scope="row">
                <button
                  type="button"
                  className="link-button"
                  aria-pressed={stream.id === selected}
                  title="Show the histograms of this stream"
                  onClick={() => onSelect(stream.id)}
                >
                  {stream.id}
                </button>
              </th>
              {COUNTS.map((name) => (
                <td key={name} className="mono" data-count={name} data-value={stream[name]}>
                  {grouped(stream[name])}
                </td>
              ))}
              {TIMES.flatMap(([key]) =>
                QUANTILES.map(([name, quantile]) => (
                  <td
                    key={`${key} ${name}`}
                    className="mono"
                    title={`${grouped(stream[key][quantile])} ns`}
                    data-value={stream[key][quantile]}
                  >
                    {stream[key].n > 0 ? duration(stream[key][quantile]) : '–'}
                  </td>
                )),
              )}
            </tr>
          ))}
          {streams.length === 0 && (
            <tr>
              <td colSpan={13} className="quiet">
                No signed packet has arrived here yet.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}
