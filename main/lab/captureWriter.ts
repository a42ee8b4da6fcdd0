import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { sameFile } from './files';
import { LabError } from './labError';

/**
 * Writes a file beside its target and gives it the target's name at the end: whoever reads the
 * target sees the old file or the whole new one.
 */
export class FileBeside {
  private chunks: Uint8Array[] = [];
  private held = 0;

  private constructor(
    private readonly target: string,
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Refuses a target that is an input, always, and an existing one unless `force`. */
  static async create(target: string, inputs: readonly string[], force: boolean): Promise<FileBeside> {
    for (const input of inputs) {
      if (await sameFile(target, input)) {
        throw new LabError(`${target} is the input; it is kept as it is. Choose another output.`);
      }
    }
    const there = await stat(target).catch(() => null);
    if (there && !there.isFile()) throw new LabError(`${target} is no regular file; choose another output.`);
    if (there && !force) throw new LabError(`${target} exists; it is kept. Use --force to overwrite it.`);
    const path = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.part`);
    try {
      return new FileBeside(target, path, await open(path, 'wx'));
    } catch (error) {
      throw new LabError(`${target} cannot be written: ${reason(error)}.`);
    }
  }

  /** Adds bytes, which must not change afterwards. */
  async write(bytes: Uint8Array): Promise<void> {
    this.chunks.push(bytes);
    this.held += bytes.length;
    if (this.held > 1 << 20) await this.drain();
  }

  /** The file is whole: it gets its name. */
  async finish(): Promise<void> {
    await this.drain();
    await this.file.close();
    await rename(this.path, this.target);
  }

  /** Leaves the target as it was. */
  async discard(): Promise<void> {
    await this.file.close().catch(() => {});
    await rm(this.path, { force: true });
  }

  private async drain(): Promise<void> {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.held = 0;
    try {
      // One write may take less than it was given (a file-size limit, a disk that fills up).
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.file.write(bytes, at);
        at += bytesWritten;
      }
    } catch (error) {
      throw new LabError(
        `${this.target} could not be written: ${reason(error)}. What was there before is kept.`,
      );
    }
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'ENOENT') return 'its folder does not exist';
  if (code === 'EACCES') return 'permission is denied';
  if (code === 'ENOSPC') return 'the disk is full';
  return error instanceof Error ? error.message : String(error);
}

/** A section header with the name of the program (draft-ietf-opsawg-pcapng section 4.1). */
export function sectionHeader(application: string): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(0x1a2b3c4d, 0);
  body.writeUInt16LE(1, 4);
  body.writeBigInt64LE(-1n, 8);
  return block(0x0a0d0d0a, body, option(4, Buffer.from(application)));
}

/** An interface whose packets have times in units of 10^-`digits` s (section 4.2). */
export function interfaceBlock(linkType: number, snapLength: number, digits: 6 | 9): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(linkType, 0);
  body.writeUInt32LE(snapLength, 4);
  return block(1, body, option(9, Buffer.of(digits)));
}

/** A packet on interface 0; `time` in the interface's units (section 4.3). */
export function packetBlock(time: bigint, bytes: Uint8Array, originalLength: number): Buffer {
  const body = Buffer.alloc(20);
  body.writeUInt32LE(Number((time >> 32n) & 0xffffffffn), 4);
  body.writeUInt32LE(Number(time & 0xffffffffn), 8);
  body.writeUInt32LE(bytes.length, 12);
  body.writeUInt32LE(originalLength, 16);
  return block(6, Buffer.concat([body, padded(bytes)]), Buffer.alloc(0));
}

function block(type: number, body: Buffer, options: Buffer): Buffer {
  const end = options.length > 0 ? Buffer.concat([options, Buffer.alloc(4)]) : options;
  const length = 12 + body.length + end.length;
  const head = Buffer.alloc(8);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, body, end, head.subarray(4, 8)]);
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(code, 0);
  head.writeUInt16LE(value.length, 2);
  return Buffer.concat([head, padded(value)]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
