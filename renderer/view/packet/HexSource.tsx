import type { InstanceInfo } from '../../../app/ipc/contract';
import { BUILT_IN_HEX, oversizeNote, parseHex } from '../../../app/packet/hex';
import type { Settings } from '../../../app/run/plan';
import { isBusy } from '../../store/lab';
import { useRefusals, useSession } from '../session';

/** Main keeps at most this much text. */
const HEX_TEXT_MAX = 65_536;

/** The packet as hex text, checked with every key. */
export function HexSource({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const session = useSession();
  const refusals = useRefusals(instance.id);
  const busy = isBusy(instance);
  const packet = parseHex(settings.hex);
  const error = packet.ok ? refusals.hex : packet.sentence;
  const note = packet.ok ? oversizeNote(packet.value.length) : null;
  return (
    <div className="hex-source">
      <textarea
        className="hex-text"
        aria-label="Hex text"
        data-field="hex"
        aria-invalid={error !== undefined}
        aria-describedby="hex-note"
        spellCheck={false}
        autoComplete="off"
        maxLength={HEX_TEXT_MAX}
        readOnly={busy}
        value={settings.hex}
        onChange={(event) => session.draft.edit(instance.id, { hex: event.target.value })}
      />
      <div className="hex-foot">
        <p id="hex-note" className={error === undefined ? 'hint' : 'field-error'}>
          {error ??
            note ??
            (busy ? 'Stop the run to change the packet.' : 'Blanks, colons and line breaks are fine.')}
        </p>
        {settings.hex !== BUILT_IN_HEX && !busy && (
          <button
            type="button"
            className="button compact quiet"
            onClick={() => session.putBuiltInPacket(instance.id)}
          >
            Use the built-in packet
          </button>
        )}
      </div>
    </div>
  );
}
