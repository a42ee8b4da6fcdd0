import { SIGNATURE_LENGTH, signaturePlace } from '../packet/signature';
import type { PacketStream } from './plan';

/** Why a packet can't be signed, with what to do; null when it can. */
export function unsignable(bytes: Uint8Array, what = 'The packet'): string | null {
  const place = signaturePlace(bytes);
  if (place.ok) return null;
  const why =
    place.payload > 0
      ? `has ${place.payload} B of payload behind its last header, and the signature takes ${SIGNATURE_LENGTH} B`
      : `has no payload that a signature could end (it takes ${SIGNATURE_LENGTH} B; fragments, ARP and headers whose lengths do not fit can’t be signed)`;
  return `${what} ${why}: make the payload longer, or turn the signature off.`;
}

/**
 * The sentence about the first packet of a plan that can't be signed, or null. Frames of captures are
 * not looked at: those without room are sent as they are, and the far end counts them as unsigned.
 */
export function signatureProblem(streams: readonly PacketStream[]): string | null {
  for (const [i, stream] of streams.entries()) {
    if (stream.kind === 'capture') continue;
    for (const [k, frame] of stream.frames.entries()) {
      const packet = stream.frames.length > 1 ? `Packet ${k + 1}` : 'The packet';
      const wrong = unsignable(frame, streams.length > 1 ? `${packet} of stream ${i + 1}` : packet);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}
