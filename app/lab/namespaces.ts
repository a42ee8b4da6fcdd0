import { group } from '../quantity/parse';

/** What the system says about namespaces; null where it has no such setting. */
export interface NamespaceSettings {
  /** user.max_user_namespaces */
  readonly maxUser: number | null;
  /** user.max_net_namespaces */
  readonly maxNet: number | null;
  /** kernel.unprivileged_userns_clone */
  readonly unprivilegedClone: number | null;
  /** kernel.apparmor_restrict_unprivileged_userns */
  readonly apparmor: number | null;
}

/** How a namespace was refused. */
export interface Refusal {
  readonly kind: 'user' | 'net';
  /** Whether a limit was reached (ENOSPC), the kernel knows no such thing (EINVAL, ENOSYS), or anything else. */
  readonly by: 'limit' | 'kernel' | 'rule';
}

/** Why there is no namespace: a clause, and the command that would change it, where one does. */
export interface NamespaceCause {
  readonly why: string;
  readonly fix: string | null;
}

/** What forbids a lab, and what can be used without one, in a sentence. */
export function forbiddenSentence({ why }: NamespaceCause): string {
  return `A lab is not possible for this user: ${why}; the backends of Simulate (null, loopback, pcapng, udp) need none.`;
}

/** Names the setting that forbids a namespace. */
export function namespaceCause({ kind, by }: Refusal, settings: NamespaceSettings): NamespaceCause {
  if (by === 'limit') {
    const limit = `user.max_${kind}_namespaces`;
    const most = kind === 'net' ? settings.maxNet : settings.maxUser;
    const fix = `sudo sysctl ${limit}=10000`;
    if (most === 0) return { why: `${limit} is 0`, fix };
    const here = most === null ? 'unknown' : group(most);
    return { why: `the limit ${limit} (${here} here, maybe less in what this runs in) is used up`, fix };
  }
  if (settings.unprivilegedClone === 0)
    return {
      why: 'kernel.unprivileged_userns_clone is 0',
      fix: 'sudo sysctl kernel.unprivileged_userns_clone=1',
    };
  if (settings.apparmor === 1)
    return {
      why: 'AppArmor leaves user namespaces to known programs, of which the .deb package makes Packet Lab one (kernel.apparmor_restrict_unprivileged_userns is 1)',
      fix: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    };
  if (by === 'kernel') return { why: 'the kernel was built without user namespaces', fix: null };
  return { why: 'a container or a security module around this program refuses user namespaces', fix: null };
}
