import { dirname, resolve } from 'node:path';
import { clip } from '../../app/quantity/parse';
import { ATTACH_ALONE, attachOf } from '../../app/run/attach';
import { parsePlan, planOfDocument } from '../../app/run/planDocument';
import { BACKENDS, findBackend } from '../backends/table';
import { readWords } from './args';
import { checkPeerOut, joinLab, readLab } from './labArgs';
import { readText } from './readText';
import type { SendCommand } from './sendArgs';
import { UsageError } from './usage';

const OPTIONS = {
  'peer-out': { type: 'string' },
  lab: { type: 'string' },
  force: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Turns the words behind `run` into a plan; paths in it are relative to its file. */
export async function readRun(argv: readonly string[]): Promise<SendCommand> {
  const { values, positionals } = readWords(joinLab(argv), OPTIONS);
  const [path, second] = positionals;
  if (path === undefined || second !== undefined) {
    throw new UsageError('run takes one plan: packet-lab run PLAN.json, or - for standard input.');
  }
  const document = parsePlan(await readText(path, 'run'));
  if (!document.ok) throw new UsageError(`${clip(path, 100)}: ${document.sentence}`);
  const folder = path === '-' ? process.cwd() : dirname(resolve(path));
  const peerOut = values['peer-out'] ?? null;
  const extras = { peerOut, force: values.force ?? false };
  const plan = planOfDocument(document.value, BACKENDS, (file) => resolve(folder, file), extras);
  if (!plan.ok) throw new UsageError(`${clip(path, 100)}: ${plan.sentence}`);
  const backend = findBackend(plan.value.backend.name);
  if (attachOf(plan.value) !== null) {
    throw new UsageError(`${clip(path, 100)}: backend.options.attach: ${ATTACH_ALONE}`);
  }
  const inputs = path === '-' ? [] : [path];
  const { options } = plan.value.backend;
  const lab = backend ? readLab(values.lab, backend, options) : null;
  if (backend) checkPeerOut(peerOut, backend, options, lab);
  return { plan: { ...plan.value, inputs }, json: values.json ?? false, lab };
}
