import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { NetLabError, netLabError } from '../../main/lab/netLabError';

const { EPERM, ENOSPC, EINVAL, EACCES, ENOENT, EBUSY, ENODEV, EOPNOTSUPP } = constants.errno;

/** What the addon rejects with. */
function failure(step: string, errno: number): Error {
  return Object.assign(new Error(`The lab's helper failed at “${step}”.`), { step, errno });
}

function told(step: string, errno: number, settings: Readonly<Record<string, number>> = {}): NetLabError {
  const error = netLabError('be opened', failure(step, errno), 0, (path) => {
    const name = path.split('/').at(-1) ?? '';
    return settings[name] ?? null;
  });
  if (!(error instanceof NetLabError)) throw error;
  return error;
}

test.each([
  [
    'user namespace',
    ENOSPC,
    { max_user_namespaces: 0 },
    'user.max_user_namespaces is 0. An administrator can raise it',
  ],
  ['user namespace', ENOSPC, { max_user_namespaces: 5 }, 'user.max_user_namespaces (5 here'],
  ['network namespace', ENOSPC, { max_net_namespaces: 0 }, 'user.max_net_namespaces is 0'],
  ['user namespace', EPERM, { unprivileged_userns_clone: 0 }, 'sysctl kernel.unprivileged_userns_clone=1'],
  [
    'user mapping',
    EPERM,
    { apparmor_restrict_unprivileged_userns: 1 },
    'AppArmor leaves user namespaces to known',
  ],
  ['network namespace', EPERM, { apparmor_restrict_unprivileged_userns: 1 }, 'AppArmor'],
  ['user namespace', EINVAL, {}, 'built without user namespaces'],
  ['user namespace', EPERM, {}, 'a container or a security module'],
])('%s, errno %i, %j: what forbids it is named, and Simulate offered', (step, errno, settings, part) => {
  const error = told(step, errno, settings);
  expect(error.code).toBe('forbidden');
  expect(error.sentence).toContain(part);
  expect(error.sentence).toContain('Simulate (null, loopback, pcapng, udp)');
  expect([error.step, error.errno]).toEqual([step, errno]);
});

test.each([
  ['open /dev/net/tun', EACCES, 'rights', 'sudo chmod 666 /dev/net/tun'],
  ['open /dev/net/tun', EPERM, 'rights', 'may not open /dev/net/tun'],
  ['open /dev/net/tun', ENOENT, 'rights', 'sudo modprobe tun'],
  ['interface', ENODEV, 'absent', 'The lab cannot be opened: the interface is not there.'],
  ['TUNSETIFF', EBUSY, 'exists', 'there already, or in use'],
  ['slots', EINVAL, 'invalid', 'at “slots”'],
  ['bind', EOPNOTSUPP, 'failed', 'Use mode=copy.'],
  ['veth', EOPNOTSUPP, 'failed', 'The lab cannot be opened. '],
  ['helper', constants.errno.EPIPE, 'gone', 'failed at “helper”'],
  ['start helper', ENOENT, 'missing', 'Simulate'],
])('%s, errno %i is “%s” in a sentence', (step, errno, code, part) => {
  const error = told(step, errno);
  expect(error.code).toBe(code);
  expect(error.sentence).toContain(part);
});

test('a mistake of ours stays what it is', () => {
  const mistake = new TypeError('pairs is a whole number');
  expect(netLabError('be opened', mistake)).toBe(mistake);
});
