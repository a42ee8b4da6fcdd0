import { useState } from 'react';
import type { BackendDescriptor, BackendOption } from '../../../app/backend/descriptor';
import { defaultText } from '../../../app/backend/descriptor';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Settings } from '../../../app/run/plan';
import { useSession } from '../session';
import { describedBy, FieldError, fieldIds } from './Field';
import { OutputRow } from './OutputRow';

interface OptionProps {
  readonly instance: InstanceInfo;
  readonly settings: Settings;
  readonly backend: BackendDescriptor;
  readonly option: BackendOption;
  readonly error: string | undefined;
  readonly disabled: boolean;
  readonly onFocus: (option: BackendOption | null) => void;
}

function OptionInput({ instance, settings, backend, option, error, disabled, onFocus }: OptionProps) {
  const { draft } = useSession();
  const ids = fieldIds(`options.${option.name}`);
  // An emptied field shows its default as a placeholder, which is what a run takes then.
  const text = settings.options[backend.name]?.[option.name] ?? defaultText(option);
  const standard = defaultText(option);
  return (
    <>
      <div className={error === undefined ? 'option' : 'option wrong'}>
        <label id={ids.label} htmlFor={ids.control} className="option-label">
          {option.name}
        </label>
        <input
          id={ids.control}
          type="text"
          className={text === standard ? 'text-input mono as-default' : 'text-input mono'}
          data-field={`options.${option.name}`}
          value={text}
          placeholder={standard}
          maxLength={4096}
          spellCheck={false}
          autoComplete="off"
          disabled={disabled}
          aria-invalid={error !== undefined}
          aria-describedby={describedBy(ids, true, error)}
          title={`${option.help} Default ${standard}.`}
          onFocus={() => onFocus(option)}
          onBlur={() => onFocus(null)}
          onChange={(event) => {
            const typed = event.target.value;
            draft.setOption(instance.id, backend.name, option.name, typed === standard ? null : typed);
          }}
        />
        <span id={ids.help} className="visually-hidden">
          {option.help} Default {standard}.
        </span>
      </div>
      <FieldError ids={ids} error={error} />
    </>
  );
}

/** The backend's own options, two in a row, with one line of help for the one in hand. */
export function OptionGrid(props: {
  instance: InstanceInfo;
  settings: Settings;
  backend: BackendDescriptor;
  errors: Readonly<Record<string, string>>;
  disabled: boolean;
}) {
  const { instance, settings, backend, errors, disabled } = props;
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
          disabled={disabled}
        />
      ))}
      {others.length > 0 && (
        <>
          <div className="option-grid">
            {others.map((option) => (
              <OptionInput
                key={option.name}
                instance={instance}
                settings={settings}
                backend={backend}
                option={option}
                error={errors[`options.${option.name}`]}
                disabled={disabled}
                onFocus={setCurrent}
              />
            ))}
          </div>
          <p className="option-help" aria-hidden="true">
            {current === null
              ? backend.summary
              : `${current.name}: ${current.help} Default ${defaultText(current)}.`}
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
          disabled={disabled}
        />
      )}
    </div>
  );
}
