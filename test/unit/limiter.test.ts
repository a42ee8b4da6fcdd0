import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITERS, limiterBetween } from '../../app/stats/limiter';

const none = { pacedNs: 0, fullNs: 0, sinkNs: 0, againNs: 0, fullLost: 0, sinkLost: 0 };
const reading = (seconds: number, offered: number, holdups: Partial<typeof none> = {}) => ({
  tNs: 5e12 + seconds * 1e9,
  seconds,
  offered,
  role: 'both' as const,
  holdups: { ...none, ...holdups },
});

describe('the limiter', () => {
  test.each([
    ['CPU', {}],
    ['CPU', { fullNs: 0.3e9, sinkNs: 0.3e9 }],
    ['ring full', { fullNs: 0.6e9 }],
    ['sink', { sinkNs: 0.6e9 }],
    ['sink', { sinkNs: 0.45e9, fullNs: 0.4e9 }],
    ['pacing', { pacedNs: 0.06e9, sinkNs: 0.9e9 }],
    ['pacing', { pacedNs: 0.5e9, sinkNs: 0.4e9, againNs: 0.4e9 }],
    ['sink', { pacedNs: 0.07e9, sinkNs: 0.9e9, againNs: 0.9e9 }],
    ['ring full', { pacedNs: 0.4e9, fullNs: 0.5e9, againNs: 0.5e9 }],
    ['CPU', { pacedNs: 0.04e9 }],
    ['ring full', { pacedNs: 0.9e9, fullLost: 20 }],
    ['sink', { pacedNs: 0.9e9, sinkLost: 30, fullLost: 20 }],
    ['pacing', { pacedNs: 0.9e9, sinkLost: 5 }],
  ])('is %s with %j of a second', (is, holdups) => {
    expect(limiterBetween(null, reading(1, 1000, holdups))).toBe(is);
    const before = reading(7, 5000, { pacedNs: 3e9, fullNs: 2e9, sinkNs: 2e9, sinkLost: 400 });
    const grown = Object.fromEntries(
      Object.entries(before.holdups).map(([key, value]) => [
        key,
        value + ((holdups as Record<string, number>)[key] ?? 0),
      ]),
    );
    expect(limiterBetween(before, reading(8, 6000, grown))).toBe(is);
  });

  test('is unknown while no time has passed', () => {
    expect(limiterBetween(null, reading(0, 1))).toBeNull();
    expect(limiterBetween(reading(1, 1), reading(1, 1))).toBeNull();
  });

  test('is always one of the four', () => {
    const ns = fc.double({ min: 0, max: 2e9, noNaN: true });
    const packets = fc.nat(2000);
    fc.assert(
      fc.property(
        fc.record({ pacedNs: ns, fullNs: ns, sinkNs: ns, againNs: ns, fullLost: packets, sinkLost: packets }),
        (holdups) => LIMITERS.includes(limiterBetween(null, reading(1, 1000, holdups)) ?? ('' as never)),
      ),
    );
  });
});
