import { CircleHelp, Command as CommandIcon, Play, Redo2, Square, Undo2 } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { useStore } from 'zustand';
import type { InstanceInfo } from '../../app/ipc/contract';
import { clock, si } from '../../app/quantity/format';
import type { Settings } from '../../app/run/plan';
import { parseRate, showRate } from '../../app/run/rate';
import { gotPps, LIMITER_WORDS } from '../store/account';
import { checkSettings } from '../store/checks';
import { stepSentence } from '../store/draft';
import { intent } from '../store/intent';
import { isBusy } from '../store/lab';
import { roleOfDraft } from '../store/labPreflight';
import { start, useInstance, useLab, useLive, useScreen, useSession, useSettings } from './session';
import { ThemeMenu } from './ThemeMenu';
import { TierBadge } from './TierBadge';

/** The rate asked for: of the run that is or was on, else of the draft. Who only receives asks for none. */
function askedWords(instance: InstanceInfo, settings: Settings, receivesOnly: boolean): string {
  if (receivesOnly) return '–';
  if (instance.asked !== null) return instance.asked;
  const rate = parseRate(settings.rate);
  if (!rate.ok) return '–';
  return showRate(rate.value);
}

function Speeds({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const view = useLive(instance.id);
  const got = gotPps(view);
  const limit = view?.limiter ?? null;
  const receivesOnly = (view?.snapshot.role ?? roleOfDraft(settings)) === 'receive';
  return (
    <>
      <span className="bar-clock" title="Run time, hours:minutes:seconds">
        {clock(view?.snapshot.seconds ?? 0)}
      </span>
      <span className="bar-speeds">
        <span className="bar-side">
          asked <b className="bar-asked">{askedWords(instance, settings, receivesOnly)}</b>
        </span>
        <span className="bar-main">
          got <b className="bar-got">{got === null ? '–' : si(got, 'pps')}</b>
        </span>
        <span
          className="bar-side"
          title={limit ? LIMITER_WORDS[limit].help : 'What keeps the rate from being higher.'}
        >
          limit <b className="bar-limit">{limit ?? '–'}</b>
        </span>
      </span>
    </>
  );
}

function Controls({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const session = useSession();
  const backends = useLab((s) => s.backends);
  const instances = useLab((s) => s.instances);
  const busy = isBusy(instance);
  const { id } = instance;
  const words = intent(settings, instance, checkSettings(settings, instance, backends, instances));

  // Space anywhere in the bar is Run or Stop; on the Stop button it is Stop, as on any button.
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key !== ' ' || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target instanceof HTMLElement && event.target.closest('[data-own-space]')) return;
    event.preventDefault();
    if (!event.repeat) start(session.toggleRun(id));
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks and rules of a form.
    <div className="bar-run" role="group" aria-label="Controls" tabIndex={-1} onKeyDown={onKeyDown}>
      <button
        type="button"
        className="button primary run-button"
        aria-label="Run"
        aria-describedby="run-intent"
        aria-keyshortcuts="Control+E"
        aria-disabled={busy}
        data-run={`${id}${instance.run}`}
        onClick={() => start(session.run(id))}
      >
        <Play size={14} aria-hidden="true" />
        Run
      </button>
      <span id="run-intent" className="bar-intent" title={words}>
        {words}
      </span>
      <button
        type="button"
        className={busy ? 'button stop-button armed' : 'button stop-button'}
        aria-label="Stop"
        data-own-space=""
        onClick={() => start(session.stop(id))}
      >
        <Square size={12} aria-hidden="true" />
        Stop
      </button>
      <kbd className="bar-keys" title="Ctrl+E runs, or stops what runs">
        Ctrl+E
      </kbd>
      <Speeds instance={instance} settings={settings} />
    </div>
  );
}

/** Takes edits of the packet and the settings back, and does them again. */
function Steps({ instance }: { instance: InstanceInfo }) {
  const { draft, undo, redo } = useSession();
  const state = useStore(draft.store);
  const noUndo = stepSentence(state, instance, 'undo');
  const noRedo = stepSentence(state, instance, 'redo');
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label="Undo"
        aria-keyshortcuts="Control+Z"
        title={noUndo ?? 'Undo (Ctrl+Z)'}
        disabled={noUndo !== null}
        onClick={() => undo(instance.id)}
      >
        <Undo2 size={16} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Redo"
        aria-keyshortcuts="Control+Shift+Z Control+Y"
        title={noRedo ?? 'Redo (Ctrl+Shift+Z)'}
        disabled={noRedo !== null}
        onClick={() => redo(instance.id)}
      >
        <Redo2 size={16} aria-hidden="true" />
      </button>
    </>
  );
}

/** The top bar: what the window is, what Run will do, Stop, and the rate asked for beside the rate got. */
export function RunBar() {
  const session = useSession();
  const selected = useScreen((s) => s.selected);
  const instance = useInstance(selected);
  const settings = useSettings(selected ?? '');
  const running = useLab((s) => s.instances.filter(isBusy).length);
  return (
    <header className="bar" data-pane="">
      <h1 className="bar-name">Packet Lab</h1>
      <TierBadge />
      {instance && settings && <Controls instance={instance} settings={settings} />}
      <div className="bar-end">
        <button
          type="button"
          className={running >= 2 ? 'button stop-button armed' : 'button stop-button'}
          title="Stops every instance (Ctrl+.)"
          aria-keyshortcuts="Control+."
          onClick={() => start(session.stopAll())}
        >
          <Square size={12} aria-hidden="true" />
          Stop all
        </button>
        {instance && <Steps instance={instance} />}
        <button
          type="button"
          className="icon-button"
          aria-label="Commands"
          aria-keyshortcuts="Control+K"
          title="Commands (Ctrl+K)"
          onClick={() => session.screen.setState({ dialog: 'palette' })}
        >
          <CommandIcon size={16} aria-hidden="true" />
        </button>
        <ThemeMenu />
        <button
          type="button"
          className="icon-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
          onClick={() => session.screen.setState({ dialog: 'shortcuts' })}
        >
          <CircleHelp size={16} aria-hidden="true" />
        </button>
      </div>
    </header>
  );
}
