import { type PointerEvent, useRef, useState } from 'react';

/** Moves of the mouse below this are a click, in CSS pixels. */
const STILL = 4;

interface Drag {
  readonly from: number;
  /** Where the item would be. */
  readonly to: number;
}

/** The place among the items whose middle is nearest to the pointer. */
function placeAt(items: readonly Element[], event: PointerEvent, upright: boolean): number {
  const middles = items.map((item) => {
    const box = item.getBoundingClientRect();
    return upright
      ? Math.abs(event.clientY - (box.top + box.bottom) / 2)
      : Math.abs(event.clientX - (box.left + box.right) / 2);
  });
  return middles.indexOf(Math.min(...middles));
}

/** Reordering with the mouse: the items of a list, marked with `data-place`, are dragged to where others are. */
export function useReorder(options: {
  upright: boolean;
  disabled: boolean;
  onMove: (from: number, to: number) => void;
}) {
  const { upright, disabled, onMove } = options;
  const press = useRef<{ from: number; x: number; y: number } | null>(null);
  const [drag, setDrag] = useState<Drag | null>(null);
  const end = () => {
    press.current = null;
    setDrag(null);
  };
  const handlers = {
    onPointerDownCapture(event: PointerEvent<HTMLElement>) {
      const item = event.target instanceof Element ? event.target.closest('[data-place]') : null;
      const from = Number(item?.getAttribute('data-place') ?? Number.NaN);
      if (disabled || event.button !== 0 || Number.isNaN(from)) return;
      press.current = { from, x: event.clientX, y: event.clientY };
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const start = press.current;
      if (start === null) return;
      const far = Math.max(Math.abs(event.clientX - start.x), Math.abs(event.clientY - start.y));
      if (drag === null && far < STILL) return;
      if (drag === null) event.currentTarget.setPointerCapture(event.pointerId);
      const items = [...event.currentTarget.querySelectorAll('[data-place]')];
      setDrag({ from: start.from, to: placeAt(items, event, upright) });
    },
    onPointerUp() {
      const done = drag;
      end();
      if (done !== null && done.to !== done.from) onMove(done.from, done.to);
    },
    onPointerCancel: end,
  };
  /** How an item looks while one is dragged. */
  const lookOf = (place: number) => {
    if (drag === null) return '';
    if (place === drag.from) return ' dragged';
    if (place !== drag.to) return '';
    return drag.to > drag.from ? ' drop-behind' : ' drop-before';
  };
  return { drag, handlers, lookOf };
}
