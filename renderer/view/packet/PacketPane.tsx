import { FolderOpen } from 'lucide-react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Settings } from '../../../app/run/plan';
import { isBusy } from '../../store/lab';
import { useMedia } from '../media';
import { start, useRefusals, useSession } from '../session';
import { CaptureSource } from './CaptureSource';
import { Fields } from './Fields';
import { Layers } from './Layers';
import { useEditor } from './useEditor';

const SOURCES: readonly (readonly [Settings['source'], string])[] = [
  ['hex', 'Packet'],
  ['capture', 'Capture'],
];

function SourceSwitch({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const session = useSession();
  return (
    <fieldset className="segments" disabled={isBusy(instance)}>
      <legend className="visually-hidden">Packets come from</legend>
      {SOURCES.map(([source, word]) => (
        <label key={source} className="segment">
          <input
            type="radio"
            name={`source-${instance.id}`}
            checked={settings.source === source}
            onChange={() => session.draft.edit(instance.id, { source })}
          />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** The packet in layers and fields: side by side where there is room, else the layers in a row on top. */
function Crafting({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const editor = useEditor(instance, settings);
  const upright = useMedia('(min-width: 1200px)');
  return (
    <div className={upright ? 'crafting upright' : 'crafting'}>
      <Layers editor={editor} upright={upright} />
      <Fields editor={editor} />
    </div>
  );
}

/** What will be sent: a packet in layers, or the frames of a capture. */
export function PacketPane({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const session = useSession();
  const refusals = useRefusals(instance.id);
  const busy = isBusy(instance);
  return (
    <section className="pane packet-pane" aria-label="Packet" data-pane="">
      <div className="pane-head">
        <h2 className="visually-hidden">Packet</h2>
        <SourceSwitch instance={instance} settings={settings} />
        <span className="pane-gap" />
        <button
          type="button"
          className="button"
          aria-label="Open capture"
          data-field="capture"
          aria-keyshortcuts="Control+O"
          disabled={busy}
          title={busy ? 'Stop the run to open another capture.' : 'Open a pcap or pcapng file (Ctrl+O)'}
          onClick={() => start(session.openCapture(instance.id))}
        >
          <FolderOpen size={14} aria-hidden="true" />
          <span className="button-words">Open capture</span>
        </button>
      </div>
      {refusals.capture !== undefined && (
        <p className="field-error" role="alert">
          {refusals.capture}
        </p>
      )}
      {settings.source === 'hex' ? (
        <Crafting instance={instance} settings={settings} />
      ) : (
        <CaptureSource instance={instance} />
      )}
    </section>
  );
}
