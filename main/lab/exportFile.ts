import { randomBytes } from 'node:crypto';
import { lstat, open, realpath, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Export } from '../../app/ipc/export';
import { sameFile } from './files';
import { LabError } from './labError';

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The bytes to write, once they are what they are said to be. */
export function exportBytes({ kind, content }: Export): Buffer {
  if (kind === 'png') {
    const bytes = /^[A-Za-z0-9+/]+={0,2}$/.test(content) ? Buffer.from(content, 'base64') : Buffer.alloc(0);
    if (!bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE))
      throw new LabError('The picture was not exported: what the page sent is no PNG.');
    return bytes;
  }
  if (content.includes('\0')) throw new LabError('Nothing was exported: the text holds NUL characters.');
  if (kind === 'json') {
    try {
      JSON.parse(content);
    } catch {
      throw new LabError('Nothing was exported: what the page sent is no JSON.');
    }
  }
  return Buffer.from(content, 'utf8');
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the device',
  EACCES: 'there is no permission to write there',
  EPERM: 'there is no permission to write there',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder does not exist',
  EDQUOT: 'the quota is used up',
};

function refusal(path: string, error: unknown): LabError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why = REASONS[code] ?? (error instanceof Error ? error.message : 'it is not known why');
  return new LabError(
    `${path} was not written: ${why}. What was there before is kept; choose another file and export again.`,
  );
}

/**
 * Writes beside the target and renames, so that there is the old file or the new one and never a part. The person has
 * said in the dialog that an existing file may go; files that a run reads or writes, and what is no file, stay.
 */
export async function writeExport(path: string, bytes: Buffer, inUse: readonly string[]): Promise<void> {
  let target = path;
  try {
    target = await realpath(path); // a link stays a link
    if (!(await lstat(target)).isFile())
      throw new LabError(`${path} is no regular file; choose another name and export again.`);
  } catch (error) {
    if (error instanceof LabError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw refusal(path, error);
  }
  for (const used of inUse) {
    if (await sameFile(used, target))
      throw new LabError(
        `${path} belongs to an instance of this window; choose another name and export again.`,
      );
  }
  const part = join(dirname(target), `.packet-lab-${randomBytes(6).toString('hex')}.part`);
  try {
    const file = await open(part, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, target);
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw refusal(path, error);
  }
}
