import { ChevronDown } from 'lucide-react';
import { useContext } from 'react';
import { ComboBox, ComboBoxStateContext, Input, ListBox, ListBoxItem, Popover } from 'react-aria-components';
import { describedBy, Field } from './Field';

/** A suggestion: the text that is typed for the person, and what it means. */
export interface Suggestion {
  readonly text: string;
  readonly note: string;
}

/** Opens the suggestions with the mouse; the keyboard does it with the arrow keys in the field itself. */
function Chevron({ disabled }: { disabled: boolean }) {
  const state = useContext(ComboBoxStateContext);
  return (
    <span
      className="combo-chevron"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.preventDefault();
        if (disabled || state === null) return;
        event.currentTarget.parentElement?.querySelector('input')?.focus();
        if (state.isOpen) state.close();
        else state.open(null, 'manual');
      }}
    >
      <ChevronDown size={14} />
    </span>
  );
}

/** A text field with suggestions: any text may be typed, the parsers decide what it means. */
export function ComboField(props: {
  field: string;
  label: string;
  value: string;
  maxLength: number;
  suggestions: readonly Suggestion[];
  error: string | undefined;
  /** Why it can't be changed now, or null. */
  locked: string | null;
  onChange: (text: string) => void;
  onFocusChange: (focused: boolean) => void;
}) {
  return (
    <Field field={props.field} label={props.label} error={props.error}>
      {(ids) => (
        <ComboBox
          className="combo"
          aria-labelledby={ids.label}
          allowsCustomValue
          menuTrigger="manual"
          shouldFocusWrap
          isDisabled={props.locked !== null}
          isInvalid={props.error !== undefined}
          items={props.suggestions}
          inputValue={props.value}
          onInputChange={props.onChange}
          onFocusChange={props.onFocusChange}
          defaultFilter={() => true}
        >
          <Input
            id={ids.control}
            className="text-input mono"
            data-field={props.field}
            maxLength={props.maxLength}
            spellCheck={false}
            autoComplete="off"
            title={props.locked ?? undefined}
            aria-description={props.locked ?? undefined}
            aria-describedby={describedBy(ids, false, props.error)}
          />
          <Chevron disabled={props.locked !== null} />
          <Popover className="popover" offset={2}>
            <ListBox className="menu" aria-label="Suggestions">
              {(item: Suggestion) => (
                <ListBoxItem id={item.text} textValue={item.text} className="menu-item suggestion">
                  <span className="mono">{item.text}</span>
                  <span className="suggestion-note">{item.note}</span>
                </ListBoxItem>
              )}
            </ListBox>
          </Popover>
        </ComboBox>
      )}
    </Field>
  );
}
