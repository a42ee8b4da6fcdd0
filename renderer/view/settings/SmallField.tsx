import { describedBy, FieldError, fieldIds } from './Field';

/** A small text field of a grid: an option with its name, its help on hover, and its error across the row. */
export function SmallField(props: {
  field: string;
  name: string;
  help: string;
  text: string;
  /** What a run takes when the field is empty. */
  standard: string;
  error: string | undefined;
  /** Why it can't be changed now, or null. */
  locked: string | null;
  maxLength: number;
  onFocus: (focused: boolean) => void;
  onChange: (text: string) => void;
}) {
  const { field, name, help, text, standard, error, locked } = props;
  const ids = fieldIds(field);
  return (
    <>
      <div className={error === undefined ? 'option' : 'option wrong'} title={locked ?? undefined}>
        <label id={ids.label} htmlFor={ids.control} className="option-label">
          {name}
        </label>
        <input
          id={ids.control}
          type="text"
          className={text === standard ? 'text-input mono as-default' : 'text-input mono'}
          data-field={field}
          value={text}
          placeholder={standard}
          maxLength={props.maxLength}
          spellCheck={false}
          autoComplete="off"
          disabled={locked !== null}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(ids, true, error)}
          title={locked ?? help}
          onFocus={() => props.onFocus(true)}
          onBlur={() => props.onFocus(false)}
          onChange={(event) => props.onChange(event.target.value)}
        />
        <span id={ids.help} className="visually-hidden">
          {help} {locked}
        </span>
      </div>
      <FieldError ids={ids} error={error} />
    </>
  );
}
