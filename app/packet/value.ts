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
      return Array.from(raw).join('.');
    case 'ipv6':
      return ipv6Text(raw);
    case 'text':
      return decodeURIComponent(hexOf(raw).replaceAll(/../g, '%$&'));
    default:
      return hexOf(raw, field.name === 'data.data' ? '' : ':');
  }
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
    case 'text':
      return typeof value === 'string' ? parsed(utf8(value)) : refused(`${field.name} is text.`);
    default:
      return bytesOf(field, value);
  }
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
    case 'ipv6':
      // A zone or prefix length is no part of a header.
      return IPv6.isValid(text) && !text.includes('%')
        ? Uint8Array.from(IPv6.parse(text).toByteArray())
        : null;
    default:
      return parseHexBytes(text);
  }
}

/** Hex digits, in pairs that `:`, `-`, `.` or white space may separate. */
export function parseHexBytes(text: string): Uint8Array | null {
  const clean = text.replace(/^0x/i, '').replaceAll(/[\s:.-]/g, '');
  if (clean.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(clean)) return null;
  const bytes = new Uint8Array(clean.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(clean.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
