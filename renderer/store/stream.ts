import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EventPayload, Hello, Live } from '../../app/ipc/contract';
import { type Limiter, limiterBetween } from '../../app/stats/limiter';
import { addSample, emptyHistory, type History, sampleOf } from '../../app/stats/series';
import { type Rates, ratesBetween, type Snapshot } from '../../app/stats/snapshot';

/** What the stream says of one instance now. */
export interface LiveView {
  readonly run: number;
  readonly snapshot: Snapshot;
  /** Rates over about the last second; null when no run is on or nothing can be said yet. */
  readonly rates: Rates | null;
  /** What keeps the run from being faster: lately while it is on, over the whole run when it has ended. */
  readonly limiter: Limiter | null;
}

export interface StreamState {
  readonly views: Readonly<Record<string, LiveView>>;
  /** Number of stats messages applied; charts take turns by it. */
  readonly tick: number;
  /** Messages per second lately when some were left out because painting was slow; else null. */
  readonly slowHz: number | null;
}

export interface Stream {
  readonly store: StoreApi<StreamState>;
  /** The chart history of an instance's latest run, or what it was when held. Changed in place: read it when `tick` moves. */
  history(id: string): History;
  /** Keeps histories as they are now for whoever looks at them, or lets go of that. Counting goes on. */
  hold(held: boolean): void;
  hello(hello: Pick<Hello, 'live' | 'history'>): void;
  /** Applies one message that arrived at `nowMs` on the page's clock. */
  apply(message: EventPayload<'stats'>, nowMs: number): void;
  /** Forgets instances that are gone. */
  keep(ids: ReadonlySet<string>): void;
}

/** Figures are made over this time, so that they can be read, in ns. */
const WINDOW_NS = 1e9;
/** A pause in the samples longer than this is a gap in the chart, in seconds. */
const GAP_SECONDS = 2;
/** The bucket width of the finest span, in seconds: each is filled when a sample covers it. */
const STEP_SECONDS = 0.2;
/** How far back the painting speed is looked at, in ms. */
const SPEED_MS = 2000;

interface Track {
  run: number;
  history: History;
  /** Latest snapshots, oldest first, covering about the window. */
  recent: Snapshot[];
}

export function createStream(): Stream {
  const store = createStore<StreamState>(() => ({ views: {}, tick: 0, slowHz: null }));
  const tracks = new Map<string, Track>();
  let held: ReadonlyMap<string, History> | null = null;
  let arrivals: { at: number; skipped: number }[] = [];

  const start = (live: Live, history: History): Track => {
    const { snapshot, run } = live;
    const track = { run, history, recent: [snapshot] };
    tracks.set(live.id, track);
    return track;
  };

  const follow = (live: Live): Track => {
    const { snapshot } = live;
    const known = tracks.get(live.id);
    if (known === undefined || known.run !== live.run) {
      const track = start(live, { ...emptyHistory(), stalls: [...live.stalls] });
      const rates = ratesBetween(null, snapshot);
      if (rates && snapshot.seconds > 0) addSample(track.history, snapshot.seconds, sampleOf(rates));
      return track;
    }
    const before = known.recent.at(-1);
    const rates = before ? ratesBetween(before, snapshot) : null;
    // Nothing is known of a time that holds a stall: no sample, and rates begin anew behind it.
    const stalled = before && live.stalls.some((stall) => stall.to > before.seconds);
    known.history.stalls = [...live.stalls];
    if (stalled) known.recent = [];
    if (before && rates && !stalled && (snapshot.running || before.running)) {
      const from = before.seconds;
      const to = snapshot.seconds;
      const sample = sampleOf(rates);
      // A sample speaks for its whole interval: a late one fills every bucket it covers.
      if (to - from < GAP_SECONDS) {
        for (let t = from + STEP_SECONDS; t < to; t += STEP_SECONDS) addSample(known.history, t, sample);
      }
      addSample(known.history, to, sample);
    }
    if (rates) {
      known.recent.push(snapshot);
      while (known.recent.length > 2 && snapshot.tNs - (known.recent[1]?.tNs ?? 0) >= WINDOW_NS)
        known.recent.shift();
    } else if (known.recent.length > 0) {
      known.recent[known.recent.length - 1] = snapshot;
    }
    return known;
  };

  const view = (live: Live, track: Track): LiveView => {
    const { snapshot } = live;
    const oldest = track.recent[0];
    return {
      run: live.run,
      snapshot,
      rates: snapshot.running && oldest ? ratesBetween(oldest, snapshot) : null,
      limiter: limiterBetween(snapshot.running && oldest !== snapshot ? (oldest ?? null) : null, snapshot),
    };
  };

  return {
    store,
    history: (id) => held?.get(id) ?? tracks.get(id)?.history ?? emptyHistory(),
    hold(on) {
      held = on ? new Map([...tracks].map(([id, track]) => [id, structuredClone(track.history)])) : null;
    },
    hello({ live, history }) {
      const views: Record<string, LiveView> = {};
      tracks.clear();
      for (const one of live) views[one.id] = view(one, start(one, history[one.id] ?? emptyHistory()));
      store.setState((state) => ({ views, tick: state.tick + 1, slowHz: null }));
    },
    apply(message, nowMs) {
      const views: Record<string, LiveView> = { ...store.getState().views };
      for (const live of message.live) views[live.id] = view(live, follow(live));
      arrivals = arrivals.filter((a) => nowMs - a.at < SPEED_MS);
      arrivals.push({ at: nowMs, skipped: message.skipped });
      const oldest = arrivals[0];
      const slow = oldest !== undefined && arrivals.some((a) => a.skipped > 0) && nowMs > oldest.at;
      const hz = slow ? ((arrivals.length - 1) * 1000) / (nowMs - oldest.at) : null;
      store.setState((state) => ({
        views,
        tick: state.tick + 1,
        slowHz: hz !== null && hz < 8 ? Math.max(1, Math.round(hz)) : null,
      }));
    },
    keep(ids) {
      for (const id of tracks.keys()) if (!ids.has(id)) tracks.delete(id);
      const views = Object.entries(store.getState().views);
      if (views.every(([id]) => ids.has(id))) return;
      store.setState({ views: Object.fromEntries(views.filter(([id]) => ids.has(id))) });
    },
  };
}
