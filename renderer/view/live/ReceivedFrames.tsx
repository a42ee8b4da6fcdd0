// biome-ignore-all lint/a11y/useSemanticElements: a grid of rows like that of a capture, drawn in divs.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the keys are the grid's.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { decode } from '../../../app/packet/decode';
import { type Encoded, encode, type FieldView } from '../../../app/packet/encode';
import { parseHexBytes } from '../../../app/packet/value';
import { grouped } from '../../../app/quantity/format';
import type { FramesReading, ReceivedFrame } from '../../../app/stats/received';
import { headOf } from '../../store/received';
import { Dump } from '../packet/Dump';
import { useReceived, useScreen, useSession } from '../session';

const COLUMNS = [
  ['no', 'No.'],
  ['time', 'Time, s'],
  ['length', 'Length, B'],
  ['head', 'First bytes'],
] as const;

function Row({
  frame,
  selected,
  onSelect,
}: {
  frame: ReceivedFrame;
  selected: boolean;
  onSelect: () => void;
}) {
  const cells = [grouped(frame.no), frame.time.toFixed(6), grouped(frame.length), headOf(frame)];
  return (
    <div
      id={`received-${frame.no}`}
      className={selected ? 'frame-row selected' : 'frame-row'}
      role="row"
      aria-selected={selected}
      onClick={onSelect}
    >
      {COLUMNS.map(([key], i) => (
        <span key={key} role="gridcell" className={`frame-cell frame-${key}`}>
          {cells[i]}
        </span>
      ))}
    </div>
  );
}

/** The layers of a frame with their fields; the one that is pointed at lights its bytes. */
function Decoded({
  encoded,
  lit,
  onField,
}: {
  encoded: Encoded;
  lit: FieldView | null;
  onField: (field: FieldView) => void;
}) {
  return (
    <div className="received-fields" role="group" aria-label="Decoded fields">
      {encoded.layers.map((layer) => (
        <section key={layer.offset} aria-label={layer.label}>
          <h3 className="small-title">{layer.label}</h3>
          {layer.fields.map((field) => (
            <button
              key={`${field.name} ${field.bitOffset}`}
              type="button"
              className={field === lit ? 'received-field lit' : 'received-field'}
              aria-pressed={field === lit}
              title={`${field.text}. ${field.help}`}
              data-name={field.name}
              onClick={() => onField(field)}
            >
              <span>{field.label}</span>
              <span className="mono">{field.text}</span>
            </button>
          ))}
        </section>
      ))}
    </div>
  );
}

function Frame({ frame }: { frame: ReceivedFrame }) {
  const encoded = useMemo(() => {
    const bytes = parseHexBytes(frame.hex) ?? new Uint8Array(0);
    return encode(decode(bytes, undefined, frame.length));
  }, [frame]);
  const [lit, setLit] = useState<FieldView | null>(null);
  const field = encoded.layers.some(({ fields }) => lit !== null && fields.includes(lit)) ? lit : null;
  const kept = frame.hex.length / 2;
  return (
    <div className="received-frame" data-frame={frame.no}>
      <Decoded encoded={encoded} lit={field} onField={setLit} />
      <div className="dump-box">
        <Dump
          bytes={encoded.bytes}
          ids="received-byte"
          lit={
            field && {
              first: field.bitOffset >> 3,
              end: (field.bitOffset + field.bitLength + 7) >> 3,
            }
          }
          cursor={null}
          onCursor={(byte) =>
            setLit(
              encoded.layers
                .flatMap(({ fields }) => fields)
                .find((f) => byte * 8 >= f.bitOffset - 7 && byte * 8 < f.bitOffset + f.bitLength) ?? null,
            )
          }
          onType={null}
        />
        {kept < frame.length && (
          <p className="sizes">{`The first ${grouped(kept)} B of ${grouped(frame.length)} B are kept.`}</p>
        )}
      </div>
    </div>
  );
}

/** The last frames that arrived, the newest last, and one of them in full. */
export function ReceivedFrames({ id, reading }: { id: string; reading: FramesReading | undefined }) {
  const { received, screen } = useSession();
  const frozen = useScreen((s) => s.frozen);
  const selected = useReceived((s) => s.selected[id]);
  const box = useRef<HTMLDivElement>(null);
  const frames = reading?.frames ?? [];
  const row = frames.findIndex(({ no }) => no === selected?.frame.no);
  // A live list shows the newest; what is selected is in sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new reading is a reason to scroll.
  useEffect(() => {
    const list = box.current;
    if (!list) return;
    if (row < 0 && !frozen) list.scrollTop = list.scrollHeight;
    else list.querySelector('.selected')?.scrollIntoView({ block: 'nearest' });
  }, [reading, row, frozen]);

  /** A person looks at one frame: a view that moves on is frozen, so that it and its neighbours stay. */
  const choose = (i: number) => {
    screen.setState({ frozen: true });
    received.selectRow(id, i);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || frames.length === 0) return;
    const here = row >= 0 ? row : frames.length;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + 8,
      PageUp: here - 8,
      Home: 0,
      End: frames.length - 1,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
  };

  return (
    <div className="received-frames">
      <div
        className="frame-list"
        ref={box}
        role="grid"
        aria-label="Last frames received"
        aria-rowcount={frames.length + 1}
        aria-activedescendant={row >= 0 ? `received-${selected?.frame.no}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div className="frame-row frame-header" role="row">
          {COLUMNS.map(([key, word]) => (
            <span key={key} role="columnheader" className={`frame-cell frame-${key}`}>
              {word}
            </span>
          ))}
        </div>
        {frames.map((frame, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows stay and show other frames; new ones twice a second would be litter.
          <Row key={i} frame={frame} selected={i === row} onSelect={() => choose(i)} />
        ))}
      </div>
      {selected ? (
        <Frame key={selected.frame.no} frame={selected.frame} />
      ) : (
        <p className="received-hint">Click a frame or use the arrow keys to see its fields and bytes.</p>
      )}
    </div>
  );
}
