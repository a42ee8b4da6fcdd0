import { readdirSync, readFileSync } from 'node:fs';

/** What a process holds of the system, from /proc (proc_pid_maps(5), proc_pid_smaps(5)). */
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

/** Proportional set size in MiB: its own memory and its share of what it has in common with others. */
export function pssMiB(pid: number): number {
  const kb = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** The same of a family of processes. */
export function familyPssMiB(pid: number): number {
  let sum = 0;
  for (const one of family(pid)) {
    try {
      sum += pssMiB(one);
    } catch {
      // It has just ended.
    }
  }
  return sum;
}

/** The median of the slopes between all pairs of points (Theil–Sen): one odd reading does not move it. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes: number[] = [];
  points.forEach(([x1, y1], i) => {
    for (const [x2, y2] of points.slice(i + 1)) slopes.push((y2 - y1) / (x2 - x1));
  });
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  if (slopes.length === 0) return 0;
  const upper = slopes[middle] ?? 0;
  return slopes.length % 2 === 1 ? upper : (upper + (slopes[middle - 1] ?? 0)) / 2;
}
