import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FrameRow, InstanceInfo } from '../../app/ipc/contract';
import { parseHex } from '../../app/packet/hex';

/** Frames of opened captures, fetched a page at a time while the list scrolls. */
export interface FramesState {
  /** Loaded rows by instance and 0-based index. */
  readonly rows: Readonly<Record<string, ReadonlyMap<number, FrameRow>>>;
  /** 0-based index of the selected frame by instance. */
  readonly selected: Readonly<Record<string, number>>;
  /** Bytes of the selected frame by instance; null while they are on the way. */
  readonly bytes: Readonly<Record<string, { index: number; bytes: Uint8Array } | null>>;
  /** Why frames could not be read, by instance. */
  readonly problems: Readonly<Record<string, string>>;
}

export interface Frames {
  readonly store: StoreApi<FramesState>;
  /** Asks for rows [first, last]; those that are there or on the way are not asked for again. */
  want(id: string, first: number, last: number, listed: number): void;
  select(id: string, index: number): void;
  /** Takes main's account: a capture that is another one empties what was known of the old one. */
  follow(instances: readonly InstanceInfo[]): void;
}

export const PAGE_ROWS = 100;
/** Pages kept per instance before the list is emptied except for what is being shown. */
const PAGES_KEPT = 100;

export interface FrameReader {
  rows(id: string, first: number, count: number): Promise<readonly FrameRow[]>;
  bytes(id: string, index: number): Promise<string>;
}

function fingerprint(instance: InstanceInfo): string {
  const c = instance.capture;
  return c === null ? '' : `${c.name}\n${c.fileBytes}\n${c.frames}\n${c.bytes}\n${c.seconds}`;
}

export function createFrames(reader: FrameReader): Frames {
  const store = createStore<FramesState>(() => ({ rows: {}, selected: {}, bytes: {}, problems: {} }));
  const asked = new Map<string, Set<number>>();
  const prints = new Map<string, string>();
  /** Counts up when an instance's capture changes, so that late answers are recognised. */
  const epochs = new Map<string, number>();

  const problem = (id: string, error: unknown) => {
    const sentence = error instanceof Error ? error.message : 'The frames could not be read.';
    store.setState((s) => ({ problems: { ...s.problems, [id]: sentence } }));
  };

  const fetchPage = (id: string, page: number, listed: number) => {
    const pages = asked.get(id) ?? new Set<number>();
    asked.set(id, pages);
    if (pages.has(page)) return;
    if (pages.size >= PAGES_KEPT) {
      pages.clear();
      store.setState((s) => ({ rows: { ...s.rows, [id]: new Map() } }));
    }
    pages.add(page);
    const epoch = epochs.get(id) ?? 0;
    const first = page * PAGE_ROWS;
    reader.rows(id, first, Math.min(PAGE_ROWS, listed - first)).then(
      (rows) => {
        if ((epochs.get(id) ?? 0) !== epoch) return;
        store.setState((s) => {
          const all = new Map(s.rows[id]);
          rows.forEach((row, i) => {
            all.set(first + i, row);
          });
          return { rows: { ...s.rows, [id]: all } };
        });
      },
      (error: unknown) => {
        if ((epochs.get(id) ?? 0) !== epoch) return;
        pages.delete(page);
        problem(id, error);
      },
    );
  };

  const select = (id: string, index: number) => {
    const epoch = epochs.get(id) ?? 0;
    store.setState((s) => ({ selected: { ...s.selected, [id]: index } }));
    reader.bytes(id, index).then(
      (hex) => {
        if ((epochs.get(id) ?? 0) !== epoch || store.getState().selected[id] !== index) return;
        const read = parseHex(hex);
        const bytes = read.ok ? read.value : new Uint8Array(0);
        store.setState((s) => ({ bytes: { ...s.bytes, [id]: { index, bytes } } }));
      },
      (error: unknown) => {
        if ((epochs.get(id) ?? 0) === epoch) problem(id, error);
      },
    );
  };

  const forget = (id: string) => {
    asked.delete(id);
    epochs.set(id, (epochs.get(id) ?? 0) + 1);
    const without = <T>(from: Readonly<Record<string, T>>): Record<string, T> => {
      const { [id]: _gone, ...rest } = from;
      return rest;
    };
    store.setState((s) => ({
      rows: without(s.rows),
      selected: without(s.selected),
      bytes: without(s.bytes),
      problems: without(s.problems),
    }));
  };

  return {
    store,
    want(id, first, last, listed) {
      for (let page = Math.floor(first / PAGE_ROWS); page <= Math.floor(last / PAGE_ROWS); page++) {
        if (page >= 0 && page * PAGE_ROWS < listed) fetchPage(id, page, listed);
      }
    },
    select,
    follow(instances) {
      const ids = new Set(instances.map((i) => i.id));
      for (const id of [...prints.keys()]) {
        if (ids.has(id)) continue;
        prints.delete(id);
        forget(id);
      }
      for (const instance of instances) {
        const print = fingerprint(instance);
        if (prints.get(instance.id) === print) continue;
        prints.set(instance.id, print);
        forget(instance.id);
        if ((instance.capture?.listed ?? 0) > 0) select(instance.id, 0);
      }
    },
  };
}
