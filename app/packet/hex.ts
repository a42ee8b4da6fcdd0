import { AIO_PKT_INFO_BUF_MAX } from '../aio/codes';
import { clip, group, type Parsed, parsed, refused } from '../quantity/parse';

/**
 * Hex text to bytes. White space, `:`, `-` and a leading `0x` are allowed between bytes;
 * Wireshark's offset column is not guessed at.
 */
export function parseHex(text: string): Parsed<Uint8Array> {
  const clean = text.replace(/^\s*0x/i, '').replaceAll(/[\s:-]+/g, '');
  const bad = /[^0-9a-f]/i.exec(clean);
  if (bad) {
    const at = text.indexOf(bad[0]);
    return refused(`Hex text holds “${clip(bad[0])}” at character ${at + 1}; only 0–9 and a–f make bytes.`);
  }
  if (clean.length % 2 !== 0) {
    return refused(
      `Hex text has ${group(clean.length)} digits; two make a byte, so one is missing or too many.`,
    );
  }
  if (clean.length === 0) return refused('Hex text is empty; a packet needs at least one byte.');
  const bytes = new Uint8Array(clean.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(clean.slice(2 * i, 2 * i + 2), 16);
  return parsed(bytes);
}

/** Bytes as the hex text `parseHex` takes: pairs separated by blanks, 16 a line. */
export function formatHex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    lines.push(Array.from(bytes.subarray(at, at + 16), (b) => b.toString(16).padStart(2, '0')).join(' '));
  }
  return lines.join('\n');
}

/** What the runner will do with a buffer of this size, when that is worth saying. */
export function oversizeNote(length: number): string | null {
  return length > AIO_PKT_INFO_BUF_MAX
    ? `${group(length)} B is over ${group(AIO_PKT_INFO_BUF_MAX)} B: refused before it reaches a backend, and counted.`
    : null;
}

/**
 * The built-in packet: 60 bytes, Ethernet II / IPv4 / UDP with good checksums, between
 * locally administered MAC addresses (02:…) and benchmark addresses (198.18.0.0/15, RFC 2544).
 */
export const BUILT_IN_HEX = [
  '02 00 00 00 00 02 02 00 00 00 00 01 08 00 45 00',
  '00 2e 00 00 40 00 40 11 ae 97 c6 12 00 01 c6 13',
  '00 01 c0 00 00 09 00 1a 06 28 50 61 63 6b 65 74',
  '20 4c 61 62 20 2d 20 68 65 6c 6c 6f',
].join('\n');
