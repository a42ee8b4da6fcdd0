import type { BackendDescriptor } from '../../app/backend/descriptor';

/** `native/src/backend/udp.c` */
export const udpBackend: BackendDescriptor = {
  name: 'udp',
  summary: 'Sends the payload of each UDP packet over a socket, to 127.0.0.0/8 and ::1 only.',
  flush: 'Nothing is buffered here; a flush reads the error queue for datagrams that came back.',
  completed: 'Completed datagrams were accepted by the kernel.',
  options: [
    {
      kind: 'bytes',
      name: 'sndbuf',
      help: 'Size of the socket buffer; 0 leaves it to the system.',
      min: 0,
      max: 2 ** 30,
      default: 0,
    },
  ],
  capabilities: { peer: false, mtu: false, device: false },
  unavailable: null,
};
