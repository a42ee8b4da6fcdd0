import { createStore, type StoreApi } from 'zustand/vanilla';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';
import { isBusy } from './lab';

/** What the person is editing. It changes at once; main gets it a moment later, and before a run in any case. */
export interface DraftState {
  /** The settings of each instance by id. */
  settings: Readonly<Record<string, Settings>>;
  /** What undoing and redoing bring back, by instance, the nearest last. */
  past: Readonly<Record<string, readonly Step[]>>;
  future: Readonly<Record<string, readonly Step[]>>;
  /** Counts up with each undo and redo: fields that are being typed in take what they are given. */
  restored: number;
  /** Main's refusals by instance and field (`batch`, `options.ring` …); an edit of the field takes its refusal away. */
  refusals: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The settings before (in the future: after) an edit. */
export interface Step {
  readonly settings: Settings;
  /** What was edited; edits of the same thing in a row are one step. */
  readonly what: string;
}

export interface Draft {
  readonly store: StoreApi<DraftState>;
  /** `what` names the thing that is edited where a patch says too little: one field of the packet. */
  edit(id: string, patch: Partial<Settings>, what?: string): void;
  /** Sets one option of a backend; null takes it back to its default. */
  setOption(id: string, backend: string, name: string, text: string | null): void;
  undo(id: string): void;
  redo(id: string): void;
  /** Takes main's account of the instances; drafts with unsaved edits stay as they are. */
  adopt(instances: readonly InstanceInfo[]): void;
  /** Settles when main holds the latest edits. */
  flush(id: string): Promise<void>;
  refuse(id: string, field: string, sentence: string): void;
  clearRefusals(id: string): void;
}

/** Edits within this time go to main as one, in ms. */
const SAVE_AFTER_MS = 150;

/** Edits of the same thing that follow each other faster than this are one step, in ms. */
const STEP_MS = 1000;

/** Steps that are kept by instance. */
const STEPS_KEPT = 200;

/** Where a refused save is shown when main names no field. */
export const WHOLE_FORM = 'form';

/** Whether two drafts are the same, key by key. */
function same(a: Settings, b: Settings): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Why undoing (redoing) is not possible now, or null when it is. */
export function stepSentence(
  { settings, past, future }: DraftState,
  instance: Pick<InstanceInfo, 'id' | 'phase'>,
  way: 'undo' | 'redo',
): string | null {
  const now = settings[instance.id];
  const step = (way === 'undo' ? past : future)[instance.id]?.at(-1);
  if (!step || !now) return way === 'undo' ? 'There is nothing to undo.' : 'There is nothing to redo.';
  if (!isBusy(instance)) return null;
  // Rate, batch and flush may change while a run is on.
  const { rate, batch, flush } = now;
  return same({ ...step.settings, rate, batch, flush }, now) ? null : `Stop the run to ${way} this.`;
}

/** `now` is a clock in milliseconds that never goes back. */
export function createDraft(
  save: (id: string, settings: Settings) => Promise<void>,
  now: () => number,
): Draft {
  const store = createStore<DraftState>(() => ({
    settings: {},
    past: {},
    future: {},
    restored: 0,
    refusals: {},
  }));
  /** When an instance was last edited. */
  const edited = new Map<string, number>();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const saving = new Map<string, Promise<void>>();
  /** Drafts that main does not hold, because it refused them or they are wrong while a run is on; they stay as typed. */
  const held = new Set<string>();
  const unsaved = (id: string) => timers.has(id) || saving.has(id) || held.has(id);

  const saveNow = (id: string): Promise<void> => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    // One after the other: main gets the edits in the order they were made.
    const settled = (saving.get(id) ?? Promise.resolve()).then(() => {
      const settings = store.getState().settings[id];
      held.add(id);
      return settings ? save(id, settings) : undefined;
    });
    settled.then(
      () => held.delete(id),
      () => undefined,
    );
    const guarded = settled.finally(() => {
      if (saving.get(id) === guarded) saving.delete(id);
    });
    saving.set(id, guarded);
    return guarded;
  };

  const saveSoon = (id: string) => {
    clearTimeout(timers.get(id));
    timers.set(
      id,
      setTimeout(() => {
        saveNow(id).catch(() => {
          // The refusal is in the store already: `save` put it there.
        });
      }, SAVE_AFTER_MS),
    );
  };

  /** Notes how it was before an edit of `what`. */
  const note = (id: string, settings: Settings, what: string) => {
    const at = now();
    const fast = at - (edited.get(id) ?? Number.NEGATIVE_INFINITY) < STEP_MS;
    edited.set(id, at);
    store.setState((state) => {
      const past = state.past[id] ?? [];
      const goesOn = fast && past.at(-1)?.what === what && (state.future[id] ?? []).length === 0;
      const steps = goesOn ? past : [...past, { settings, what }].slice(-STEPS_KEPT);
      return { past: { ...state.past, [id]: steps }, future: { ...state.future, [id]: [] } };
    });
  };

  /** Brings back the nearest step of one side and keeps the present on the other. */
  const restore = (id: string, from: 'past' | 'future', to: 'past' | 'future') => {
    const state = store.getState();
    const present = state.settings[id];
    const step = state[from][id]?.at(-1);
    if (!present || !step) return;
    edited.delete(id);
    store.setState({
      [from]: { ...state[from], [id]: (state[from][id] ?? []).slice(0, -1) },
      [to]: { ...state[to], [id]: [...(state[to][id] ?? []), { settings: present, what: step.what }] },
      restored: state.restored + 1,
    });
    put(id, step.settings, Object.keys(state.refusals[id] ?? {}));
  };

  const put = (id: string, settings: Settings, touched: readonly string[]) => {
    store.setState((state) => {
      const refusals = Object.entries(state.refusals[id] ?? {});
      const left = refusals.filter(([field]) => field !== WHOLE_FORM && !touched.includes(field));
      return {
        settings: { ...state.settings, [id]: settings },
        refusals: { ...state.refusals, [id]: Object.fromEntries(left) },
      };
    });
    saveSoon(id);
  };

  return {
    store,
    edit(id, patch, what) {
      const before = store.getState().settings[id];
      if (!before) return;
      note(id, before, what ?? Object.keys(patch).sort().join(' '));
      const touched: string[] = Object.keys(patch);
      // Another source or backend makes the old ones' refusals meaningless.
      if (touched.includes('source') || touched.includes('hex')) {
        touched.push('hex', 'capture', 'source', 'packet');
      }
      if (touched.includes('backend')) {
        touched.push(
          ...Object.keys(store.getState().refusals[id] ?? {}).filter((f) => f.startsWith('options.')),
        );
        touched.push('peer', 'file');
      }
      if (touched.includes('fault')) {
        touched.push(
          ...Object.keys(store.getState().refusals[id] ?? {}).filter((f) => f.startsWith('fault.')),
        );
      }
      if (touched.includes('teeOn')) touched.push('tee');
      put(id, { ...before, ...patch }, touched);
    },
    setOption(id, backend, name, text) {
      const before = store.getState().settings[id];
      if (!before) return;
      note(id, before, `options.${backend}.${name}`);
      const options = { ...before.options[backend] };
      if (text === null) delete options[name];
      else options[name] = text;
      put(id, { ...before, options: { ...before.options, [backend]: options } }, [`options.${name}`]);
    },
    undo: (id) => restore(id, 'past', 'future'),
    redo: (id) => restore(id, 'future', 'past'),
    adopt(instances) {
      // What main changed by itself, such as the source when a capture is opened, can be taken back too.
      for (const { id, settings } of instances) {
        const mine = store.getState().settings[id];
        if (mine !== undefined && !unsaved(id) && !same(mine, settings)) note(id, mine, 'main');
      }
      store.setState((state) => {
        const kept = <T>(from: Readonly<Record<string, T>>): Record<string, T> =>
          Object.fromEntries(Object.entries(from).filter(([id]) => instances.some((i) => i.id === id)));
        const settings: Record<string, Settings> = {};
        const refusals: Record<string, Readonly<Record<string, string>>> = {};
        for (const instance of instances) {
          const { id } = instance;
          const mine = state.settings[id];
          settings[id] = mine !== undefined && unsaved(id) ? mine : instance.settings;
          const kept = state.refusals[id];
          if (kept) refusals[id] = kept;
        }
        return { settings, refusals, past: kept(state.past), future: kept(state.future) };
      });
      // What could not be taken during a run can be taken after it.
      for (const instance of instances)
        if (held.has(instance.id) && !saving.has(instance.id) && !isBusy(instance)) saveSoon(instance.id);
    },
    async flush(id) {
      if (saving.has(id) && !timers.has(id)) await saving.get(id);
      else if (unsaved(id)) await saveNow(id);
    },
    refuse(id, field, sentence) {
      store.setState((state) => ({
        refusals: { ...state.refusals, [id]: { ...state.refusals[id], [field]: sentence } },
      }));
    },
    clearRefusals(id) {
      store.setState((state) => ({ refusals: { ...state.refusals, [id]: {} } }));
    },
  };
}
