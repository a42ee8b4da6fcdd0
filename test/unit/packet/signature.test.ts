import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../app/packet/decode';
import { encode } from '../../../app/packet/encode';
import { signaturePlace } from '../../../app/packet/signature';
import { hexOf, parseHexBytes } from '../../../app/packet/value';
import { signatureProblem, unsignable } from '../../../app/run/signature';

/** The vectors that the C code is tested with, too; the format is explained at the top of the file. */
const CASES = readFileSync('test/vectors/signature.txt', 'utf8')
  .split('\nframe ')
  .slice(1)
  .map((text) => {
    const [frame = '', verdict = '', ...rest] = text.split('\n');
    const [hex = '', ...name] = frame.split(' ');
    const signed = rest.filter((line) => line.startsWith('signed ')).map((line) => line.split(' ').slice(1));
    return { name: name.join(' '), bytes: bytesOf(hex), verdict: verdict.split(' '), signed };
  });

function bytesOf(hex: string): Uint8Array {
  return parseHexBytes(hex) ?? new Uint8Array();
}

describe('the place of a signature', () => {
  it.each(CASES)('in $name', ({ bytes, verdict: [word, ...numbers] }) => {
    const place = signaturePlace(bytes);
    if (word === 'none') {
      expect(place).toEqual({ ok: false, payload: Number(numbers[0]) });
      expect(unsignable(bytes)).toContain('turn the signature off.');
      return;
    }
    const [at, sumAt, odd] = numbers.map(Number);
    expect(place).toMatchObject({ ok: true, at, sumAt: sumAt === 0 ? null : sumAt });
    if (sumAt !== 0) expect(place).toMatchObject({ odd: odd === 1 });
    expect(unsignable(bytes)).toBeNull();
  });
});

describe('a signed frame', () => {
  const signed = CASES.flatMap(({ name, signed }) => signed.map((words) => ({ name, words })));

  it.each(signed)('of $name decodes to its signature, and encodes to itself', ({ name, words }) => {
    const [stream = '', seq = '', time = '', hex = ''] = words;
    const spec = decode(bytesOf(hex));
    const number = (text: string) => (BigInt(text) > Number.MAX_SAFE_INTEGER ? text : Number(text));
    expect(spec.layers.at(-1)).toMatchObject({
      proto: 'signature',
      fields: {
        'signature.stream': Number(stream),
        'signature.seq': number(seq),
        'signature.time': number(time),
      },
    });
    const made = encode(spec);
    expect(hexOf(made.bytes)).toBe(hex);
    expect(made.problems.length).toBe(name.includes('on purpose') ? 1 : 0);
  });

  it('with one bit turned has none', () => {
    const bytes = bytesOf(signed[0]?.words[3] ?? '');
    for (let bit = (bytes.length - 24) * 8; bit < bytes.length * 8; bit++) {
      const turned = Uint8Array.from(bytes);
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decode(turned).layers.at(-1)?.proto).toBe('data');
    }
  });
});

it('names the first packet of a plan that has no room', () => {
  const good = CASES[0]?.bytes ?? new Uint8Array();
  const short = CASES[1]?.bytes ?? new Uint8Array();
  const frames = (...list: Uint8Array[]) => ({ kind: 'frames' as const, frames: list });
  expect(signatureProblem([frames(good), { kind: 'capture', path: 'x' }])).toBeNull();
  expect(signatureProblem([frames(short)])).toContain('The packet has 23 B of payload');
  expect(signatureProblem([frames(good), frames(good, short)])).toContain('Packet 2 of stream 2 has 23 B');
});
