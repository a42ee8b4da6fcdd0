import { createStore, type StoreApi } from 'zustand/vanilla';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';

/** What the person is editing. It changes at once; main gets it a moment later, and before a run in any case. */
export interface DraftState {
  /** The settings of each instance by id. */
  settings: Readonly<Record<string, Settings>>;
  /** Main's refusals by instance and field (`batch`, `options.ring` …); an edit of the field takes its refusal away. */
  refusals: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Draft {
  readonly store: StoreApi<DraftState>;
  edit(id: string, patch: Partial<Settings>): void;
  /** Sets one option of a backend; null takes it back to its default. */
  setOption(id: string, backend: string, name: string, text: string | null): void;
  /** Takes main's account of the instances; drafts with unsaved edits stay as they are. */
  adopt(instances: readonly InstanceInfo[]): void;
  /** Settles when main holds the latest edits. */
  flush(id: string): Promise<void>;
  refuse(id: string, field: string, sentence: string): void;
  clearRefusals(id: string): void;
}

/** Edits within this time go to main as one, in ms. */
const SAVE_AFTER_MS = 150;

/** Where a refused save is shown when main names no field. */
export const WHOLE_FORM = 'form';

export function createDraft(save: (id: string, settings: Settings) => Promise<void>): Draft {
  const store = createStore<DraftState>(() => ({ settings: {}, refusals: {} }));
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const saving = new Map<string, Promise<void>>();

  const saveNow = (id: string): Promise<void> => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    // One after the other: main gets the edits in the order they were made.
    const settled = (saving.get(id) ?? Promise.resolve()).then(() => {
      const settings = store.getState().settings[id];
      return settings ? save(id, settings) : undefined;
    });
    const guarded = settled.finally(() => {
      if (saving.get(id) === guarded) saving.delete(id);
    });
    saving.set(id, guarded);
    return guarded;
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

  return {
    store,
    edit(id, patch) {
      const before = store.getState().settings[id];
      if (!before) return;
      const touched: string[] = Object.keys(patch);
      // Another source or backend makes the old ones' refusals meaningless.
      if (touched.includes('source') || touched.includes('hex')) touched.push('hex', 'capture', 'source');
      if (touched.includes('backend')) {
        touched.push(
          ...Object.keys(store.getState().refusals[id] ?? {}).filter((f) => f.startsWith('options.')),
        );
        touched.push('peer', 'file');
      }
      put(id, { ...before, ...patch }, touched);
    },
    setOption(id, backend, name, text) {
      const before = store.getState().settings[id];
      if (!before) return;
      const options = { ...before.options[backend] };
      if (text === null) delete options[name];
      else options[name] = text;
      put(id, { ...before, options: { ...before.options, [backend]: options } }, [`options.${name}`]);
    },
    adopt(instances) {
      store.setState((state) => {
        const settings: Record<string, Settings> = {};
        const refusals: Record<string, Readonly<Record<string, string>>> = {};
        for (const instance of instances) {
          const { id } = instance;
          const mine = state.settings[id];
          const unsaved = timers.has(id) || saving.has(id);
          settings[id] = mine !== undefined && unsaved ? mine : instance.settings;
          const kept = state.refusals[id];
          if (kept) refusals[id] = kept;
        }
        return { settings, refusals };
      });
    },
    async flush(id) {
      if (timers.has(id)) await saveNow(id);
      else await saving.get(id);
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
