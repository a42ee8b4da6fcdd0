/**
 * How a protocol declares itself. Form, tree, bytes, encoding and decoding all derive from these
 * declarations; names are Wireshark's (tshark 4.0).
 */

/** How a value is written: numbers (`long`: of 64 bits, kept as bytes), addresses, or bytes of any length. */
export type FieldKind = 'dec' | 'hex' | 'long' | 'flag' | 'mac' | 'ipv4' | 'ipv6' | 'bytes' | 'text';

/** A value inside the codecs: an unsigned number, or bytes. */
export type Raw = number | Uint8Array;

export interface Field {
  readonly name: string;
  readonly label: string;
  /** Width in bits; 0 = as many bytes as are given. */
  readonly bits: number;
  readonly kind: FieldKind;
  /** One line with its source, for example “RFC 791 section 3.1”. */
  readonly help: string;
  /** The value when nothing is set and nothing computed; zero when absent. */
  readonly initial?: Raw;
  /** What one unit on the wire stands for: 4 for a header length in 32-bit words. */
  readonly unit?: number;
  /** Names of values. */
  readonly choices?: Readonly<Record<number, string>>;
  /** Named bits inside, set one by one in a form; the field itself is what is decoded. */
  readonly parts?: readonly Part[];
  /** The value when it is not set, from the layers around it; null when they do not say: `initial`. */
  readonly auto?: (at: At) => Raw | null;
  /** Computed over the finished bytes, with this field taken as zero; null = can't be checked here. */
  readonly sum?: (at: At) => number | null;
  /** Whether bytes that the sum covers are not there, so that it can't be judged. */
  readonly unsure?: (at: At) => boolean;
  /** Whether zero means that there is no checksum. */
  readonly zeroIsNone?: (at: At) => boolean;
  /** Why a value that differs from `auto` is worth a sentence; absent when it is not. */
  readonly wrong?: (value: number, auto: number, at: At) => string | null;
  /** Whether a layer may have any number of it, each adding something: options, addresses of a route. */
  readonly many?: true;
  /** Fields that say the same in another way: setting this one unsets them. */
  readonly replaces?: readonly string[];
  /** Placed behind all layers, in this order; absent unless set. */
  readonly tail?: number;
}

export interface Part {
  readonly name: string;
  readonly label: string;
  /** Within its field; bit 0 is the least significant. */
  readonly shift: number;
  readonly bits: number;
  readonly choices?: Readonly<Record<number, string>>;
}

/** What a computed field may look at. */
export interface At {
  /** Bytes of the whole frame, complete except for what is being computed. */
  readonly bytes: Uint8Array;
  /** Of this layer in the frame, in bytes. */
  readonly offset: number;
  readonly headerLength: number;
  /** Bytes behind the header, up to the trailer of the frame. */
  readonly payloadLength: number;
  /** Whether a capture kept only the beginning of this layer. */
  readonly cut: boolean;
  /** A number of this layer by field name; 0 when it is not there. */
  get(name: string): number;
  /** The number under which the next layer is known in a registry; null when there is none. */
  next(registry: Registry): number | null;
  /** The nearest layer in front of this one with one of these names. */
  outer(...protos: string[]): At | null;
  /** Raw values of a field of this layer, in order. */
  all(name: string): readonly Raw[];
  readonly proto: string;
}

/** Numbers by which a layer names the one behind it. */
export type Registry = 'ethertype' | 'ipproto' | 'udpport';

/** Reads or writes what is not of fixed width: the same code does both as far as it can. */
export type Io = ReadIo | WriteIo;

interface BothIo {
  /** Reads or writes one field of fixed width; its number (0 for bytes). */
  field(field: Field): number;
  /** A field of free length: `length` bytes when reading; what is set, else zeros, when writing. */
  bytes(field: Field, length: number): void;
  /** A number of this layer that was read or written before. */
  get(name: string): number;
  /** Bytes of this header read or written so far. */
  length(): number;
}

export interface ReadIo extends BothIo {
  readonly reading: true;
  /** Bytes of the header not read yet. */
  left(): number;
  /** The next 8 or 16 bits without taking them. */
  peek(bits: 8 | 16): number;
  /** A field of free length that has none. */
  empty(field: Field): void;
}

export interface WriteIo extends BothIo {
  readonly reading: false;
  /** How many values of a field are set and not yet written. */
  given(field: Field): number;
  /** The next set value without taking it; null when there is none or it is not valid. */
  upcoming(field: Field): Raw | null;
  /** The next set value of a field that takes no room: it says how another one is made. */
  take(field: Field): Raw | null;
  /** Writes a computed value. */
  put(field: Field, raw: Raw): void;
}

export interface Protocol {
  /** Its name in `frame.protocols`. */
  readonly proto: string;
  readonly label: string;
  readonly help: string;
  /** Numbers by which other layers name this one. */
  readonly keys: Partial<Record<Registry, number>>;
  /** Further numbers that are read so, and never written by themselves. */
  readonly otherKeys?: Partial<Record<Registry, readonly number[]>>;
  /** Fields of fixed width at its start, in wire order. */
  readonly header: readonly Field[];
  /** Every field that `variable` or the tail can bring, for forms and for checking names. */
  readonly more?: readonly Field[];
  /** What is not of fixed width. */
  readonly variable?: (io: Io) => void;
  /** Length of the header that the fixed part announces; bounds `variable` when reading. */
  readonly headerLength?: (get: (name: string) => number) => number;
  /** Whether a header that is not all there can't be told in fields. */
  readonly whole?: true;
  /** The layer behind this one, from this one's numbers: a registry and number, or a name, or null. */
  readonly next?: (get: (name: string) => number, has: (name: string) => boolean) => Next;
  /** Whether it frames packets on a link: bytes behind its payload are a trailer. */
  readonly link?: true;
  /** How many bytes, header included, this layer says it has; null = all there are. */
  readonly span?: (get: (name: string) => number, has: (name: string) => boolean) => number | null;
}

export type Next =
  | { readonly registry: Registry; readonly number: number }
  | { readonly proto: string }
  | null;
