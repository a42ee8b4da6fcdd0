import type { InstanceInfo } from '../../../app/ipc/contract';
import { oversizeNote, parseHex } from '../../../app/packet/hex';
import type { Settings } from '../../../app/run/plan';
import { isBusy } from '../../store/lab';
import { useRefusals, useSession } from '../session';

/** Main keeps at most this much text. */
const HEX_TEXT_MAX = 65_536;

/** The whole packet as hex text, to copy and to paste over; checked with every key. */
export function HexText({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const { craft } = useSession();
  const refusals = useRefusals(instance.id);
  const packet = parseHex(settings.hex);
  const error = packet.ok ? (refusals.hex ?? refusals.packet) : packet.sentence;
  const note = packet.ok ? oversizeNote(packet.value.length) : null;
  return (
    <div className="hex-source">
      <textarea
        className="hex-text"
        aria-label="Hex text"
        title="The packet as hex text: paste over it. Blanks, colons and line breaks are fine."
        data-field="hex"
        rows={1}
        aria-invalid={error !== undefined}
        aria-describedby={error === undefined && note === null ? undefined : 'hex-note'}
        spellCheck={false}
        autoComplete="off"
        maxLength={HEX_TEXT_MAX}
        readOnly={isBusy(instance)}
        value={settings.hex}
        onChange={(event) => craft.typeHex(instance.id, event.target.value)}
      />
      {(error ?? note) !== null && (error ?? note) !== undefined && (
        <p id="hex-note" className={error === undefined ? 'hint' : 'field-error'}>
          {error ?? note}
        </p>
      )}
    </div>
  );
}
