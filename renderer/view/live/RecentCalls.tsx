import { AIO_CODE_NAMES, type AioCodeName } from '../../../app/aio/codes';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { grouped } from '../../../app/quantity/format';
import { type Call, type CallsReading, firstOf } from '../../../app/stats/calls';
import { CODE_WORDS, callFigures, causeText, goneText, keptText } from '../../store/callWords';
import { CodeMark } from '../Marks';
import { useCalls, useScreen, useSession } from '../session';
import { CallStrip } from './CallStrip';
import { CallTable } from './CallTable';
import { TableButton } from './headButtons';
import { holdForSelection, useOnScreen, useReading } from './useCalls';

function FirstButton(props: {
  instance: InstanceInfo;
  reading: CallsReading | undefined;
  code: AioCodeName;
}) {
  const { instance, reading, code } = props;
  const session = useSession();
  const word = CODE_WORDS[code];
  const first = reading ? firstOf(reading, code) : null;
  return (
    <button
      type="button"
      className="button compact first-button"
      disabled={first === null}
      aria-label={`First ${word}`}
      title={first ? `Show call ${grouped(first.number)}, the first ${word}` : `No call answered ${word} yet`}
      onClick={() => {
        holdForSelection(session, instance);
        session.calls.selectFirst(instance.id, code);
      }}
    >
      <CodeMark code={code} />
      <span className="first-word">{word}</span>
    </button>
  );
}

/** The parts of a bar in words. */
function PartsLegend() {
  return (
    <ul className="parts-legend" aria-label="Parts of a bar">
      <li>
        <span className="part part-taken" /> taken
      </li>
      <li>
        <span className="part part-again" /> refused, AGAIN
      </li>
      <li>
        <span className="part part-inval" /> refused, INVAL
      </li>
      <li>
        <span className="part part-unexamined" /> unexamined
      </li>
    </ul>
  );
}

/** The part of the bar that a figure is drawn as. */
function partOf(name: string, call: Call): string | undefined {
  if (name === 'Taken') return 'of-taken';
  if (name === 'Refused') return call.code === 'inval' ? 'of-inval' : 'of-again';
  return name === 'Unexamined' ? 'of-unexamined' : undefined;
}

/** The figures of the selected call. It always takes the same room. */
function CallDetails({ instance, reading }: { instance: InstanceInfo; reading: CallsReading | undefined }) {
  const selected = useCalls((s) => s.selected[instance.id]);
  const problem = useCalls((s) => s.problems[instance.id]);
  if (problem !== undefined) return <p className="call-details call-hint">{problem}</p>;
  if (!selected) {
    return (
      <div className="call-details call-hint">
        <p>Click a bar or use the arrow keys to see a call in full.</p>
        <PartsLegend />
      </div>
    );
  }
  const { call } = selected;
  const gone = goneText(reading, selected);
  return (
    <div className="call-details" data-call={call.number}>
      <dl className="call-figures">
        <div className="call-figure">
          <dt>Call</dt>
          <dd>{grouped(call.number)}</dd>
        </div>
        <div className="call-figure">
          <dt>Code</dt>
          <dd className="call-code">
            <CodeMark code={call.code} />
            {CODE_WORDS[call.code]}
          </dd>
        </div>
        {callFigures(call).map(([name, value]) => (
          <div key={name} className="call-figure">
            <dt className={partOf(name, call)}>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="call-why" title={gone === null ? causeText(call) : `${causeText(call)} ${gone}`}>
        {causeText(call)}
        {gone !== null && <span className="call-gone"> {gone}</span>}
      </p>
    </div>
  );
}

/** Every single send call of late: as a strip of bars or as a table, with the one that is selected in full. */
export function RecentCalls({ instance }: { instance: InstanceInfo }) {
  const { screen } = useSession();
  const table = useScreen((s) => s.callTable);
  const [box, seen] = useOnScreen<HTMLElement>();
  const reading = useReading(instance, seen);
  return (
    <section className={table ? 'calls-box tabled' : 'calls-box'} aria-label="Recent calls" ref={box}>
      <div className="chart-head">
        <h2 className="pane-title">Recent calls</h2>
        <span className="calls-kept" data-figure="calls-kept">
          {keptText(reading)}
        </span>
        <span className="pane-gap" />
        <fieldset className="first-buttons">
          <legend>First</legend>
          {AIO_CODE_NAMES.map((code) => (
            <FirstButton key={code} instance={instance} reading={reading} code={code} />
          ))}
        </fieldset>
        <TableButton on={table} what="Recent calls" toggle={() => screen.setState({ callTable: !table })} />
      </div>
      {table ? (
        <CallTable instance={instance} reading={reading} />
      ) : (
        <CallStrip instance={instance} reading={reading} />
      )}
      <CallDetails instance={instance} reading={reading} />
    </section>
  );
}
