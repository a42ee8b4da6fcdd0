// biome-ignore-all lint/a11y/useSemanticElements: a table of thousands of rows is drawn a screenful at a time, in divs.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { duration, grouped } from '../../../app/quantity/format';
import { type Call, type CallsReading, callAt, callCount } from '../../../app/stats/calls';
import { selectedRow } from '../../store/calls';
import { CODE_WORDS, callTime, causeText } from '../../store/callWords';
import { CodeMark } from '../Marks';
import { useCalls, useScreen, useSession } from '../session';
import { holdForSelection } from './useCalls';

/** Height of a row in CSS pixels, the same in the style sheet. */
const ROW = 22;

const COLUMNS: readonly (readonly [key: string, word: string])[] = [
  ['number', 'Call'],
  ['time', 'Time, s'],
  ['code', 'Code'],
  ['index', 'Index'],
  ['count', 'Offered'],
  ['count', 'Taken'],
  ['count', 'Refused'],
  ['unexamined', 'Unexamined'],
  ['flush', 'Flush'],
  ['duration', 'Duration'],
  ['ring', 'Ring before'],
  ['ring', 'Ring after'],
  ['cause', 'Cause'],
];

function cellsOf(call: Call): readonly string[] {
  const ring = (n: number | null) => (n === null ? '–' : grouped(n));
  return [
    grouped(call.number),
    callTime(call.seconds).replace(' s', ''),
    CODE_WORDS[call.code],
    call.index === null ? '–' : grouped(call.index),
    grouped(call.offered),
    grouped(call.taken),
    grouped(call.refused),
    grouped(call.unexamined),
    call.flush ? 'yes' : 'no',
    duration(call.durationNs),
    ring(call.before),
    ring(call.after),
    call.code === 'success' ? '' : causeText(call),
  ];
}

function Cells({ call }: { call: Call }) {
  return cellsOf(call).map((text, i) => {
    const [key, word] = COLUMNS[i] ?? ['', ''];
    return (
      <span
        key={word}
        role="gridcell"
        className={`call-cell call-${key}`}
        title={key === 'cause' && text !== '' ? text : undefined}
      >
        {key === 'code' && <CodeMark code={call.code} />}
        {text}
      </span>
    );
  });
}

/** The same calls as figures, the newest last; live it stays at its end. */
export function CallTable({
  instance,
  reading,
}: {
  instance: InstanceInfo;
  reading: CallsReading | undefined;
}) {
  const session = useSession();
  const { calls } = session;
  const { id } = instance;
  const frozen = useScreen((s) => s.frozen);
  const selected = useCalls((s) => s.selected[id]);
  const row = selectedRow(reading, selected);
  const count = reading ? callCount(reading.calls) : 0;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    overscan: 6,
  });
  const items = virtual.getVirtualItems();
  // What is selected is in sight; without a selection a live table shows the newest.
  useEffect(() => {
    if (row >= 0) virtual.scrollToIndex(row, { align: 'auto' });
    else if (!frozen && count > 0) virtual.scrollToIndex(count - 1, { align: 'end' });
  }, [virtual, row, frozen, count]);

  const choose = (at: number) => {
    holdForSelection(session, instance);
    calls.selectRow(id, at);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? ROW) / ROW) - 2);
    const here = row >= 0 ? row : count;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: Math.min(count - 1, here + 1),
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: count - 1,
    };
    const next = to[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || count === 0) return;
    if (event.key === 'Escape' && selected) calls.selectRow(id, null);
    else if (next === undefined) return;
    else choose(next);
    event.preventDefault();
  };

  const shown = items.some((item) => item.index === row);
  return (
    <div
      className="call-table"
      ref={box}
      role="grid"
      aria-label="Recent calls"
      aria-rowcount={count + 1}
      aria-colcount={COLUMNS.length}
      aria-activedescendant={shown ? `call-${row}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="call-row call-header" role="row" aria-rowindex={1}>
        {COLUMNS.map(([key, word]) => (
          <span key={word} role="columnheader" className={`call-cell call-${key}`}>
            {word}
          </span>
        ))}
      </div>
      <div role="rowgroup" className="call-body" style={{ height: virtual.getTotalSize() }}>
        {reading &&
          items.map((item) => (
            <div
              key={item.key}
              id={`call-${item.index}`}
              className={item.index === row ? 'call-row selected' : 'call-row'}
              role="row"
              aria-rowindex={item.index + 2}
              aria-selected={item.index === row}
              style={{ transform: `translateY(${item.start}px)` }}
              onClick={() => choose(item.index)}
            >
              <Cells call={callAt(reading, reading.calls, item.index)} />
            </div>
          ))}
      </div>
      {count === 0 && <p className="empty-line">No calls yet.</p>}
    </div>
  );
}
