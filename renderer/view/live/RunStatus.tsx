import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Fault, Snapshot } from '../../../app/stats/snapshot';
import { ending, kept, LIMITER_WORDS, lateText, noticeOf, phaseWord, remedy } from '../../store/account';
import { receivingWords } from '../../store/intent';
import { setProblem } from '../../store/screen';
import { CopyButton, ErrorNote } from '../ErrorNote';
import { Mark, PhaseMark } from '../Marks';
import { useLab, useLive, useScreen, useSession, useStream } from '../session';
import { ExportMenu } from './ExportMenu';
import { FreezeButton, SpanSwitch } from './headButtons';

function faultText(fault: Fault, snapshot: Snapshot, backend: string | null): string {
  return [
    `What: ${fault.sentence}`,
    `Where: ${whereOf(fault)}`,
    `Kept: ${kept(snapshot)}`,
    `What to do: ${remedy(fault, backend)}`,
  ].join('\n');
}

function whereOf(fault: Fault): string {
  const errno = fault.errno === 0 ? '' : `, errno ${fault.errno}`;
  return `step “${fault.step}”${errno}, backend state ${fault.state}`;
}

/** A fault says what, where, what is kept and what to do, and stays until the next run. */
function FaultCard(props: { fault: Fault; snapshot: Snapshot; backend: string | null }) {
  const { fault, snapshot, backend } = props;
  return (
    <div className="fault-card" role="alert">
      <p className="fault-what">
        <Mark shape="square" tone="inval" />
        <span>{fault.sentence}</span>
        <CopyButton text={faultText(fault, snapshot, backend)} what="the fault" />
      </p>
      <dl className="fault-facts">
        <dt>Where</dt>
        <dd>{whereOf(fault)}</dd>
        <dt>Kept</dt>
        <dd>{kept(snapshot)}</dd>
        <dt>What to do</dt>
        <dd>{remedy(fault, backend)}</dd>
      </dl>
    </div>
  );
}

function words(instance: InstanceInfo, snapshot: Snapshot | undefined, held: string | null): string {
  switch (instance.phase) {
    case 'idle':
      return 'No run yet. Press Run (Ctrl+E).';
    case 'opening':
      return 'the backend';
    case 'running':
      return snapshot?.role === 'receive'
        ? receivingWords(instance.settings)
        : `on ${instance.ranOn ?? instance.settings.backend}${held === null ? '' : `, ${held}`}`;
    case 'stopping':
      return 'the run';
    case 'done':
    case 'fault':
      return (snapshot && ending(snapshot)) ?? phaseWord(instance.phase);
  }
}

/** One line that is always there, so that nothing moves when a run starts; a fault adds its card. */
export function RunStatus({ instance }: { instance: InstanceInfo }) {
  const { screen } = useSession();
  const view = useLive(instance.id);
  const slowHz = useStream((s) => s.slowHz);
  const problem = useScreen((s) => s.problems[instance.id]);
  const snapshot = view?.snapshot;
  const cause = useLab((s) => s.diagnoses[instance.id]?.live ?? null);
  const notice = snapshot ? noticeOf(snapshot, cause) : null;
  const fault = snapshot?.fault ?? null;
  const limit = view?.snapshot.running ? view.limiter : null;
  const text = words(instance, snapshot, limit && LIMITER_WORDS[limit].short);
  return (
    <div className="run-status">
      <div className="status-line">
        <p className="status-words" title={text}>
          <PhaseMark phase={instance.phase} />
          <b className="status-phase">{phaseWord(instance.phase)}</b>
          <span className="status-text">{text}</span>
        </p>
        {slowHz !== null && snapshot?.running && <span className="status-view">view {slowHz} Hz</span>}
        <SpanSwitch />
        <FreezeButton />
        <ExportMenu instance={instance} />
      </div>
      {notice !== null && (
        <p className="status-notice">
          <Mark shape="triangle" tone="warning" />
          <span>{notice}</span>
        </p>
      )}
      {snapshot?.lateError != null && (
        <p className="status-notice">
          <Mark shape="triangle" tone="warning" />
          <span>{lateText(snapshot.lateErrors, snapshot.lateError)}</span>
        </p>
      )}
      {problem !== undefined && (
        <ErrorNote text={problem} onDismiss={() => setProblem(screen, instance.id, null)} />
      )}
      {fault !== null && snapshot && <FaultCard fault={fault} snapshot={snapshot} backend={instance.ranOn} />}
      {instance.phase === 'fault' && fault === null && (
        <p className="status-notice">
          <Mark shape="square" tone="inval" />
          <span>
            The run did not begin: the journal says why. The settings are kept; mend them, then press Run.
          </span>
        </p>
      )}
    </div>
  );
}
