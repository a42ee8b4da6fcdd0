import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../app/packet/decode';
import { setField } from '../../../app/packet/edit';
import { encode, type FieldView } from '../../../app/packet/encode';
import { findProtocol, PROTOCOLS } from '../../../app/packet/protocols';
import { relax } from '../../../app/packet/relax';
import { TEMPLATES } from '../../../app/packet/templates';
import { hexOf, parseHexBytes } from '../../../app/packet/value';

/** Frames with something odd about them, a line each: hex, then what is odd. */
const CORPUS = readFileSync('test/fixtures/frames.txt', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(/\s+/, 1)[0] ?? '')
  .map((hex) => parseHexBytes(hex) ?? new Uint8Array(0));

/** Bytes in front of random ones, so that every protocol is reached. */
const HEADS = ['', '020000000002020000000001', ...starts()].map(
  (hex) => parseHexBytes(hex) ?? new Uint8Array(0),
);

function starts(): string[] {
  const eth = '020000000002020000000001';
  const ip = (proto: string) => `${eth}08004500002e000040004${'0'}${proto}0000c6120001c6130001`;
  const ipv6 = (next: string) =>
    `${eth}86dd600000000028${next}40${'20010db8000000000000000000000001'.repeat(2)}`;
  return [
    ...['8100', '88a8', '0806', '0800', '86dd', '0010'].map((type) => eth + type),
    `${eth}88a800078100000908004f`,
    ...['01', '06', '11', '04', '29'].map(ip),
    ...['00', '2b', '2c', '3c', '3a', '06', '11'].map(ipv6),
    ...['85', '86', '87', '88', '89', '80', '01', '02'].map((type) => `${ipv6('3a')}${type}000000`),
    `${ip('06')}c0000050000000000000000080`,
    `${ip('01')}0300`,
  ];
}

const tail = fc.uint8Array({ maxLength: 200 });
const frames = fc
  .tuple(fc.constantFrom(...HEADS, ...CORPUS), tail, fc.nat(), fc.boolean())
  .map(([head, rest, at, cut]) => {
    const frame = new Uint8Array([...head, ...rest]);
    return cut ? frame.subarray(0, at % (frame.length + 1)) : frame;
  });

function roundTrip(frame: Uint8Array): void {
  expect(hexOf(encode(decode(frame)).bytes)).toBe(hexOf(frame));
}

describe('decoding and encoding again', () => {
  it('gives the frame back, whatever it is', () => {
    fc.assert(fc.property(frames, roundTrip), { numRuns: 20_000 });
  });

  it('gives every frame of the corpus back', () => {
    for (const frame of CORPUS)
      for (let cut = 0; cut <= frame.length; cut++) roundTrip(frame.subarray(0, cut));
  });

  it('puts every byte into exactly one field', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const bits = new Uint8Array(frame.length * 8);
        for (const layer of encode(decode(frame)).layers) {
          for (const { bitOffset, bitLength } of layer.fields) {
            for (let bit = bitOffset; bit < bitOffset + bitLength; bit++) bits[bit] = (bits[bit] ?? 0) + 1;
          }
        }
        expect(bits.every((times) => times === 1)).toBe(true);
      }),
    );
  });

  it('keeps the bytes when what would be computed is no longer set', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const relaxed = relax(decode(frame));
        expect(hexOf(encode(relaxed).bytes)).toBe(hexOf(frame));
      }),
      { numRuns: 300 },
    );
  });

  it('takes frames of any size', () => {
    for (const size of [0, 1, 13, 14, 65_535, 65_536, 262_144]) roundTrip(new Uint8Array(size).fill(0x45));
  });
});

describe('one changed field', () => {
  it('changes its own bits only, when everything else is set', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.nat(), (frame, which, value) => {
        const decoded = decode(frame);
        const numbers = encode(decoded).layers.flatMap((layer, index) =>
          layer.fields
            .filter(
              (field) =>
                typeof field.value === 'number' && !Array.isArray(decoded.layers[index]?.fields[field.name]),
            )
            .map((field) => ({ index, field })),
        );
        const picked = numbers[which % Math.max(1, numbers.length)];
        const declared =
          picked && declaredField(decoded.layers[picked.index]?.proto ?? '', picked.field.name);
        if (!picked || !declared || STRUCTURE.test(picked.field.name)) return;
        const fields = decoded.layers[picked.index]?.fields;
        if (!fields) return;
        fields[picked.field.name] = (value % 2 ** declared.bits) * (declared.unit ?? 1);
        const after = encode(decoded).bytes;
        expect(after.length).toBe(frame.length);
        expect({ [picked.field.name]: hexOf(without(after, picked.field)) }).toEqual({
          [picked.field.name]: hexOf(without(frame, picked.field)),
        });
      }),
      { numRuns: 5000 },
    );
  });
});

describe('one field set in a packet that computes the rest', () => {
  it('changes its own bits and computed fields only', () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEMPLATES), fc.nat(), fc.nat(), fc.nat(), ({ packet }, l, f, value) => {
        const before = encode(packet);
        const layer = l % before.layers.length;
        const views = before.layers[layer]?.fields ?? [];
        const view = views[f % Math.max(1, views.length)];
        const declared = view && declaredField(packet.layers[layer]?.proto ?? '', view.name);
        if (!view?.bitLength || !declared || typeof view.value !== 'number' || STRUCTURE.test(view.name))
          return;
        const nth = views.slice(0, views.indexOf(view)).filter(({ name }) => name === view.name).length;
        const typed = (value % 2 ** declared.bits) * (declared.unit ?? 1);
        const after = encode(setField(packet, { layer, name: view.name, nth }, typed));
        expect(after.bytes.length).toBe(before.bytes.length);
        const computed = after.layers.flatMap(({ proto, fields }) =>
          fields.filter(({ name, state }) => {
            const field = declaredField(proto, name);
            return state === 'auto' && (field?.auto || field?.sum);
          }),
        );
        const beside = (bytes: Uint8Array) => hexOf([view, ...computed].reduce(without, bytes));
        expect({ [view.name]: beside(after.bytes) }).toEqual({ [view.name]: beside(before.bytes) });
      }),
      { numRuns: 2000 },
    );
  });
});

/** Fields that decide what other fields there are. */
const STRUCTURE =
  /\.opt(ion)?[._](type|kind|len|length)$|^icmp(v6)?\.(type|code)$|^arp\.(hw|proto)\.(type|size)$|routing\.type$/;

function declaredField(proto: string, name: string) {
  const protocol = findProtocol(proto);
  return [...(protocol?.header ?? []), ...(protocol?.more ?? [])].find((field) => field.name === name);
}

/** A frame with the bits of one field taken out. */
function without(frame: Uint8Array, { bitOffset, bitLength }: FieldView): Uint8Array {
  const rest = Uint8Array.from(frame);
  for (let bit = bitOffset; bit < bitOffset + bitLength; bit++) {
    rest[bit >> 3] = (rest[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  }
  return rest;
}

describe('any packet a person can write', () => {
  const names = PROTOCOLS.flatMap(({ header, more }) =>
    [...header, ...(more ?? [])].flatMap((f) => [f.name, ...(f.parts ?? []).map((p) => p.name)]),
  );
  const scalar = fc.oneof(
    fc.integer(),
    fc.double(),
    fc.string({ maxLength: 40 }),
    fc.boolean(),
    fc.constantFrom('0x800', '-0', '1e3', '02:00:00:00:00:01', '::1', '127.0.0.1', 2 ** 53, -1),
  );
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 5 }));
  const name = fc.oneof(fc.constantFrom(...names, '__proto__', 'constructor'), fc.string({ maxLength: 20 }));
  const layer = fc.record({
    proto: fc.oneof(fc.constantFrom(...PROTOCOLS.map(({ proto }) => proto)), fc.string({ maxLength: 10 })),
    fields: fc.dictionary(name, value, { maxKeys: 12 }),
  });

  it('encodes without throwing, and what is encoded can be read', () => {
    fc.assert(
      fc.property(fc.array(layer, { maxLength: 8 }), (layers) => {
        const { bytes } = encode({ layers });
        roundTrip(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});
