import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { clip, group } from '../../app/quantity/parse';
import { type PlanDocument, parsePlan, type WrittenPlan } from '../../app/run/planDocument';
import type { NameOf } from '../../app/run/planSettings';
import { FileBeside } from './captureWriter';
import { sameFile } from './files';
import { LabError } from './labError';

/** Plans as files, for the window. */

/** A larger plan would hold the main process up while it is read; the command line has the time. */
const PLAN_BYTES_MAX = 2 ** 20;

/** What a plan is called: its file's name without the endings of plans, as untrusted text. */
export function planTitle(path: string): string {
  return clip(basename(path).replace(/(?<=.)(?:\.plan)?\.json$/i, ''), 80);
}

/** How files are written in a plan at `path`: relative below its folder, else with their whole path. */
export function namesFrom(path: string): NameOf {
  const folder = dirname(resolve(path));
  return (file) => {
    const name = relative(folder, resolve(file));
    const below = name !== '' && name !== '..' && !name.startsWith(`..${sep}`) && !isAbsolute(name);
    return below ? name.split(sep).join('/') : resolve(file);
  };
}

/** The other way round: files that a plan at `path` names. */
export function namesIn(path: string): NameOf {
  const folder = dirname(resolve(path));
  return (file) => resolve(folder, file);
}

/** Reads a plan file. A `LabError` says what is wrong, and where in the file. */
export async function readPlanFile(path: string): Promise<PlanDocument> {
  const name = clip(basename(path), 80);
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > PLAN_BYTES_MAX) {
      throw new LabError(
        `${name} has ${group(size)} bytes and the window opens plans up to ${group(PLAN_BYTES_MAX)}: packet-lab run sends it. What was open is kept.`,
      );
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw new LabError(`${name} cannot be read: ${reason(error)}. What was open is kept.`);
  }
  const document = parsePlan(text);
  if (!document.ok) throw new LabError(`${name}: ${document.sentence} What was open is kept.`);
  return document.value;
}

/** Whether a plan is gone for good, so that it need not be offered again. */
export async function isGone(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
  }
}

/** Writes a plan beside its target and renames. `files` are those of the run: none of them is the plan's own. */
export async function writePlanFile(
  path: string,
  document: WrittenPlan,
  files: readonly string[],
): Promise<void> {
  for (const other of files) {
    if (await sameFile(path, other)) {
      throw new LabError(
        `${clip(path, 200)} is a file of this run; it is kept. Save the plan under another name.`,
      );
    }
  }
  const file = await FileBeside.create(path, [], true);
  try {
    await file.write(Buffer.from(`${JSON.stringify(document, null, 2)}\n`));
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function reason(error: unknown): string {
  const known: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EISDIR: 'it is a folder',
    EACCES: 'permission is denied',
  };
  return known[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
