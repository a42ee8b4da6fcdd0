import { internetChecksum } from '../checksum';
import type { Protocol } from '../field';
import { SIGNATURE_LENGTH, SIGNATURE_MAGIC } from '../signature';

/** What a run writes over the end of the payload: who sent the packet, which one it is, and when it left. */
export const signature: Protocol = {
  proto: 'signature',
  label: 'Signature',
  help: 'The end of the payload, written by a run that signs its packets (Packet Lab, pl_signature.h).',
  keys: {},
  header: [
    {
      name: 'signature.magic',
      label: 'Magic',
      bits: 32,
      kind: 'hex',
      initial: SIGNATURE_MAGIC,
      help: '“PLSG”: says that this is a signature.',
    },
    {
      name: 'signature.stream',
      label: 'Stream',
      bits: 16,
      kind: 'dec',
      help: 'Which stream of the plan the packet belongs to, from 0.',
    },
    {
      name: 'signature.check',
      label: 'Check',
      bits: 16,
      kind: 'hex',
      help: 'Makes the Internet checksum of the 24 bytes 0xffff, so that checksums around it stay (RFC 7820).',
      sum: (at) => internetChecksum(at, SIGNATURE_LENGTH, 6),
    },
    {
      name: 'signature.seq',
      label: 'Sequence number',
      bits: 64,
      kind: 'long',
      help: 'Which packet of the stream this is, from 0.',
    },
    {
      name: 'signature.time',
      label: 'Send time',
      bits: 64,
      kind: 'long',
      help: 'Nanoseconds of CLOCK_MONOTONIC on the sending host.',
    },
  ],
};
