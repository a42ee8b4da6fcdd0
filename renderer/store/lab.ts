import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BackendDescriptor } from '../../app/backend/descriptor';
import type { Hello, InstanceInfo, JournalEntry, RecentPlan } from '../../app/ipc/contract';
import type { Diagnosis } from '../../app/lab/finding';
import { type NetLabInfo, NO_NET_LAB } from '../../app/lab/state';

/** Main's facts, as last told. The page never changes them by itself. */
export interface LabState {
  /** `connecting` until the first hello; `ready` after it. */
  status: 'connecting' | 'ready';
  /** Why main is silent, or null while it speaks. */
  silence: string | null;
  about: Hello['about'] | null;
  /** As they can be used now: some need the lab of interfaces open. */
  backends: readonly BackendDescriptor[];
  instances: readonly InstanceInfo[];
  journal: readonly JournalEntry[];
  /** Plans that were opened or saved last, the latest first. */
  recent: readonly RecentPlan[];
  /** What is found about each instance that was looked at, by its id. */
  diagnoses: Readonly<Record<string, Diagnosis>>;
  /** The lab of interfaces, open or not. */
  netLab: NetLabInfo;
  /** What last went on or off in it, to be read out; `nonce` tells one from the next. Null = nothing yet. */
  labNews: { readonly text: string; readonly nonce: number } | null;
}

export type LabStore = StoreApi<LabState>;

/** The newest entries the page keeps; main keeps the whole journal. */
export const JOURNAL_KEPT = 1000;

export function createLab(): LabStore {
  return createStore<LabState>(() => ({
    status: 'connecting',
    silence: null,
    about: null,
    backends: [],
    instances: [],
    journal: [],
    recent: [],
    diagnoses: {},
    netLab: NO_NET_LAB,
    labNews: null,
  }));
}

/** Adds entries by sequence number: one that is already there is not added again. */
export function mergeJournal(
  known: readonly JournalEntry[],
  more: readonly JournalEntry[],
): readonly JournalEntry[] {
  const last = known.at(-1)?.seq ?? Number.NEGATIVE_INFINITY;
  const fresh = more.filter((entry) => entry.seq > last);
  return fresh.length === 0 ? known : [...known, ...fresh].slice(-JOURNAL_KEPT);
}

/** The list with one instance replaced by a newer account of it, or added at the end. */
export function withInstance(list: readonly InstanceInfo[], one: InstanceInfo): readonly InstanceInfo[] {
  return list.some((i) => i.id === one.id) ? list.map((i) => (i.id === one.id ? one : i)) : [...list, one];
}

/** Whether a run is on: from opening the backend until it has ended. */
export function isBusy(instance: Pick<InstanceInfo, 'phase'>): boolean {
  return instance.phase === 'opening' || instance.phase === 'running' || instance.phase === 'stopping';
}

/** Diagnoses by the id of their instance. */
export function byInstance(diagnoses: readonly Diagnosis[]): LabState['diagnoses'] {
  return Object.fromEntries(diagnoses.map((one) => [one.id, one]));
}
