import { useState } from 'react';
import type { BackendDescriptor, BackendOption } from '../../../app/backend/descriptor';
import { defaultText } from '../../../app/backend/descriptor';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Settings } from '../../../app/run/plan';
import { useSession } from '../session';
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
            {others.map((option) => (
              <OptionInput
                key={option.name}
                instance={instance}
                settings={settings}
                backend={backend}
                option={option}
                error={errors[`options.${option.name}`]}
                locked={locked}
                onFocus={setCurrent}
              />
            ))}
          </div>
          <p className="option-help" aria-hidden="true">
            {current === null
              ? backend.summary
              : `${current.name}: ${current.help} Default ${standardOf(current, settings)}.`}
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
