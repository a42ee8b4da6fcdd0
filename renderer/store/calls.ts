import { createStore, type StoreApi } from 'zustand/vanilla';
import type { AioCodeName } from '../../app/aio/codes';
import {
  CALLS_KEPT,
  type Call,
  type CallsReading,
  callAt,
  callCell,
  callCount,
  firstOf,
  type Histograms,
  rowFrom,
  rowOfCall,
} from '../../app/stats/calls';

/** A call a person looks at. It is kept as it was, because the run goes on and forgets it. */
export interface SelectedCall {
  readonly run: number;
  readonly call: Call;
  /** It was asked for as the first of its code. */
  readonly first: boolean;
}

/** Recent send calls by instance, as last read. */
export interface CallsState {
  readonly readings: Readonly<Record<string, CallsReading>>;
  readonly histograms: Readonly<Record<string, Histograms>>;
  readonly selected: Readonly<Record<string, SelectedCall>>;
  /** Run time that stays marked in charts and strip when no pointer is over them, in seconds. */
  readonly marked: Readonly<Record<string, number>>;
  /** Why calls could not be read. */
  readonly problems: Readonly<Record<string, string>>;
}

export interface Calls {
  readonly store: StoreApi<CallsState>;
  /** Reads the latest calls of an instance. One request is under way at most; what is asked meanwhile follows it. */
  refresh(id: string): void;
  refreshHistograms(id: string): void;
  /** Keeps readings as they are: that of instance `id` now, those of others once they are looked at. */
  hold(id: string | null): void;
  /** Lets go of them. */
  release(): void;
  /** Whether the reading of an instance is kept as it is. */
  isHeld(id: string): boolean;
  /** Selects row `i` of the reading (counted from its ends when beyond them), or nothing. */
  selectRow(id: string, i: number | null): void;
  /** Selects the call of that number; where it is gone, `problems` says so. */
  selectNumber(id: string, number: number): Promise<void>;
  /** Selects the first call of a code, kept or not. Answers whether there is one. */
  selectFirst(id: string, code: AioCodeName): boolean;
  /** Marks a run time, and selects the call next to it when one began within `width` seconds of it. */
  mark(id: string, seconds: number, width: number): void;
  /** Forgets instances that are gone. */
  keep(ids: ReadonlySet<string>): void;
}

export interface CallsReader {
  calls(id: string, first: number, max: number): Promise<CallsReading | null>;
  histograms(id: string): Promise<Histograms | null>;
}

export function without<T>(from: Readonly<Record<string, T>>, id: string): Record<string, T> {
  const { [id]: _gone, ...rest } = from;
  return rest;
}

/** Runs `work` for one instance at a time; the last one asked for meanwhile comes next. */
export function oneAtATime(work: (id: string) => Promise<void>): (id: string) => void {
  let busy = false;
  let next: string | null = null;
  const begin = (id: string) => {
    if (busy) {
      next = id;
      return;
    }
    busy = true;
    work(id).finally(() => {
      busy = false;
      const waiting = next;
      next = null;
      if (waiting !== null) begin(waiting);
    });
  };
  return begin;
}

export function createCalls(reader: CallsReader): Calls {
  const store = createStore<CallsState>(() => ({
    readings: {},
    histograms: {},
    selected: {},
    marked: {},
    problems: {},
  }));

  /** Instances whose readings are kept; null when the view is live. */
  let held: Set<string> | null = null;

  const failed = (id: string, error: unknown) => {
    const sentence = error instanceof Error ? error.message : 'The calls could not be read.';
    store.setState((s) => ({ problems: { ...s.problems, [id]: sentence } }));
  };

  const refresh = oneAtATime(async (id) => {
    try {
      const reading = await reader.calls(id, 0, CALLS_KEPT);
      store.setState((s) => {
        if (held?.has(id)) return s; // asked for before the view was frozen
        held?.add(id);
        // A selection belongs to its run.
        const old = s.selected[id] !== undefined && s.selected[id]?.run !== reading?.run;
        return {
          readings: reading ? { ...s.readings, [id]: reading } : without(s.readings, id),
          problems: without(s.problems, id),
          ...(old && { selected: without(s.selected, id), marked: without(s.marked, id) }),
        };
      });
    } catch (error) {
      failed(id, error);
    }
  });

  const refreshHistograms = oneAtATime(async (id) => {
    try {
      const read = await reader.histograms(id);
      store.setState((s) => ({
        histograms: read ? { ...s.histograms, [id]: read } : without(s.histograms, id),
      }));
    } catch (error) {
      failed(id, error);
    }
  });

  const select = (id: string, run: number, call: Call, first: boolean) =>
    store.setState((s) => ({
      selected: { ...s.selected, [id]: { run, call, first } },
      marked: { ...s.marked, [id]: call.seconds },
      problems: without(s.problems, id),
    }));

  const selectRow = (id: string, i: number | null) => {
    const reading = store.getState().readings[id];
    const count = reading ? callCount(reading.calls) : 0;
    if (i === null || !reading || count === 0) {
      store.setState((s) => ({ selected: without(s.selected, id), marked: without(s.marked, id) }));
      return;
    }
    const row = Math.min(count - 1, Math.max(0, i));
    select(id, reading.run, callAt(reading, reading.calls, row), false);
  };

  const selectNumber = async (id: string, number: number) => {
    const known = store.getState().readings[id];
    const row = known ? rowOfCall(known.calls, number) : -1;
    if (row >= 0) {
      selectRow(id, row);
      return;
    }
    try {
      const read = await reader.calls(id, number, 1);
      const firsts = read ? rowOfCall(read.firsts, number) : -1;
      if (read && callCount(read.calls) > 0 && callCell(read.calls, 0, 'number') === number)
        select(id, read.run, callAt(read, read.calls, 0), false);
      else if (read && firsts >= 0) select(id, read.run, callAt(read, read.firsts, firsts), true);
      else
        throw new Error(
          `Call ${number.toLocaleString('en-US')} is gone: the latest ${CALLS_KEPT.toLocaleString('en-US')} calls are kept.`,
        );
    } catch (error) {
      failed(id, error);
    }
  };

  return {
    store,
    refresh,
    selectNumber,
    refreshHistograms,
    hold(id) {
      held = new Set(id !== null && store.getState().readings[id] ? [id] : []);
    },
    release() {
      held = null;
    },
    isHeld: (id) => held?.has(id) ?? false,
    selectRow,
    selectFirst(id, code) {
      const reading = store.getState().readings[id];
      const call = reading ? firstOf(reading, code) : null;
      if (reading && call) select(id, reading.run, call, true);
      return call !== null;
    },
    mark(id, seconds, width) {
      const reading = store.getState().readings[id];
      const row = reading ? nearestRow(reading.calls, seconds) : -1;
      const near = reading && row >= 0 && Math.abs(secondsAt(reading.calls, row) - seconds) <= width;
      if (near) selectRow(id, row);
      else store.setState((s) => ({ selected: without(s.selected, id) }));
      store.setState((s) => ({ marked: { ...s.marked, [id]: seconds } }));
    },
    keep(ids) {
      for (const id of Object.keys(store.getState().readings)) {
        if (ids.has(id)) continue;
        store.setState((s) => ({
          readings: without(s.readings, id),
          histograms: without(s.histograms, id),
          selected: without(s.selected, id),
          marked: without(s.marked, id),
          problems: without(s.problems, id),
        }));
      }
    },
  };
}

function secondsAt(rows: Float64Array, i: number): number {
  return callCell(rows, i, 'sinceNs') / 1e9;
}

/** The row whose call began nearest to a run time, or -1 when there is none. */
export function nearestRow(rows: Float64Array, seconds: number): number {
  const before = rowFrom(rows, 'sinceNs', seconds * 1e9);
  const after = before + 1;
  if (after >= callCount(rows)) return before;
  if (before < 0) return after;
  return seconds - secondsAt(rows, before) <= secondsAt(rows, after) - seconds ? before : after;
}

/** The rows that began in [from, to) seconds, as first and one behind the last. */
export function rowsWithin(rows: Float64Array, from: number, to: number): readonly [number, number] {
  const first = rowFrom(rows, 'sinceNs', Math.ceil(from * 1e9) - 0.5) + 1;
  return [first, Math.max(first, rowFrom(rows, 'sinceNs', Math.ceil(to * 1e9) - 0.5) + 1)];
}

/** Where the selected call is in the reading, or -1: nothing is selected, or it is not kept any more. */
export function selectedRow(reading: CallsReading | undefined, selected: SelectedCall | undefined): number {
  if (!reading || !selected || selected.run !== reading.run) return -1;
  return rowOfCall(reading.calls, selected.call.number);
}
