import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { RightsFacts, TunState } from '../../app/lab/facts';
import { LAB_ENDS, type LabEnd } from '../../app/lab/limits';
import type { NamespaceSettings } from '../../app/lab/namespaces';

/** What /proc, /sys and /dev say. Everything here reads, and null means that it is not told. */

function textIn(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The first number of a file, or null when it is not there. */
export function numberIn(path: string): number | null {
  const value = Number.parseInt(textIn(path) ?? '', 10);
  return Number.isNaN(value) ? null : value;
}

/** `read` gives the number in a file. */
export function namespaceSettings(read: (path: string) => number | null = numberIn): NamespaceSettings {
  return {
    maxUser: read('/proc/sys/user/max_user_namespaces'),
    maxNet: read('/proc/sys/user/max_net_namespaces'),
    unprivilegedClone: read('/proc/sys/kernel/unprivileged_userns_clone'),
    apparmor: read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
  };
}

/** RLIMIT_MEMLOCK of this process, which the helper inherits, in bytes; Infinity = unlimited. */
export function memoryLimit(): { soft: number; hard: number } | null {
  const [, soft, hard] = /^Max locked memory\s+(\S+)\s+(\S+)/m.exec(textIn('/proc/self/limits') ?? '') ?? [];
  const bytes = (word: string) => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word));
  return soft === undefined || hard === undefined ? null : { soft: bytes(soft), hard: bytes(hard) };
}

/** The rights of this process (proc(5)). */
export function rights(): RightsFacts | null {
  const status = textIn('/proc/self/status') ?? '';
  const [, effective] = /^CapEff:\s+([0-9a-f]+)$/m.exec(status) ?? [];
  const [, noNew] = /^NoNewPrivs:\s+(\d)$/m.exec(status) ?? [];
  if (effective === undefined) return null;
  // The initial user namespace maps every id to itself (user_namespaces(7)).
  const initial = /^\s*0\s+0\s+4294967295\s*$/.test(textIn('/proc/self/uid_map') ?? '');
  return { effective: BigInt(`0x${effective}`), noNewPrivileges: noNew === '1', initial };
}

/**
 * What a command begins with that is to run at an end of a lab, as its user types it (nsenter(1)). The helper, process
 * `pid`, holds the namespaces of ends a and b by descriptors in that order, in a user namespace of its own unless root
 * made the lab; null when that cannot be seen.
 */
export function labEntrances(pid: number): Readonly<Record<LabEnd, string>> | null {
  try {
    const held = readdirSync(`/proc/${pid}/fd`)
      .sort((one, other) => Number(one) - Number(other))
      .map((fd) => `/proc/${pid}/fd/${fd}`)
      .filter((path) => readlinkSync(path).startsWith('net:['));
    const [a, b] = held;
    if (a === undefined || b === undefined || held.length !== LAB_ENDS.length) return null;
    const space = (of: string | number) => readlinkSync(`/proc/${of}/ns/user`);
    const user = space('self') === space(pid) ? '' : '--user --preserve-credentials ';
    const by = (path: string) => `nsenter --target ${pid} ${user}--net=${path} `;
    return { a: by(a), b: by(b) };
  } catch {
    return null;
  }
}

/** Whether this user may open /dev/net/tun. */
export function tunState(): TunState {
  const path = '/dev/net/tun';
  if (!existsSync(path)) return 'absent';
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return 'open';
  } catch {
    return 'forbidden';
  }
}

/** Whether an interface polls on kernel threads; null when sysfs is another network namespace's, or does not tell. */
export function threadedNapi(name: string, ifindex: number): boolean | null {
  if (numberIn(`/sys/class/net/${name}/ifindex`) !== ifindex) return null;
  const value = numberIn(`/sys/class/net/${name}/threaded`);
  return value === null ? null : value === 1;
}

/** The interfaces of this process's own network namespace, as far as they have a line there. */
export function interfaceNames(): string[] {
  const lines = (textIn('/proc/self/net/dev') ?? '').trimEnd().split('\n').slice(2);
  return lines.map((line) => line.split(':')[0]?.trim() ?? '').sort();
}
