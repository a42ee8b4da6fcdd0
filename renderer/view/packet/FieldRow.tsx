import { X } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { useStore } from 'zustand';
import type { FieldState, FieldView } from '../../../app/packet/encode';
import type { FieldScalar } from '../../../app/packet/spec';
import { useSession } from '../session';
import { FieldDetail } from './FieldDetail';

export interface FieldRowProps {
  readonly view: FieldView;
  /** Which of several of its name. */
  readonly nth: number;
  /** What was typed, also while it can't be encoded; undefined when it is computed. */
  readonly typed: FieldScalar | undefined;
  readonly selected: boolean;
  readonly locked: boolean;
  onSelect(): void;
  onSet(value: FieldScalar): void;
  onUnset(): void;
  onPart(name: string, value: number): void;
  /** Null for fields that belong to the layer. */
  readonly onRemove: (() => void) | null;
}

const STATE_WORDS: Readonly<Record<FieldState, string>> = {
  auto: 'auto',
  pinned: 'pinned',
  purpose: 'on purpose',
};

/** More characters than this do not fit beside label and state in the narrowest pane. */
const LONG: Readonly<Record<FieldState, number>> = { auto: 12, pinned: 12, purpose: 8 };

/** Text a person typed as the packet keeps it: a plain number as a number. */
function scalarOf(view: FieldView, text: string): FieldScalar {
  const number = Number(text);
  return typeof view.value === 'number' && String(number) === text ? number : text;
}

/** Computed or pinned; pressing it changes between the two. */
function StateButton({ view, locked, onSet, onUnset, labelId }: FieldRowProps & { labelId: string }) {
  const wrong = view.error !== null;
  const word = wrong ? 'wrong' : STATE_WORDS[view.state];
  const auto = view.state === 'auto' && !wrong;
  const title = auto
    ? `Computed. Press to pin it at ${view.text}.`
    : wrong
      ? 'It can’t be encoded. Press to let it be computed.'
      : `${view.state === 'purpose' ? 'Kept as it is though it would be' : 'Pinned; computed it would be'} ${view.auto}. Press to let it be computed.`;
  return (
    <button
      type="button"
      className={`field-state ${view.state}`}
      aria-describedby={labelId}
      title={title}
      disabled={locked || Array.isArray(view.value)}
      onClick={() => {
        if (!auto) onUnset();
        else if (!Array.isArray(view.value)) onSet(view.value);
      }}
    >
      {word}
    </button>
  );
}

/** One field: label, value, computed or pinned; when it is selected, what else there is to know of it. */
export function FieldRow(props: FieldRowProps) {
  const { view, nth, typed, selected, locked, onSelect, onSet, onUnset, onRemove } = props;
  const id = useId();
  // What is in the box while a person types; an emptied box means "compute it", and stays empty until it is left.
  const [typing, setTyping] = useState<string | null>(null);
  const { draft } = useSession();
  const restored = useStore(draft.store, (s) => s.restored);
  // biome-ignore lint/correctness/useExhaustiveDependencies: undoing takes over from the keyboard.
  useEffect(() => setTyping(null), [restored]);
  const kept = view.error !== null && typed !== undefined ? String(typed) : view.text;
  const text = typing ?? kept;
  const name = nth === 0 ? `${view.label} (${view.name})` : `${view.label} ${nth + 1} (${view.name})`;
  const free = view.name.startsWith('data.');
  const rowClass = [
    'field-row',
    selected && 'selected',
    text.length > LONG[view.state] && 'long',
    view.error && 'wrong',
  ];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard selects it with the focus.
    // biome-ignore lint/a11y/noStaticElementInteractions: the same, a click beside the box counts as one in it.
    <div
      className={rowClass.filter(Boolean).join(' ')}
      data-name={view.name}
      onClick={selected ? undefined : onSelect}
    >
      <label id={`${id}-label`} className="field-row-label" htmlFor={id} title={`${view.name}: ${view.help}`}>
        {view.label}
      </label>
      <input
        id={id}
        type="text"
        className="text-input mono"
        aria-label={name}
        data-field={view.error === null ? undefined : 'packet'}
        aria-invalid={view.error !== null}
        aria-describedby={view.error === null ? undefined : `${id}-error`}
        spellCheck={false}
        autoComplete="off"
        maxLength={65_536}
        readOnly={locked}
        value={text}
        onFocus={onSelect}
        onBlur={() => setTyping(null)}
        onChange={(event) => {
          const next = event.target.value;
          setTyping(next);
          if (next.trim() === '' && !free) onUnset();
          else onSet(scalarOf(view, next));
        }}
      />
      <StateButton {...props} labelId={`${id}-label`} />
      {onRemove !== null && (
        <button
          type="button"
          className="icon-button small field-remove"
          aria-label="Remove option"
          aria-describedby={`${id}-label`}
          title="Remove"
          disabled={locked}
          onClick={onRemove}
        >
          <X size={13} aria-hidden="true" />
        </button>
      )}
      {view.error !== null && (
        <p id={`${id}-error`} className="field-error" role="alert">
          {view.error} The bytes hold what is computed.
        </p>
      )}
      {selected && <FieldDetail {...props} />}
    </div>
  );
}
