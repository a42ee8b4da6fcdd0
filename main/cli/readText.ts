import { readFile, stat } from 'node:fs/promises';
import { clip } from '../../app/quantity/parse';
import { UsageError } from './usage';

/** Larger packet and plan files are refused rather than read. */
const TEXT_MAX = 256 * 2 ** 20;

/** Reads a whole text file that the command line names; `-` is standard input. */
export async function readText(path: string, what: string): Promise<string> {
  if (path === '') throw new UsageError(`${what} needs the name of a file.`);
  if (path === '-') return readInput(what);
  const name = clip(path, 100);
  try {
    const { size } = await stat(path);
    if (size > TEXT_MAX) throw new UsageError(`${name} has ${size} bytes; ${what} takes up to ${TEXT_MAX}.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why =
      { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission is denied' }[code] ??
      (error instanceof Error ? error.message : String(error));
    throw new UsageError(`${name} cannot be read: ${why}.`);
  }
}

async function readInput(what: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > TEXT_MAX) throw new UsageError(`${what} takes up to ${TEXT_MAX} bytes from standard input.`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
