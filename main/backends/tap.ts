import type { BackendDescriptor } from '../../app/backend/descriptor';
import { PAIR_OPTION, TAP_ROLE_OPTION } from '../../app/lab/pair';

/** `native/src/backend/tap.c` */
export const tapBackend: BackendDescriptor = {
  name: 'tap',
  summary: 'Whole frames written to a TAP device of a private lab (--lab), as if they came from a cable.',
  flush: 'Nothing is buffered: each frame is one write, so a flush has nothing to start.',
  completed: 'Completed frames were written; a packet socket on the device counts what it received.',
  options: [
    PAIR_OPTION,
    TAP_ROLE_OPTION,
    {
      kind: 'bytes',
      name: 'peer-ring',
      help: 'Size of the ring that counts what the device received; frames it has no room for are dropped there.',
      min: 2 ** 20,
      max: 2 ** 28,
      default: 2 ** 24,
    },
  ],
  capabilities: { peer: true, mtu: true, device: 'needed' },
  unavailable: null,
};
