import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { LabError } from './labError';

/**
 * Reads a capture block by block with everything that is in it: the commands that decode and recode
 * need comments, interfaces and blocks of other kinds, which the sending core skips.
 *
 * Sources: IETF draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */

/** A packet as it is in the file. */
export interface CapturedPacket {
  /** Since the epoch; null where the format keeps no time. */
  readonly timeNs: bigint | null;
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Bytes on the link, of which `bytes` may be a part. */
  readonly originalLength: number;
}

/** One block of a pcapng file, or one record of a pcap file. */
export interface CaptureBlock {
  /** The whole block; null in a pcap file. */
  readonly block: Buffer | null;
  /** Where the packet's bytes are in the block. */
  readonly packetAt: number;
  readonly packet: CapturedPacket | null;
}

/** The header of a pcap file. */
export interface PcapHeader {
  readonly linkType: number;
  readonly snapLength: number;
  readonly nanoseconds: boolean;
}

export interface CaptureReader {
  /** Null for a pcapng file. */
  readonly pcap: PcapHeader | null;
  /** Blocks in file order; ends with a `LabError` where the file is damaged. */
  blocks(): AsyncGenerator<CaptureBlock>;
  close(): Promise<void>;
}

const FRAME_MAX = 262_144;
const BLOCK_MAX = 16 * 2 ** 20;
const SECTION = 0x0a0d0d0a;
const INTERFACE = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;

/** Opens a capture; rejects with a `LabError` of one sentence when it is none. */
export async function openCaptureFile(path: string): Promise<CaptureReader> {
  const name = basename(path);
  const file = await openFile(path);
  const input = new Input(file, name);
  const refuse = async (sentence: string): Promise<never> => {
    await file.close();
    throw new LabError(sentence, 'capture');
  };
  const magic = await input.peek(4);
  if (magic.length === 0) return refuse(`${name} is empty (0 bytes): not a capture.`);
  if (magic.length === 4 && magic.readUInt32BE() === SECTION) {
    return { pcap: null, blocks: () => pcapngBlocks(input), close: () => file.close() };
  }
  const order = PCAP_MAGIC.get(magic.length === 4 ? magic.readUInt32BE() : 0);
  if (!order) return refuse(`${name} is ${otherKind(magic)}.`);
  const header = await input.take(24);
  if (header.length < 24) {
    return refuse(
      `${name}: a pcap file header has 24 bytes and the file ends after ${header.length}; no frame comes before it.`,
    );
  }
  const u16 = (at: number) => (order.little ? header.readUInt16LE(at) : header.readUInt16BE(at));
  const u32 = (at: number) => (order.little ? header.readUInt32LE(at) : header.readUInt32BE(at));
  if (u16(4) !== 2) return refuse(`${name} says pcap version ${u16(4)}; only version 2 is known.`);
  const pcap = { linkType: u32(20) & 0xffff, snapLength: u32(16), nanoseconds: order.nanoseconds };
  return { pcap, blocks: () => pcapBlocks(input, order, pcap), close: () => file.close() };
}

async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const why =
      code === 'ENOENT'
        ? 'No such file or directory'
        : error instanceof Error
          ? error.message
          : String(error);
    throw new LabError(`${path} cannot be opened: ${why}.`, 'capture');
  }
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new LabError(`${path} is no regular file; a capture is one.`, 'capture');
}

interface PcapOrder {
  readonly little: boolean;
  readonly nanoseconds: boolean;
}

const PCAP_MAGIC = new Map<number, PcapOrder>([
  [0xa1b2c3d4, { little: false, nanoseconds: false }],
  [0xd4c3b2a1, { little: true, nanoseconds: false }],
  [0xa1b23c4d, { little: false, nanoseconds: true }],
  [0x4d3cb2a1, { little: true, nanoseconds: true }],
]);

function otherKind(magic: Buffer): string {
  const start = magic.toString('hex');
  if (start.startsWith('1f8b')) return 'compressed with gzip; unpack it first (gunzip)';
  if (start === '28b52ffd') return 'compressed with zstd; unpack it first (unzstd)';
  if (start === '04224d18') return 'compressed with lz4; unpack it first (unlz4)';
  if (start === '34cdb2a1' || start === 'a1b2cd34')
    return 'a modified pcap (Kuznetzov); convert it first (editcap -F pcap)';
  return `neither pcap nor pcapng (it starts with ${start.replaceAll(/../g, '$& ').trim()})`;
}

/** A file read in order, in large pieces. */
class Input {
  private buffer: Buffer = Buffer.alloc(0);
  private fileAt = 0;
  /** Of the next byte in the file. */
  at = 0;
  frames = 0;

  constructor(
    private readonly file: FileHandle,
    private readonly name: string,
  ) {}

  /** The next bytes without taking them; fewer at the end of the file. */
  async peek(length: number): Promise<Buffer> {
    while (this.buffer.length < length) {
      const piece = Buffer.allocUnsafe(Math.max(1 << 20, length));
      const { bytesRead } = await this.file.read(piece, 0, piece.length, this.fileAt);
      if (bytesRead === 0) break;
      this.fileAt += bytesRead;
      this.buffer = Buffer.concat([this.buffer, piece.subarray(0, bytesRead)]);
    }
    return this.buffer.subarray(0, length);
  }

  async take(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    this.buffer = this.buffer.subarray(bytes.length);
    this.at += bytes.length;
    return bytes;
  }

  damaged(start: number, what: string): LabError {
    const kept = this.frames === 1 ? 'the 1 frame before it is' : `the ${this.frames} frames before it are`;
    const rest = this.frames === 0 ? 'no frame comes before it' : `${kept} kept`;
    return new LabError(`${this.name}: the block at byte offset ${start} ${what}; ${rest}.`, 'capture');
  }
}

async function* pcapBlocks(input: Input, order: PcapOrder, pcap: PcapHeader): AsyncGenerator<CaptureBlock> {
  for (;;) {
    const start = input.at;
    const header = await input.take(16);
    if (header.length === 0) return;
    if (header.length < 16) {
      throw input.damaged(
        start,
        `is cut short: a record header has 16 bytes and the file ends after ${header.length}`,
      );
    }
    const u32 = (at: number) => (order.little ? header.readUInt32LE(at) : header.readUInt32BE(at));
    const length = u32(8);
    if (length > BLOCK_MAX)
      throw input.damaged(start, `claims a frame of ${length} bytes, more than any link carries`);
    const bytes = await input.take(length);
    if (bytes.length < length) {
      throw input.damaged(start, `is cut short: its frame has ${length} bytes and the file ends within it`);
    }
    input.frames++;
    const timeNs = BigInt(u32(0)) * 1_000_000_000n + BigInt(u32(4)) * (order.nanoseconds ? 1n : 1000n);
    const packet = { timeNs, linkType: pcap.linkType, bytes, originalLength: u32(12) };
    yield { block: null, packetAt: 0, packet };
  }
}

/** What an interface description says of its packets. */
interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** Time stamp units a second. */
  readonly resolution: bigint;
  readonly offsetSeconds: bigint;
}

async function* pcapngBlocks(input: Input): AsyncGenerator<CaptureBlock> {
  let little = true;
  let interfaces: Interface[] = [];
  for (;;) {
    const start = input.at;
    const head = await input.peek(12);
    if (head.length === 0) return;
    if (head.length < 12) {
      throw input.damaged(
        start,
        `is cut short: a block has at least 12 bytes and the file ends after ${head.length}`,
      );
    }
    const section = head.readUInt32BE() === SECTION;
    if (section) {
      little = head.readUInt32LE(8) === 0x1a2b3c4d;
      if (!little && head.readUInt32BE(8) !== 0x1a2b3c4d) {
        throw input.damaged(start, 'is a section header without the byte-order mark');
      }
      interfaces = [];
    }
    const u32 = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
    const length = u32(head, 4);
    if (length < 12 || length % 4 !== 0 || length > BLOCK_MAX) {
      throw input.damaged(start, `claims a length of ${length}, which no block can have`);
    }
    const block = await input.take(length);
    if (block.length < length)
      throw input.damaged(start, `is cut short: it has ${length} bytes and the file ends before`);
    const again = u32(block, length - 4);
    if (again !== length)
      throw input.damaged(start, `opens with length ${length} and closes with length ${again}`);
    const type = section ? SECTION : u32(head, 0);
    if (type === INTERFACE) {
      if (length < 20)
        throw input.damaged(start, `describes an interface in ${length - 12} bytes; at least 8 are needed`);
      interfaces.push(readInterface(block, little));
    }
    const found = packetIn(block, type, interfaces, little);
    if (typeof found === 'string') throw input.damaged(start, found);
    if (found) input.frames++;
    yield { block, packetAt: found?.packetAt ?? 0, packet: found?.packet ?? null };
  }
}

function readInterface(block: Buffer, little: boolean): Interface {
  const u16 = (at: number) => (little ? block.readUInt16LE(at) : block.readUInt16BE(at));
  const u32 = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  let resolution = 1_000_000n;
  let offsetSeconds = 0n;
  for (let at = 16; at + 4 <= block.length - 4; ) {
    const code = u16(at);
    const length = u16(at + 2);
    if (code === 0 || at + 4 + length > block.length - 4) break;
    if (code === 9 && length === 1) {
      const power = block.readUInt8(at + 4);
      resolution = power & 0x80 ? 2n ** BigInt(power & 0x7f) : 10n ** BigInt(power);
    }
    if (code === 14 && length === 8)
      offsetSeconds = little ? block.readBigInt64LE(at + 4) : block.readBigInt64BE(at + 4);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return { linkType: u16(8), snapLength: u32(12), resolution, offsetSeconds };
}

/** The packet of a block, or why the block is damaged, or null when it holds none. */
function packetIn(
  block: Buffer,
  type: number,
  interfaces: readonly Interface[],
  little: boolean,
): { packetAt: number; packet: CapturedPacket } | string | null {
  if (type !== ENHANCED_PACKET && type !== SIMPLE_PACKET && type !== OBSOLETE_PACKET) return null;
  const u32 = (at: number) => (little ? block.readUInt32LE(at) : block.readUInt32BE(at));
  const simple = type === SIMPLE_PACKET;
  const packetAt = simple ? 12 : 28;
  if (block.length < packetAt + 4)
    return `is a packet block of ${block.length} bytes, too short for its own fields`;
  const id = simple
    ? 0
    : type === OBSOLETE_PACKET
      ? little
        ? block.readUInt16LE(8)
        : block.readUInt16BE(8)
      : u32(8);
  const source = interfaces[id];
  if (!source) return `belongs to interface ${id}; the section has described ${interfaces.length} so far`;
  const originalLength = simple ? u32(8) : u32(24);
  const limit = source.snapLength > 0 ? source.snapLength : FRAME_MAX;
  const length = simple ? Math.min(originalLength, limit, block.length - 16) : u32(20);
  if (packetAt + length > block.length - 4) {
    return `holds ${block.length - 4 - packetAt} bytes and claims a frame of ${length}`;
  }
  const units = simple ? null : (BigInt(u32(12)) << 32n) | BigInt(u32(16));
  const timeNs =
    units === null
      ? null
      : source.offsetSeconds * 1_000_000_000n + (units * 1_000_000_000n) / source.resolution;
  const bytes = block.subarray(packetAt, packetAt + length);
  return { packetAt, packet: { timeNs, linkType: source.linkType, bytes, originalLength } };
}
