import { useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../../../app/lab/limits';
import { AGAIN_POLICIES, type AgainPolicy, type Settings } from '../../../app/run/plan';
import { lockedSentence } from '../../../app/run/tuning';
import { checkSettings, isUnchosen } from '../../store/checks';
import { WHOLE_FORM } from '../../store/draft';
import { isBusy } from '../../store/lab';
import { type PreflightLine, preflight } from '../../store/preflight';
import { ErrorNote } from '../ErrorNote';
import { PreflightMark } from '../Marks';
import { SimulateButton } from '../SimulateButton';
import { start, useBackend, useLab, useRefusals, useSession } from '../session';
import { ComboField, type Suggestion } from './ComboField';
import { describedBy, Field } from './Field';
import { OptionGrid } from './OptionGrid';
import { SignatureRow } from './SignatureRow';
import { Stages } from './Stages';

const FLUSH: readonly Suggestion[] = [
  { text: 'every-batch', note: 'each send flushes' },
  { text: 'every:256', note: 'after so many packets' },
  { text: 'after:50us', note: 'when the oldest is this old' },
  { text: 'every:256,after:50us', note: 'whichever comes first' },
  { text: 'never', note: 'only with Flush now' },
];

const SPEEDS: readonly Suggestion[] = [
  { text: 'max', note: 'as fast as one thread can' },
  { text: '1 kpps', note: '1,000 packets a second' },
  { text: '100 kpps', note: '100,000 packets a second' },
  { text: '1 Mpps', note: '1,000,000 packets a second' },
  { text: '100 Mbps:l1', note: 'bits on the wire, gap and all' },
  { text: '100 Mbps:l2', note: 'bits of frames with FCS' },
  { text: 'burst:32@1000us', note: '32 at once, each 1,000 µs' },
];

/** Only a capture has times to send by. */
const AS_CAPTURED: Suggestion = { text: 'capture', note: 'as the frames were captured' };

const STOPS: readonly Suggestion[] = [
  { text: 'once', note: 'one packet, or the capture once' },
  { text: '1,000 packets', note: 'a count of packets' },
  { text: '10s', note: 'a time' },
  { text: 'first AGAIN', note: 'at the first such code' },
  { text: 'first INVAL', note: 'at the first such code' },
  { text: 'never', note: 'until you press Stop' },
];

const AGAIN_WORDS: Readonly<Record<AgainPolicy, string>> = {
  retry: 'retry: offer again',
  drop: 'drop: refuse, go on',
  stop: 'stop: end the run',
};

interface FormProps {
  readonly instance: InstanceInfo;
  readonly settings: Settings;
}

/** Local problems of fields that are not being typed in, with main's refusals over them. */
function useErrors(
  { instance, settings }: FormProps,
  editing: string | null,
): Readonly<Record<string, string>> {
  const backends = useLab((s) => s.backends);
  const instances = useLab((s) => s.instances);
  const refusals = useRefusals(instance.id);
  const errors: Record<string, string> = {};
  const backend = backends.find((b) => b.name === settings.backend);
  for (const [field, sentence] of Object.entries(checkSettings(settings, instance, backends, instances))) {
    if (field !== editing && !isUnchosen(field, instance, backend)) errors[field] = sentence;
  }
  return { ...errors, ...refusals };
}

function Fix({ instance, fix }: { instance: InstanceInfo; fix: NonNullable<PreflightLine['fix']> }) {
  const { craft } = useSession();
  return (
    <button
      type="button"
      className="button compact before-fix"
      disabled={isBusy(instance)}
      onClick={() => craft.change(instance.id, fix.packet, 'fix')}
    >
      {fix.label}
    </button>
  );
}

/** Opens a lab of the usual size and shows it. */
function OpenLab() {
  const { netLab } = useSession();
  const size = { pairs: LAB_PAIRS_DEFAULT, mtu: LAB_MTU_DEFAULT };
  return (
    <button type="button" className="button compact before-fix" onClick={() => start(netLab.open(size))}>
      Open a lab
    </button>
  );
}

/** What the chosen backend will do with this packet; always in view below the form. */
function Before({ instance, settings }: FormProps) {
  const backend = useBackend(settings.backend);
  const instances = useLab((s) => s.instances);
  const netLab = useLab((s) => s.netLab);
  const lines = preflight(settings, instance, backend, instances, netLab);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard.
    <div className="before" role="group" aria-label="Before you run" tabIndex={0}>
      <h3 className="small-title">Before you run</h3>
      <ul>
        {lines.map((line) => (
          <li key={line.text} className="before-line">
            <PreflightMark level={line.level} />
            <span>
              {line.text}
              {line.fix && <Fix instance={instance} fix={line.fix} />}
              {line.needsLab && (netLab.possible ? <OpenLab /> : <SimulateButton />)}
            </span>
          </li>
        ))}
        {lines.length === 0 && (
          <li className="before-line">
            <PreflightMark level="good" />
            <span>Nothing in the way.</span>
          </li>
        )}
      </ul>
    </div>
  );
}

function Form({ instance, settings }: FormProps) {
  const session = useSession();
  const backends = useLab((s) => s.backends);
  const [editing, setEditing] = useState<string | null>(null);
  const errors = useErrors({ instance, settings }, editing);
  const backend = backends.find((b) => b.name === settings.backend);
  const lacks = useLab((s) => (s.netLab.possible ? 'needs a lab' : 'no lab here'));
  const busy = isBusy(instance);
  const locked = (field: keyof Settings) => (busy ? lockedSentence(field) : null);
  const { id } = instance;

  const edit = (patch: Partial<Settings>) => session.draft.edit(id, patch);
  // A field that was right stays unmarked while it is being typed in; one that is wrong stays marked until it is right.
  const focused = (field: string) => (is: boolean) => {
    if (is && errors[field] === undefined) setEditing(field);
    else setEditing(null);
  };
  const combo = (
    field: 'flush' | 'rate' | 'stop',
    label: string,
    maxLength: number,
    list: readonly Suggestion[],
  ) => (
    <ComboField
      field={field}
      label={label}
      value={settings[field]}
      maxLength={maxLength}
      suggestions={list}
      error={errors[field]}
      locked={field === 'stop' ? locked(field) : null}
      onChange={(text) => {
        if (text !== settings[field]) edit({ [field]: text });
      }}
      onFocusChange={focused(field)}
    />
  );

  return (
    <div className="form">
      <Field field="backend" label="Backend" error={errors.backend}>
        {(ids) => (
          <select
            id={ids.control}
            className="select"
            data-field="backend"
            value={settings.backend}
            disabled={busy}
            title={locked('backend') ?? undefined}
            aria-description={locked('backend') ?? undefined}
            aria-describedby={describedBy(ids, false, errors.backend)}
            onChange={(event) => edit({ backend: event.target.value })}
          >
            {!backend && <option value={settings.backend}>{settings.backend}</option>}
            {backends.map((b) => (
              <option
                key={b.name}
                value={b.name}
                disabled={b.unavailable !== null && b.capabilities.device !== 'needed'}
              >
                {b.unavailable === null
                  ? b.name
                  : `${b.name} (${b.capabilities.device === 'needed' ? lacks : 'not available'})`}
              </option>
            ))}
          </select>
        )}
      </Field>
      {backend && (
        <OptionGrid
          instance={instance}
          settings={settings}
          backend={backend}
          errors={errors}
          locked={locked('options')}
        />
      )}
      <Field field="batch" label="Batch size" error={errors.batch}>
        {(ids) => (
          <span className="with-unit">
            <input
              id={ids.control}
              type="text"
              inputMode="numeric"
              className="text-input mono"
              data-field="batch"
              maxLength={64}
              spellCheck={false}
              autoComplete="off"
              aria-invalid={errors.batch !== undefined}
              aria-describedby={describedBy(ids, false, errors.batch)}
              value={settings.batch}
              onFocus={() => focused('batch')(true)}
              onBlur={() => focused('batch')(false)}
              onChange={(event) => edit({ batch: event.target.value })}
            />
            <span className="unit">packets a send</span>
          </span>
        )}
      </Field>
      {combo('flush', 'Flush policy', 128, FLUSH)}
      {settings.flush.trim() === 'never' && busy && (
        <div className="field">
          <button type="button" className="button flush-now" onClick={() => start(session.flushNow(id))}>
            Flush now
          </button>
        </div>
      )}
      {combo('rate', 'Rate', 64, settings.source === 'capture' ? [...SPEEDS, AS_CAPTURED] : SPEEDS)}
      {combo('stop', 'Stop after', 64, STOPS)}
      <Field field="again" label="On AGAIN" error={errors.again}>
        {(ids) => (
          <select
            id={ids.control}
            className="select"
            data-field="again"
            value={settings.again}
            disabled={busy}
            title={locked('again') ?? undefined}
            aria-description={locked('again') ?? undefined}
            onChange={(event) => {
              const again = AGAIN_POLICIES.find((p) => p === event.target.value);
              if (again) edit({ again });
            }}
          >
            {AGAIN_POLICIES.map((policy) => (
              <option key={policy} value={policy}>
                {AGAIN_WORDS[policy]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field field="seed" label="Seed" error={errors.seed}>
        {(ids) => (
          <span className="with-unit">
            <input
              id={ids.control}
              type="text"
              inputMode="numeric"
              className="text-input mono"
              data-field="seed"
              maxLength={64}
              spellCheck={false}
              autoComplete="off"
              disabled={busy}
              title={locked('seed') ?? undefined}
              aria-description={locked('seed') ?? undefined}
              aria-invalid={errors.seed !== undefined}
              aria-describedby={describedBy(ids, false, errors.seed)}
              value={settings.seed}
              onFocus={() => focused('seed')(true)}
              onBlur={() => focused('seed')(false)}
              onChange={(event) => edit({ seed: event.target.value })}
            />
            <span className="unit">repeats a run</span>
          </span>
        )}
      </Field>
      <SignatureRow
        settings={settings}
        error={errors.signature}
        locked={locked('signature')}
        onChange={(signature) => edit({ signature })}
      />
      <Stages instance={instance} settings={settings} errors={errors} busy={busy} />
      {errors[WHOLE_FORM] !== undefined && (
        <ErrorNote text={errors[WHOLE_FORM]} onDismiss={() => session.draft.clearRefusals(id)} />
      )}
      {backend && (
        <p className="flush-words">
          <b>What flush does here:</b> {backend.flush}
        </p>
      )}
      {backend && (
        <p className="flush-words">
          <b>What completed counts here:</b> {backend.completed}
        </p>
      )}
    </div>
  );
}

/** The run settings of the selected instance. */
export function SettingsPane(props: FormProps) {
  const locked = isBusy(props.instance);
  return (
    <section className="pane settings-pane" aria-label="Run settings" data-pane="">
      <div className="pane-head">
        <h2 className="pane-title">Run settings</h2>
        {locked && (
          <span className="hint" title="Stop the run to change the other settings.">
            Live: rate, batch, flush
            <span className="visually-hidden">. Stop the run to change the other settings.</span>
          </span>
        )}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: it only makes the form scroll. */}
      <div className="pane-scroll" role="group" aria-label="Settings" tabIndex={locked ? 0 : undefined}>
        <Form key={props.instance.id} {...props} />
      </div>
      <Before {...props} />
    </section>
  );
}
