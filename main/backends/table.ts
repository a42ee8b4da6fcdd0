import type { BackendDescriptor } from '../../app/backend/descriptor';
import { loopbackBackend } from './loopback';
import { nullBackend } from './null';
import { pcapngBackend } from './pcapng';
import { udpBackend } from './udp';

/** Every backend, in the order it is offered. A test compares this list with the core's table. */
export const BACKENDS: readonly BackendDescriptor[] = [
  nullBackend,
  loopbackBackend,
  pcapngBackend,
  udpBackend,
];

/** The backend of that name, or null. */
export function findBackend(name: string): BackendDescriptor | null {
  return BACKENDS.find((backend) => backend.name === name) ?? null;
}
