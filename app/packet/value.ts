import { IPv6 } from 'ipaddr.js';
import { clip, type Parsed, parsed, refused } from '../quantity/parse';
import type { Field, FieldKind, Raw } from './field';
import type { FieldScalar } from './spec';

/** Values between the wire, JSON (as tshark prints them) and what people type. */

const HEX = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

export function hexOf(bytes: Uint8Array, between = ''): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += (i > 0 ? between : '') + HEX[bytes[i] ?? 0];
  return text;
}

/** IPv6 as inet_ntop and tshark write it: RFC 5952, with the dotted form of mapped IPv4 addresses. */
export function ipv6Text(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) length++;
    if (length > best.length) best = { at: i, length };
    i += length;
  }
  const dotted = best.at === 0 && (best.length === 6 || (best.length === 5 && words[5] === 0xffff));
  const parts = words.slice(0, dotted ? 6 : 8).map((word) => word.toString(16));
  const tail = dotted ? [Array.from(bytes.subarray(12)).join('.')] : [];
  if (best.at < 0) return parts.join(':');
  const before = parts.slice(0, best.at).join(':');
  const after = [...parts.slice(best.at + best.length), ...tail].join(':');
  return `${before}::${after}`;
}

/** A value as `decode --json` prints it. `data.data` is plain hex, other bytes have colons. */
export function jsonOf(field: Field, raw: Raw): FieldScalar {
  if (typeof raw === 'number') return raw * (field.unit ?? 1);
  switch (field.kind) {
    case 'ipv4':
      return `${raw[0]}.${raw[1]}.${raw[2]}.${raw[3]}`;
    case 'ipv6':
      return ipv6Text(raw);
    case 'long':
      return longOf(raw);
    case 'text':
      return decodeURIComponent(hexOf(raw).replaceAll(/../g, '%$&'));
    default:
      return hexOf(raw, field.name === 'data.data' ? '' : ':');
  }
}

/** An unsigned number of 64 bits; a decimal string where a number would not be exact. */
function longOf(raw: Uint8Array): FieldScalar {
  const value = raw.length === 0 ? 0n : BigInt(`0x${hexOf(raw)}`);
  return value > Number.MAX_SAFE_INTEGER ? String(value) : Number(value);
}

/** A value as people read and type it. */
export function textOf(field: Field, raw: Raw): string {
  if (typeof raw !== 'number') return String(jsonOf(field, raw));
  if (field.kind !== 'hex') return String(raw * (field.unit ?? 1));
  return `0x${raw.toString(16).padStart(Math.ceil(field.bits / 4), '0')}`;
}

/** Reads a value from JSON or typed text. The sentence says what the field takes. */
export function rawOf(field: Field, value: FieldScalar): Parsed<Raw> {
  switch (field.kind) {
    case 'dec':
    case 'hex':
    case 'flag':
      return numberOf(field, value);
    case 'long':
      return longRaw(field, value);
    case 'text':
      return typeof value === 'string' ? parsed(utf8(value)) : refused(`${field.name} is text.`);
    default:
      return bytesOf(field, value);
  }
}

function longRaw(field: Field, value: FieldScalar): Parsed<Raw> {
  const text = String(value).trim();
  const fits = /^(\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text) && BigInt(text) < 2n ** 64n;
  if (!fits) {
    return refused(
      `${field.name} is a whole number from 0 to ${2n ** 64n - 1n}; “${clip(String(value))}” is not.`,
    );
  }
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text));
  return parsed(bytes);
}

/** UTF-8 bytes of a text; half characters become U+FFFD. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '\ufffd'));
  return Uint8Array.from(escaped.match(/%..|./g) ?? [], (piece) =>
    piece.length === 3 ? Number.parseInt(piece.slice(1), 16) : piece.charCodeAt(0),
  );
}

function numberOf(field: Field, value: FieldScalar): Parsed<Raw> {
  const unit = field.unit ?? 1;
  const max = 2 ** field.bits - 1;
  const number = typeof value === 'string' ? typedNumber(field, value) : Number(value);
  const raw = number / unit;
  if (Number.isInteger(raw) && raw >= 0 && raw <= max && !Object.is(number, -0)) return parsed(raw);
  const multiple = unit === 1 ? '' : ` and a multiple of ${unit}`;
  const range = `from 0 to ${field.kind === 'hex' ? `0x${max.toString(16)}` : max * unit}${multiple}`;
  return refused(`${field.name} is a whole number ${range}; “${clip(String(value))}” is not.`);
}

function typedNumber(field: Field, text: string): number {
  const clean = text.trim();
  if (/^0x[0-9a-f]+$/i.test(clean) || /^\d+$/.test(clean)) return Number(clean);
  const named = Object.entries(field.choices ?? {}).find(
    ([, name]) => name.toLowerCase() === clean.toLowerCase(),
  );
  return named ? Number(named[0]) : Number.NaN;
}

const EXAMPLES: Partial<Record<FieldKind, string>> = {
  mac: 'six bytes such as 02:00:00:00:00:01',
  ipv4: 'an IPv4 address such as 198.18.0.1',
  ipv6: 'an IPv6 address such as 2001:db8::1',
};

function bytesOf(field: Field, value: FieldScalar): Parsed<Raw> {
  const text = typeof value === 'string' ? value.trim() : null;
  const bytes = text === null ? null : parseBytes(field, text);
  if (bytes && (field.bits === 0 || bytes.length * 8 === field.bits)) return parsed(bytes);
  const what = EXAMPLES[field.kind] ?? (field.bits ? `${field.bits / 8} bytes in hex` : 'bytes in hex');
  return refused(`${field.name} is ${what}; “${clip(String(value))}” is not.`);
}

function parseBytes(field: Field, text: string): Uint8Array | null {
  switch (field.kind) {
    case 'ipv4': {
      const parts = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? text.split('.').map(Number) : [];
      return parts.length === 4 && parts.every((part) => part < 256) ? Uint8Array.from(parts) : null;
    }
    case 'ipv6': {
      // A zone or prefix length is no part of a header.
      const words = withoutDots(text);
      return IPv6.isValid(words) && !text.includes('%')
        ? Uint8Array.from(IPv6.parse(words).toByteArray())
        : null;
    }
    default:
      return parseHexBytes(text);
  }
}

/** A dotted end as two words: the parser would take “::1.2.3.4” for “::ffff:1.2.3.4”. */
function withoutDots(text: string): string {
  const [, front, ...parts] = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
  if (front === undefined || Math.max(a, b, c, d) > 255) return text;
  return `${front}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

/** Values of hex digits and of what may separate pairs, by character code. */
const DIGIT = new Int8Array(128).fill(-1);
const SEPARATOR = -2;
for (const [value, digit] of [...'0123456789abcdef'].entries()) {
  DIGIT[digit.charCodeAt(0)] = value;
  DIGIT[digit.toUpperCase().charCodeAt(0)] = value;
}
for (const separator of ':-. \t\r\n') DIGIT[separator.charCodeAt(0)] = SEPARATOR;

/** Hex digits, in pairs that `:`, `-`, `.` or white space may separate. */
export function parseHexBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(text.length >> 1);
  let digits = 0;
  for (let i = /^0x/i.test(text) ? 2 : 0; i < text.length; i++) {
    const value = DIGIT[text.charCodeAt(i)] ?? -1;
    if (value === SEPARATOR) continue;
    if (value < 0) return null;
    bytes[digits >> 1] = ((bytes[digits >> 1] ?? 0) << 4) | value;
    digits++;
  }
  return digits % 2 === 0 ? bytes.subarray(0, digits >> 1) : null;
}
