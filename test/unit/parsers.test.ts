import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backendOptionSchema, parseOption, parseOptions } from '../../app/backend/descriptor';
import { parseHex } from '../../app/packet/hex';
import { checkSpec, parseSpec } from '../../app/packet/parseSpec';
import {
  type Parsed,
  parseByteSize,
  parseDurationNs,
  parseNumber,
  parseWhole,
} from '../../app/quantity/parse';
import { formatFlush, parseFlush } from '../../app/run/flush';
import { SEED_MAX } from '../../app/run/plan';
import { parsePlan, planOfDocument } from '../../app/run/planDocument';
import { formatRate, parseRate, RATE_BPS_MAX, RATE_PPS_MAX } from '../../app/run/rate';
import { formatStop, parseCount, parseRunDuration, parseStop } from '../../app/run/stop';
import { FAULT_OPTIONS, faultOf, parseFault } from '../../app/stage/fault';
import { BACKENDS } from '../../main/backends/table';
import { junk, NASTY } from '../lab/junk';

/** Every parser of what people type or open: a value within its bounds or one sentence, never an exception. */

const options = BACKENDS.flatMap((backend) => backend.options.map((option) => ({ backend, option })));

/** The parsers of a line of text by name. */
const OF_TEXT: Readonly<Record<string, (text: string) => Parsed<unknown>>> = {
  rate: parseRate,
  flush: parseFlush,
  stop: parseStop,
  count: parseCount,
  duration: parseRunDuration,
  seed: (text) => parseWhole(text, 'The seed', 0, SEED_MAX),
  fault: parseFault,
  hex: parseHex,
  plan: parsePlan,
  spec: parseSpec,
  ...Object.fromEntries(
    options.map(({ backend, option }) => [
      `${backend.name} ${option.name}`,
      (text: string) => parseOption(backend.name, option, text),
    ]),
  ),
  ...Object.fromEntries(
    FAULT_OPTIONS.map(({ name }) => [`fault ${name}`, (text: string) => faultOf({ [name]: text })]),
  ),
};

const WORDS = [
  '',
  ' ',
  'NaN',
  '-0',
  '-1',
  'Infinity',
  '-Infinity',
  '1e309',
  '0x10',
  '9007199254740992',
  '9007199254740993',
  '1'.repeat(400),
  '0.'.concat('0'.repeat(400), '1'),
  '__proto__',
  'constructor',
  'toString',
  '[object Object]',
  'null',
  'undefined',
  '\0',
  '\ud800',
  '１０',
  '1\n2',
  'max',
  'never',
  'burst:1@1us',
  'every:1,'.repeat(1000),
  'a=b,'.repeat(1000),
  'drop=0.1,'.repeat(1000),
  '{"version":1}',
  '[]',
  '{',
  '[['.repeat(20_000),
  'x'.repeat(1_000_000),
  ' '.repeat(100_000),
];

function check(result: Parsed<unknown>): void {
  if (result.ok) {
    if (typeof result.value === 'number') expect(Number.isFinite(result.value)).toBe(true);
    return;
  }
  expect(result.sentence).toMatch(/^[^\p{Cc}]+\.$/u);
  expect(result.sentence.length).toBeLessThan(500);
}

/** Pieces of what is right, so that a random text comes near it. */
const near = fc
  .array(
    fc.constantFrom(
      ...'0 1 9 . , : = @ - + % k M G pps bps l1 l2 us ms s m max never once every after first AGAIN packets burst drop seed delay again-every capture'.split(
        ' ',
      ),
      ' ',
    ),
    { maxLength: 9 },
  )
  .map((parts) => parts.join(''));
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), near, fc.constantFrom(...WORDS));

describe.each(Object.keys(OF_TEXT))('the parser of %s', (name) => {
  const parse = OF_TEXT[name] ?? (() => ({ ok: false, sentence: 'there is no such parser' }));

  test('takes any text or refuses it with one sentence', () => {
    fc.assert(
      fc.property(text, (given) => check(parse(given))),
      { numRuns: 300 },
    );
    for (const word of WORDS) check(parse(word));
  });
});

describe('what is taken is within its bounds', () => {
  test('rates, and they are written as they are read', () => {
    fc.assert(
      fc.property(text, (given) => {
        const rate = parseRate(given);
        if (!rate.ok) return;
        const { value } = rate;
        if (value.kind === 'pps') expect(value.pps > 0 && value.pps <= RATE_PPS_MAX).toBe(true);
        if (value.kind === 'l1' || value.kind === 'l2')
          expect(value.bps > 0 && value.bps <= RATE_BPS_MAX).toBe(true);
        if (value.kind === 'burst') expect(value.packets >= 1 && value.gapNs >= 1000).toBe(true);
        expect(parseRate(formatRate(value))).toEqual(rate);
      }),
      { numRuns: 1000 },
    );
  });

  test('flush policies and stop rules, and they are written as they are read', () => {
    fc.assert(
      fc.property(text, (given) => {
        const flush = parseFlush(given);
        if (flush.ok) expect(parseFlush(formatFlush(flush.value))).toEqual(flush);
        const stop = parseStop(given);
        if (stop.ok) expect(parseStop(formatStop(stop.value))).toEqual(stop);
      }),
      { numRuns: 1000 },
    );
  });

  test('numbers, sizes and durations are finite and not negative', () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const parse of [parseNumber, parseByteSize, parseDurationNs]) {
          const value = parse(given);
          if (value !== null) expect(Number.isFinite(value) && value >= 0).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('options of backends and of the fault stage', () => {
    fc.assert(
      fc.property(fc.constantFrom(...options), text, ({ backend, option }, given) => {
        const value = parseOption(backend.name, option, given);
        if (!value.ok || typeof value.value !== 'number') return;
        if (option.kind === 'whole' || option.kind === 'bytes') {
          expect(Number.isInteger(value.value)).toBe(true);
          expect(value.value >= option.min && value.value <= option.max).toBe(true);
        }
        if (option.kind === 'probability') expect(value.value <= 1).toBe(true);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...FAULT_OPTIONS), text, (option, given) => {
        const spec = faultOf({ [option.name]: given });
        if (!spec.ok) return;
        const value = spec.value[option.member];
        expect(value >= option.min && value <= option.max).toBe(true);
        expect(option.kind === 'share' || Number.isSafeInteger(value)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('tables of options', () => {
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'ring', 'seed', 'drop', 'file'),
  );
  const given = fc.dictionary(key, text, { noNullPrototype: false });

  test('of a backend and of the fault stage: known names with right values, or one sentence', () => {
    fc.assert(
      fc.property(fc.constantFrom(...BACKENDS), given, (backend, table) => {
        const parsed = parseOptions(backend, table);
        check(parsed);
        const known = backend.options.map(({ name }) => name);
        if (parsed.ok) for (const name of Object.keys(parsed.value)) expect(known).toContain(name);
        if (Object.keys(table).some((name) => !known.includes(name))) expect(parsed.ok).toBe(false);
        check(faultOf(table));
      }),
      { numRuns: 500 },
    );
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('a hundred thousand names are one sentence', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, '1']));
    for (const backend of BACKENDS) expect(parseOptions(backend, many).ok).toBe(false);
    expect(faultOf(many).ok).toBe(false);
  });

  test('every kind of option there is has a backend that uses it', () => {
    const used = new Set(options.map(({ option }) => option.kind));
    expect(used).toEqual(new Set(backendOptionSchema.options.map((o) => o.shape.kind.value)));
  });
});

describe('documents', () => {
  const nasty = Object.entries(NASTY).filter(([name]) => name !== 'a detached buffer');

  test('a packet of anything', () => {
    for (const [name, make] of nasty) {
      const value = make();
      for (const spec of [value, [value], { layers: value }, { layers: [value] }]) {
        const result = checkSpec(spec);
        if (result.ok) expect(name).toBe('never right');
        else expect(result.sentence, name).toMatch(/^[^\p{Cc}]+\.$/u);
      }
      for (const fields of [value, { 'ip.ttl': value }, { __proto__: value }]) {
        check(checkSpec({ layers: [{ proto: 'eth' }, { proto: 'ip', fields }] }));
      }
    }
    fc.assert(
      fc.property(junk, (value) => check(checkSpec(value))),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(junk, (value) =>
        check(checkSpec({ layers: [{ proto: 'udp', fields: { 'udp.port': value } }] })),
      ),
      { numRuns: 300 },
    );
  });

  test('a plan of anything that JSON can say', () => {
    const base = { version: 1, backend: { name: 'null' }, streams: [{ hex: '00' }] };
    const json = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(...WORDS, 2 ** 53, -0, 1e308),
      fc.jsonValue().map((value) => ({ ...base, extra: value })),
    );
    const member = fc.constantFrom(
      'version',
      'backend',
      'stages',
      'streams',
      'batch',
      'rate',
      'stop',
      'flush',
      'again',
      'seed',
      '__proto__',
      'constructor',
    );
    const extras = { peerOut: null, force: false };
    fc.assert(
      fc.property(fc.dictionary(member, json, { maxKeys: 3 }), (change) => {
        const read = parsePlan(JSON.stringify({ ...base, ...change }));
        check(read);
        if (read.ok) check(planOfDocument(read.value, BACKENDS, (path) => path, extras));
      }),
      { numRuns: 500 },
    );
  });
});
