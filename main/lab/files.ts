import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { OutputName } from '../../app/ipc/contract';
import type { RunPlan } from '../../app/run/plan';
import { nativeAddon } from '../native/addon';
import { LabError } from './labError';

/** The files a plan writes, with the field they belong to. */
export function outputsOf(plan: RunPlan): { path: string; field: string }[] {
  const outputs: { path: string; field: string }[] = [];
  const file = plan.backend.options.file;
  if (typeof file === 'string') outputs.push({ path: file, field: 'options.file' });
  if (plan.peerOut !== null) outputs.push({ path: plan.peerOut, field: 'peer' });
  if (plan.tee !== null) outputs.push({ path: plan.tee, field: 'tee' });
  return outputs;
}

/**
 * Refuses to overwrite outputs that came with a plan or the last session: no dialog has asked about
 * them. Answers those that are not there yet, so that a run does not overwrite them either.
 */
export async function refuseUnasked(
  plan: RunPlan,
  chosen: Readonly<Record<OutputName, string | null>>,
  unasked: ReadonlySet<OutputName>,
): Promise<string[]> {
  const named = [...unasked].map((which) => chosen[which]);
  const keep = outputsOf(plan).filter(({ path }) => named.includes(path));
  for (const { path, field } of keep) {
    const there = await stat(path).catch(() => null);
    if (!there?.isFile()) continue;
    throw new LabError(
      `${path} exists and is kept: it was not chosen since Packet Lab started. Choose the file again to overwrite it, or another one.`,
      field,
    );
  }
  return keep.map(({ path }) => path);
}

/** Two names of one file: by device and inode where both exist, else by the resolved name. */
export async function sameFile(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true;
  try {
    const [left, right] = await Promise.all([stat(a), stat(b)]);
    return left.dev === right.dev && left.ino === right.ino;
  } catch {
    return false; // one of them does not exist, so they are two
  }
}

/**
 * Refuses a plan whose files get in each other's way, and an input nothing can be sent from,
 * before any output is touched: whatever is on disk stays as it is.
 */
export async function checkFiles(plan: RunPlan): Promise<void> {
  const outputs = outputsOf(plan);
  for (const [i, output] of outputs.entries()) {
    for (const other of outputs.slice(0, i)) {
      if (!(await sameFile(other.path, output.path))) continue;
      throw new LabError(
        `${output.path} is named for two outputs of one run; give them two names.`,
        output.field,
      );
    }
  }
  for (const input of plan.inputs ?? []) {
    for (const output of outputs) {
      if (!(await sameFile(output.path, input))) continue;
      throw new LabError(
        `${output.path} is the file this run was read from; it is kept as it is. Choose another output.`,
        output.field,
      );
    }
  }
  for (const stream of plan.streams) {
    if (stream.kind === 'capture') await checkCapture(stream.path, outputs);
  }
}

async function checkCapture(
  path: string,
  outputs: readonly { path: string; field: string }[],
): Promise<void> {
  for (const output of outputs) {
    if (!(await sameFile(output.path, path))) continue;
    throw new LabError(
      `${output.path} is the capture being sent; it is kept as it is. Choose another output.`,
      output.field,
    );
  }
  try {
    await nativeAddon().probeCapture(path);
  } catch (error) {
    throw new LabError(LabError.from(error).sentence, 'capture');
  }
}
