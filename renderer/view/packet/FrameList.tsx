// biome-ignore-all lint/a11y/useSemanticElements: a table of a million rows is drawn a screenful at a time, in divs.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { CaptureInfo, FrameRow, InstanceInfo } from '../../../app/ipc/contract';
import { grouped } from '../../../app/quantity/format';
import { Mark } from '../Marks';
import { useFrames, useSession } from '../session';

/** Height of a row in CSS pixels, the same in the style sheet. */
const ROW = 22;

function spaced(hex: string): string {
  return hex.replaceAll(/(..)(?=.)/g, '$1 ');
}

function Cells({ row }: { row: FrameRow | undefined }) {
  if (!row) return <span className="frame-cell">…</span>;
  const cut = row.original > row.length;
  const words = [row.note, row.comment].filter((text) => text !== null).join(' ');
  return (
    <>
      <span className="frame-cell frame-no" role="gridcell">
        {grouped(row.no)}
      </span>
      <span className="frame-cell frame-time" role="gridcell">
        {row.time.toFixed(6)}
      </span>
      <span
        className="frame-cell frame-length"
        role="gridcell"
        title={cut ? `${grouped(row.length)} B captured of ${grouped(row.original)} B` : undefined}
      >
        {grouped(row.length)}
        {cut ? '*' : ''}
      </span>
      <span className="frame-cell frame-link" role="gridcell" title={row.link}>
        {row.link}
      </span>
      <span className="frame-cell frame-head" role="gridcell">
        {spaced(row.head)}
      </span>
      <span className="frame-cell frame-note" role="gridcell" title={words === '' ? undefined : words}>
        {row.note !== null && (
          <>
            <Mark shape="triangle" tone="again" />
            <span>{row.note}</span>
          </>
        )}
        {/* Its own direction of writing: it comes from anybody. */}
        {row.comment !== null && <bdi>{row.comment}</bdi>}
      </span>
    </>
  );
}

/** The frames of a capture: only those on the screen are fetched and drawn. */
export function FrameList({ instance, capture }: { instance: InstanceInfo; capture: CaptureInfo }) {
  const { frames } = useSession();
  const { id } = instance;
  const rows = useFrames((s) => s.rows[id]);
  const selected = useFrames((s) => s.selected[id]) ?? -1;
  const problem = useFrames((s) => s.problems[id]);
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: capture.listed,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 8,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => frames.want(id, first, last, capture.listed), [frames, id, first, last, capture.listed]);

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? ROW) / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = Math.min(capture.listed - 1, Math.max(0, selected + step));
    frames.select(id, next);
    virtual.scrollToIndex(next);
  };

  return (
    <>
      {problem !== undefined && <p className="field-error">{problem}</p>}
      <div
        className="frame-list"
        ref={box}
        role="grid"
        aria-label="Frames"
        aria-rowcount={capture.listed + 1}
        aria-colcount={6}
        aria-activedescendant={selected >= first && selected <= last ? `frame-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className="frame-row frame-header" role="row" aria-rowindex={1}>
          {['No.', 'Time, s', 'Length, B', 'Link', 'First bytes', 'Note'].map((word, i) => (
            <span
              key={word}
              role="columnheader"
              className={`frame-cell frame-${['no', 'time', 'length', 'link', 'head', 'note'][i]}`}
            >
              {word}
            </span>
          ))}
        </div>
        <div role="rowgroup" className="frame-body" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <div
              key={item.key}
              id={`frame-${item.index}`}
              className={item.index === selected ? 'frame-row selected' : 'frame-row'}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={item.index === selected}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => frames.select(id, item.index)}
            >
              <Cells row={rows?.get(item.index)} />
            </div>
          ))}
        </div>
      </div>
    </>
  );
}
