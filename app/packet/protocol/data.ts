import type { Field, Protocol, WriteIo } from '../field';

export const DATA: Field = {
  name: 'data.data',
  replaces: ['data.text', 'data.len', 'data.pattern'],
  label: 'Data',
  bits: 0,
  kind: 'bytes',
  help: 'The bytes in hex.',
};
const TEXT: Field = {
  name: 'data.text',
  replaces: ['data.data', 'data.len', 'data.pattern'],
  label: 'Text',
  bits: 0,
  kind: 'text',
  help: 'The bytes as text (UTF-8), instead of hex.',
};
const LENGTH: Field = {
  name: 'data.len',
  replaces: ['data.data', 'data.text'],
  label: 'Length',
  bits: 16,
  kind: 'dec',
  help: 'How many bytes a pattern fills; once the pattern when it is not set.',
};
const PATTERN: Field = {
  name: 'data.pattern',
  replaces: ['data.data', 'data.text'],
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
    else if (io.given(LENGTH) + io.given(PATTERN) > 0) io.put(DATA, filled(io));
    else io.bytes(io.given(TEXT) > 0 ? TEXT : DATA, 0);
  },
};

function filled(io: WriteIo): Uint8Array {
  const length = io.take(LENGTH);
  const pattern = io.take(PATTERN);
  const unit = pattern instanceof Uint8Array && pattern.length > 0 ? pattern : Uint8Array.of(0);
  const bytes = new Uint8Array(typeof length === 'number' ? length : unit.length);
  return bytes.map((_, i) => unit[i % unit.length] ?? 0);
}
