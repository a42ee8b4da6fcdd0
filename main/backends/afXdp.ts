import type { BackendDescriptor } from '../../app/backend/descriptor';
import { PAIR_OPTION, ROLE_OPTION } from '../../app/lab/pair';

/** `native/src/backend/af_xdp.c` */
export const afXdpBackend: BackendDescriptor = {
  name: 'af_xdp',
  summary:
    'Whole frames from memory shared with the kernel, past the queue of an interface of a private lab (--lab).',
  flush:
    'Shows the kernel the frames put in so far and kicks: one system call, before Linux 6.17 one for each 32 of them. Without it frames wait until the ring is full.',
  completed:
    'Completed frames came back in the completion ring: the driver is done with them. Without carrier they were dropped; that is counted.',
  options: [
    PAIR_OPTION,
    ROLE_OPTION,
    {
      kind: 'choice',
      name: 'mode',
      help: 'copy works everywhere; zero-copy needs a driver that can, which a veth pair has not.',
      words: ['copy', 'zero-copy'],
      default: 'copy',
    },
    {
      kind: 'whole',
      name: 'ring',
      help: 'Frames that wait or are with the kernel at most; each is 4 KiB of locked memory.',
      min: 1,
      max: 16_384,
      default: 1024,
    },
    {
      kind: 'bytes',
      name: 'peer-ring',
      help: 'Size of the receive ring at the peer; frames it has no room for are dropped there.',
      min: 2 ** 20,
      max: 2 ** 28,
      default: 2 ** 24,
    },
  ],
  capabilities: { peer: true, mtu: true, device: 'needed' },
  unavailable: null,
};
