import type { Field, Protocol, WriteIo } from '../field';

export const DATA: Field = {
  name: 'data.data',
  label: 'Data',
  bits: 0,
  kind: 'bytes',
  help: 'The bytes in hex.',
};
const TEXT: Field = {
  name: 'data.text',
  label: 'Text',
  bits: 0,
  kind: 'text',
  help: 'The bytes as text (UTF-8), instead of hex.',
};
const LENGTH: Field = {
  name: 'data.len',
  label: 'Length',
  bits: 16,
  kind: 'dec',
  help: 'With a pattern: how many bytes it fills.',
};
const PATTERN: Field = {
  name: 'data.pattern',
  label: 'Fill pattern',
  bits: 0,
  kind: 'bytes',
  help: 'Bytes in hex that are repeated over the length; zero when empty.',
};

/** Everything no other layer explains: set as hex, as text, or as a pattern of some length. */
export const data: Protocol = {
  proto: 'data',
  label: 'Data',
  help: 'Bytes that are carried as they are.',
  keys: {},
  header: [],
  more: [DATA, TEXT, LENGTH, PATTERN],
  variable: (io) => {
    if (io.reading) io.bytes(DATA, io.left());
    else if (io.given(DATA) > 0) io.bytes(DATA, 0);
    else if (io.given(LENGTH) > 0) io.put(DATA, filled(io));
    else io.bytes(io.given(TEXT) > 0 ? TEXT : DATA, 0);
  },
};

function filled(io: WriteIo): Uint8Array {
  const length = io.take(LENGTH);
  const pattern = io.take(PATTERN);
  const bytes = new Uint8Array(typeof length === 'number' ? length : 0);
  if (!(pattern instanceof Uint8Array) || pattern.length === 0) return bytes;
  return bytes.map((_, i) => pattern[i % pattern.length] ?? 0);
}
