import { useState } from 'react';
import type { BackendDescriptor, BackendOption } from '../../../app/backend/descriptor';
import { defaultText } from '../../../app/backend/descriptor';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { LAB_PAIRS_DEFAULT } from '../../../app/lab/limits';
import { PAIR_OR_NONE } from '../../../app/lab/pair';
import type { Settings } from '../../../app/run/plan';
import { useLab, useSession } from '../session';
import { describedBy, FieldError, fieldIds } from './Field';
import { OutputRow } from './OutputRow';
import { SmallField } from './SmallField';

interface OptionProps {
  readonly instance: InstanceInfo;
  readonly settings: Settings;
  readonly backend: BackendDescriptor;
  readonly option: BackendOption;
  readonly error: string | undefined;
  readonly locked: string | null;
  readonly onFocus: (option: BackendOption | null) => void;
}

/** What a run takes when the field is empty: the plan's seed seeds the backend, too. */
function standardOf(option: BackendOption, settings: Settings): string {
  return option.name === 'seed' ? settings.seed : defaultText(option);
}

function helpOf(option: BackendOption, settings: Settings): string {
  const standard = standardOf(option, settings);
  return `${option.name}: ${option.help}${standard === '' ? '' : ` Default ${standard}.`}`;
}

function OptionInput({ instance, settings, backend, option, error, locked, onFocus }: OptionProps) {
  const { draft } = useSession();
  const standard = standardOf(option, settings);
  return (
    <SmallField
      field={`options.${option.name}`}
      name={option.name}
      help={`${option.help} Default ${standard}.`}
      text={settings.options[backend.name]?.[option.name] ?? standard}
      standard={standard}
      error={error}
      locked={locked}
      maxLength={4096}
      onFocus={(focused) => onFocus(focused ? option : null)}
      onChange={(typed) =>
        draft.setOption(instance.id, backend.name, option.name, typed === standard ? null : typed)
      }
    />
  );
}

/** Chooses one of `values`; the first is what a run takes when nothing is chosen. */
function SelectInput({
  instance,
  backend,
  option,
  error,
  locked,
  onFocus,
  value,
  values,
}: OptionProps & { readonly value: string; readonly values: ReadonlyMap<string, string> }) {
  const { draft } = useSession();
  const ids = fieldIds(`options.${option.name}`);
  const [standard = ''] = values.keys();
  // Words want more room than letters do.
  const look = option.kind === 'choice' ? 'option words' : 'option';
  return (
    <>
      <div className={`${look} ${error === undefined ? '' : 'wrong'}`} title={locked ?? undefined}>
        <label id={ids.label} htmlFor={ids.control} className="option-label">
          {option.name}
        </label>
        <select
          id={ids.control}
          className={value === standard ? 'select as-default' : 'select'}
          data-field={`options.${option.name}`}
          value={value}
          disabled={locked !== null}
          title={locked ?? option.help}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(ids, true, error)}
          onFocus={() => onFocus(option)}
          onBlur={() => onFocus(null)}
          onChange={({ target }) =>
            draft.setOption(
              instance.id,
              backend.name,
              option.name,
              target.value === standard ? null : target.value,
            )
          }
        >
          {[...values].map(([one, label]) => (
            <option key={one} value={one}>
              {label}
            </option>
          ))}
          {!values.has(value) && <option value={value}>{value}</option>}
        </select>
        <span id={ids.help} className="visually-hidden">
          {option.help} {locked}
        </span>
      </div>
      <FieldError ids={ids} error={error} />
    </>
  );
}

/** Chooses another loopback instance, or none. */
function AttachInput(props: OptionProps) {
  const { instance, settings, backend, option } = props;
  const instances = useLab((s) => s.instances);
  const value = settings.options[backend.name]?.[option.name]?.trim() ?? '';
  const others = instances.filter((i) => i.id !== instance.id && i.settings.backend === backend.name);
  const values = new Map([['', 'none'], ...others.map(({ id }) => [id, id] as const)]);
  return <SelectInput {...props} value={value} values={values} />;
}

/** Chooses one of a few words. */
function ChoiceInput(props: OptionProps) {
  const { settings, backend, option } = props;
  const standard = standardOf(option, settings);
  const pairs = useLab((s) => s.netLab.pairs.length);
  // Of a lab's pairs only those that are there, or would be in a lab of the usual size.
  const known = (word: string) =>
    option.name !== PAIR_OR_NONE.name || !(Number(word) >= Math.max(pairs, LAB_PAIRS_DEFAULT));
  const words = option.kind === 'choice' ? option.words.filter(known) : [];
  const values = new Map([standard, ...words].map((word) => [word, word]));
  const value = settings.options[backend.name]?.[option.name] ?? standard;
  return <SelectInput {...props} value={value} values={values} />;
}

/** The control of each kind of option that is no field to type into. */
const INPUTS: Partial<Record<BackendOption['kind'], typeof OptionInput>> = {
  instance: AttachInput,
  choice: ChoiceInput,
};

/** The backend's own options, two in a row, with one line of help for the one in hand. */
export function OptionGrid(props: {
  instance: InstanceInfo;
  settings: Settings;
  backend: BackendDescriptor;
  errors: Readonly<Record<string, string>>;
  /** Why nothing of it can be changed now, or null. */
  locked: string | null;
}) {
  const { instance, settings, backend, errors, locked } = props;
  const [current, setCurrent] = useState<BackendOption | null>(null);
  const outputs = backend.options.filter((o) => o.kind === 'output');
  const others = backend.options.filter((o) => o.kind !== 'output');
  return (
    <div className="options">
      {outputs.map((option) => (
        <OutputRow
          key={option.name}
          instance={instance}
          which="file"
          field={`options.${option.name}`}
          label={option.name}
          help={option.help}
          path={instance.outputs.file}
          error={errors[`options.${option.name}`]}
          locked={locked}
        />
      ))}
      {others.length > 0 && (
        <>
          <div className="option-grid">
            {others.map((option) => {
              const Input = INPUTS[option.kind] ?? OptionInput;
              return (
                <Input
                  key={option.name}
                  instance={instance}
                  settings={settings}
                  backend={backend}
                  option={option}
                  error={errors[`options.${option.name}`]}
                  locked={locked}
                  onFocus={setCurrent}
                />
              );
            })}
          </div>
          <p className="option-help" aria-hidden="true">
            {current === null ? backend.summary : helpOf(current, settings)}
          </p>
        </>
      )}
      {others.length === 0 && <p className="option-help">{backend.summary}</p>}
      {backend.capabilities.peer && (
        <OutputRow
          instance={instance}
          which="peer"
          field="peer"
          label="Peer capture"
          help="Writes what the far end receives to a pcapng file."
          path={instance.outputs.peer}
          error={errors.peer}
          locked={locked}
        />
      )}
    </div>
  );
}
