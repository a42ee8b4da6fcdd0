import fc from 'fast-check';

/** Values that break programs which trust them, and cross a message port. */

const deep = (levels: number): unknown => {
  let value: unknown = 'core';
  for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { in: value };
  return value;
};

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(64);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** An own member of that name, as a message may carry it. */
const own = (name: string, value: unknown): object =>
  Object.defineProperty({}, name, { value, enumerable: true, configurable: true, writable: true });

/** One of each kind, by name; some are large, so they are made when they are wanted. */
export const NASTY: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  '-0': () => -0,
  Infinity: () => Number.POSITIVE_INFINITY,
  '2^53': () => 2 ** 53,
  '-1': () => -1,
  '0.5': () => 0.5,
  bigint: () => 1n,
  'empty text': () => '',
  NUL: () => 'A\0',
  'a huge text': () => 'x'.repeat(3_000_000),
  'a lone surrogate': () => '\ud800',
  markup: () => '<img src=x onerror=alert(1)>',
  __proto__: () => '__proto__',
  'own __proto__': () => own('__proto__', { id: 'A', polluted: true }),
  'own constructor': () => own('constructor', { prototype: { polluted: true } }),
  'own toString': () => own('toString', 1),
  'no prototype': () => Object.create(null),
  'a deep list': () => deep(3000),
  'a million items': () => new Array(1_000_000).fill('A'),
  'a hundred thousand names': () =>
    Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, 'x'])),
  'a sparse list': () => new Array(2 ** 20),
  'a list': () => ['A'],
  bytes: () => new Uint8Array([65]),
  'a detached buffer': detached,
  'a date': () => new Date(Number.NaN),
  'a map': () => new Map([['id', 'A']]),
  'a set': () => new Set(['A']),
  'a pattern': () => /^(a+)+$/,
  'an error': () => new Error('A'),
};

const small = Object.keys(NASTY).filter((name) => !/huge|deep|million|hundred thousand|sparse/.test(name));

/** Small ones, and whatever fast-check makes up. */
export const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...small).map((name) => NASTY[name]?.()),
  fc.anything({
    maxDepth: 4,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    key: fc.oneof(
      fc.string(),
      fc.constantFrom('id', 'settings', 'which', '__proto__', 'constructor', 'prototype'),
    ),
  }),
);

/** The value with one of its members, at any depth, replaced; `pick` says which. */
export function spoil(value: unknown, pick: number, by: unknown): unknown {
  const paths: (readonly string[])[] = [[]];
  const walk = (at: unknown, path: readonly string[]) => {
    if (typeof at !== 'object' || at === null) return;
    for (const [key, inner] of Object.entries(at)) {
      paths.push([...path, key]);
      walk(inner, [...path, key]);
    }
  };
  walk(value, []);
  return replaced(value, paths[pick % paths.length] ?? [], by);
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value)) return value.map((v, i) => (String(i) === first ? replaced(v, rest, by) : v));
  const record = value as Record<string, unknown>;
  return { ...record, [first]: replaced(record[first], rest, by) };
}
