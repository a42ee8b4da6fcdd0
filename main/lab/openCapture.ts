import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CaptureInfo, FrameRow } from '../../app/ipc/contract';
import { oversizeNote } from '../../app/packet/hex';
import { plain } from '../../app/quantity/parse';
import { type NativeScan, nativeAddon } from '../native/addon';
import { frameComment } from './frameComment';
import { LabError } from './labError';

/** Frames that the list shows; all are sent. */
const LIST_MAX = 1_000_000;
const HEAD_BYTES = 24;
/** Bytes of one frame that the page may see. */
const BYTES_MAX = 65_536;
const ETHERNET = 1;

/**
 * An opened capture: its index in memory (bounded), its bytes read on demand from the file, which
 * stays open so that frames can be shown even when it was removed meanwhile.
 */
export class OpenCapture {
  readonly info: CaptureInfo;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    private readonly scan: NativeScan,
  ) {
    this.info = {
      name: plain(basename(path)),
      format: scan.format,
      frames: scan.frames,
      bytes: scan.bytes,
      fileBytes: scan.fileBytes,
      seconds: scan.seconds,
      sendable: scan.sendable,
      oversize: scan.oversize,
      truncated: scan.truncated,
      linkTypes: scan.links.map(({ name, frames, link }) => ({ name, frames, ethernet: link === ETHERNET })),
      listed: scan.time.length,
      problem: scan.problem === '' ? null : plain(scan.problem),
    };
  }

  /** Reads the whole file once on a native thread. Rejects with a `LabError` when it is no capture. */
  static async open(path: string): Promise<OpenCapture> {
    let scan: NativeScan;
    try {
      scan = await nativeAddon().scanCapture(path, LIST_MAX);
    } catch (error) {
      throw new LabError(LabError.from(error).sentence, 'capture');
    }
    if (scan.frames === 0) {
      throw new LabError(scan.problem || `${basename(path)} holds no packets.`, 'capture');
    }
    return new OpenCapture(path, await open(path, 'r'), scan);
  }

  /** Rows `first` (0-based) to `first + count`, as far as the list goes. */
  async rows(first: number, count: number): Promise<FrameRow[]> {
    const end = Math.min(first + count, this.info.listed);
    const rows: FrameRow[] = [];
    for (let i = first; i < end; i++) {
      const length = this.scan.caplen[i] ?? 0;
      const link = this.scan.link[i] ?? 0;
      const name = this.scan.links.find((l) => l.link === link)?.name ?? `link type ${link}`;
      rows.push({
        no: i + 1,
        time: this.scan.time[i] ?? 0,
        length,
        original: this.scan.origlen[i] ?? 0,
        link: name,
        head: await this.hex(i, HEAD_BYTES),
        comment: await this.comment(i),
        note: link === ETHERNET ? oversizeNote(length) : `${name} is not Ethernet: refused and counted.`,
      });
    }
    return rows;
  }

  /** The bytes of a frame (0-based) as hex digits. */
  async bytes(index: number): Promise<string> {
    if (index >= this.info.listed) throw new LabError(`Frame ${index + 1} is not in the list.`, 'capture');
    return this.hex(index, BYTES_MAX);
  }

  private async comment(index: number): Promise<string | null> {
    if (this.info.format !== 'pcapng') return null;
    return frameComment(this.file, this.scan.offset[index] ?? 0, this.scan.caplen[index] ?? 0);
  }

  private async hex(index: number, max: number): Promise<string> {
    const length = Math.min(this.scan.caplen[index] ?? 0, max);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.file.read(buffer, 0, length, this.scan.offset[index] ?? 0);
    return buffer.toString('hex', 0, bytesRead);
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}
