import { type ReactNode, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { grouped } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import { lockedSentence } from '../../../app/run/tuning';
import { FAULT_OPTIONS } from '../../../app/stage/fault';
import { type Did, faultDid } from '../../../app/stats/did';
import { countText, HOP_COUNTS, type Hop, hopsOf, teeDid } from '../../store/chain';
import { useLive, useSession } from '../session';
import { OutputRow } from './OutputRow';
import { SmallField } from './SmallField';
import { Switch } from './Switch';

function Count({ value }: { value: number | null }) {
  const { exact, short } = countText(value);
  if (exact === short) return exact;
  return (
    <>
      <span className="count-exact">{exact}</span>
      <span className="count-short">{short}</span>
    </>
  );
}

function HopRow({ hop, children }: { hop: Hop; children: ReactNode }) {
  return (
    <tr className={hop.on ? 'hop' : 'hop off'} data-hop={hop.key} title={hop.means}>
      <th scope="row">{children}</th>
      {HOP_COUNTS.map((name) => {
        const value = hop.counts?.[name] ?? null;
        return (
          <td
            key={name}
            className={value === 0 || value === null ? 'mono quiet' : 'mono'}
            data-count={name}
            data-value={value ?? ''}
            title={value === null ? hop.means : `${grouped(value)} ${name}. ${hop.means}`}
          >
            <Count value={value} />
          </td>
        );
      })}
    </tr>
  );
}

/** What a stage did, as small figures. */
function DidList({ list }: { list: readonly Did[] }) {
  return (
    <dl className="did">
      {list.map(({ name, value, means }) => (
        <div
          key={name}
          data-did={name}
          data-value={value ?? ''}
          title={value === null ? means : `${grouped(value)}. ${means}`}
        >
          <dt>{name}</dt>
          <dd className={value ? 'mono' : 'mono quiet'}>
            <Count value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

interface StagesProps {
  readonly instance: InstanceInfo;
  readonly settings: Settings;
  readonly errors: Readonly<Record<string, string>>;
  /** Whether a run is on: then nothing of the chain can be changed. */
  readonly busy: boolean;
}

function FaultOptions({ instance, settings, errors, busy }: StagesProps) {
  const { draft } = useSession();
  const [current, setCurrent] = useState<string | null>(null);
  const standard = (name: string) => {
    if (name === 'seed') return settings.seed;
    return /-(every|at)$/.test(name) ? 'never' : '0';
  };
  const help = FAULT_OPTIONS.find((o) => o.name === current)?.help;
  return (
    <>
      <div className="option-grid">
        {FAULT_OPTIONS.map((option) => (
          <SmallField
            key={option.name}
            field={`fault.${option.name}`}
            name={option.name}
            help={option.help}
            text={settings.fault[option.name] ?? ''}
            standard={standard(option.name)}
            error={errors[`fault.${option.name}`]}
            locked={busy ? lockedSentence('fault') : null}
            maxLength={64}
            onFocus={(focused) => setCurrent(focused ? option.name : null)}
            onChange={(typed) => {
              const { [option.name]: _before, ...rest } = settings.fault;
              draft.edit(
                instance.id,
                { fault: typed === '' ? rest : { ...rest, [option.name]: typed } },
                `fault.${option.name}`,
              );
            }}
          />
        ))}
      </div>
      <p className="option-help" aria-hidden="true">
        {help === undefined
          ? 'Misbehaves on purpose, in the same way for the same seed. Shares are from 0 to 1.'
          : `${current}: ${help}`}
      </p>
    </>
  );
}

/** The chain a run goes through, with the counters of each hop, and what can be put into it. */
export function Stages(props: StagesProps) {
  const { instance, settings, errors, busy } = props;
  const { draft } = useSession();
  const snapshot = useLive(instance.id)?.snapshot;
  const ranOn = busy || snapshot ? instance.ranOn : null;
  const switches: Readonly<Partial<Record<Hop['key'], 'faultOn' | 'teeOn'>>> = {
    fault: 'faultOn',
    tee: 'teeOn',
  };
  return (
    <section className="stages" aria-label="Stages">
      <h3 className="small-title">Stages</h3>
      <table className="hops">
        <caption className="visually-hidden">
          What passed each hop. Stages and backend count call by call; the runner counts each packet once.
        </caption>
        <thead>
          <tr>
            <th scope="col">hop</th>
            {HOP_COUNTS.map((name) => (
              <th key={name} scope="col">
                {name === 'unexamined' ? <abbr title="unexamined">unex.</abbr> : name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hopsOf(settings, snapshot, ranOn).map((hop) => {
            const field = switches[hop.key];
            return (
              <HopRow key={hop.key} hop={hop}>
                {field === undefined ? (
                  hop.name
                ) : (
                  <Switch
                    field={field}
                    name={hop.name}
                    on={hop.on}
                    locked={busy ? lockedSentence(field) : null}
                    onChange={(on) => draft.edit(instance.id, { [field]: on })}
                  />
                )}
              </HopRow>
            );
          })}
        </tbody>
      </table>
      {settings.faultOn && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
        <div className="stage" role="group" aria-label="Fault stage">
          <h4 className="stage-title">fault</h4>
          <DidList list={faultDid(snapshot?.hops)} />
          <FaultOptions {...props} />
        </div>
      )}
      {settings.teeOn && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
        <div className="stage" role="group" aria-label="Tee">
          <h4 className="stage-title">tee</h4>
          <DidList list={teeDid(snapshot)} />
          <OutputRow
            instance={instance}
            which="tee"
            field="tee"
            label="Tee capture"
            help="Writes what the backend accepted to a pcapng file."
            path={instance.outputs.tee}
            error={errors.tee}
            locked={busy ? lockedSentence('teeOn') : null}
          />
        </div>
      )}
    </section>
  );
}
