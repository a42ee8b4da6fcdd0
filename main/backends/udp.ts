import type { BackendDescriptor } from '../../app/backend/descriptor';
import { PAIR_OR_NONE, ROLE_OPTION } from '../../app/lab/pair';

/** `native/src/backend/udp.c` */
export const udpBackend: BackendDescriptor = {
  name: 'udp',
  summary:
    'Sends the payload of each UDP packet over a socket, to 127.0.0.0/8 and ::1 only; in a lab (--lab, or a pair) to the IPv4 addresses of its pair, too.',
  flush: 'Nothing is buffered here; a flush reads the error queue for datagrams that came back.',
  completed:
    'Completed datagrams were accepted by the kernel; in a lab the peer counts the frames that arrived there.',
  options: [
    PAIR_OR_NONE,
    ROLE_OPTION,
    {
      kind: 'bytes',
      name: 'sndbuf',
      help: 'Size of the socket buffer; 0 leaves it to the system.',
      min: 0,
      max: 2 ** 30,
      default: 0,
    },
    {
      kind: 'choice',
      name: 'gso',
      help: 'Packets in a row of the same size and destination go to the kernel as one, which cuts them again (Linux); auto: in a lab only, because on loopback a closed port would be told of once for all of them.',
      words: ['auto', 'on', 'off'],
      default: 'auto',
    },
    {
      kind: 'bytes',
      name: 'peer-ring',
      help: 'Size of the receive ring at the peer, in a lab; frames it has no room for are dropped there.',
      min: 2 ** 20,
      max: 2 ** 28,
      default: 2 ** 24,
    },
  ],
  capabilities: { peer: false, mtu: false, device: 'optional' },
  unavailable: null,
};
