import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { callAt, callCell, callCount, firstOf, histogramBars } from '../../app/stats/calls';
import { type NativeRunConfig, nativeAddon } from '../../main/native/addon';

/** The addon may be called directly, so every improper use must be detected. In the order a user meets the calls. */

const addon = nativeAddon();
const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const config: NativeRunConfig = {
  batch: 64,
  rate: { kind: 0, value: 0, burst: 0, gapNs: 0 },
  count: 1000,
  durationNs: 0,
  once: false,
  until: null,
  flushEvery: 1,
  flushAfterNs: 0,
  again: 0,
  stallNs: 1e9,
  signature: false,
};
const frame = new Uint8Array(60);
const streams = [{ capture: null, frames: [frame] }];

/** Functions without arguments; `turnLoop` would wait inside the test's own loop. */
const TAKE_NOTHING: readonly (keyof typeof addon)[] = ['tables', 'turnLoop'];

/** Calls with whatever arguments; the types are what is being tested against. */
function call(name: keyof typeof addon, ...args: unknown[]): unknown {
  return (addon[name] as (...args: unknown[]) => unknown)(...args);
}

const open = (name = 'null', options: [string, number | string | null][] = []) =>
  addon.openBackend({ name, options, force: false }, null, null, null);

test('01 arguments that are missing', () => {
  for (const name of Object.keys(addon) as (keyof typeof addon)[]) {
    if (TAKE_NOTHING.includes(name)) continue;
    expect(() => call(name), name).toThrow(TypeError);
  }
});

test('02 backends that cannot be opened', async () => {
  await expect(open('warp')).rejects.toThrow('no backend');
  await expect(open('loopback', [['rings', 1]])).rejects.toThrow('no option');
  await expect(open('loopback', [['ring', 0]])).rejects.toThrow('1 to 65536');
  await expect(open('loopback', [['ring', 1.5]])).rejects.toThrow('whole number');
  await expect(open('loopback', [['ring', null]])).rejects.toThrow('ring');
  await expect(open('loopback', [['ring', '64']])).rejects.toThrow('ring');
  await expect(open('pcapng')).rejects.toThrow('needs option file');
  await expect(open('pcapng', [['file', join(dir, 'no', 'x')]])).rejects.toMatchObject({
    step: 'open',
    errno: 2,
  });
  expect(() => open('null', [['x', Number.NaN]])).toThrow(TypeError);
  expect(() => call('openBackend', { name: 'nu\0ll', options: [], force: false }, null, null, null)).toThrow(
    'NUL',
  );
  expect(() =>
    call('openBackend', { name: 'null', options: [['a']], force: false }, null, null, null),
  ).toThrow('pair');
  expect(() => call('openBackend', { name: 'null', options: [], force: 1 }, null, null, null)).toThrow(
    'true or false',
  );
  expect(() =>
    call('openBackend', { name: 'x'.repeat(5000), options: [], force: true }, null, null, null),
  ).toThrow('4096');
});

test('03 handles that are none', () => {
  for (const junk of [null, undefined, 7, 'x', {}, [], () => {}, Object.create(null)]) {
    expect(() => call('closeBackend', junk)).toThrow('handle');
    expect(() => call('readRun', junk)).toThrow('handle');
    expect(() => call('stopRun', junk)).toThrow('handle');
  }
});

test('04 a backend is closed once, and not under a run', async () => {
  const backend = await open();
  const run = await addon.startRun(backend, streams, { ...config, count: 0 }, () => {});
  expect(() => call('closeBackend', backend)).toThrow('run');
  expect(() => call('closeBackend', run)).toThrow('handle');
  await expect(async () => addon.startRun(backend, streams, config, () => {})).rejects.toThrow('already');
  await addon.endRun(run);
  expect(() => addon.readRun(run)).toThrow('over');
  expect(() => call('endRun', run)).toThrow('over');
  await addon.closeBackend(backend);
  expect(() => call('closeBackend', backend)).toThrow('closed');
  await expect(async () => addon.startRun(backend, streams, config, () => {})).rejects.toThrow('closed');
});

test('05 plans that are none', async () => {
  const backend = await open();
  const bad: Record<string, unknown>[] = [
    { batch: 0 },
    { batch: 4097 },
    { batch: 1.5 },
    { batch: Number.NaN },
    { batch: '64' },
    { rate: { kind: 1, value: 0, burst: 0, gapNs: 0 } },
    { rate: { kind: 6, value: 1, burst: 0, gapNs: 0 } },
    { rate: { kind: 4, value: 1, burst: 0, gapNs: 5 } },
    { rate: null },
    { count: -1 },
    { count: 2 ** 53 },
    { count: -0.5 },
    { again: 3 },
    { until: 1 },
    { once: 1 },
    { stallNs: Infinity },
  ];
  for (const change of bad) {
    expect(
      () => call('startRun', backend, streams, { ...config, ...change }, () => {}),
      JSON.stringify(change),
    ).toThrow(TypeError);
  }
  for (const packets of [
    null,
    {},
    { capture: null, frames: [] },
    { capture: null, frames: [[1, 2]] },
    { capture: null, frames: 7 },
  ]) {
    expect(() => call('startRun', backend, packets, config, () => {})).toThrow(TypeError);
  }
  expect(() => call('startRun', backend, streams, config, 'later')).toThrow('function');
  await addon.closeBackend(backend);
});

test('06 a detached buffer is an empty frame, not a crash', async () => {
  const backend = await open('loopback');
  const gone = new Uint8Array(60);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const ended = new Promise<void>((done) => {
    addon
      .startRun(backend, [{ capture: null, frames: [gone] }], { ...config, count: 10 }, done)
      .then(async (run) => {
        await ended;
        expect(addon.readRun(run).counters).toMatchObject({ offered: 10, taken: 10, received: 0 });
        await addon.endRun(run);
        await addon.closeBackend(backend);
      });
  });
  await ended;
});

test('07 frames are copied: what happens to them later does not matter', async () => {
  const file = join(dir, 'copied.pcapng');
  const backend = await open('pcapng', [['file', file]]);
  const mine = new Uint8Array(60).fill(7);
  let done = () => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  const starting = addon.startRun(
    backend,
    [{ capture: null, frames: [mine] }],
    { ...config, count: 5 },
    done,
  );
  mine.fill(9);
  const run = await starting;
  await ended;
  await addon.endRun(run);
  await addon.closeBackend(backend);
  const scan = await addon.scanCapture(file, 10);
  expect(scan).toMatchObject({ frames: 5, sendable: 5, problem: '' });
});

test('08 calls are numbered, recent ones can be read', async () => {
  const backend = await open('loopback', [
    ['ring', 8],
    ['drain', 0],
  ]);
  let done = () => {};
  const ended = new Promise<void>((resolve) => {
    done = resolve;
  });
  const run = await addon.startRun(backend, streams, { ...config, batch: 4, count: 40, again: 1 }, done);
  await ended;
  const reading = addon.readCalls(run, 0, 4096);
  const calls = Array.from({ length: callCount(reading.calls) }, (_, i) => callAt(reading, reading.calls, i));
  expect(reading.total).toBe(10);
  expect(calls.map((c) => c.number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(calls.map((c) => c.code)).toEqual(['success', 'success', ...Array(8).fill('again')]);
  expect(calls.slice(0, 3)).toMatchObject([
    { offered: 4, taken: 4, index: null, before: 0, after: 4, flush: true, cause: null, seconds: 0 },
    { offered: 4, taken: 4, before: 4, after: 8 },
    { offered: 4, taken: 0, refused: 4, index: 0, before: 8, after: 8 },
  ]);
  expect(calls[2]?.cause).toMatch(/^Ring full: all 8 slots/);
  expect(reading.sentences).toHaveLength(1);
  expect(callCount(reading.firsts)).toBe(2);
  expect(firstOf({ run: 1, ...reading }, 'again')?.number).toBe(3);
  expect(firstOf({ run: 1, ...reading }, 'inval')).toBeNull();
  const ninth = addon.readCalls(run, 9, 1);
  expect(callCell(ninth.calls, 0, 'number')).toBe(9);
  expect(callCount(ninth.calls)).toBe(1);
  expect(() => addon.readCalls(run, -1, 1)).toThrow(TypeError);
  expect(() => addon.readCalls(run, 0, 4097)).toThrow(TypeError);
  const { latency, batches } = addon.readHistograms(run);
  expect(histogramBars(batches)).toEqual([{ lower: 4, upper: 4, count: 10 }]);
  expect(histogramBars(latency).reduce((n, bar) => n + bar.count, 0)).toBe(10);
  await addon.endRun(run);
  await addon.closeBackend(backend);
});

test('09 whatever is thrown at it, it answers with a TypeError or a rejection', async () => {
  const names = (Object.keys(addon) as (keyof typeof addon)[]).filter((name) => !TAKE_NOTHING.includes(name));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...names),
      fc.array(fc.anything({ withBigInt: true, withTypedArray: true }), { maxLength: 5 }),
      async (name, args) => {
        try {
          await call(name, ...args);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('10 a worker that ends in the middle of a run leaves nothing behind', async () => {
  const code = `
    const { workerData, parentPort } = require('node:worker_threads');
    const holder = { exports: {} };
    process.dlopen(holder, workerData.path);
    const addon = holder.exports;
    addon.openBackend({ name: 'loopback', options: [], force: false }, null, null, null)
      .then((b) => addon.startRun(b, [{ capture: null, frames: [new Uint8Array(60)] }], workerData.config, () => {}))
      .then(() => parentPort.postMessage('running'));`;
  const path = resolve('dist/native/packet_lab.node');
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(code, { eval: true, workerData: { path, config: { ...config, count: 0 } } });
    await new Promise((running) => worker.once('message', running));
    expect(await worker.terminate()).toBe(1);
  }
});

test('11 a getter that closes what the call is about is noticed', async () => {
  const backend = await open();
  let closing: unknown;
  const sly = {
    ...config,
    get stallNs() {
      closing ??= addon.closeBackend(backend);
      return 1e9;
    },
  };
  expect(() => call('startRun', backend, streams, sly, () => {})).toThrow('closed');
  await closing;

  const other = await open();
  const run = await addon.startRun(other, streams, { ...config, count: 0 }, () => {});
  let ending: unknown;
  const tune = {
    ...config,
    get flushAfterNs() {
      ending ??= addon.endRun(run);
      return 0;
    },
  };
  expect(() => call('tuneRun', run, tune)).toThrow('over');
  await ending;
  await addon.closeBackend(other);
});
