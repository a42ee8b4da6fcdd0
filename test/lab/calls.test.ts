import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import {
  CALLS_KEPT,
  type Call,
  type CallsReading,
  callAt,
  callCount,
  firstOf,
  histogramBars,
} from '../../app/stats/calls';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';

let lab: Lab;
let page: TestPage;
/** What the sampler's clock is ahead of the real one, in ms. */
let ahead = 0;

beforeEach(() => {
  ahead = 0;
  lab = new Lab(() => performance.now() + ahead);
  page = new TestPage(lab);
});
afterEach(async () => {
  page.close();
  await lab.close();
});

async function play(change: Partial<Settings>): Promise<void> {
  await page.request('instance.configure', { id: 'A', settings: { ...defaultSettings(), ...change } });
  await page.request('run.start', { id: 'A' });
}

async function read(first = 0, max = CALLS_KEPT): Promise<CallsReading> {
  const reading = await page.request('calls.read', { id: 'A', first, max });
  if (!reading) throw new Error('no run');
  return reading;
}

const all = (reading: CallsReading): Call[] =>
  Array.from({ length: callCount(reading.calls) }, (_, i) => callAt(reading, reading.calls, i));

describe('recent calls', () => {
  test('there are none before the first run', async () => {
    expect(await page.request('calls.read', { id: 'A', first: 0, max: 1 })).toBeNull();
    expect(await page.request('calls.histograms', { id: 'A' })).toBeNull();
  });

  test('an AGAIN storm: each call with its parts, cause and ring', async () => {
    await play({ options: { loopback: { ring: '64', drain: '2k' } }, stop: '2000 packets', rate: 'max' });
    await page.until('AGAIN', async () => firstOf(await read(), 'again') !== null);
    const live = await read();
    expect(live.total).toBeGreaterThan(0);
    for (const call of all(live)) {
      expect(call.offered).toBe(call.taken + call.refused + call.unexamined);
      expect(call.unexamined).toBe(0);
      expect(call.before).toBeLessThanOrEqual(64);
      expect(call.after).toBe((call.before ?? 0) + call.taken);
      expect(call.code === 'again').toBe(call.index !== null);
      if (call.code === 'again') expect(call.cause).toMatch(/^Ring full: all 64 slots/);
      else expect(call.cause).toBeNull();
    }
    const numbers = all(live).map((call) => call.number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(firstOf(live, 'again')).toMatchObject({ code: 'again', offered: 64, after: 64 });
    await page.request('run.stop', { id: 'A' });
  });

  test('INVAL: one refused, those behind it unexamined', async () => {
    await play({ options: { loopback: { mtu: '40' } }, stop: '10 packets', batch: '10' });
    await page.phase('A', 'done');
    const calls = all(await read());
    expect(calls[0]).toMatchObject({
      offered: 10,
      taken: 0,
      refused: 1,
      unexamined: 9,
      code: 'inval',
      index: 0,
    });
    expect(calls[0]?.cause).toMatch(/Frame of 60 B is over the limit of 54 B/);
    expect(calls.map((call) => call.offered)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  test('they are kept after the run, until the next one', async () => {
    await play({ stop: '20000 packets', rate: 'max', batch: '4', backend: 'null' });
    await page.phase('A', 'done');
    const reading = await read();
    expect(reading).toMatchObject({ run: 1, total: 5000 });
    const calls = all(reading);
    expect(calls).toHaveLength(CALLS_KEPT);
    expect(calls[0]?.number).toBe(5000 - CALLS_KEPT + 1);
    expect(calls[0]).toMatchObject({ before: null, after: null, offered: 4, taken: 4 });
    expect(firstOf(reading, 'success')).toMatchObject({ number: 1, seconds: 0 });
    expect(all(await read(4998, 2)).map((call) => call.number)).toEqual([4998, 4999]);
    expect(all(await read(5001, 2))).toEqual([]);
    expect(all(await read(0, 1)).map((call) => call.number)).toEqual([905]);
    await play({ stop: '8 packets', batch: '4', backend: 'null' });
    await page.phase('A', 'done');
    expect(await read()).toMatchObject({ run: 2, total: 2 });
  });

  test('histograms agree with the counters, live and after the end', async () => {
    await play({ stop: '1000 packets', rate: 'max', batch: '64' });
    await page.phase('A', 'done');
    const histograms = await page.request('calls.histograms', { id: 'A' });
    const batches = histogramBars(histograms?.batches ?? new Float64Array());
    expect(batches.reduce((sum, bar) => sum + bar.count * bar.lower, 0)).toBe(1000);
    expect(batches).toEqual([
      { lower: 40, upper: 40, count: 1 },
      { lower: 64, upper: 64, count: 15 },
    ]);
    const latency = histogramBars(histograms?.latency ?? new Float64Array());
    expect(latency.reduce((sum, bar) => sum + bar.count, 0)).toBe(16);
    const { max } = lab.live()[0]?.snapshot.sendCallNs ?? { max: -1 };
    expect(latency.at(-1)?.lower).toBeLessThanOrEqual(max);
    expect(latency.at(-1)?.upper).toBeGreaterThanOrEqual(max);
  });

  test('whatever is asked is answered or refused with a sentence', async () => {
    await play({ stop: '1000 packets', rate: 'max', batch: '1' });
    await page.phase('A', 'done');
    const number = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.constantFrom(-0, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, 4096, 4097),
    );
    const input = fc.oneof(
      fc.record({ id: fc.constantFrom('A', 'B', '__proto__', ''), first: number, max: number }),
      fc.anything({ withTypedArray: true, withNullPrototype: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('calls.read', 'calls.histograms'), input, async (name, given) => {
        try {
          const output = await page.raw(name, given);
          expect(output).not.toBeUndefined();
        } catch (error) {
          expect(error).toMatchObject({ sentence: expect.stringMatching(/\.$/) });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a stall of main', () => {
  const buckets = () => lab.get('A').history['30s'].buckets;

  test('is a gap and a journal line, and the run goes on', async () => {
    await play({ stop: 'never', rate: '10kpps' });
    await page.until('samples', () => buckets().length >= 3);
    const before = lab.live()[0]?.snapshot.taken ?? 0;
    ahead += 5000;
    await page.until('the stall', () => lab.get('A').history.stalls.length === 1);
    const [stall] = lab.get('A').history.stalls;
    expect(stall?.seconds).toBeGreaterThanOrEqual(5);
    expect(stall?.who).toBe('main');
    const lines = () => page.journal().filter((line) => /^Stall of 5\.\d s: main could not look/.test(line));
    await page.until('the journal line', () => lines().length === 1);
    await page.until('more', () => (lab.live()[0]?.snapshot.taken ?? 0) > before);
    const told = page.stats().at(-1)?.live[0]?.stalls;
    expect(told).toEqual(lab.get('A').history.stalls);
    // Nothing was sampled over the stall itself.
    for (const bucket of buckets()) expect(bucket.taken?.[0]).toBeGreaterThan(1000);
    await page.request('run.stop', { id: 'A' });
    const hello = await page.request('lab.hello', null);
    expect(hello.history.A?.stalls).toHaveLength(1);
  });

  test('does not outlive the run', async () => {
    await play({ stop: 'never', rate: '10kpps' });
    await page.until('a sample', () => buckets().length >= 1);
    ahead += 2000;
    await page.until('the stall', () => lab.get('A').history.stalls.length === 1);
    await page.request('run.stop', { id: 'A' });
    ahead += 60_000; // nothing is sampled between runs
    await play({ stop: '5000 packets', rate: '20kpps' });
    await page.phase('A', 'done');
    expect(lab.get('A').history.stalls).toEqual([]);
  });
});
