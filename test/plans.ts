import type { RunPlan } from '../app/run/plan';

/** A plan for tests: one frame of 60 B to the loopback at full rate for a second, unless something else is said. */
export function runPlan(change: Partial<RunPlan> = {}): RunPlan {
  return {
    backend: { name: 'loopback', options: {} },
    streams: [{ kind: 'frames', frames: [new Uint8Array(60).fill(2)] }],
    batch: 64,
    rate: { kind: 'max' },
    stop: { after: { kind: 'duration', ns: 1e9 }, until: null },
    flush: { every: 1, afterNs: null },
    again: 'retry',
    seed: 1,
    fault: null,
    tee: null,
    peerOut: null,
    force: false,
    ...change,
  };
}
