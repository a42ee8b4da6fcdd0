import { ChevronDown, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Finding } from '../../../app/lab/finding';
import { actionWords, liveWords, toldOf } from '../../store/diagnosis';
import { isBusy } from '../../store/lab';
import { CopyButton } from '../ErrorNote';
import { FindingMark } from '../Marks';
import { start, useLab, useSession } from '../session';

/** What would change it: a command, shown and never run, and the change of the window's own lab. */
function Fix({ fix, action }: Pick<Finding, 'fix' | 'action'>) {
  const { netLab } = useSession();
  if (fix === null && action === null) return null;
  return (
    <span className="finding-fix">
      {action !== null && (
        <button type="button" className="button compact" onClick={() => start(netLab.change(action))}>
          {actionWords(action)}
        </button>
      )}
      {fix !== null && (
        <>
          <code className="finding-command mono">{fix}</code>
          <CopyButton text={fix} what="the command" />
        </>
      )}
    </span>
  );
}

function Line({ finding }: { finding: Finding }) {
  return (
    <li className="finding" data-finding={finding.id} data-level={finding.level}>
      <FindingMark level={finding.level} />
      <span className="finding-words">
        {finding.sentence}
        <Fix fix={finding.fix} action={finding.action} />
      </span>
    </li>
  );
}

/** Why it is zero, or may become so: what was looked at before the run, and the most likely cause while it is on. */
export function Diagnosis({ instance }: { instance: InstanceInfo }) {
  const [open, setOpen] = useState(false);
  const diagnosis = useLab((s) => s.diagnoses[instance.id]);
  const preflight = diagnosis?.preflight ?? [];
  const live = diagnosis?.live ?? null;
  const told = toldOf({ preflight });
  const running = isBusy(instance);
  const words = liveWords(running, live);
  // What was found before the run stands back for what the run shows.
  const shown = open ? preflight : running || live !== null ? [] : told.open;
  return (
    <section className="diagnosis" aria-label="Diagnosis">
      <div className="diagnosis-head">
        <h2 className="pane-title">Diagnosis</h2>
        <span className="diagnosis-words">
          {live === null && <FindingMark level={running ? 'ok' : told.level} />}
          <span>{live === null && running ? words : live === null ? told.summary : words}</span>
        </span>
        <span className="pane-gap" />
        {preflight.length > 0 && (
          <button
            type="button"
            className="button compact quiet"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            {open ? (
              <ChevronDown size={14} aria-hidden="true" />
            ) : (
              <ChevronRight size={14} aria-hidden="true" />
            )}
            Checks
          </button>
        )}
      </div>
      {/* Spoken once for each cause. */}
      <div aria-live="polite">
        {live !== null && (
          <ul className="findings live-finding" data-level={live.level}>
            <Line finding={live} />
          </ul>
        )}
      </div>
      {shown.length > 0 && (
        <ul className="findings" aria-label="Checks before the run">
          {shown.map((finding) => (
            <Line key={finding.id} finding={finding} />
          ))}
        </ul>
      )}
    </section>
  );
}
