// @ts-check
// What is read from /proc: stolen time, processor time of threads, memory of processes.
import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of all processors so far: all of them, and those a hypervisor gave to others. */
export function ticks() {
  const words = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .trim()
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  return { all: words.reduce((sum, n) => sum + n, 0), stolen: words[7] ?? 0 };
}

/**
 * Stolen time since then, as a part of all processor time.
 * @param {{ all: number, stolen: number }} since
 */
export function stealSince(since) {
  const now = ticks();
  return now.all > since.all ? (now.stolen - since.stolen) / (now.all - since.all) : 0;
}

/** Processor time of one thread in ns: the first figure of its schedstat. */
export function threadNs(/** @type {number} */ pid, /** @type {number} */ tid) {
  return Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
}

/** Processor time of all threads of a process that are alive, in ns. */
export function processNs(/** @type {number} */ pid) {
  let sum = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += threadNs(pid, Number(tid));
    } catch {
      // The thread ended meanwhile.
    }
  }
  return sum;
}

/** A process and all it started, directly or not. */
export function processTree(/** @type {number} */ root) {
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Memory of a process in MiB, what it shares counted in proportion (PSS); 0 when it has ended. */
export function pssMib(/** @type {number} */ pid) {
  try {
    const line = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
