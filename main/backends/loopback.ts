import type { BackendDescriptor } from '../../app/backend/descriptor';

/** `native/src/backend/loopback.c` */
export const loopbackBackend: BackendDescriptor = {
  name: 'loopback',
  summary: 'An in-memory ring with a counting receiver at its far end. Nothing leaves the process.',
  flush:
    'A flush publishes the producer index, so that the far end may take what is in the ring. Without it packets are held until the ring is half full.',
  completed: 'Completed packets have left the ring, modelled loss included.',
  options: [
    {
      kind: 'whole',
      name: 'ring',
      help: 'Slots of the ring, in packets.',
      min: 1,
      max: 65_536,
      default: 1024,
    },
    {
      kind: 'rate',
      name: 'drain',
      help: 'Packets per second the far end takes; max, or 0 for never.',
      max: 1e9,
      default: null,
    },
    {
      kind: 'whole',
      name: 'mtu',
      help: 'Bytes after the Ethernet header; larger frames are refused with INVAL.',
      min: 1,
      max: 4082,
      default: 4082,
    },
    { kind: 'probability', name: 'loss', help: 'Share of packets lost behind the ring, 0 to 1.', default: 0 },
    { kind: 'probability', name: 'duplicate', help: 'Share of packets delivered twice, 0 to 1.', default: 0 },
    {
      kind: 'probability',
      name: 'reorder',
      help: 'Share of packets held until three later ones have passed, 0 to 1.',
      default: 0,
    },
    {
      kind: 'duration',
      name: 'delay',
      help: 'Time each packet spends in the ring after it was published.',
      maxNs: 10e9,
      defaultNs: 0,
    },
    {
      kind: 'whole',
      name: 'seed',
      help: 'Seed of loss, duplicates and reordering: the same seed repeats the same decisions.',
      min: 0,
      max: 4_294_967_295,
      default: 1,
    },
    {
      kind: 'instance',
      name: 'attach',
      help: 'Receives what another loopback instance sends, as long as both run; its own packets are then not received.',
    },
  ],
  capabilities: { peer: true, mtu: true, device: 'none' },
  unavailable: null,
};
