import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FramesReading, ReceivedFrame, StreamHistograms } from '../../app/stats/received';
import { oneAtATime, without } from './calls';

/** What far ends have received, by instance, as last read. */
export interface ReceivedState {
  readonly frames: Readonly<Record<string, FramesReading>>;
  readonly histograms: Readonly<Record<string, StreamHistograms>>;
  /** The frame a person looks at. It is kept as it was, because the run goes on and forgets it. */
  readonly selected: Readonly<Record<string, { readonly run: number; readonly frame: ReceivedFrame }>>;
  /** Why it could not be read. */
  readonly problems: Readonly<Record<string, string>>;
}

export interface ReceivedStore {
  readonly store: StoreApi<ReceivedState>;
  /** Reads the last frames. One request is under way at most. */
  refresh(id: string): void;
  refreshHistograms(id: string, stream: number): void;
  /** Keeps what is there as it is, also when it was asked for before; or lets go of it. */
  hold(on: boolean): void;
  /** Selects row `i` of the reading (counted from its ends when beyond them). */
  selectRow(id: string, i: number): void;
  /** Forgets instances that are gone. */
  keep(ids: ReadonlySet<string>): void;
}

export interface ReceivedReader {
  frames(id: string): Promise<FramesReading | null>;
  histograms(id: string, stream: number): Promise<StreamHistograms | null>;
}

export function createReceived(reader: ReceivedReader): ReceivedStore {
  const store = createStore<ReceivedState>(() => ({
    frames: {},
    histograms: {},
    selected: {},
    problems: {},
  }));
  /** The stream whose histograms are wanted. */
  const streams = new Map<string, number>();
  let held = false;

  const failed = (id: string, error: unknown) => {
    const sentence = error instanceof Error ? error.message : 'What was received could not be read.';
    store.setState((s) => ({ problems: { ...s.problems, [id]: sentence } }));
  };

  const refresh = oneAtATime(async (id) => {
    try {
      const read = await reader.frames(id);
      store.setState((s) => {
        if (held && s.frames[id]) return s;
        return {
          frames: read ? { ...s.frames, [id]: read } : without(s.frames, id),
          problems: without(s.problems, id),
          ...(s.selected[id]?.run !== read?.run && { selected: without(s.selected, id) }),
        };
      });
    } catch (error) {
      failed(id, error);
    }
  });

  const readHistograms = oneAtATime(async (id) => {
    try {
      const read = await reader.histograms(id, streams.get(id) ?? 0);
      store.setState((s) => {
        if (held && s.histograms[id]?.stream === read?.stream) return s;
        return { histograms: read ? { ...s.histograms, [id]: read } : without(s.histograms, id) };
      });
    } catch (error) {
      failed(id, error);
    }
  });

  return {
    store,
    refresh,
    refreshHistograms(id, stream) {
      streams.set(id, stream);
      readHistograms(id);
    },
    hold(on) {
      held = on;
    },
    selectRow(id, i) {
      const read = store.getState().frames[id];
      const frame = read?.frames[Math.min(read.frames.length - 1, Math.max(0, i))];
      if (read && frame)
        store.setState((s) => ({ selected: { ...s.selected, [id]: { run: read.run, frame } } }));
    },
    keep(ids) {
      for (const id of Object.keys(store.getState().frames)) {
        if (ids.has(id)) continue;
        store.setState((s) => ({
          frames: without(s.frames, id),
          histograms: without(s.histograms, id),
          selected: without(s.selected, id),
          problems: without(s.problems, id),
        }));
      }
    },
  };
}

/** The first bytes of a frame as they are listed. */
export function headOf(frame: ReceivedFrame): string {
  return frame.hex.slice(0, 48).replaceAll(/(..)(?=.)/g, '$1 ');
}

/** "last 256 of 20,000 frames". */
export function framesText(read: FramesReading | undefined): string {
  if (!read || read.total === 0) return 'no frames yet';
  const total = read.total.toLocaleString('en-US');
  if (read.total <= read.frames.length) return read.total === 1 ? '1 frame' : `${total} frames`;
  return `last ${read.frames.length} of ${total} frames`;
}
