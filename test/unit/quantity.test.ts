import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clock, duration, grouped, si, sizes } from '../../app/quantity/format';
import { clip, parseByteSize, parseDurationNs, parseNumber, parseWhole } from '../../app/quantity/parse';

describe('numbers', () => {
  test.each([
    ['0', 0],
    ['10k', 10_000],
    ['1.5M', 1_500_000],
    ['.5', 0.5],
    ['1.1k', 1100],
    ['2G', 2e9],
  ])('%s is %d', (text, value) => expect(parseNumber(text)).toBe(value));

  test.each([
    '',
    ' ',
    '-1',
    '+1',
    '1e3',
    '0x1',
    'NaN',
    'Infinity',
    '1K',
    '1kk',
    '1 k',
    '1,000',
    '.',
    '1.2.3',
  ])('“%s” is none', (text) => expect(parseNumber(text)).toBeNull());

  test('byte sizes are binary', () => {
    expect(parseByteSize('1G')).toBe(2 ** 30);
    expect(parseByteSize('10k')).toBe(10_240);
  });

  test('every whole number within the bounds is read back, none outside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (n) => {
        expect(parseWhole(String(n), 'x', 0)).toEqual({ ok: true, value: n });
        expect(parseWhole(String(n), 'x', n + 1, n + 2).ok).toBe(false);
      }),
    );
  });

  test('any text gives a value or a sentence', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = parseWhole(text, 'x', 1, 10);
        if (result.ok) expect(result.value).toBeGreaterThanOrEqual(1);
        else expect(result.sentence).toContain('whole number from 1 to 10');
      }),
    );
  });
});

describe('durations', () => {
  test.each([
    ['500ms', 5e8],
    ['10s', 1e10],
    ['2m', 1.2e11],
    ['50us', 50_000],
    ['1.5s', 1.5e9],
    ['7ns', 7],
  ])('%s', (text, ns) => expect(parseDurationNs(text)).toBe(ns));

  test.each(['', '10', '1h', '-1s', 's', '31536000s', 'NaNs'])('“%s” is none', (text) =>
    expect(parseDurationNs(text)).toBeNull(),
  );
});

describe('showing', () => {
  test.each([
    [0, '0 pps'],
    [999.4, '999 pps'],
    [999.6, '1.00 kpps'],
    [12_345, '12.3 kpps'],
    [1_234_567, '1.23 Mpps'],
    [99_950_000, '100 Mpps'],
    [1.4881e10, '14.9 Gpps'],
  ])('%d in three digits', (value, text) => expect(si(value, 'pps')).toBe(text));

  test('rates always have three significant digits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e12, noNaN: true }), (value) => {
        const shown = si(value, 'pps').split(' ')[0] ?? '';
        expect(shown.replace('.', '').length).toBeLessThanOrEqual(4);
        expect(shown.length).toBeLessThanOrEqual(4);
      }),
    );
  });

  test('counters, times, sizes', () => {
    expect(grouped(1_234_567)).toBe('1,234,567');
    expect(duration(1530)).toBe('1.53 µs');
    expect(duration(62e9)).toBe('1 m 2 s');
    expect(clock(3723.45)).toBe('01:02:03.4');
    expect(sizes(60)).toBe('60 B buffer = 64 B frame = 84 B on the wire');
    expect(sizes(14)).toBe('14 B buffer = 64 B frame = 84 B on the wire');
  });

  test('untrusted text loses its control characters', () => {
    expect(clip('a\u001b[31m\u202eb\n')).toBe('a·[31m·b·');
    expect(clip('x'.repeat(100))).toHaveLength(41);
  });
});
