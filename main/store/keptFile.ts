import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { z } from 'zod';
import { clip } from '../../app/quantity/parse';

/** A file that is larger was not written by Packet Lab. */
const BYTES_MAX = 64 * 2 ** 20;

/** Writes a text beside the file and renames: a reader finds the old text or the whole new one, a crash included. */
async function writeWhole(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

/**
 * A JSON file that is kept between starts. Nothing here rejects: what goes wrong is told in a
 * sentence, a file that cannot be understood is set aside with `.bad` behind its name.
 */
export class KeptFile<T> {
  private wanted: string | null = null;
  private written: string | null = null;
  private writing: Promise<void> | null = null;
  private readonly said = new Set<string>();

  /** `what` names it in sentences: “The last session”. Without a path it lives as long as the app. */
  constructor(
    private readonly path: string | null,
    private readonly schema: z.ZodType<T>,
    private readonly what: string,
    private readonly tell: (sentence: string) => void,
  ) {}

  /** What was kept, or null: none yet, or one that was set aside. */
  async read(): Promise<T | null> {
    if (this.path === null) return null;
    try {
      const { size } = await stat(this.path);
      if (size > BYTES_MAX) return await this.setAside(`it has ${size} bytes`);
      const text = await readFile(this.path, 'utf8');
      const kept = this.schema.safeParse(JSON.parse(text));
      if (kept.success) {
        this.written = text;
        return kept.data;
      }
      const issue = kept.error.issues[0];
      return await this.setAside(`${issue?.path.join('.') || 'the whole'}: ${issue?.message}`);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      return await this.setAside(error instanceof Error ? error.message : String(error));
    }
  }

  private async setAside(why: string): Promise<null> {
    if (this.path === null) return null;
    const name = `${basename(this.path)}.bad`;
    const moved = await rename(this.path, `${this.path}.bad`).then(
      () => `It is kept as ${name}; this start begins afresh.`,
      () => 'This start begins afresh.',
    );
    this.tell(`${this.what} could not be read (${clip(why, 120)}). ${moved}`);
    return null;
  }

  /** Keeps a value. Only the latest is written when they come faster than the disk takes them. */
  write(value: T): void {
    this.wanted = JSON.stringify(value);
    this.writing ??= this.writeAll().finally(() => {
      this.writing = null;
    });
  }

  /** Settles when the latest value is in the file, or was told to be impossible. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.wanted !== null && this.wanted !== this.written) {
      const text = this.wanted;
      this.written = text;
      if (this.path === null) continue;
      try {
        await writeWhole(this.path, text);
      } catch (error) {
        const why = codeOf(error) === 'ENOSPC' ? 'the disk is full' : String(codeOf(error) ?? error);
        this.once(`${this.what} could not be kept (${clip(why, 80)}); Packet Lab goes on without.`);
      }
    }
  }

  /** A disk that stays full is told once. */
  private once(sentence: string): void {
    if (this.said.has(sentence)) return;
    this.said.add(sentence);
    this.tell(sentence);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
