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
  ['latencyNs', 'One-way latency'],
  ['gapNs', 'Gap between packets'],
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
        <colgroup span={5} />
        <colgroup span={QUANTILES.length} />
        <colgroup span={QUANTILES.length} />
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              Stream
            </th>
            {['Received', 'Lost', 'Reordered', 'Duplicated'].map((word) => (
              <th key={word} scope="col" rowSpan={2}>
                {word}
              </th>
            ))}
            {TIMES.map(([key, word]) => (
              <th key={key} scope="colgroup" colSpan={QUANTILES.length} className="stream-group">
                {word}
              </th>
            ))}
          </tr>
          <tr>
            {TIMES.flatMap(([key]) =>
              QUANTILES.map(([name]) => (
                <th key={`${key} ${name}`} scope="col">
                  {name}
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
