import { clip, group } from '../quantity/parse';
import { inLab, onInterface } from './ends';
import type { Facts, LabFailure } from './facts';
import { type Finding, firstOf, ok, problem } from './finding';
import { forbiddenSentence } from './namespaces';
import { atReceiver } from './receiving';

/**
 * A preflight as data: facts about this computer in, findings out. Nothing here looks at anything, and no fix is ever
 * run; it is shown for a person to judge.
 */

/** A run is not prevented by what was found. */
export function isReady(findings: readonly Finding[]): boolean {
  return findings.every(({ level }) => level !== 'problem');
}

/** Everything that the facts say about the run, in the order of `FINDING_IDS`. */
export function findingsOf(facts: Facts): Finding[] {
  const { place } = facts;
  const found: (Finding | null)[] = [plan(facts), backend(facts), rights(facts)];
  if (place?.kind === 'none') found.push(problem('lab', firstOf(place.why), null));
  if (place?.kind === 'lab') found.push(namespaces(place.failure), lab(facts, place.failure));
  found.push(memlock(facts), tun(facts));
  if (place?.kind === 'interface') found.push(...onInterface(facts, place));
  if (place?.kind === 'lab' && (place.failure === null || place.sender))
    found.push(...(facts.role === 'receive' ? atReceiver(place) : inLab(facts, place)));
  found.push(receiver(facts));
  return found.filter((finding) => finding !== null);
}

/** Where nobody counts what arrives nothing can be said of it; of an interface of this computer that is told already. */
function receiver({ backend: { name, device }, role, counts, place }: Facts): Finding | null {
  if (role === 'receive')
    return ok('receiver', 'This run only receives: what it counts, another instance sends (role=receive).');
  if (counts || (device && place?.kind === 'interface')) return null;
  const none =
    role === 'send' ? 'This run has no receiver (role=send)' : `Backend ${name} has no receiver here`;
  return ok('receiver', `${none}: what it takes is not known to be delivered.`);
}

function plan({ refused, backend: { unavailable } }: Facts): Finding | null {
  return refused === null || refused === unavailable ? null : problem('plan', firstOf(refused), null);
}

function backend({ backend: { name, unavailable } }: Facts): Finding {
  return unavailable === null
    ? ok('backend', `Backend ${name} is built in.`)
    : problem('backend', unavailable, null);
}

/** CAP_NET_ADMIN, CAP_NET_RAW and CAP_IPC_LOCK (capabilities(7)). */
const NET_ADMIN = 1n << 12n;
const NET_RAW = 1n << 13n;
const IPC_LOCK = 1n << 14n;

function rights({ backend: { name, device }, place, rights }: Facts): Finding | null {
  if (place?.kind === 'lab' || place?.kind === 'none')
    return ok(
      'rights',
      'No right is needed: what needs one is done by the helper of the lab, within its namespaces.',
    );
  if (!device || place === null) return ok('rights', `Backend ${name} needs no right.`);
  if (!rights) return null;
  const [needed, word] = name === 'tap' ? [NET_ADMIN, 'CAP_NET_ADMIN'] : [NET_RAW, 'CAP_NET_RAW'];
  const state = `CapEff ${rights.effective.toString(16).padStart(16, '0')}, NoNewPrivs ${rights.noNewPrivileges ? 1 : 0}`;
  if (rights.effective & needed) return ok('rights', `This process has ${word} (${state}).`);
  const sudo = rights.noNewPrivileges ? ', and with NoNewPrivs no program it starts can get it' : '';
  return problem(
    'rights',
    `Opening ${name} on ${clip(place.name)} needs ${word}, which this process has not (${state})${sudo}; a private lab needs no right.`,
    `packet-lab doctor --backend ${name} --lab`,
  );
}

function namespaces(failure: LabFailure | null): Finding | null {
  if (failure === null) return ok('namespaces', 'This user may make user and network namespaces.');
  if (failure.forbidden === null) return null;
  return problem('namespaces', forbiddenSentence(failure.forbidden), failure.forbidden.fix);
}

/** A failure that another finding tells of. */
function isTold({ tun, lockedBytes }: Facts, { forbidden, step, noZeroCopy }: LabFailure): boolean {
  if (forbidden !== null || noZeroCopy) return true;
  if (step === 'UMEM') return lockedBytes > 0;
  return step === 'open /dev/net/tun' && tun !== 'open';
}

function lab(facts: Facts, failure: LabFailure | null): Finding | null {
  if (failure === null)
    return facts.place?.kind === 'lab' && facts.place.pair !== null
      ? ok('lab', 'A lab is open.')
      : ok('lab', `A lab opens here, and backend ${facts.backend.name} on it.`);
  if (isTold(facts, failure)) return null;
  return problem('lab', firstOf(failure.sentence), failure.step === 'start helper' ? 'npm run build' : null);
}

function memlock({ lockedBytes, memlock, rights, place, backend: { name } }: Facts): Finding | null {
  if (lockedBytes === 0) return null;
  const refused = place?.kind === 'lab' && place.failure?.step === 'UMEM';
  const asks = `The ring asks for ${group(lockedBytes)} B of locked memory`;
  if (!refused && rights?.initial && rights.effective & IPC_LOCK)
    return ok('memlock', `${asks}, and CAP_IPC_LOCK lifts the limit.`);
  const raise = (hard: number) =>
    lockedBytes <= hard
      ? `ulimit -l ${Math.ceil(lockedBytes / 1024)}`
      : `sudo prlimit --pid $$ --memlock=${lockedBytes}`;
  if (memlock && memlock.soft < lockedBytes)
    return problem(
      'memlock',
      `${asks}, and this user may lock ${group(memlock.soft)} B (RLIMIT_MEMLOCK).`,
      raise(memlock.hard),
    );
  if (refused)
    return problem(
      'memlock',
      `${asks}, and other programs of this user have locked too much for that.`,
      `packet-lab doctor --backend ${name} --opt ring=64 --lab`,
    );
  if (!memlock) return null;
  const may = memlock.soft === Number.POSITIVE_INFINITY ? 'any amount' : `${group(memlock.soft)} B`;
  return ok('memlock', `${asks}, and this user may lock ${may} (RLIMIT_MEMLOCK).`);
}

function tun({ backend: { name }, tun }: Facts): Finding | null {
  if (name !== 'tap') return null;
  if (tun === 'open') return ok('tun', 'This user may open /dev/net/tun.');
  return tun === 'absent'
    ? problem('tun', 'There is no /dev/net/tun, which makes TAP devices.', 'sudo modprobe tun')
    : problem(
        'tun',
        'This user may not open /dev/net/tun, which makes TAP devices.',
        'sudo chmod 666 /dev/net/tun',
      );
}
