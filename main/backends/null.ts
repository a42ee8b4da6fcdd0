import type { BackendDescriptor } from '../../app/backend/descriptor';

/** `native/src/backend/null.c` */
export const nullBackend: BackendDescriptor = {
  name: 'null',
  summary: 'Counts packets and touches nothing: the limit of dispatch.',
  flush: 'Nothing is ever buffered here, so a flush has nothing to start.',
  completed: 'Completed equals taken.',
  options: [],
  capabilities: { peer: false, mtu: false, device: 'none' },
  unavailable: null,
};
