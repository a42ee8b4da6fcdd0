import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFlush, parseFlush } from '../../app/run/flush';
import { formatRate, parseRate } from '../../app/run/rate';
import { formatStop, parseStop } from '../../app/run/stop';

describe('flush policy', () => {
  test.each([
    ['every-batch', { every: 1, afterNs: null }],
    ['every batch', { every: 1, afterNs: null }],
    ['every:64', { every: 64, afterNs: null }],
    ['after:50us', { every: null, afterNs: 50_000 }],
    ['every:64,after:50us', { every: 64, afterNs: 50_000 }],
    ['after:1ms,every:2', { every: 2, afterNs: 1_000_000 }],
    ['never', { every: null, afterNs: null }],
  ])('%s', (text, value) => expect(parseFlush(text)).toEqual({ ok: true, value }));

  test.each([
    '',
    'every',
    'every:',
    'every:0',
    'every:-1',
    'after:',
    'after:5',
    'after:0us',
    'every:2,every:3',
    'x:1',
    'every:2,',
  ])('“%s” is refused', (text) => expect(parseFlush(text).ok).toBe(false));

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(
        fc.option(fc.integer({ min: 2, max: 1e9 })),
        fc.option(fc.integer({ min: 1, max: 3.6e9 })),
        (every, us) => {
          const policy = { every, afterNs: us === null ? null : us * 1000 };
          expect(parseFlush(formatFlush(policy))).toEqual({ ok: true, value: policy });
        },
      ),
    );
  });
});

describe('rate', () => {
  test.each([
    ['max', { kind: 'max' }],
    ['10kpps', { kind: 'pps', pps: 10_000 }],
    ['1.5 Mpps', { kind: 'pps', pps: 1_500_000 }],
    ['1,000pps', { kind: 'pps', pps: 1000 }],
  ])('%s', (text, value) => expect(parseRate(text)).toEqual({ ok: true, value }));

  test.each(['', 'fast', '10', '0pps', '-1pps', 'NaNpps', '1e3pps', '9Gpps', '10 kbps'])(
    '“%s” is refused',
    (text) => expect(parseRate(text).ok).toBe(false),
  );

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (pps) => {
        expect(parseRate(formatRate({ kind: 'pps', pps }))).toEqual({
          ok: true,
          value: { kind: 'pps', pps },
        });
      }),
    );
  });
});

describe('stop after', () => {
  test.each([
    ['never', { after: { kind: 'never' }, until: null }],
    ['once', { after: { kind: 'once' }, until: null }],
    ['1,000 packets', { after: { kind: 'count', count: 1000 }, until: null }],
    ['1 packet', { after: { kind: 'count', count: 1 }, until: null }],
    ['10k', { after: { kind: 'count', count: 10_000 }, until: null }],
    ['10s', { after: { kind: 'duration', ns: 1e10 }, until: null }],
    ['2m', { after: { kind: 'duration', ns: 1.2e11 }, until: null }],
    ['first AGAIN', { after: { kind: 'never' }, until: 'again' }],
    ['never or first AGAIN', { after: { kind: 'never' }, until: 'again' }],
    ['once or the first inval', { after: { kind: 'once' }, until: 'inval' }],
    ['1500ms or first SUCCESS', { after: { kind: 'duration', ns: 1.5e9 }, until: 'success' }],
    ['10 packets  or  first again', { after: { kind: 'count', count: 10 }, until: 'again' }],
  ])('%s', (text, value) => {
    expect(parseStop(text)).toEqual({ ok: true, value });
    expect(parseStop(formatStop(value as never))).toEqual({ ok: true, value });
  });

  test.each([
    '',
    '0',
    '0 packets',
    '1.5 packets',
    '10h',
    'first',
    'first fish',
    '-3',
    '10 fish or first AGAIN',
    '10s or first fish',
    ' or first AGAIN',
    'NaN',
    '9007199254740992',
  ])('“%s” is refused with a sentence', (text) => {
    const result = parseStop(text);
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.sentence).toMatch(/\.$/);
  });
});
