import type { Field, Io, Raw, ReadIo, WriteIo } from './field';

/**
 * Lists of options (kind, length, value) as IPv4, TCP, IPv6 extension headers and neighbour
 * discovery have them. The same walk reads and writes; repeated fields are arrays in wire order.
 */
export interface KnownOption {
  readonly fields: readonly Field[];
  readonly repeat?: true;
  readonly named?: true;
  /** Fields that follow `fields` again and again to the end of the value: all there may be … */
  readonly items?: readonly Field[];
  /** … and those that stand `at` bytes into the value, by the numbers in `fields`. */
  readonly each?: (numbers: readonly number[], at: number) => readonly Field[];
  /** Whether the items come one kind after the other instead of side by side. */
  readonly sequence?: true;
}

export interface OptionList {
  readonly kind: Field;
  readonly length: Field;
  /** Kinds of a single byte, without length. */
  readonly single: readonly number[];
  /** The single kind behind which there are no options any more. */
  readonly end?: number;
  /** Whether the end comes once and zeros behind it are no ends, as tshark takes them in IPv4. */
  readonly endsOnce?: true;
  /**
   * Fields of the value by kind; `repeat` when they may come several times. A last one of free length
   * takes what is left of the value; `named`: also when that is nothing.
   */
  readonly known: ReadonlyMap<number, KnownOption>;
  /** The value of every other option, or of one with an odd length. */
  readonly other: Field;
  /** What can't be an option any more: bytes behind the end, a lone byte. */
  readonly rest: Field;
  /** What a length stands for: bytes of value = length × unit − less. */
  readonly unit: number;
  readonly less: number;
  /** A header is filled up to a multiple of this, unless `rest` is set. */
  readonly align: number;
}

/** The fields an option list can bring. */
export function optionFields(list: OptionList): Field[] {
  const known = [...list.known.values()].flatMap(({ fields, items = [] }) => [...fields, ...items]);
  return [{ ...list.kind, many: true }, list.length, ...known, list.other, list.rest];
}

export function options(io: Io, list: OptionList): void {
  if (io.reading) readOptions(io, list);
  else writeOptions(io, list);
}

function sizeOf(fields: readonly Field[]): number {
  return fields.reduce((bits, field) => bits + field.bits, 0) / 8;
}

function readOptions(io: ReadIo, list: OptionList): void {
  const seen = new Set<Field>();
  while (io.left() > 0) {
    if (list.single.includes(io.peek(8))) {
      if (io.field(list.kind) !== list.end) continue;
      if (!list.endsOnce) while (io.left() > 0 && io.peek(8) === list.end) io.field(list.kind);
      break;
    }
    // What goes beyond the header is no option; its bytes are kept as they are.
    const size = io.left() < 2 ? -1 : (io.peek(16) & 0xff) * list.unit - list.less;
    if (size < 0 || size > io.left() - 2) break;
    const known = list.known.get(io.field(list.kind));
    io.field(list.length);
    if (known?.each && size >= sizeOf(known.fields)) {
      readItems(io, list, known, size, seen);
      continue;
    }
    const step = known ? sizeOf(known.fields) : 0;
    const open = known?.fields.at(-1)?.bits === 0;
    const fits =
      known && !known.each && (open ? size >= step : known.repeat ? size % step === 0 : size === step);
    if (!fits) io.bytes(list.other, size);
    else if (open) for (const field of known.fields) readOpen(io, field, size - step, known);
    else for (let at = 0; at < size; at += step) for (const field of known.fields) io.field(field);
  }
  if (io.left() > 0) io.bytes(list.rest, io.left());
  // A header that was cut is not filled up when it is written again.
  else if (io.length() % list.align !== 0) io.empty(list.rest);
}

/**
 * Items that numbers of their option tell apart are named in the first option that has them only:
 * from a second one they could not be put back where they were once such a number is changed.
 */
function readItems(io: ReadIo, list: OptionList, known: KnownOption, size: number, seen: Set<Field>): void {
  const numbers = known.fields.map((field) => io.field(field));
  const head = sizeOf(known.fields);
  const step = sizeOf(known.each?.(numbers, head) ?? []);
  const told = known.each?.length ? (known.items ?? []) : [];
  const again = told.some((field) => seen.has(field));
  for (const field of told) seen.add(field);
  if (again || (size - head) % step !== 0) io.bytes(list.other, size - head);
  else {
    for (let at = head; at < size; at += step)
      for (const field of known.each?.(numbers, at) ?? []) io.field(field);
  }
}

function readOpen(io: ReadIo, field: Field, left: number, { named }: KnownOption): void {
  if (field.bits > 0) io.field(field);
  else if (left === 0 && named) io.empty(field);
  else io.bytes(field, left);
}

function writeOptions(io: WriteIo, list: OptionList): void {
  const kinds: (number | null)[] = [];
  if (io.given(list.kind) > 0) kinds.push(...Array<null>(io.given(list.kind)).fill(null));
  else kinds.push(...impliedKinds(io, list));
  for (const [i, implied] of kinds.entries()) kinds[i] = writeOption(io, list, implied);
  if (io.given(list.rest) > 0) io.bytes(list.rest, 0);
  else if (io.length() % list.align !== 0) fill(io, list, kinds.at(-1) ?? null);
}

/** Fills a header up with single kinds, or with the one end and zeros behind it. */
function fill(io: WriteIo, list: OptionList, last: number | null): void {
  const filler = list.end ?? list.single[0];
  if (filler === undefined) return;
  const missing = () => (list.align - (io.length() % list.align)) % list.align;
  if (!list.endsOnce) while (missing() > 0) io.put(list.kind, filler);
  else if (last !== filler) io.put(list.kind, filler);
  if (missing() > 0) io.put(list.rest, new Uint8Array(missing()));
}

/** Options that are there because a field of their value is set. */
function impliedKinds(io: WriteIo, list: OptionList): number[] {
  const kinds: number[] = [];
  const seen = new Set<string>();
  for (const [kind, { fields, repeat, items }] of list.known) {
    // A field that several kinds have stands for the first of them.
    const own = (items ?? fields).filter(({ name }) => !seen.has(name));
    for (const { name } of own) seen.add(name);
    const times = Math.max(0, ...own.map((field) => io.given(field)));
    kinds.push(...Array<number>(repeat || items ? Math.min(times, 1) : times).fill(kind));
  }
  return kinds;
}

/** Writes one option and answers its kind. */
function writeOption(io: WriteIo, list: OptionList, implied: number | null): number {
  if (implied !== null) io.put(list.kind, implied);
  const kind = implied ?? io.field(list.kind);
  if (!list.single.includes(kind)) writeValue(io, list, kind);
  return kind;
}

function writeValue(io: WriteIo, list: OptionList, kind: number): void {
  const length = io.upcoming(list.length);
  const said = typeof length === 'number' ? length * list.unit - list.less : null;
  const known = list.known.get(kind);
  if (known?.each) {
    writeItems(io, list, known, said);
    return;
  }
  const open = known?.fields.find(({ bits }) => bits === 0);
  // One that was read without a value must not take that of the next.
  const bare = !known?.named && said === sizeOf(known?.fields ?? []);
  const value = open && !bare ? io.upcoming(open) : null;
  const times = known ? timesOf(io, known, said) : 0;
  const size = known ? sizeOf(known.fields) * times + byteLength(value) : 0;
  if (known && (said === null || said === size || meantAnyway(io, list, known.fields, said))) {
    io.field({ ...list.length, initial: lengthOf(list, size) });
    for (let i = 0; i < times; i++) {
      for (const field of known.fields) {
        if (field.bits > 0) io.field(field);
        else if (value !== null) io.bytes(field, 0);
      }
    }
    return;
  }
  const bytes = said === 0 ? null : io.upcoming(list.other);
  io.field({ ...list.length, initial: lengthOf(list, byteLength(bytes)) });
  if (bytes !== null) io.bytes(list.other, 0);
}

/** As many items as are given; those of the length when it says less, so that the next option has its own. */
function writeItems(io: WriteIo, list: OptionList, known: KnownOption, said: number | null): void {
  const { fields, items = [], each = () => [], sequence } = known;
  const head = sizeOf(fields);
  const ahead = fields.map((field) => {
    const raw = io.upcoming(field) ?? field.initial;
    return typeof raw === 'number' ? raw : 0;
  });
  const present = items.filter((field) => io.given(field) > 0);
  const counts = present.map((field) => io.given(field));
  const given = sequence ? counts.reduce((sum, n) => sum + n, 0) : Math.max(0, ...counts);
  // With a length everything was read or is meant: what is given lies as it was, whatever the numbers say.
  const asGiven = said !== null && given > 0;
  const itemsAt = (at: number): readonly Field[] => {
    if (!asGiven) return each(ahead, at);
    return sequence ? items.filter((field) => io.given(field) > 0).slice(0, 1) : present;
  };
  const step = sizeOf(itemsAt(head));
  const meant = said === null ? given : (said - head) / step;
  const count = Number.isInteger(meant) && meant >= 0 && (given >= meant || given === 0) ? meant : given;
  // Values that are not whole items, as they were read.
  const raw = given === 0 ? byteLength(io.upcoming(list.other)) : 0;
  const bare = raw > 0 && said !== null && said < head && raw === said;
  const odd = !bare && raw > 0 && (said === null || raw === said - head);
  const size = bare ? raw : head + (odd ? raw : count * step);
  io.field({ ...list.length, initial: lengthOf(list, size) });
  if (!bare) for (const field of fields) io.field(field);
  if (bare || odd) io.bytes(list.other, 0);
  else for (let at = head; at < size; at += step) for (const field of itemsAt(at)) io.field(field);
}

/**
 * Whether an option with a length that does not fit it still has its own fields: a length set wrong
 * on purpose. One that was read so has bytes of its own, or none.
 */
function meantAnyway(io: WriteIo, list: OptionList, fields: readonly Field[], said: number): boolean {
  return said !== 0 && io.given(list.other) === 0 && fields.some((field) => io.given(field) > 0);
}

/** How often the fields of a known option come. */
function timesOf(io: WriteIo, known: KnownOption, said: number | null): number {
  if (!known.repeat) return 1;
  const times =
    said === null ? Math.max(...known.fields.map((field) => io.given(field))) : said / sizeOf(known.fields);
  return Number.isInteger(times) && times >= 0 ? times : 0;
}

function lengthOf(list: OptionList, size: number): number {
  return Math.ceil((size + list.less) / list.unit);
}

function byteLength(raw: Raw | null): number {
  return raw instanceof Uint8Array ? raw.length : 0;
}
