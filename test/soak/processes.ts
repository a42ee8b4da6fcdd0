import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds of the system, from /proc (proc_pid_maps(5)). */
export interface Held {
  readonly descriptors: number;
  readonly threads: number;
  readonly mappings: number;
}

export function held(pid: number | 'self'): Held {
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    mappings: readFileSync(`/proc/${pid}/maps`, 'utf8').trimEnd().split('\n').length,
  };
}

/** Address space of a process in MiB, whether there is memory behind it or not. */
export function mappedMiB(pid: number | 'self'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

/** The process and all that descend from it; those that end meanwhile are left out. */
export function family(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return [pid, ...children.flatMap(family)];
  } catch {
    return [];
  }
}

/**
 * Memory of a process in MiB that no file stands behind, what it shares with others in proportion
 * (proc_pid_smaps(5)). Files are left out: their share falls when any other process maps them, too.
 */
export function memoryMiB(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1] ?? 0);
  return (kb('Pss_Anon') + kb('Pss_Shmem')) / 1024;
}

/** The same of a process and all that descend from it. */
export function familyMemoryMiB(pid: number): number {
  let sum = 0;
  for (const one of family(pid)) {
    try {
      sum += memoryMiB(one);
    } catch {
      // It has just ended.
    }
  }
  return sum;
}

/** The median of the slopes between all pairs of points (Theil–Sen): a few odd readings do not move it. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  return median(
    points.flatMap(([x1, y1], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y1) / (x2 - x1))),
  );
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
