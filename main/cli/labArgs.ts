import type { BackendDescriptor } from '../../app/backend/descriptor';
import { asksForLab, noPair, pairOf, RECEIVE_ALONE, receives, roleOf } from '../../app/lab/pair';
import { type LabSize, parseLab } from '../../app/lab/parse';
import type { RunPlan } from '../../app/run/plan';
import { UsageError } from './usage';

/** Gives `--lab` its value in the same word, empty when there is none: Node knows no option with a value at choice. */
export function joinLab(argv: readonly string[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const [word = '', next = ''] = argv.slice(i, i + 2);
    if (word !== '--lab') words.push(word);
    else if (/^[a-z]+=/.test(next)) words.push(`--lab=${argv[++i]}`);
    else words.push('--lab=');
  }
  return words;
}

/** The lab to make for a run with these options, or null. Whether one is needed is the backend's to say. */
export function readLab(
  text: string | undefined,
  backend: BackendDescriptor,
  options: RunPlan['backend']['options'],
): LabSize | null {
  const { device } = backend.capabilities;
  if (text === undefined) {
    if (!asksForLab({ backend: { name: backend.name, options } }, backend.capabilities)) return null;
    throw new UsageError(
      `${backend.name} sends on an interface of a private lab, which is made for the run: add --lab, as in --lab mtu=9000.`,
    );
  }
  const lab = parseLab(text);
  if (!lab.ok) throw new UsageError(lab.sentence);
  if (device === 'none')
    throw new UsageError(
      `--lab makes an interface to send on, and ${backend.name} takes none; af_packet, af_xdp, tap and udp do.`,
    );
  if (roleOf({ backend: { name: backend.name, options } }) === 'receive')
    throw new UsageError(`--opt ${RECEIVE_ALONE}`);
  const pair = pairOf({ backend: { name: backend.name, options } });
  if (pair >= lab.value.pairs)
    throw new UsageError(
      `--opt pair: ${noPair(pair, lab.value.pairs)} More are made with --lab pairs=${pair + 1}.`,
    );
  return lab.value;
}

/** Refuses `--peer-out` where a run has no receiver. */
export function checkPeerOut(
  peerOut: string | null,
  backend: BackendDescriptor,
  options: RunPlan['backend']['options'],
  lab: LabSize | null,
): void {
  if (peerOut === '') throw new UsageError('--peer-out needs the name of a file to write.');
  const plan = { backend: { name: backend.name, options } };
  if (peerOut === null || receives(backend, plan, lab !== null)) return;
  throw new UsageError(
    roleOf(plan) === 'send'
      ? 'With role=send nobody receives, so there is no peer to write --peer-out for; role=both receives, too.'
      : `${backend.name} has no far end${backend.capabilities.device === 'optional' ? ' without --lab' : ''}, so there is no peer to write --peer-out for; loopback has one, and so have those that run in a lab.`,
  );
}
