import { useEffect, useRef, useState } from 'react';
import { useMedia } from '../media';
import { useScreen, useSession } from '../session';

/** A chart has a turn with each fourth stats message. Drawing charts is most of what the page does. */
const TURNS = 4;
/** Charts redraw at most this often, in ms; with reduced motion once a second. */
const REDRAW_MS = 195;
const REDUCED_MS = 1000;

/**
 * A number that changes when a chart should redraw. Charts with different `turn` redraw on different stats
 * messages, so that no message pays for two of them; the last message of a run is always drawn.
 */
export function useChartTurn(id: string, turn: 0 | 1 | 2): number {
  const { stream, screen } = useSession();
  const frozen = useScreen((s) => s.frozen);
  const reduced = useMedia('(prefers-reduced-motion: reduce)');
  const [version, setVersion] = useState(0);
  const drawn = useRef({ at: Number.NEGATIVE_INFINITY, run: -1, tNs: -1, running: false });

  useEffect(() => {
    const every = reduced ? REDUCED_MS : REDRAW_MS;
    const look = (force: boolean) => {
      const { views, tick } = stream.store.getState();
      const view = views[id];
      if (!view || (screen.getState().frozen && !force)) return;
      const { snapshot, run } = view;
      const last = drawn.current;
      const news = last.run !== run || last.tNs !== snapshot.tNs || last.running !== snapshot.running;
      if (!news && !force) return;
      const edge = last.run !== run || last.running !== snapshot.running;
      const now = performance.now();
      const due = tick % TURNS === turn && now - last.at >= every;
      if (!force && !edge && !due) return;
      drawn.current = { at: now, run, tNs: snapshot.tNs, running: snapshot.running };
      setVersion((v) => v + 1);
    };
    // On mount, and when the view is unfrozen, what is known is drawn at once.
    if (!frozen) look(true);
    return stream.store.subscribe(() => look(false));
  }, [stream, screen, id, turn, reduced, frozen]);
  return version;
}
