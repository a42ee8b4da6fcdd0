import { Save, X } from 'lucide-react';
import type { InstanceInfo, OutputName } from '../../../app/ipc/contract';
import { start, useSession } from '../session';
import { describedBy, FieldError, fieldIds } from './Field';

/** A file that a run writes: chosen in the system's save dialog, shown with its folder, and cleared here. */
export function OutputRow(props: {
  instance: InstanceInfo;
  which: OutputName;
  field: string;
  label: string;
  help: string;
  path: string | null;
  error: string | undefined;
  /** Why it can't be changed now, or null. */
  locked: string | null;
}) {
  const session = useSession();
  const ids = fieldIds(props.field);
  const { id } = props.instance;
  const cut = props.path === null ? -1 : Math.max(props.path.lastIndexOf('/'), props.path.lastIndexOf('\\'));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
    <div className="output" role="group" aria-labelledby={ids.label}>
      <span id={ids.label} className="option-label">
        {props.label}
      </span>
      <button
        type="button"
        className="button compact"
        data-field={props.field}
        disabled={props.locked !== null}
        title={props.locked ?? undefined}
        aria-describedby={describedBy(ids, true, props.error)}
        onClick={() => start(session.chooseOutput(id, props.which))}
      >
        <Save size={14} aria-hidden="true" />
        Choose file
      </button>
      {props.path !== null && (
        <button
          type="button"
          className="icon-button small"
          aria-label={`Clear ${props.label}`}
          disabled={props.locked !== null}
          onClick={() => start(session.clearOutput(id, props.which))}
        >
          <X size={14} aria-hidden="true" />
        </button>
      )}
      <p className="output-path" title={props.path ?? undefined}>
        {props.path === null ? (
          <span className="hint">
            {props.which === 'peer' ? 'none: the far end only counts' : 'none chosen'}
          </span>
        ) : (
          <>
            <span className="output-folder">{props.path.slice(0, cut + 1)}</span>
            <span className="output-name">{props.path.slice(cut + 1)}</span>
          </>
        )}
      </p>
      <span id={ids.help} className="visually-hidden">
        {props.help} {props.locked}
      </span>
      <FieldError ids={ids} error={props.error} />
    </div>
  );
}
