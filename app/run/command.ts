import { type BackendDescriptor, type BackendOption, defaultText, parseOption } from '../backend/descriptor';
import { LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../lab/limits';
import { asksForLab, pairOf, RECEIVE_ALONE, roleOf } from '../lab/pair';
import type { LabSize } from '../lab/parse';
import { DURATION_MAX_NS, durationText, type Parsed, parsed, refused } from '../quantity/parse';
import { FAULT_OPTIONS, type FaultSpec, NO_FAULT } from '../stage/fault';
import { attachOf } from './attach';
import { formatFlush } from './flush';
import { BATCH_DEFAULT, type RunPlan } from './plan';
import { formatRate } from './rate';

/** A run as a command for a POSIX shell, and what it does not repeat: one sentence each. */
export interface Command {
  readonly command: string;
  readonly notes: readonly string[];
}

/** The command line that repeats a run: `packet-lab send …` with everything that is not a default. */
export function commandOf(
  plan: RunPlan,
  backends: readonly BackendDescriptor[],
  lab: LabSize | null = null,
): Parsed<Command> {
  if (roleOf(plan) === 'receive') return refused(RECEIVE_ALONE);
  const packets = packetWords(plan);
  if (!packets.ok) return packets;
  const words = [
    '--backend',
    plan.backend.name,
    ...labWords(plan, backends, lab),
    ...optionWords(plan, backends),
    ...packets.value,
  ];
  if (plan.batch !== BATCH_DEFAULT) words.push('--batch', String(plan.batch));
  if (plan.flush.every !== 1) words.push('--flush', formatFlush(plan.flush));
  if (plan.rate.kind !== 'max') words.push('--rate', formatRate(plan.rate));
  words.push(...stopWords(plan.stop));
  if (plan.again !== 'retry') words.push('--again', plan.again);
  if (plan.seed !== 1) words.push('--seed', String(plan.seed));
  if (plan.fault) words.push('--fault', faultText(plan.fault, plan.seed));
  if (plan.tee !== null) words.push(...withValue('--tee', plan.tee));
  if (plan.signature) words.push('--signature');
  if (plan.peerOut !== null) words.push(...withValue('--peer-out', plan.peerOut));
  return parsed({
    command: ['packet-lab', 'send', ...words].map(shellQuote).join(' '),
    notes: notesOf(plan),
  });
}

/** The lab that the command makes for a backend on an interface: like the one that is open, or just large enough. */
function labWords(plan: RunPlan, backends: readonly BackendDescriptor[], lab: LabSize | null): string[] {
  const backend = backends.find(({ name }) => name === plan.backend.name);
  if (!backend || !asksForLab(plan, backend.capabilities)) return [];
  const { pairs, mtu } = lab ?? { pairs: pairOf(plan) + 1, mtu: LAB_MTU_DEFAULT };
  const words = [
    ...(pairs === LAB_PAIRS_DEFAULT ? [] : [`pairs=${pairs}`]),
    ...(mtu === LAB_MTU_DEFAULT ? [] : [`mtu=${mtu}`]),
  ];
  return words.length === 0 ? ['--lab'] : ['--lab', words.join(',')];
}

function packetWords({ streams }: RunPlan): Parsed<string[]> {
  const [first] = streams;
  const frames = first?.kind === 'frames' ? first.frames.length : 1;
  if (!first || streams.length > 1 || frames > 1) {
    const what = streams.length > 1 ? `${streams.length} streams` : `${frames} packets`;
    return refused(
      `The command send takes one packet or capture and this run has ${what}: press Save plan and use packet-lab run with its file.`,
    );
  }
  if (first.kind === 'capture') return parsed(withValue('--pcap', first.path));
  const bytes = [...(first.frames[0] ?? [])];
  return parsed(['--hex', bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')]);
}

/** Two words, or one where a value would be taken for an option. */
function withValue(option: string, value: string): string[] {
  return value.startsWith('-') ? [`${option}=${value}`] : [option, value];
}

function optionWords({ backend, seed }: RunPlan, backends: readonly BackendDescriptor[]): string[] {
  const options = backends.find(({ name }) => name === backend.name)?.options ?? [];
  return options.flatMap((option) => {
    const value = backend.options[option.name];
    if (value === undefined || option.kind === 'instance') return [];
    const usual = parseOption(backend.name, option, defaultText(option));
    // --seed seeds the backend, too.
    const same = option.name === 'seed' ? value === seed : usual.ok && usual.value === value;
    return same ? [] : ['--opt', `${option.name}=${optionText(option, value)}`];
  });
}

function optionText({ kind }: BackendOption, value: number | string | null): string {
  if (value === null) return 'max';
  return kind === 'duration' && typeof value === 'number' && value > 0 ? durationText(value) : String(value);
}

function faultText(spec: FaultSpec, seed: number): string {
  const set = FAULT_OPTIONS.filter(({ member }) =>
    member === 'seed' ? spec.seed !== seed : spec[member] !== NO_FAULT[member],
  );
  const pairs = set.map(({ name, member, kind }) => {
    const value = spec[member];
    return `${name}=${kind === 'duration' ? durationText(value) : value}`;
  });
  // A stage that does nothing is still a stage.
  return pairs.length > 0 ? pairs.join(',') : 'drop=0';
}

function stopWords({ after, until }: RunPlan['stop']): string[] {
  const first = until === null ? [] : ['--until', until];
  switch (after.kind) {
    case 'once':
      return first;
    case 'count':
      return ['--count', String(after.count), ...first];
    case 'duration':
      return ['--duration', durationText(after.ns), ...first];
    case 'never':
      return ['--duration', durationText(DURATION_MAX_NS), ...first];
  }
}

function notesOf(plan: RunPlan): string[] {
  const notes: string[] = [];
  if (plan.stop.after.kind === 'never') {
    notes.push('send has no “never”: the command ends after 30 days, or with Ctrl+C.');
  }
  if (plan.tee !== null || plan.peerOut !== null || typeof plan.backend.options.file === 'string') {
    notes.push('It keeps files that exist: add --force to overwrite them.');
  }
  const to = attachOf(plan);
  if (to !== null) notes.push(`A command is one instance alone: it is not attached to ${to}.`);
  return notes;
}

/**
 * A word as a POSIX shell reads it back. Control characters, which a terminal would act on while the
 * command is pasted, are made by printf; a line break is safe between quotes.
 */
export function shellQuote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const parts = word.split(/([\x00-\x09\x0b-\x1f\x7f-\x9f]+)/);
  const quoted = parts.map((part, i) => {
    if (i % 2 === 1) return `"$(printf '${octal(part)}')"`;
    return part === '' ? '' : `'${part.replaceAll("'", "'\\''")}'`;
  });
  return quoted.join('') || "''";
}

/** UTF-8 bytes of characters up to U+009F for printf. */
function octal(text: string): string {
  const bytes = [...text].flatMap((char) => {
    const code = char.charCodeAt(0);
    return code < 0x80 ? [code] : [0xc2, code];
  });
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
