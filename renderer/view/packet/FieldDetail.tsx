import { useId } from 'react';
import type { FieldView } from '../../../app/packet/encode';
import type { FieldRowProps } from './FieldRow';

function bits(n: number): string {
  if (n % 8 === 0) return `${n / 8} B`;
  return n === 1 ? '1 bit' : `${n} bits`;
}

/** "offset 36, 2 B", "offset 20 + 3 bits, 13 bits". */
function whereIs({ bitOffset, bitLength }: FieldView): string {
  const over = bitOffset % 8;
  const offset = `offset ${Math.floor(bitOffset / 8)}${over === 0 ? '' : ` + ${bits(over)}`}`;
  return bitLength === 0 ? `${offset}, no bytes` : `${offset}, ${bits(bitLength)}`;
}

/** A number in the other writing: hex beside decimal and the other way round. */
function otherWriting({ value, text, bitLength }: FieldView): string | null {
  if (typeof value !== 'number') return null;
  const hex = `0x${value.toString(16).padStart(Math.ceil(bitLength / 4), '0')}`;
  return text === hex ? String(value) : hex;
}

function Choices({ view, locked, onSet }: FieldRowProps) {
  const id = useId();
  if (view.choices === null || typeof view.value !== 'number') return null;
  const known = view.choices.some(({ value }) => value === view.value);
  return (
    <div className="field-choice">
      <label htmlFor={id}>is</label>
      <select
        id={id}
        className="select"
        aria-label="Known values"
        disabled={locked}
        value={known ? String(view.value) : ''}
        onChange={(event) => {
          if (event.target.value !== '') onSet(Number(event.target.value));
        }}
      >
        {!known && <option value="">none of the known values</option>}
        {view.choices.map(({ value, label }) => (
          <option key={value} value={value}>
            {`${value}: ${label}`}
          </option>
        ))}
      </select>
    </div>
  );
}

function Parts({ view, locked, onPart }: FieldRowProps) {
  if (view.parts.length === 0) return null;
  return (
    <div className="field-parts">
      {view.parts.map((part) =>
        part.bits === 1 ? (
          <label key={part.name} className="field-part" title={part.name}>
            <input
              type="checkbox"
              checked={part.value === 1}
              disabled={locked}
              onChange={(event) => onPart(part.name, event.target.checked ? 1 : 0)}
            />
            {part.label}
          </label>
        ) : (
          <label key={part.name} className="field-part" title={`${part.name}, ${part.bits} bits`}>
            <input
              type="number"
              className="text-input mono"
              min={0}
              max={2 ** part.bits - 1}
              value={part.value}
              disabled={locked}
              onChange={(event) => {
                const value = event.target.valueAsNumber;
                if (Number.isInteger(value) && value >= 0 && value < 2 ** part.bits) onPart(part.name, value);
              }}
            />
            {part.label}
          </label>
        ),
      )}
    </div>
  );
}

/** Everything about the field in hand: place, width, the other writing, its known values and bits. */
export function FieldDetail(props: FieldRowProps) {
  const { view } = props;
  const facts = [view.name, whereIs(view), otherWriting(view)].filter((fact) => fact !== null);
  return (
    <div className="field-detail">
      <p className="field-facts">{facts.join(' · ')}</p>
      <Choices {...props} />
      <Parts {...props} />
      <p className="field-help">{view.help}</p>
    </div>
  );
}
