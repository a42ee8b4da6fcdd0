// biome-ignore-all lint/a11y/useSemanticElements: a dump is drawn a screenful at a time, in divs.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active byte.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's.
// biome-ignore-all lint/suspicious/noArrayIndexKey: a byte is what stands at its offset.
import { useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, type KeyboardEvent, type MouseEvent, useEffect, useRef, useState } from 'react';
import { useSize } from '../media';

/** Height of a line of the dump in CSS pixels, the same in the style sheet. */
const LINE = 20;
/** Below this width 16 bytes and their text do not fit on a line; 8 do. */
const WIDE = 496;

export interface DumpProps {
  readonly bytes: Uint8Array;
  /** What the ids of the bytes begin with, where another dump may be in the window; "byte" by itself. */
  readonly ids?: string;
  /** Bytes [first, end) that are lit, or null. */
  readonly lit: { readonly first: number; readonly end: number } | null;
  /** The byte under the cursor, or null. */
  readonly cursor: number | null;
  onCursor(byte: number): void;
  /** Types over one byte; null where nothing can be changed. */
  readonly onType: ((byte: number, value: number) => void) | null;
}

function classOf(at: number, { lit, cursor }: DumpProps): string | undefined {
  const names = [lit !== null && at >= lit.first && at < lit.end && 'lit', at === cursor && 'cursor'];
  return names.some(Boolean) ? names.filter(Boolean).join(' ') : undefined;
}

function letter(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

/** A group of eight bytes; a copy of them has blanks between. */
function Eight({ at, ...props }: DumpProps & { at: number }) {
  const bytes = props.bytes.subarray(at, at + 8);
  return (
    <span className="dump-hex" role="none">
      {Array.from(bytes, (byte, i) => (
        <Fragment key={`${at + i}`}>
          <span
            id={`${props.ids ?? 'byte'}-${at + i}`}
            role="gridcell"
            aria-selected={at + i === props.cursor}
            data-at={at + i}
            className={classOf(at + i, props)}
          >
            {byte.toString(16).padStart(2, '0')}
          </span>{' '}
        </Fragment>
      ))}
    </span>
  );
}

function Line({ at, per, ...props }: DumpProps & { at: number; per: number }) {
  const bytes = props.bytes.subarray(at, at + per);
  return (
    <>
      <span className="dump-offset" role="rowheader">
        {at.toString(16).padStart(4, '0')}
      </span>
      <Eight {...props} at={at} />
      {per === 16 && <Eight {...props} at={at + 8} />}
      <span className="dump-text" aria-hidden="true">
        {Array.from(bytes, (byte, i) => (
          <span key={`${at + i}`} data-at={at + i} className={classOf(at + i, props)}>
            {letter(byte)}
          </span>
        ))}
      </span>
    </>
  );
}

/** The bytes: offset, hex, text. Arrows move, hex digits type over, a click selects. */
export function Dump(props: DumpProps) {
  const { bytes, lit, cursor, onCursor, onType } = props;
  const box = useRef<HTMLDivElement | null>(null);
  const [measure, size] = useSize<HTMLDivElement>();
  /** The byte whose first digit was typed and whose second is awaited. */
  const [half, setHalf] = useState<number | null>(null);
  const per = size.width === 0 || size.width >= WIDE ? 16 : 8;
  const virtual = useVirtualizer({
    count: Math.ceil(bytes.length / per),
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 8,
  });
  const shown = cursor ?? lit?.first ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it scrolls when the place changes, not when the list does.
  useEffect(() => {
    if (shown !== null) virtual.scrollToIndex(Math.floor(shown / per), { align: 'auto' });
  }, [shown, per]);

  const last = bytes.length - 1;
  const go = (to: number) => {
    setHalf(null);
    onCursor(Math.min(last, Math.max(0, to)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = cursor ?? 0;
    const page = per * Math.max(1, Math.floor((box.current?.clientHeight ?? LINE) / LINE) - 1);
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + per > last ? at : at + per,
      ArrowUp: at - per < 0 ? at : at - per,
      PageDown: at + page,
      PageUp: at - page,
      Home: at - (at % per),
      End: at - (at % per) + per - 1,
    };
    const to = steps[event.key];
    const digit = /^[0-9a-f]$/i.test(event.key) ? Number.parseInt(event.key, 16) : null;
    if (to !== undefined) go(cursor === null ? 0 : to);
    else if (digit !== null && onType !== null) {
      const old = bytes[at] ?? 0;
      const second = half === at;
      onType(at, second ? (old & 0xf0) | digit : (digit << 4) | (old & 0x0f));
      if (second) go(at + 1);
      else {
        onCursor(at);
        setHalf(at);
      }
    } else return;
    event.preventDefault();
  };
  const onClick = (event: MouseEvent) => {
    const at = event.target instanceof HTMLElement ? event.target.dataset.at : undefined;
    if (at !== undefined) go(Number(at));
  };
  return (
    <div
      className="dump"
      role="grid"
      aria-label="Hex dump"
      aria-readonly={onType === null}
      aria-rowcount={Math.ceil(bytes.length / per)}
      aria-activedescendant={cursor === null ? undefined : `${props.ids ?? 'byte'}-${cursor}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onClick={onClick}
      onBlur={() => setHalf(null)}
      ref={(element) => {
        box.current = element;
        measure(element);
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            className="dump-line"
            role="row"
            aria-rowindex={item.index + 1}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <Line {...props} at={item.index * per} per={per} />
          </div>
        ))}
      </div>
    </div>
  );
}
