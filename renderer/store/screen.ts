import { createStore, type StoreApi } from 'zustand/vanilla';
import type { ExportKind } from '../../app/ipc/export';
import { SERIES_SPANS, type SeriesSpan } from '../../app/stats/series';

export const THEMES = ['system', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

/** How the window stands: what is selected and open. Nothing of it concerns main. */
export interface ScreenState {
  readonly selected: string | null;
  /** What fills the work area above the live view. */
  readonly page: 'packet' | 'lab';
  readonly theme: Theme;
  readonly span: SeriesSpan;
  /** The charts stand still while the run goes on. */
  readonly frozen: boolean;
  readonly journalOpen: boolean;
  readonly dialog: 'shortcuts' | 'palette' | null;
  /** Run time under the pointer in any chart, in seconds; one cursor for all. */
  readonly cursor: number | null;
  /** A field that should get the focus; `nonce` tells one request from the next. */
  readonly focus: { readonly field: string; readonly nonce: number } | null;
  /** Recent calls as a table instead of a strip. */
  readonly callTable: boolean;
  /** The histograms of latency and packets a call are unfolded. */
  readonly histograms: boolean;
  /** The histograms of what was received are unfolded. */
  readonly receivedHistograms: boolean;
  /** What is seen should be exported as this; whoever does it clears the wish. */
  readonly exporting: ExportKind | null;
  /** What went wrong outside any field, by instance; '' is the window as a whole. */
  readonly problems: Readonly<Record<string, string>>;
}

export type ScreenStore = StoreApi<ScreenState>;

/** Where choices are remembered: `localStorage` in the app, a map in tests. */
export type Memory = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'packet-lab.screen';

function remembered(memory: Memory): Partial<Pick<ScreenState, 'theme' | 'span' | 'journalOpen'>> {
  try {
    const raw: unknown = JSON.parse(memory.getItem(KEY) ?? '{}');
    if (typeof raw !== 'object' || raw === null) return {};
    const { theme, span, journalOpen } = raw as Record<string, unknown>;
    const knownTheme = THEMES.find((t) => t === theme);
    const knownSpan = SERIES_SPANS.find((s) => s === span);
    return {
      ...(knownTheme && { theme: knownTheme }),
      ...(knownSpan && { span: knownSpan }),
      ...(typeof journalOpen === 'boolean' && { journalOpen }),
    };
  } catch {
    return {};
  }
}

/** `journalOpen` is how the journal stands before the person has chosen: open where there is room. */
export function createScreen(memory: Memory, journalOpen = true): ScreenStore {
  const store = createStore<ScreenState>(() => ({
    selected: null,
    page: 'packet',
    theme: 'system',
    span: '30s',
    frozen: false,
    journalOpen,
    dialog: null,
    cursor: null,
    focus: null,
    callTable: false,
    histograms: false,
    receivedHistograms: false,
    exporting: null,
    problems: {},
    ...remembered(memory),
  }));
  store.subscribe((now, before) => {
    if (now.theme === before.theme && now.span === before.span && now.journalOpen === before.journalOpen)
      return;
    const { theme, span, journalOpen } = now;
    try {
      memory.setItem(KEY, JSON.stringify({ theme, span, journalOpen }));
    } catch {
      // A full or forbidden storage costs the memory of these choices and nothing else.
    }
  });
  return store;
}

let focusCount = 0;

/** Fields that the Lab page hides. */
const OF_PACKET: ReadonlySet<string> = new Set(['packet', 'hex', 'capture']);

/** Asks the view to put the focus on the control of a field. */
export function focusField(screen: ScreenStore, field: string): void {
  focusCount += 1;
  if (OF_PACKET.has(field)) screen.setState({ page: 'packet' });
  screen.setState({ focus: { field, nonce: focusCount } });
}

/** Sets or, with null, clears what is wrong with an instance as a whole. */
export function setProblem(screen: ScreenStore, id: string, sentence: string | null): void {
  screen.setState((state) => {
    const { [id]: _old, ...rest } = state.problems;
    return { problems: sentence === null ? rest : { ...rest, [id]: sentence } };
  });
}
