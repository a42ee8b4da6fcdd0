import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Finding, LiveFinding } from '../../../app/lab/finding';
import { LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../../../app/lab/limits';
import { actionWords, diagnosisView } from '../../store/diagnosis';
import { LAB_PROBLEM, refusedUnseen } from '../../store/netLab';
import { setProblem } from '../../store/screen';
import { CopyButton, ErrorNote } from '../ErrorNote';
import { FindingMark, Mark } from '../Marks';
import { SimulateButton } from '../SimulateButton';
import { start, useLab, useScreen, useSession } from '../session';

/** A cause stays at least this long, and so does its absence, in ms: nothing flickers. */
const STEADY_MS = 1000;

const WORDS: Readonly<Record<Finding['level'], string>> = {
  ok: 'all right',
  warning: 'warning',
  problem: 'problem',
};

/** `live`, changing to another cause at most once in `STEADY_MS`; the same one is always shown as it was last told. */
function useSteady(live: LiveFinding | null): LiveFinding | null {
  const [shown, setShown] = useState(live);
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  const same = shown?.id === live?.id && shown?.run === live?.run;
  useEffect(() => {
    if (same) return;
    const wait = Math.max(0, changedAt.current + STEADY_MS - performance.now());
    const timer = setTimeout(() => {
      changedAt.current = performance.now();
      setShown(live);
    }, wait);
    return () => clearTimeout(timer);
  }, [same, live]);
  return same ? live : shown;
}

/** Says a cause once, however often its figures change. */
function Announce({ live }: { live: LiveFinding | null }) {
  const said = useRef<{ key: string; text: string }>({ key: '', text: '' });
  const key = live ? `${live.run} ${live.id}` : '';
  if (key !== said.current.key) said.current = { key, text: live?.sentence ?? '' };
  return (
    <p className="visually-hidden" role="status">
      {said.current.text}
    </p>
  );
}

/** Opens a lab of the usual size, or offers Simulate where there can be none. */
function Ways({ finding }: { finding: Finding }) {
  const { netLab } = useSession();
  const { phase, possible } = useLab((s) => s.netLab);
  const forbidden = finding.id === 'namespaces' || (finding.id === 'lab' && !possible);
  if (forbidden) return <SimulateButton />;
  if (finding.id !== 'lab' || phase !== 'closed') return null;
  const size = { pairs: LAB_PAIRS_DEFAULT, mtu: LAB_MTU_DEFAULT };
  return (
    <button type="button" className="button compact" onClick={() => start(netLab.open(size))}>
      Open a lab
    </button>
  );
}

/** One finding in full: its sentence, the command that would mend it, and the button that does where the lab can. */
function FindingRow({ finding }: { finding: Finding }) {
  const { netLab } = useSession();
  const { sentence, level, fix, action } = finding;
  return (
    <li className="finding" data-finding={finding.id} data-level={level}>
      <span className="finding-says">
        <FindingMark level={level} />
        <span>
          <span className="visually-hidden">{WORDS[level]}: </span>
          {sentence}
        </span>
      </span>
      {fix !== null && (
        <span className="finding-fix">
          <code className="mono">{fix}</code>
          <CopyButton text={fix} what="the command" />
        </span>
      )}
      {action && (
        <button type="button" className="button compact" onClick={() => start(netLab.change(action))}>
          {actionWords(action)}
        </button>
      )}
      <Ways finding={finding} />
    </li>
  );
}

/** Why the lab did not do what a button here asked of it. */
function Refused() {
  const { screen } = useSession();
  const netLab = useLab((s) => s.netLab);
  const sentence = useScreen((s) => refusedUnseen(s, netLab));
  if (sentence === null) return null;
  return <ErrorNote text={sentence} onDismiss={() => setProblem(screen, LAB_PROBLEM, null)} />;
}

/** Why it is zero, or may become so: a line that is always there, and in full what is not all right. */
export function Diagnosis({ instance, receivesOnly }: { instance: InstanceInfo; receivesOnly: boolean }) {
  const diagnosis = useLab((s) => s.diagnoses[instance.id]);
  const live = useSteady(diagnosis?.live ?? null);
  const [open, setOpen] = useState(false);
  const list = useId();
  const { level, summary, shown, checks } = diagnosisView(instance, diagnosis, live, receivesOnly);
  return (
    <section className={`diagnosis ${shown.length > 0 ? level : ''}`} aria-label="Diagnosis" data-pane="">
      <div className="diagnosis-line">
        <h2 className="pane-title">Diagnosis</h2>
        {level === 'quiet' ? <Mark shape="ring" tone="quiet" /> : <FindingMark level={level} />}
        <span className="diagnosis-summary">{summary}</span>
        {checks.length > 0 && (
          <button
            type="button"
            className="diagnosis-more"
            aria-expanded={open}
            aria-controls={list}
            onClick={() => setOpen(!open)}
          >
            {open ? (
              <ChevronDown size={14} aria-hidden="true" />
            ) : (
              <ChevronRight size={14} aria-hidden="true" />
            )}
            {open ? 'Hide checks' : 'Show checks'}
          </button>
        )}
      </div>
      {shown.length > 0 && (
        <ul className="findings">
          {shown.map((finding) => (
            <FindingRow key={finding.id} finding={finding} />
          ))}
        </ul>
      )}
      {open && (
        <ul className="checks" id={list} aria-label="Checks before the run">
          {checks.map(({ id, level: found, sentence }) => (
            <li key={id} className="check" data-check={id}>
              <FindingMark level={found} />
              <span>
                <span className="visually-hidden">{WORDS[found]}: </span>
                {sentence}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Refused />
      <Announce live={live} />
    </section>
  );
}
