import type { BackendDescriptor } from '../../app/backend/descriptor';
import { afPacketBackend } from './afPacket';
import { afXdpBackend } from './afXdp';
import { loopbackBackend } from './loopback';
import { nullBackend } from './null';
import { pcapngBackend } from './pcapng';
import { tapBackend } from './tap';
import { udpBackend } from './udp';

/** Every backend, in the order it is offered. A test compares this list with the core's table. */
export const BACKENDS: readonly BackendDescriptor[] = [
  nullBackend,
  loopbackBackend,
  pcapngBackend,
  udpBackend,
  ...(process.platform === 'linux' ? [afPacketBackend, afXdpBackend, tapBackend] : []),
];

/** The backend of that name, or null. */
export function findBackend(name: string): BackendDescriptor | null {
  return BACKENDS.find((backend) => backend.name === name) ?? null;
}
