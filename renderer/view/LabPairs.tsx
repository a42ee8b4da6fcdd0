import { type FormEvent, useEffect, useRef, useState } from 'react';
import { LAB_ENDS, LAB_LIMITS, type LabSpot, portName } from '../../app/lab/limits';
import type { LabChange, LabPortInfo, NetLabInfo } from '../../app/lab/state';
import { grouped } from '../../app/quantity/format';
import { parseWhole } from '../../app/quantity/parse';
import { lampWords, queueWords } from '../store/labNews';
import { pairOfDraft } from '../store/labPreflight';
import { LAB_FIELD } from '../store/netLab';
import { Mark } from './Marks';
import { start, useLab, useScreen, useSession, useSettings } from './session';
import { FieldError, fieldIds } from './settings/Field';

interface Place {
  readonly pair: number;
  readonly end: LabSpot;
}

const nameOf = ({ pair, end }: Place) => portName(pair, end);

/** How long a lamp that went on or off stays marked, in ms. */
const MARKED_MS = 4000;

/** Whether `text` was another one a moment ago. */
function useChanged(text: string): boolean {
  const last = useRef(text);
  const [changed, setChanged] = useState(false);
  useEffect(() => {
    if (last.current === text) return;
    last.current = text;
    setChanged(true);
    const timer = setTimeout(() => setChanged(false), MARKED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return changed;
}

/** State lamps: each is a shape, a colour and the word. */
function Lamps({ port, spot }: { port: LabPortInfo | null; spot: LabSpot }) {
  if (!port) {
    return spot === 'tap' ? (
      <span className="lab-lamp">
        <Mark shape="ring" tone="quiet" /> not there
      </span>
    ) : (
      <span className="lab-lamp">
        <Mark shape="square" tone="inval" /> deleted
      </span>
    );
  }
  const queue = queueWords(port);
  return (
    <>
      <span className="lab-lamp">
        <Mark shape={port.up ? 'disc' : 'square'} tone={port.up ? 'success' : 'inval'} />
        {port.up ? 'up' : 'down'}
      </span>
      <span className="lab-lamp">
        <Mark shape={port.carrier ? 'disc' : 'triangle'} tone={port.carrier ? 'success' : 'again'} />
        {port.carrier ? 'carrier' : 'no carrier'}
      </span>
      {spot !== 'tap' && (
        <span className="lab-lamp">
          <Mark shape={queue === null ? 'dash' : 'triangle'} tone={queue === null ? 'quiet' : 'again'} />
          {queue ?? 'no queue'}
        </span>
      )}
    </>
  );
}

const ROLES: Readonly<Record<LabSpot, string>> = { a: 'sends', b: 'receives', tap: 'TAP device' };

function factsOf(port: LabPortInfo | null, spot: LabSpot): string {
  if (!port)
    return spot === 'tap' ? 'A run of tap makes it, and it goes with the run.' : 'No such interface.';
  return [`MTU ${grouped(port.mtu)}`, port.address, port.mac].filter((one) => one !== '').join(' · ');
}

function End(props: { place: Place; port: LabPortInfo | null; chosen: boolean; onChoose: () => void }) {
  const { place, port, chosen, onChoose } = props;
  const changed = useChanged(port ? lampWords(port).join() : 'none');
  return (
    <label className={`lab-end ${chosen ? 'chosen' : ''} ${changed ? 'changed' : ''}`}>
      <span className="lab-end-head">
        <input
          type="radio"
          name="lab-interface"
          className="lab-radio"
          data-field={chosen ? LAB_FIELD : undefined}
          checked={chosen}
          onChange={onChoose}
        />
        <b className="mono">{nameOf(place)}</b>
        <span className="lab-role">{ROLES[place.end]}</span>
        {changed && <span className="lab-changed">changed</span>}
      </span>
      <span className="lab-lamps">
        <Lamps port={port} spot={place.end} />
      </span>
      <span className="lab-facts mono">{factsOf(port, place.end)}</span>
    </label>
  );
}

function Cable({ linked }: { linked: boolean }) {
  return (
    <span className={linked ? 'lab-cable' : 'lab-cable cut'}>
      <span className="lab-cable-word">{linked ? 'linked' : 'no link'}</span>
    </span>
  );
}

/** A button that says why it can do nothing now, and keeps the focus. */
function Act(props: { label: string; why: string | null; onAct: () => void }) {
  const { label, why, onAct } = props;
  return (
    <button
      type="button"
      className="button compact"
      aria-disabled={why !== null}
      title={why ?? undefined}
      aria-description={why ?? undefined}
      onClick={() => {
        if (why === null) onAct();
      }}
    >
      {label}
    </button>
  );
}

/** A number and the button that sets it. What is wrong is said when it was asked for. */
function NumberAct(props: {
  field: string;
  name: string;
  button: string;
  unit: string;
  first: string;
  min: number;
  max: number;
  why: string | null;
  onAct: (value: number) => void;
}) {
  const { field, name, button, unit, first, min, max, why, onAct } = props;
  const [text, setText] = useState(first);
  const [error, setError] = useState<string | undefined>(undefined);
  const ids = fieldIds(field);
  const act = (event: FormEvent) => {
    event.preventDefault();
    const value = parseWhole(text, name, min, max);
    setError(value.ok ? undefined : value.sentence);
    if (value.ok && why === null) onAct(value.value);
  };
  return (
    <form className="lab-number" onSubmit={act} noValidate>
      <input
        id={ids.control}
        type="text"
        inputMode="numeric"
        className="text-input mono"
        aria-label={name}
        title={`${name}, ${unit}`}
        maxLength={16}
        spellCheck={false}
        autoComplete="off"
        value={text}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined ? undefined : ids.error}
        onChange={(event) => {
          setText(event.target.value);
          setError(undefined);
        }}
      />
      <span className="unit" aria-hidden="true">
        {unit}
      </span>
      <button
        type="submit"
        className="button compact"
        aria-disabled={why !== null}
        title={why ?? undefined}
        aria-description={why ?? undefined}
      >
        {button}
      </button>
      <FieldError ids={ids} error={error} />
    </form>
  );
}

/** Why nothing can be done to an interface that is not there, and how it comes back. */
function missing({ pair, end }: Place): { readonly gone: string; readonly create: string | null } {
  if (end !== 'tap') return { gone: `${portName(pair, end)} is deleted; re-create it first.`, create: null };
  const gone = `${portName(pair, end)} is there while a run of tap on pair ${pair} is on.`;
  return { gone, create: gone };
}

/** What can be done to the chosen interface. */
function Panel({ place, port }: { place: Place; port: LabPortInfo | null }) {
  const session = useSession();
  const name = nameOf(place);
  const act = (change: LabChange) => start(session.netLab.change({ ...place, change }));
  const gone = port ? null : missing(place).gone;
  const create = port ? `${name} is there; delete it first.` : missing(place).create;
  const noQueue = place.end === 'tap' ? 'Frames that are written to a TAP device pass no queue.' : gone;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
    <div className="lab-panel" role="group" aria-label={`What to do to ${name}`}>
      <span className="lab-panel-name">
        Do to <b className="mono">{name}</b>
      </span>
      <Act label="Link down" why={gone} onAct={() => act({ what: 'link', up: false })} />
      <Act label="Link up" why={gone} onAct={() => act({ what: 'link', up: true })} />
      <Act label="Carrier off" why={gone} onAct={() => act({ what: 'carrier', on: false })} />
      <Act label="Carrier on" why={gone} onAct={() => act({ what: 'carrier', on: true })} />
      <Act label="Delete interface" why={gone} onAct={() => act({ what: 'delete' })} />
      <Act label="Re-create" why={create} onAct={() => act({ what: 'create' })} />
      <NumberAct
        key={`mtu-${name}`}
        field="lab-new-mtu"
        name="New MTU"
        button="Set MTU"
        unit="B"
        first={String(port?.mtu ?? 1500)}
        min={LAB_LIMITS.mtuMin}
        max={LAB_LIMITS.mtuMax}
        why={gone}
        onAct={(mtu) => act({ what: 'mtu', mtu })}
      />
      <NumberAct
        key={`queue-${name}`}
        field="lab-queue"
        name="Queue limit"
        button="Limit queue"
        unit="packets"
        first="10"
        min={1}
        max={LAB_LIMITS.queueMax}
        why={noQueue}
        onAct={(packets) => act({ what: 'queue', packets })}
      />
      <Act
        label="No queue"
        why={noQueue ?? (port && queueWords(port) === null ? `${name} has no queue.` : null)}
        onAct={() => act({ what: 'queue', packets: null })}
      />
    </div>
  );
}

/** The pair whose TAP device is drawn before its run makes it: that of the instance which is shown. */
function useTapPair(): number | null {
  const selected = useScreen((s) => s.selected);
  const settings = useSettings(selected ?? '');
  const backend = useLab((s) => s.backends.find(({ name }) => name === settings?.backend));
  return settings && backend?.name === 'tap' ? pairOfDraft(settings, backend) : null;
}

/** The pairs as two ends and a cable; one interface is chosen, and the panel acts on it. */
export function LabPairs({ pairs }: { pairs: NetLabInfo['pairs'] }) {
  const [place, setPlace] = useState<Place>({ pair: 0, end: 'a' });
  const tapPair = useTapPair();
  const hasTap = (pair: number) => pair === tapPair || pairs[pair]?.tap != null;
  const there = place.pair < pairs.length && (place.end !== 'tap' || hasTap(place.pair));
  const chosen = there ? place : ({ pair: 0, end: 'a' } as const);
  const isChosen = (pair: number, end: LabSpot) => chosen.pair === pair && chosen.end === end;
  return (
    <div className="lab-open">
      <Panel place={chosen} port={pairs[chosen.pair]?.[chosen.end] ?? null} />
      <div className="lab-pairs" role="radiogroup" aria-label="Interfaces">
        {pairs.map((ends, pair) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the index is the pair's number.
          <div className="lab-pair" key={pair}>
            {LAB_ENDS.map((end) => (
              <End
                key={end}
                place={{ pair, end }}
                port={ends[end]}
                chosen={isChosen(pair, end)}
                onChoose={() => setPlace({ pair, end })}
              />
            ))}
            <Cable linked={ends.a?.carrier === true && ends.b?.carrier === true} />
            {hasTap(pair) && (
              <>
                <End
                  place={{ pair, end: 'tap' }}
                  port={ends.tap}
                  chosen={isChosen(pair, 'tap')}
                  onChoose={() => setPlace({ pair, end: 'tap' })}
                />
                <Cable linked={ends.tap?.carrier === true} />
                <span className="lab-program">
                  <b>Packet Lab</b>
                  <span className="lab-role">
                    is its cable: what a run of tap writes here arrives at {portName(pair, 'tap')}
                  </span>
                </span>
              </>
            )}
          </div>
        ))}
      </div>
      <p className="lab-note">
        All of it works while a run sends. Carrier off sets the other end down; a limited queue sends about
        one packet a second; deleting takes both ends of the pair, and re-creating makes other interfaces of
        the same names, which a run from before does not get back.
      </p>
    </div>
  );
}
