import type { ReactNode } from 'react';

/** The ids a field's control is tied to its texts with. */
export interface FieldIds {
  readonly control: string;
  readonly label: string;
  readonly help: string;
  readonly error: string;
}

export function fieldIds(field: string): FieldIds {
  const base = `field-${field.replaceAll('.', '-')}`;
  return { control: base, label: `${base}-label`, help: `${base}-help`, error: `${base}-error` };
}

/** The ids that describe a control, in the order they are read. */
export function describedBy(ids: FieldIds, help: boolean, error: string | undefined): string | undefined {
  const parts = [...(error === undefined ? [] : [ids.error]), ...(help ? [ids.help] : [])];
  return parts.length > 0 ? parts.join(' ') : undefined;
}

/** A field's error: next to what caused it, announced when it appears. */
export function FieldError({ ids, error }: { ids: FieldIds; error: string | undefined }) {
  if (error === undefined) return null;
  return (
    <p id={ids.error} className="field-error" role="alert">
      {error}
    </p>
  );
}

/** One row of the form: label left, control right, error below. */
export function Field(props: {
  field: string;
  label: string;
  error: string | undefined;
  help?: string | undefined;
  children: (ids: FieldIds) => ReactNode;
}) {
  const ids = fieldIds(props.field);
  return (
    <div className={props.error === undefined ? 'field' : 'field wrong'}>
      <label id={ids.label} htmlFor={ids.control} className="field-label">
        {props.label}
      </label>
      <div className="field-control">{props.children(ids)}</div>
      {props.help !== undefined && (
        <p id={ids.help} className="field-help">
          {props.help}
        </p>
      )}
      <FieldError ids={ids} error={props.error} />
    </div>
  );
}
