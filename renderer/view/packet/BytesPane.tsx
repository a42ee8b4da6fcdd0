import { type ReactNode, useMemo, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { fieldAt, packetOf, pathOf, setByte } from '../../../app/packet/editBytes';
import { type Encoded, encode } from '../../../app/packet/encode';
import { parseHex } from '../../../app/packet/hex';
import { sizes } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import { bytesOf, viewAt } from '../../store/craft';
import { isBusy } from '../../store/lab';
import { useFrames, useSession } from '../session';
import { Dump } from './Dump';
import { HexText } from './HexText';
import { LOCKED, useEditor } from './useEditor';

const NO_BYTES = new Uint8Array(0);

/** Frames above this are shown without naming their fields, in bytes. */
const NAMED_MAX = 4096;

interface PaneProps {
  instance: InstanceInfo;
  settings: Settings;
}

/** "Byte 36: Destination port (udp.dstport)". */
function byteWords(encoded: Encoded | null, byte: number | null): string | null {
  if (byte === null) return null;
  const at = encoded === null ? null : fieldAt(encoded, byte);
  const view = at === null ? undefined : encoded?.layers[at.layer]?.fields[at.field];
  return view ? `Byte ${byte}: ${view.label} (${view.name})` : `Byte ${byte}`;
}

function Head({ title, words, children }: { title: string; words: string | null; children?: ReactNode }) {
  return (
    <div className="pane-head">
      <h2 className="pane-title">{title}</h2>
      {words !== null && (
        <span className="hint" title={words}>
          {words}
        </span>
      )}
      {children}
    </div>
  );
}

/** The bytes of the packet in hand: a selected field is lit, a byte selects its field, digits type over. */
function CraftedBytes({ instance, settings }: PaneProps) {
  const editor = useEditor(instance, settings);
  const { id, spec, encoded, place, locked, craft, change } = editor;
  const { bytes } = encoded;
  const wrong = !parseHex(settings.hex).ok;
  const cursor = place.byte !== null && place.byte < bytes.length ? place.byte : null;
  const view = viewAt(encoded, place.field);
  const words = wrong
    ? bytes.length > 0
      ? 'The last good bytes: the hex text is wrong.'
      : null
    : view
      ? `${view.label} (${view.name})${cursor === null ? '' : `, byte ${cursor}`}`
      : byteWords(encoded, cursor);
  return (
    <section className="pane bytes-pane" aria-label="Bytes" data-pane="">
      <Head title="Bytes" words={words} />
      {bytes.length > 0 ? (
        <div className={wrong ? 'dump-box stale' : 'dump-box'}>
          <Dump
            bytes={bytes}
            lit={bytesOf(encoded, place.field)}
            cursor={cursor}
            onCursor={(byte) => craft.selectByte(id, encoded, byte)}
            onType={
              locked === null ? (byte, value) => change(setByte(spec, byte, value), `byte ${byte}`) : null
            }
          />
        </div>
      ) : (
        <p className="empty-line">Add a layer or paste hex text to see bytes here.</p>
      )}
      <HexText instance={instance} settings={settings} />
      {bytes.length > 0 && <p className="sizes">{sizes(bytes.length)}</p>}
    </section>
  );
}

/** Makes the selected frame the packet. */
function UseFrame({ instance }: { instance: InstanceInfo }) {
  const session = useSession();
  const { id } = instance;
  const index = useFrames((s) => s.selected[id]);
  const link = useFrames((s) => (index === undefined ? undefined : s.rows[id]?.get(index)?.link));
  const busy = isBusy(instance);
  const foreign = link !== undefined && link !== 'Ethernet';
  const title = busy
    ? LOCKED
    : foreign
      ? `This frame is on ${link}; only Ethernet frames can be sent and edited.`
      : 'Makes the selected frame the packet, to be edited and sent';
  return (
    <button
      type="button"
      className="button compact"
      disabled={busy || foreign || index === undefined || instance.capture === null}
      title={title}
      onClick={() => session.takeFrame(id)}
    >
      Use frame
    </button>
  );
}

/** The bytes of the selected frame of the capture, with the names of its fields. */
function FrameBytes({ instance }: { instance: InstanceInfo }) {
  const loaded = useFrames((s) => s.bytes[instance.id]);
  const link = useFrames((s) => (loaded ? s.rows[instance.id]?.get(loaded.index)?.link : undefined));
  const bytes = instance.capture === null ? NO_BYTES : (loaded?.bytes ?? NO_BYTES);
  const [cursor, setCursor] = useState<number | null>(null);
  const named = link === 'Ethernet' && bytes.length <= NAMED_MAX;
  const encoded = useMemo(() => (named ? encode(packetOf(bytes)) : null), [named, bytes]);
  const at = cursor !== null && cursor < bytes.length ? cursor : null;
  const place = encoded !== null && at !== null ? fieldAt(encoded, at) : null;
  const path = encoded !== null && place !== null ? pathOf(encoded, place.layer, place.field) : null;
  return (
    <section className="pane bytes-pane" aria-label="Bytes" data-pane="">
      <Head title={loaded ? `Bytes of frame ${loaded.index + 1}` : 'Bytes'} words={byteWords(encoded, at)}>
        <span className="pane-gap" />
        <UseFrame instance={instance} />
      </Head>
      {bytes.length > 0 ? (
        <div className="dump-box">
          <Dump
            bytes={bytes}
            lit={encoded === null ? null : bytesOf(encoded, path)}
            cursor={at}
            onCursor={setCursor}
            onType={null}
          />
          <p className="sizes">{sizes(bytes.length)}</p>
        </div>
      ) : (
        <p className="empty-line">Select a frame to see its bytes.</p>
      )}
    </section>
  );
}

/** The packet's bytes: offset, groups of eight, text, and the three sizes in one line. */
export function BytesPane(props: PaneProps) {
  return props.settings.source === 'hex' ? <CraftedBytes {...props} /> : <FrameBytes {...props} />;
}
