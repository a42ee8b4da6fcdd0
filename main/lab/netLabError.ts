import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { LAB_LIMITS } from '../../app/lab/limits';
import {
  type NamespaceCause,
  type NamespaceSettings,
  namespaceCause,
  type Refusal,
} from '../../app/lab/namespaces';
import { group } from '../../app/quantity/parse';
import { LabError } from './labError';
import { memoryLimit, namespaceSettings, numberIn } from './procFacts';

/**
 * - `forbidden`: this system makes no namespaces for this user
 * - `missing`: there is no lab here at all (another system, no helper program)
 * - `gone`: the helper has ended, or the lab was closed
 * - `absent`: the interface is not there
 * - `exists`: it is there already, or in use
 * - `rights`: a right or a limit of this user stands against it
 * - `invalid`: the request is none
 * - `failed`: anything else; step and errno tell
 */
export type NetLabCode =
  | 'forbidden'
  | 'missing'
  | 'gone'
  | 'absent'
  | 'exists'
  | 'rights'
  | 'invalid'
  | 'failed';

/** Why a lab could not be opened, or could not do something. `step` is the helper's, `errno` 0 when there is none. */
export class NetLabError extends LabError {
  constructor(
    readonly code: NetLabCode,
    readonly step: string,
    readonly errno: number,
    sentence: string,
  ) {
    super(sentence);
    this.name = 'NetLabError';
  }
}

/** What can be done where no lab is possible. */
const SIMULATE =
  'Nothing was changed. The backends of Simulate (null, loopback, pcapng, udp) need no lab and work here.';

/** What refused the namespace. */
function refusalOf(step: string, errno: number): Refusal {
  const { ENOSPC, EINVAL, ENOSYS } = constants.errno;
  const limit = errno === ENOSPC;
  return {
    kind: step === 'network namespace' && limit ? 'net' : 'user',
    by: limit ? 'limit' : errno === EINVAL || errno === ENOSYS ? 'kernel' : 'rule',
  };
}

/** Which setting forbids the namespaces of a lab that is `forbidden`, and the command that would lift it. */
export function whoForbids(step: string, errno: number, settings: NamespaceSettings): NamespaceCause {
  return namespaceCause(refusalOf(step, errno), settings);
}

function forbidden({ why, fix }: NamespaceCause, errno: number): string {
  const verb = errno === constants.errno.ENOSPC ? 'raise' : 'allow';
  return fix === null ? `${why}.` : `${why}. An administrator can ${verb} it: ${fix}.`;
}

const FORBIDDEN_STEPS: readonly string[] = ['user namespace', 'user mapping', 'network namespace'];

interface Failure {
  readonly step: string;
  readonly errno: number;
  readonly message: string;
}

/** What the addon rejects with; anything else is a mistake of ours and stays what it is. */
function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error) || !('step' in error) || !('errno' in error)) return null;
  const { step, errno } = error;
  return typeof step === 'string' && typeof errno === 'number'
    ? { step, errno, message: error.message }
    : null;
}

/**
 * Gives a failure of the addon its code and a sentence for people. `what` is what was asked, as in "open a TAP device";
 * `settings` reads a number of the kernel's.
 */
export function netLabError(what: string, error: unknown, frames = 0, settings = numberIn): unknown {
  const failure = failureOf(error);
  if (failure === null) return error;
  const { step, errno, message } = failure;
  const { ENODEV, EEXIST, EBUSY, EPIPE, EPERM, EACCES, EINVAL, EALREADY, ENOBUFS, ENOENT } = constants.errno;
  const make = (code: NetLabCode, sentence: string) => new NetLabError(code, step, errno, sentence);
  if (FORBIDDEN_STEPS.includes(step))
    return make(
      'forbidden',
      `A lab is not possible for this user: ${forbidden(whoForbids(step, errno, namespaceSettings(settings)), errno)} ${SIMULATE} (${step}: ${getSystemErrorName(-errno)})`,
    );
  if (step === 'start helper') return make('missing', `${message} ${SIMULATE}`);
  if (step === 'helper') return make('gone', message);
  if (step === 'open /dev/net/tun') {
    const why =
      errno === EPERM || errno === EACCES
        ? 'this user may not open /dev/net/tun; an administrator can allow it: sudo chmod 666 /dev/net/tun'
        : errno === ENOENT
          ? '/dev/net/tun is not there; an administrator can load it: sudo modprobe tun'
          : `/dev/net/tun does not open (${message})`;
    return make('rights', `No TAP device: ${why}. The pairs of the lab are not affected.`);
  }
  if (step === 'UMEM' && errno === ENOBUFS) {
    const limit = memoryLimit()?.soft ?? null;
    const has = limit === null ? 'the limit' : `the limit of ${group(limit)} B`;
    return make(
      'rights',
      `No AF_XDP socket: its ${group(frames)} frames of ${group(LAB_LIMITS.frameSize)} B are ${group(frames * LAB_LIMITS.frameSize)} B of locked memory, and ${has} for this user (RLIMIT_MEMLOCK) leaves less. Use fewer frames, or raise it: ulimit -l.`,
    );
  }
  if (step === 'bind' && errno === constants.errno.EOPNOTSUPP)
    return make(
      'failed',
      `The lab cannot ${what}: its driver, veth, sends nothing straight out of the program's memory (zero-copy). Use mode=copy.`,
    );
  if (errno === ENODEV) return make('absent', `The lab cannot ${what}: the interface is not there.`);
  if (errno === EEXIST || errno === EBUSY)
    return make('exists', `The lab cannot ${what}: it is there already, or in use.`);
  if (errno === EINVAL || errno === EALREADY)
    return make('invalid', `The lab cannot ${what}: its helper refuses the request at “${step}”.`);
  if (errno === EPIPE) return make('gone', message);
  return make('failed', `The lab cannot ${what}. ${message}`);
}

/** There can be no lab here. */
export function noLab(why: string): NetLabError {
  return new NetLabError('missing', 'start helper', 0, `A lab is not possible here: ${why} ${SIMULATE}`);
}
