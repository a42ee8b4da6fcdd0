import type { FileHandle } from 'node:fs/promises';
import { clip } from '../../app/quantity/parse';

/** Bytes of an enhanced packet block before its frame, type and length included. */
const HEAD = 28;
const ENHANCED_PACKET = 6;
const COMMENT = 1;
/** Bytes of options that are looked at: a comment behind them is not shown. */
const OPTIONS_MAX = 8192;
/** Characters of a comment that are shown. */
const SHOWN = 300;

/**
 * The comments that a pcapng file has on a frame, as untrusted text with its control characters made visible; null when
 * there are none. `offset` is where the frame's bytes begin, `length` how many there are. Never rejects for what is in
 * the file: a comment is no reason to show no frame.
 *
 * Source: IETF draft-ietf-opsawg-pcapng, sections 3.5 and 4.3.
 */
export async function frameComment(file: FileHandle, offset: number, length: number): Promise<string | null> {
  if (offset < HEAD) return null;
  const head = Buffer.alloc(HEAD);
  if ((await file.read(head, 0, HEAD, offset - HEAD)).bytesRead < HEAD) return null;
  const little = head.readUInt32LE(0) === ENHANCED_PACKET;
  if (!little && head.readUInt32BE(0) !== ENHANCED_PACKET) return null;
  const u32 = (at: number) => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  if (u32(20) !== length) return null;
  const begin = HEAD + Math.ceil(length / 4) * 4;
  const size = Math.min(u32(4) - 4 - begin, OPTIONS_MAX);
  if (size < 4) return null;
  const options = Buffer.alloc(size);
  const { bytesRead } = await file.read(options, 0, size, offset - HEAD + begin);
  const comments = commentsIn(options.subarray(0, bytesRead), little);
  return comments.length === 0 ? null : clip(comments.join(' · '), SHOWN);
}

function commentsIn(options: Buffer, little: boolean): string[] {
  const u16 = (at: number) => (little ? options.readUInt16LE(at) : options.readUInt16BE(at));
  const comments: string[] = [];
  for (let at = 0; at + 4 <= options.length; ) {
    const code = u16(at);
    const length = u16(at + 2);
    if (code === 0) break;
    if (code === COMMENT && length > 0) comments.push(options.toString('utf8', at + 4, at + 4 + length));
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return comments;
}
