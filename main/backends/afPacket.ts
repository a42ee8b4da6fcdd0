import type { BackendDescriptor } from '../../app/backend/descriptor';
import { PAIR_OPTION, ROLE_OPTION } from '../../app/lab/pair';

/** `native/src/backend/af_packet.c` */
export const afPacketBackend: BackendDescriptor = {
  name: 'af_packet',
  summary: 'Whole frames through a packet socket, onto an interface of a private lab (--lab).',
  flush:
    'In mode sendmmsg each send goes to the kernel at once, so a flush has nothing to start. In mode tx-ring a flush kicks: one system call has the kernel walk the ring; without it frames wait until the ring is half full.',
  completed:
    'Completed frames were accepted by the kernel; in mode tx-ring it has given their slots back. Accepted is not delivered: the peer counts what arrived.',
  options: [
    PAIR_OPTION,
    ROLE_OPTION,
    {
      kind: 'choice',
      name: 'mode',
      help: 'sendmmsg copies frames with each system call; tx-ring shares a ring of slots with the kernel.',
      words: ['sendmmsg', 'tx-ring'],
      default: 'sendmmsg',
    },
    {
      kind: 'choice',
      name: 'qdisc-bypass',
      help: 'Hands frames to the driver past the queue of the interface.',
      words: ['off', 'on'],
      default: 'off',
    },
    {
      kind: 'whole',
      name: 'ring',
      help: 'Slots of the transmit ring, in packets; mode tx-ring only.',
      min: 1,
      max: 16_384,
      default: 256,
    },
    {
      kind: 'bytes',
      name: 'sndbuf',
      help: 'Size of the socket buffer; 0 leaves it to the system.',
      min: 0,
      max: 2 ** 30,
      default: 0,
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
