import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { type CallsReading, callCell, callCount } from '../../../app/stats/calls';
import { rowsWithin, selectedRow } from '../../store/calls';
import { callLine, keptText } from '../../store/callWords';
import { stallWords } from '../../store/chart';
import { barsOf, PITCH, stallsAt, topOf, windowOf } from '../../store/strip';
import { useSize } from '../media';
import { useCalls, useScreen, useSession } from '../session';
import { coloursOf, paintStrip, rowUnder, STRIP_LEFT } from './stripCanvas';
import { holdForSelection } from './useCalls';

const NONE = new Float64Array();

/** Counts up when the theme changes: a canvas has to be painted again. */
function useThemeVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const observer = new MutationObserver(() => setVersion((v) => v + 1));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
  return version;
}

/** The rows whose calls began in the bucket of the charts that is marked. */
function useMarkedRows(id: string, rows: Float64Array): readonly [number, number] {
  const { stream } = useSession();
  const span = useScreen((s) => s.span);
  const cursor = useScreen((s) => s.cursor);
  const marked = useCalls((s) => s.marked[id]);
  const seconds = cursor ?? marked ?? null;
  return useMemo(() => {
    if (seconds === null) return [0, 0];
    const { width } = stream.history(id)[span];
    const from = Math.floor(seconds / width + 1e-6) * width;
    return rowsWithin(rows, from, from + width);
  }, [stream, id, span, seconds, rows]);
}

/** One bar a call, the newest at the right: its height is what was offered, its parts what became of it. */
export function CallStrip({
  instance,
  reading,
}: {
  instance: InstanceInfo;
  reading: CallsReading | undefined;
}) {
  const session = useSession();
  const { calls, screen, stream } = session;
  const { id } = instance;
  const selected = useCalls((s) => s.selected[id]);
  const [hovered, setHovered] = useState(-1);
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useThemeVersion();
  const rows = reading?.calls ?? NONE;
  const row = selectedRow(reading, selected);
  const marked = useMarkedRows(id, rows);
  const view = useMemo(() => {
    const [from, to] = windowOf(callCount(rows), size.width - STRIP_LEFT, row);
    const bars = barsOf(rows, from, to);
    const stalls = stallsAt(rows, from, to, stream.history(id).stalls);
    return {
      bars,
      top: topOf(bars),
      stalls: stalls.map(({ row: at, stall }) => ({ row: at, words: stallWords(stall) })),
    };
  }, [rows, size.width, row, stream, id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `theme` says when the colours are others.
  useEffect(() => {
    const target = canvas.current;
    const ctx = target?.getContext('2d');
    if (!target || !ctx || size.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    target.width = Math.round(size.width * ratio);
    target.height = Math.round(size.height * ratio);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    paintStrip(ctx, { ...view, selected: row, hovered, marked }, size, coloursOf(target));
  }, [view, size, row, hovered, marked, theme]);

  const choose = (at: number) => {
    holdForSelection(session, instance);
    calls.selectRow(id, at);
  };

  const follow = (event: PointerEvent<HTMLDivElement>) => {
    const at = rowUnder(view.bars, event.clientX - event.currentTarget.getBoundingClientRect().left);
    setHovered(at);
    screen.setState({ cursor: at < 0 ? null : callCell(rows, at, 'sinceNs') / 1e9 });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((size.width - STRIP_LEFT) / PITCH) - 2);
    const count = callCount(rows);
    if (event.ctrlKey || event.altKey || event.metaKey || count === 0) return;
    // The arrows go on from the selected call; without one from the newest.
    const here = row >= 0 ? row : count;
    const to: Readonly<Record<string, number>> = {
      ArrowLeft: here - 1,
      ArrowRight: Math.min(count - 1, here + 1),
      ArrowDown: here - 1,
      ArrowUp: Math.min(count - 1, here + 1),
      PageDown: here - page,
      PageUp: here + page,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (event.key === 'Escape' && selected) calls.selectRow(id, null);
    else if (next === undefined) return;
    else choose(next);
    event.preventDefault();
  };

  const newest = reading?.total ?? 0;
  const oldest = callCount(rows) > 0 ? callCell(rows, 0, 'number') : 0;
  return (
    <div
      className="call-strip"
      ref={box}
      role="slider"
      aria-label="Send call"
      aria-orientation="horizontal"
      aria-valuemin={oldest}
      aria-valuemax={newest}
      aria-valuenow={row >= 0 ? (selected?.call.number ?? newest) : newest}
      aria-valuetext={row >= 0 && selected ? callLine(selected.call) : `${keptText(reading)}, none selected`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onPointerMove={follow}
      onPointerLeave={() => {
        setHovered(-1);
        screen.setState({ cursor: null });
      }}
      onPointerDown={(event) => {
        const at = rowUnder(view.bars, event.clientX - event.currentTarget.getBoundingClientRect().left);
        if (at >= 0) choose(at);
      }}
    >
      <canvas ref={canvas} />
      {instance.run === 0 && (
        <p className="strip-empty">
          Each call of send will be a bar here: as high as the packets it offered.
        </p>
      )}
    </div>
  );
}
