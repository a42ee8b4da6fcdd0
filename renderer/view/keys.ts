import { useEffect } from 'react';
import { commandsNow, EITHER, shortcutOf } from '../store/commands';
import { isBusy } from '../store/lab';
import type { Session } from '../store/session';
import { start, useScreen, useSession } from './session';

const TYPING = 'input:not([type="radio"]):not([type="checkbox"]), textarea, select, [contenteditable="true"]';
const FOCUSABLE =
  'button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea, [tabindex="0"], [role="row"][tabindex]';

/** Commands that go on while their keys are held. */
const REPEATABLE: ReadonlySet<string> = new Set(['next', 'previous', 'undo', 'redo']);

/** Moves the focus to the next pane (F6), or with Shift to the one before. */
function nextPane(step: number): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')];
  // The innermost: Diagnosis is a pane at the edge of the live view.
  const here = panes.reduce((at, pane, i) => (pane.contains(document.activeElement) ? i : at), -1);
  for (let i = 1; i <= panes.length; i++) {
    const pane = panes[(here + step * i + panes.length * 2) % panes.length];
    const target = pane?.querySelector<HTMLElement>(FOCUSABLE);
    if (!target) continue;
    target.focus();
    return;
  }
}

function perform(session: Session, id: string): boolean {
  const selected = session.screen.getState().selected;
  const instance = session.lab.getState().instances.find((i) => i.id === selected);
  if (id === 'toggle') {
    if (instance) start(isBusy(instance) ? session.stop(instance.id) : session.run(instance.id));
    return instance !== undefined;
  }
  if (id === 'emergency') {
    start(session.stopAll());
    return true;
  }
  const ids = EITHER[id] ?? [id];
  const command = commandsNow(session).find((c) => ids.includes(c.id));
  command?.act();
  return command !== undefined;
}

/** Listens to the shortcuts of the whole window. */
export function useShortcuts(): void {
  const session = useSession();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const id = shortcutOf(event, target?.closest(TYPING) != null);
      const open = session.screen.getState().dialog !== null;
      if (event.key === 'F6' && !event.ctrlKey && !open) {
        event.preventDefault();
        nextPane(event.shiftKey ? -1 : 1);
        return;
      }
      if (id === null || (event.repeat && !REPEATABLE.has(id))) return;
      // A window on top takes the keys, but nothing keeps a person from stopping.
      if (open && id !== 'emergency' && id !== 'toggle') return;
      event.preventDefault();
      perform(session, id);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [session]);
}

/** Puts the focus where the session asked for it, as soon as the control is drawn. */
export function useFocusRequests(): void {
  const focus = useScreen((s) => s.focus);
  useEffect(() => {
    if (focus === null) return;
    const frame = requestAnimationFrame(() => {
      const control = document.querySelector<HTMLElement>(`[data-field="${CSS.escape(focus.field)}"]`);
      control?.scrollIntoView({ block: 'nearest' });
      control?.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, [focus]);
}
