import { parseOptions } from '../../app/backend/descriptor';
import type { Finding } from '../../app/lab/finding';
import { findingsOf, isReady } from '../../app/lab/findings';
import { clip, plain } from '../../app/quantity/parse';
import { type AskedBackend, gatherFacts, type Where } from '../lab/facts';
import { LOOPBACK } from '../lab/preflight';
import { readWords } from './args';
import { joinLab, readLab } from './labArgs';
import type { Terminal } from './send';
import { backendNamed, must, optionsOf } from './sendArgs';
import { EXIT_DONE, EXIT_FAULT, UsageError } from './usage';

const OPTIONS = {
  backend: { type: 'string' },
  opt: { type: 'string', multiple: true },
  lab: { type: 'string' },
  if: { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** No lab outlives a command. */
type Place = Exclude<Where, { kind: 'held' }>;

function readDoctor(argv: readonly string[]): { asked: AskedBackend; where: Place; json: boolean } {
  const { values, positionals } = readWords(joinLab(argv), OPTIONS);
  const [word] = positionals;
  if (word !== undefined)
    throw new UsageError(
      `Unexpected argument '${clip(word)}': doctor takes options only. See packet-lab --help.`,
    );
  const descriptor = backendNamed(values.backend);
  const { device } = descriptor.capabilities;
  const given = optionsOf(values.opt ?? []);
  // A file to write is nothing to look at, so that none has to be named.
  const options =
    device !== 'none' || Object.keys(given).length > 0 ? must(parseOptions(descriptor, given)) : {};
  const asked = { descriptor, options };
  const json = values.json ?? false;
  const name = values.if;
  if (name === undefined) {
    const size = readLab(values.lab ?? (device === 'needed' ? '' : undefined), descriptor, options);
    if (size) return { asked, where: { kind: 'lab', size }, json };
    const loopback = descriptor.name === 'udp' && process.platform === 'linux';
    return { asked, where: loopback ? { kind: 'interface', name: LOOPBACK } : null, json };
  }
  if (values.lab !== undefined)
    throw new UsageError('--lab and --if exclude each other: one place is looked at.');
  if (device !== 'needed')
    throw new UsageError(
      `--if names an interface to look at, and ${descriptor.name} takes none; af_packet, af_xdp and tap do.`,
    );
  if (name === '') throw new UsageError('--if needs the name of an interface, as in --if eth0.');
  return { asked, where: { kind: 'interface', name }, json };
}

/** A finding without what only the window can do, in one line whatever names are in it. */
function told({ id, level, sentence, fix }: Finding): Omit<Finding, 'action'> {
  return { id, level, sentence: plain(sentence), fix };
}

const MARKS = { ok: 'ok', warning: 'warning', problem: 'PROBLEM' } as const;

function describe(findings: readonly Omit<Finding, 'action'>[]): string {
  const lines = findings.flatMap(({ level, sentence, fix }) => [
    `${MARKS[level].padEnd(8)} ${sentence}`,
    ...(fix === null ? [] : [`${''.padEnd(8)}   ${fix}`]),
  ]);
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const end =
    problems === 0
      ? 'Nothing that was looked at prevents the run.'
      : `${problems === 1 ? 'One problem prevents' : `${problems} problems prevent`} the run. No command shown was run.`;
  return `${lines.join('\n')}\n${end}\n`;
}

/** `packet-lab doctor`: exit 0 when nothing prevents the run, 1 when something does. */
export async function doctorCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { asked, where, json } = readDoctor(argv);
  const found = findingsOf(await gatherFacts(asked, where));
  const findings = found.map(told);
  const ready = isReady(found);
  const place =
    where?.kind === 'lab' ? { kind: 'lab', ...where.size } : where && { kind: 'interface', name: where.name };
  terminal.out(
    json
      ? `${JSON.stringify({ backend: asked.descriptor.name, place, ready, findings })}\n`
      : describe(findings),
  );
  return ready ? EXIT_DONE : EXIT_FAULT;
}
