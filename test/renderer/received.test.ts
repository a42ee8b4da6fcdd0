import { expect, test } from 'vitest';
import type { BackendDescriptor } from '../../app/backend/descriptor';
import { encode } from '../../app/packet/encode';
import { signaturePlace } from '../../app/packet/signature';
import { defaultSettings } from '../../app/run/settings';
import type { FramesReading } from '../../app/stats/received';
import { BACKENDS } from '../../main/backends/table';
import { latencyWords } from '../../renderer/store/histogram';
import { createReceived, framesText, headOf } from '../../renderer/store/received';
import { signatureLines } from '../../renderer/store/signaturePreflight';

const backend = (name: string): BackendDescriptor => {
  const found = BACKENDS.find((b) => b.name === name);
  if (!found) throw new Error(`no ${name}`);
  return found;
};

const reading = (run: number, from: number, count: number): FramesReading => ({
  run,
  total: from + count - 1,
  frames: Array.from({ length: count }, (_, i) => ({
    no: from + i,
    time: i,
    length: 60,
    hex: '00'.repeat(30),
  })),
});

test('a selected frame is kept when the list has gone on, and goes with its run', async () => {
  let next = reading(1, 1, 3);
  const received = createReceived({ frames: async () => next, histograms: async () => null });
  const look = async (now: FramesReading) => {
    next = now;
    received.refresh('A');
    await new Promise((done) => setTimeout(done));
  };
  await look(next);
  received.selectRow('A', 99);
  expect(received.store.getState().selected.A?.frame.no).toBe(3);
  await look(reading(1, 500, 3));
  expect(received.store.getState().selected.A?.frame.no).toBe(3);
  await look(reading(2, 1, 1));
  expect(received.store.getState().selected.A).toBeUndefined();
  received.keep(new Set());
  expect(received.store.getState().frames.A).toBeUndefined();
});

test('what was asked for before the view was frozen does not change it', async () => {
  const times = { stream: 0, latency: new Float64Array(), gap: new Float64Array() };
  let run = 1;
  const received = createReceived({
    frames: async () => reading(run, 1, 3),
    histograms: async () => ({ run, ...times }),
  });
  const look = async () => {
    received.refresh('A');
    received.refreshHistograms('A', 0);
    await new Promise((done) => setTimeout(done));
    const { frames, histograms } = received.store.getState();
    return [frames.A?.run, histograms.A?.run];
  };
  expect(await look()).toEqual([1, 1]);
  run = 2;
  const asked = look();
  received.hold(true);
  expect(await asked).toEqual([1, 1]);
  received.hold(false);
  expect(await look()).toEqual([2, 2]);
});

test('what is kept is said in words', () => {
  expect(framesText(undefined)).toBe('no frames yet');
  expect(framesText(reading(1, 1, 1))).toBe('1 frame');
  expect(framesText(reading(1, 1, 200))).toBe('200 frames');
  expect(framesText(reading(1, 1001, 256))).toBe('last 256 of 1,256 frames');
  expect(headOf({ no: 1, time: 0, length: 3, hex: '0a0b0c' })).toBe('0a 0b 0c');
});

test('a packet without room is named before the run, with one that has it', () => {
  const settings = { ...defaultSettings(), signature: true };
  const [line] = signatureLines(settings, backend('loopback'));
  expect(line?.level).toBe('stop');
  expect(line?.text).toContain('has 18 B of payload');
  const fixed = line?.fix ? encode(line.fix.packet).bytes : new Uint8Array();
  expect(fixed).toHaveLength(66);
  expect(signaturePlace(fixed)).toMatchObject({ ok: true, at: 42 });
  expect(signatureLines({ ...settings, signature: false }, backend('loopback'))).toEqual([]);
  expect(signatureLines(settings, backend('null')).at(-1)?.text).toContain('Nobody reads the signatures');
  const arp = {
    ...settings,
    hex: '02000000000202000000000108060001080006040001020000000001c6120001000000000000c6120002',
  };
  expect(signatureLines(arp, backend('loopback'))[0]).toEqual({
    level: 'stop',
    text: expect.stringContaining('no payload that a signature could end'),
  });
});

test.each([
  [1, '1 ns'],
  [1000, '1 µs'],
  [2050, '2.05 µs'],
  [2500, '2.50 µs'],
  [10_500, '10.5 µs'],
  [100_000, '100 µs'],
  [1_050_000, '1.05 ms'],
])('a latency on an axis and in its table: %d ns is %s', (ns, words) => expect(latencyWords(ns)).toBe(words));
