/** Turns something of a run on: a stage of the chain, the signature. */
export function Switch(props: {
  field: 'faultOn' | 'teeOn' | 'signature';
  name: string;
  on: boolean;
  locked: string | null;
  onChange: (on: boolean) => void;
}) {
  return (
    <label className="switch" title={props.locked ?? undefined}>
      <input
        type="checkbox"
        role="switch"
        aria-checked={props.on}
        data-field={props.field}
        checked={props.on}
        disabled={props.locked !== null}
        aria-description={props.locked ?? undefined}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span className="switch-track" aria-hidden="true" />
      {props.name}
    </label>
  );
}
