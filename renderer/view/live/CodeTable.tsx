import { AIO_CODE_NAMES, AIO_CODE_SENTENCES, type AioCodeName } from '../../../app/aio/codes';
import { grouped, si } from '../../../app/quantity/format';
import type { Reason, Snapshot } from '../../../app/stats/snapshot';
import { lastPlace, reasonsOf } from '../../store/account';
import { type ChartRow, rowAt } from '../../store/chart';
import { start, useInstance, useLive, useScreen, useSession } from '../session';
import { LineSample } from './Legend';
import { CODE_LINES, type LineStyle } from './lines';
import { holdForSelection } from './useCalls';

/** Causes listed per code; there are only a handful of kinds. */
const CAUSES = 3;

/** The place of a refusal, which leads to its call. */
function Place({ id, reason }: { id: string; reason: Reason }) {
  const session = useSession();
  const instance = useInstance(id);
  const words = lastPlace(reason);
  if (reason.lastCall === 0) return words;
  const show = () => {
    if (instance) holdForSelection(session, instance);
    start(session.calls.selectNumber(id, reason.lastCall));
  };
  return (
    <button type="button" className="link-button" title="Show this call" onClick={show}>
      {words}
    </button>
  );
}

function Cause({ id, reason, first }: { id: string; reason: Reason; first: boolean }) {
  const begin = `First at call ${grouped(reason.firstCall)}, index ${grouped(reason.firstIndex)}: ${reason.sentence}`;
  return (
    <p className="cause" title={begin}>
      <span className="cause-label">
        {first ? 'Last cause' : 'Also'}, <Place id={id} reason={reason} />
        {reason.count > 1 && ` (${si(reason.count)} times)`}:
      </span>{' '}
      {reason.lastSentence}
    </p>
  );
}

function CodeRow(props: {
  id: string;
  code: AioCodeName;
  line: LineStyle | undefined;
  snapshot: Snapshot | undefined;
  speed: number | null | undefined;
}) {
  const { id, code, line, snapshot, speed } = props;
  const count = snapshot?.calls[code];
  const known = count !== undefined;
  return (
    <tr className="code-row" data-code={code} data-value={count ?? ''}>
      <th scope="row" className="code-name">
        {line && <LineSample line={line} />}
        {code.toUpperCase()}
      </th>
      <td className="code-speed">
        {speed == null ? '–' : si(speed)}
        <span className="code-unit">/s</span>
      </td>
      <td className="code-count" title={known ? `${grouped(count)} calls` : undefined}>
        {known ? grouped(count) : '–'}
        <span className="code-unit"> calls</span>
      </td>
      <td className="code-words">
        {reasonsOf(snapshot, code)
          .slice(0, CAUSES)
          .map((reason, i) => (
            <Cause key={reason.sentence} id={id} reason={reason} first={i === 0} />
          ))}
        <p className="code-sentence">{AIO_CODE_SENTENCES[code]}</p>
      </td>
    </tr>
  );
}

/** The legend of the chart and the account of each code in one: look, speed, count, meaning, last cause. */
export function CodeTable({ id, rows }: { id: string; rows: readonly ChartRow[] }) {
  const snapshot = useLive(id)?.snapshot;
  const cursor = useScreen((s) => s.cursor);
  const row = cursor === null ? rows.at(-1) : rowAt(rows, cursor);
  return (
    // biome-ignore lint/a11y/useSemanticElements: it only makes the table scroll.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard.
    <div className="code-table" role="group" aria-label="Answers by code" tabIndex={0}>
      <table>
        <thead>
          <tr className="code-row">
            <th scope="col">Code</th>
            <th scope="col" className="code-speed">
              calls/s
            </th>
            <th scope="col" className="code-count">
              calls
            </th>
            <th scope="col" className="code-words">
              <span className="visually-hidden">Meaning and last cause</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {AIO_CODE_NAMES.map((code) => {
            const line = CODE_LINES.find((l) => l.metric === code);
            const speed = row?.[`${code}Max`];
            return <CodeRow key={code} id={id} code={code} line={line} snapshot={snapshot} speed={speed} />;
          })}
        </tbody>
      </table>
    </div>
  );
}
