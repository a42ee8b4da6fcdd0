import { X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { LAB_LIMITS, LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../../app/lab/limits';
import { parseWhole } from '../../app/quantity/parse';
import { LAB_FIELD, LAB_PROBLEM } from '../store/netLab';
import { setProblem } from '../store/screen';
import { ErrorNote } from './ErrorNote';
import { LabPairs } from './LabPairs';
import { SimulateButton } from './SimulateButton';
import { start, useLab, useScreen, useSession } from './session';
import { describedBy, Field } from './settings/Field';

function NumberField(props: {
  field: string;
  label: string;
  text: string;
  unit: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  const { field, label, text, unit, error, onChange } = props;
  return (
    <Field field={field} label={label} error={error}>
      {(ids) => (
        <span className="with-unit">
          <input
            id={ids.control}
            type="text"
            inputMode="numeric"
            className="text-input mono"
            maxLength={16}
            spellCheck={false}
            autoComplete="off"
            value={text}
            aria-invalid={error !== undefined}
            aria-describedby={describedBy(ids, false, error)}
            onChange={(event) => onChange(event.target.value)}
          />
          <span className="unit">{unit}</span>
        </span>
      )}
    </Field>
  );
}

/** What a lab is, before there is one, and what it takes to open it. */
function Closed() {
  const session = useSession();
  const { problem, phase } = useLab((s) => s.netLab);
  const [pairs, setPairs] = useState(String(LAB_PAIRS_DEFAULT));
  const [mtu, setMtu] = useState(String(LAB_MTU_DEFAULT));
  const size = {
    pairs: parseWhole(pairs, 'The number of pairs', 1, LAB_LIMITS.pairsMax),
    mtu: parseWhole(mtu, 'The MTU', LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax),
  };
  const waiting = phase !== 'closed';
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (waiting || !size.pairs.ok || !size.mtu.ok) return;
    start(session.netLab.open({ pairs: size.pairs.value, mtu: size.mtu.value }));
  };
  return (
    <div className="lab-closed">
      <p className="lab-words">
        No lab is open. A lab is pairs of real kernel interfaces, joined as if by a cable, in network
        namespaces of their own. No rights are needed, and no frame reaches an interface of this computer.
        Backends af_packet, af_xdp and tap send on end a of a pair, and end b counts what arrives.
      </p>
      {problem !== null && (
        <ErrorNote text={problem}>
          <SimulateButton />
        </ErrorNote>
      )}
      <form className="form lab-form" onSubmit={open} noValidate>
        <NumberField
          field="lab-pairs"
          label="Pairs"
          text={pairs}
          unit={`1 to ${LAB_LIMITS.pairsMax}`}
          error={size.pairs.ok ? undefined : size.pairs.sentence}
          onChange={setPairs}
        />
        <NumberField
          field="lab-mtu"
          label="Lab MTU"
          text={mtu}
          unit="bytes"
          error={size.mtu.ok ? undefined : size.mtu.sentence}
          onChange={setMtu}
        />
        <button type="submit" className="button primary" data-field={LAB_FIELD} aria-disabled={waiting}>
          {phase === 'opening' ? 'Opening the lab' : phase === 'closing' ? 'Closing the lab' : 'Open lab'}
        </button>
      </form>
    </div>
  );
}

/** The lab of interfaces: its pairs with their state, and what can be done to them, also during a run. */
export function LabPane() {
  const session = useSession();
  const { phase, helper, pairs } = useLab((s) => s.netLab);
  const refusal = useScreen((s) => s.problems[LAB_PROBLEM]);
  const problem = useLab((s) => s.netLab.problem);
  return (
    <section className="pane lab-pane" aria-label="Lab" data-pane="">
      <div className="pane-head">
        <h2 className="pane-title">Lab</h2>
        <span className="hint">
          {phase === 'open'
            ? `Open, held by process ${helper}. Nothing of it is left when it is closed.`
            : 'Not open.'}
        </span>
        <span className="pane-gap" />
        {phase === 'open' && (
          <button type="button" className="button compact" onClick={() => start(session.netLab.close())}>
            Close lab
          </button>
        )}
        <button
          type="button"
          className="icon-button small"
          aria-label="Show the packet"
          title="Show the packet"
          onClick={() => session.netLab.show('packet')}
        >
          <X size={14} aria-hidden="true" />
        </button>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: it only makes the page scroll. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard. */}
      <div className="pane-scroll" role="group" aria-label="Lab page" tabIndex={0}>
        {refusal !== undefined && refusal !== problem && (
          <ErrorNote text={refusal} onDismiss={() => setProblem(session.screen, LAB_PROBLEM, null)} />
        )}
        {phase === 'open' && pairs.length > 0 ? <LabPairs pairs={pairs} /> : <Closed />}
      </div>
    </section>
  );
}
