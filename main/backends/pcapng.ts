import type { BackendDescriptor } from '../../app/backend/descriptor';

/** `native/src/backend/pcapng.c` */
export const pcapngBackend: BackendDescriptor = {
  name: 'pcapng',
  summary: 'Writes the packets to a pcapng file with nanosecond time stamps.',
  flush: 'A flush writes everything buffered to the file. Without it blocks wait until 64 KiB are full.',
  completed: 'Completed packets are wholly handed to the operating system.',
  options: [
    {
      kind: 'output',
      name: 'file',
      help: 'The file to write; an existing one is kept unless overwriting is allowed.',
      required: true,
    },
    { kind: 'whole', name: 'snaplen', help: 'Bytes kept of each packet.', min: 1, max: 4096, default: 4096 },
    {
      kind: 'bytes',
      name: 'limit',
      help: 'Size the file may reach; the run ends there.',
      min: 1024,
      max: 2 ** 50,
      default: 2 ** 30,
    },
  ],
  capabilities: { peer: false, mtu: false, device: 'none' },
  unavailable: null,
};
