import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { parseHex } from '../../../app/packet/hex';
import { sizes } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import { useSize } from '../media';
import { useFrames } from '../session';

/** Height of a line of the dump in CSS pixels, the same in the style sheet. */
const LINE = 20;
/** Below this width 16 bytes and their text do not fit on a line; 8 do. */
const WIDE = 505;

const NO_BYTES = new Uint8Array(0);

interface Shown {
  readonly bytes: Uint8Array;
  /** Why these are not the bytes that would be sent, or null. */
  readonly stale: string | null;
  readonly title: string;
}

/** The hex text as bytes; while it is wrong, the last good ones. */
function useHexBytes(settings: Settings): Shown {
  const packet = useMemo(() => parseHex(settings.hex), [settings.hex]);
  const [good, setGood] = useState<Uint8Array>(() => (packet.ok ? packet.value : NO_BYTES));
  if (packet.ok && packet.value !== good) setGood(packet.value);
  return packet.ok
    ? { bytes: packet.value, stale: null, title: 'Bytes' }
    : { bytes: good, stale: 'The last good bytes: the hex text is wrong.', title: 'Bytes' };
}

function useFrameBytes(instance: InstanceInfo): Shown {
  const loaded = useFrames((s) => s.bytes[instance.id]);
  return {
    bytes: instance.capture === null ? NO_BYTES : (loaded?.bytes ?? NO_BYTES),
    stale: null,
    title: loaded ? `Bytes of frame ${loaded.index + 1}` : 'Bytes',
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·')).join('');
}

function Line({ bytes, at, per }: { bytes: Uint8Array; at: number; per: number }) {
  const left = bytes.subarray(at, at + 8);
  const right = per === 16 ? bytes.subarray(at + 8, at + 16) : NO_BYTES;
  return (
    <>
      <span className="dump-offset">{at.toString(16).padStart(4, '0')}</span>
      <span className="dump-hex">{hexOf(left)}</span>
      {per === 16 && <span className="dump-hex">{hexOf(right)}</span>}
      <span className="dump-text">{textOf(bytes.subarray(at, at + per))}</span>
    </>
  );
}

function Dump({ bytes }: { bytes: Uint8Array }) {
  const box = useRef<HTMLDivElement | null>(null);
  const [measure, size] = useSize<HTMLDivElement>();
  const per = size.width === 0 || size.width >= WIDE ? 16 : 8;
  const virtual = useVirtualizer({
    count: Math.ceil(bytes.length / per),
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 8,
  });
  return (
    // biome-ignore lint/a11y/useSemanticElements: it groups text, it is no form.
    <div
      className="dump"
      role="group"
      aria-label="Hex dump"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable with the keyboard.
      tabIndex={0}
      ref={(element) => {
        box.current = element;
        measure(element);
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => (
          <div key={item.key} className="dump-line" style={{ transform: `translateY(${item.start}px)` }}>
            <Line bytes={bytes} at={item.index * per} per={per} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** The packet's bytes: offset, two groups of eight, text, and the three sizes in one line. */
export function BytesPane({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const hex = useHexBytes(settings);
  const frame = useFrameBytes(instance);
  const shown = settings.source === 'hex' ? hex : frame;
  const { bytes } = shown;
  return (
    <section className="pane bytes-pane" aria-label="Bytes" data-pane="">
      <div className="pane-head">
        <h2 className="pane-title">{shown.title}</h2>
        {shown.stale !== null && bytes.length > 0 && <span className="hint">{shown.stale}</span>}
      </div>
      {bytes.length > 0 ? (
        <div className={shown.stale === null ? 'dump-box' : 'dump-box stale'}>
          <Dump bytes={bytes} />
          <p className="sizes">{sizes(bytes.length)}</p>
        </div>
      ) : (
        <p className="empty-line">
          {settings.source === 'hex'
            ? 'Type hex digits to see bytes here.'
            : 'Select a frame to see its bytes.'}
        </p>
      )}
    </section>
  );
}
