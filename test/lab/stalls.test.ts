import { expect, test } from 'vitest';
import { StallWatch, stallSentence } from '../../main/lab/stalls';

/** A watch on a clock that the test moves; readings count run time from the clock's start. */
function watch() {
  let ms = 0;
  let count = 0;
  const stalls = new StallWatch(() => ms);
  stalls.start();
  return {
    pass: (by: number) => {
      ms += by;
    },
    away: () => {
      count += 1;
    },
    look: (seconds = ms / 1000, running = true) =>
      stalls.look({
        tNs: seconds * 1e9,
        seconds,
        running,
        away: { count, ns: count * 5e9, lastNs: count > 0 ? 5e9 : 0, lastAt: 0 },
      }),
  };
}

test('ticks that are late by a load are no stall', () => {
  const w = watch();
  for (const by of [100, 100, 400, 900, 999]) {
    w.pass(by);
    expect(w.look()).toEqual({ quiet: false, stall: null });
  }
});

test('a thread that is heard later than main: both', () => {
  const w = watch();
  w.pass(100);
  w.look();
  w.pass(5000);
  expect(w.look(0.15)).toEqual({ quiet: true, stall: null });
  w.pass(10);
  expect(w.look(0.15)).toEqual({ quiet: true, stall: null });
  w.pass(20);
  w.away();
  expect(w.look(5.13)).toEqual({ quiet: true, stall: { from: 0.1, to: 5.13, seconds: 5, who: 'both' } });
  w.pass(100);
  expect(w.look(5.23)).toEqual({ quiet: false, stall: null });
});

test('a thread that is never heard to have been away: main alone', () => {
  const w = watch();
  w.pass(100);
  w.look();
  w.pass(3000);
  expect(w.look().stall).toBeNull();
  w.pass(100);
  expect(w.look()).toMatchObject({ quiet: true, stall: { seconds: 3, who: 'main' } });
});

test('a run that ended meanwhile is not waited for', () => {
  const w = watch();
  w.pass(4000);
  expect(w.look(4, false)).toMatchObject({ stall: { from: 0, to: 4, seconds: 4, who: 'main' } });
});

test('a thread that was away while main looked on', () => {
  const w = watch();
  w.pass(100);
  w.look();
  w.pass(100);
  w.away();
  expect(w.look(5.2)).toEqual({ quiet: true, stall: { from: 0.1, to: 5.2, seconds: 5, who: 'thread' } });
});

test('each has its sentence', () => {
  const stall = { from: 1, to: 6, seconds: 5.02 };
  const sentences = (['main', 'thread', 'both'] as const).map((who) => stallSentence({ ...stall, who }));
  expect(new Set(sentences).size).toBe(3);
  for (const sentence of sentences) expect(sentence).toMatch(/^Stall of 5\.0 s: .* gap there; /);
});
