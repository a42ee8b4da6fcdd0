import type { BackendDescriptor } from '../../app/backend/descriptor';
import { setField } from '../../app/packet/edit';
import { encode } from '../../app/packet/encode';
import { parseHex } from '../../app/packet/hex';
import { SIGNATURE_LENGTH, signaturePlace } from '../../app/packet/signature';
import type { FrameSpec } from '../../app/packet/spec';
import { hexOf } from '../../app/packet/value';
import type { Settings } from '../../app/run/plan';
import { unsignable } from '../../app/run/signature';
import { craftedOf } from './craft';
import { uncounted } from './labPreflight';
import type { PreflightLine } from './preflight';

/** The packet with its payload filled up with zeros to what a signature takes; null where that is no help. */
function longer(spec: FrameSpec, missing: number): FrameSpec | null {
  const layer = spec.layers.length - 1;
  const last = spec.layers[layer];
  let packet: FrameSpec;
  if (last?.proto === 'data') {
    const { bytes, layers } = encode(spec);
    const { offset = 0, length = 0 } = layers[layer] ?? {};
    const data = `${hexOf(bytes.subarray(offset, offset + length))}${'00'.repeat(missing)}`;
    packet = setField(spec, { layer, name: 'data.data', nth: 0 }, data);
  } else if (last && ['udp', 'tcp', 'icmp', 'icmpv6'].includes(last.proto)) {
    const data = { proto: 'data', fields: { 'data.data': '00'.repeat(missing) } };
    packet = { layers: [...spec.layers, data] };
  } else return null;
  return signaturePlace(encode(packet).bytes).ok ? packet : null;
}

/** What "Before you run" says of the signature. */
export function signatureLines(settings: Settings, backend: BackendDescriptor): PreflightLine[] {
  if (!settings.signature) return [];
  const lines: PreflightLine[] = [];
  if (settings.source === 'capture') {
    const text = `Frames with less than ${SIGNATURE_LENGTH} B of payload go unsigned, and are counted so.`;
    lines.push({ level: 'note', text });
  } else {
    const bytes = parseHex(settings.hex);
    const wrong = bytes.ok ? unsignable(bytes.value) : null;
    if (bytes.ok && wrong !== null) {
      const place = signaturePlace(bytes.value);
      const missing = SIGNATURE_LENGTH - (place.ok ? 0 : place.payload);
      const packet = longer(craftedOf(settings).spec, missing);
      const label = `Make it ${SIGNATURE_LENGTH} B`;
      lines.push({ level: 'stop', text: wrong, ...(packet && { fix: { label, packet } }) });
    } else if (bytes.ok) {
      const text = `The last ${SIGNATURE_LENGTH} B of the payload become the signature.`;
      lines.push({ level: 'note', text });
    }
  }
  const why = uncounted(settings, backend);
  if (why !== null) lines.push({ level: 'note', text: `Nobody reads the signatures here: ${why}` });
  return lines;
}
