import type { BackendDescriptor } from '../../app/backend/descriptor';

/** Backends as main would describe them: enough of the real tables to draw every kind of option. */
export const FAKE_BACKENDS: readonly BackendDescriptor[] = [
  {
    name: 'loopback',
    summary: 'An in-memory ring between two ends. Nothing leaves this computer.',
    flush:
      'Publishes the producer index of the ring; without it packets are held until the ring is half full.',
    completed: 'Packets that left the ring, modelled loss included.',
    options: [
      {
        name: 'ring',
        kind: 'whole',
        help: 'Slots of the ring, from 2 to 65,536.',
        min: 2,
        max: 65_536,
        default: 1024,
      },
      {
        name: 'drain',
        kind: 'rate',
        help: 'Packets per second that leave the ring, or max.',
        max: 1e9,
        default: null,
      },
      {
        name: 'mtu',
        kind: 'whole',
        help: 'Largest payload of a frame in bytes; the limit is MTU + 14 (+ 4 with a VLAN tag).',
        min: 1,
        max: 4082,
        default: 4082,
      },
      { name: 'loss', kind: 'probability', help: 'Share of packets lost in the ring, 0 to 1.', default: 0 },
      {
        name: 'duplicate',
        kind: 'probability',
        help: 'Share of packets delivered twice, 0 to 1.',
        default: 0,
      },
      { name: 'reorder', kind: 'probability', help: 'Share of packets delivered late, 0 to 1.', default: 0 },
      {
        name: 'delay',
        kind: 'duration',
        help: 'Time each packet spends in the ring, such as 10ms.',
        maxNs: 60e9,
        defaultNs: 0,
      },
      {
        name: 'seed',
        kind: 'whole',
        help: 'Seed of every random decision.',
        min: 0,
        max: 2 ** 32 - 1,
        default: 1,
      },
      { name: 'attach', kind: 'instance', help: 'Receives what another loopback instance sends.' },
    ],
    capabilities: { peer: true, mtu: true, device: 'none' },
    unavailable: null,
  },
  {
    name: 'null',
    summary: 'Counts and touches nothing: the limit of dispatch.',
    flush: 'Nothing: no packet is ever held back.',
    completed: 'Every packet taken.',
    options: [],
    capabilities: { peer: false, mtu: false, device: 'none' },
    unavailable: null,
  },
  {
    name: 'pcapng',
    summary: 'Writes every packet to a capture file.',
    flush: 'Hands the buffered blocks to the operating system.',
    completed: 'Packets whose block was handed wholly to the operating system.',
    options: [
      { name: 'file', kind: 'output', help: 'The capture file to write.', required: true },
      {
        name: 'snaplen',
        kind: 'whole',
        help: 'Bytes kept of each frame, from 64 to 4,096.',
        min: 1,
        max: 4096,
        default: 4096,
      },
      {
        name: 'limit',
        kind: 'bytes',
        help: 'The run ends when the file is this large.',
        min: 4096,
        max: 2 ** 40,
        default: 2 ** 30,
      },
    ],
    capabilities: { peer: false, mtu: false, device: 'none' },
    unavailable: null,
  },
];
