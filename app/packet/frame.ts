import type { At, Field, Protocol, Raw, Registry } from './field';

/** A field in its place. */
export interface Placed {
  readonly field: Field;
  /** From the start of the frame, in bits. */
  at: number;
  readonly bits: number;
  raw: Raw;
  /** Whether it was set (or read) and not computed. */
  readonly given: boolean;
  /** What it is without being set. */
  computed: Raw | null;
  readonly error: string | null;
}

export interface PlacedLayer {
  readonly protocol: Protocol;
  offset: number;
  /** Bytes of the header with its options. */
  length: number;
  /** Where the bytes this layer may use end: the trailer, or the end an outer layer announced. */
  end: number;
  readonly fields: Placed[];
  readonly tail: Placed[];
  readonly error: LayerError | null;
}

/** Why a layer can't be encoded as it is written, and the name in it that is at fault. */
export interface LayerError {
  readonly field: string | null;
  readonly sentence: string;
}

/** Layers with every field in its place: what reading and writing both make. */
export interface Frame {
  bytes: Uint8Array;
  /** Whether a capture left bytes out at the end. */
  readonly cut: boolean;
  readonly layers: PlacedLayer[];
}

export function numberIn(layer: PlacedLayer, name: string): number {
  for (const { field, raw } of layer.fields) {
    if (field.name === name && typeof raw === 'number') return raw;
  }
  return 0;
}

export function isIn(layer: PlacedLayer, name: string): boolean {
  return layer.fields.some(({ field }) => field.name === name);
}

/** A layer as its computed fields see it. */
export class LayerAt implements At {
  private readonly layer: PlacedLayer;

  constructor(
    private readonly frame: Frame,
    private readonly index: number,
  ) {
    const layer = frame.layers[index];
    if (!layer) throw new RangeError(`no layer ${index}`);
    this.layer = layer;
  }

  get bytes(): Uint8Array {
    return this.frame.bytes;
  }

  get offset(): number {
    return this.layer.offset;
  }

  get headerLength(): number {
    return this.layer.length;
  }

  get payloadLength(): number {
    return this.layer.end - this.layer.offset - this.layer.length;
  }

  get cut(): boolean {
    return this.frame.cut && this.layer.end === this.frame.bytes.length;
  }

  get proto(): string {
    return this.layer.protocol.proto;
  }

  get(name: string): number {
    return numberIn(this.layer, name);
  }

  next(registry: Registry): number | null {
    return this.frame.layers[this.index + 1]?.protocol.keys[registry] ?? null;
  }

  outer(...protos: string[]): At | null {
    for (let i = this.index - 1; i >= 0; i--) {
      const proto = this.frame.layers[i]?.protocol.proto;
      if (proto !== undefined && protos.includes(proto)) return new LayerAt(this.frame, i);
    }
    return null;
  }

  all(name: string): readonly Raw[] {
    return this.layer.fields.filter(({ field }) => field.name === name).map(({ raw }) => raw);
  }
}

/** What is wrong with a packet, where it is; kept and sent all the same. */
export interface Problem {
  /** Index of the layer. */
  layer: number;
  field: string | null;
  sentence: string;
}

/** Lengths and checksums that do not fit the bytes. What an ICMP error quotes is cut and not judged. */
export function problemsOf(frame: Frame): Problem[] {
  const problems: Problem[] = [];
  for (const [index, layer] of frame.layers.entries()) {
    const at = new LayerAt(frame, index);
    for (const { field, raw, computed } of layer.fields) {
      if (typeof raw !== 'number' || typeof computed !== 'number') continue;
      // A length that counts what the capture left out is no mistake of the packet.
      if (at.cut && field.wrong && raw > computed) continue;
      const sentence = field.sum ? wrongSum(field, raw, computed, at) : field.wrong?.(raw, computed, at);
      if (sentence) problems.push({ layer: index, field: field.name, sentence });
    }
    if (layer.protocol.proto === 'icmp' || layer.protocol.proto === 'icmpv6') break;
  }
  return problems;
}

const hex4 = (value: number) => `0x${value.toString(16).padStart(4, '0')}`;

function wrongSum(field: Field, value: number, computed: number, at: At): string | null {
  if (value === computed || field.unsure?.(at) || (value === 0 && field.zeroIsNone?.(at))) return null;
  return `${field.label} is ${hex4(value)} and should be ${hex4(computed)}.`;
}
