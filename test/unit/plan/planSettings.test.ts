import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBytes } from '../../../app/packet/encode';
import { TEMPLATES } from '../../../app/packet/templates';
import type { RunPlan } from '../../../app/run/plan';
import { parsePlan, planOfDocument, type WrittenPlan } from '../../../app/run/planDocument';
import { documentOf, settingsOf } from '../../../app/run/planSettings';
import { type Chosen, defaultSettings, NOTHING_CHOSEN, planOf } from '../../../app/run/settings';
import { BACKENDS } from '../../../main/backends/table';
import { chosenArbitrary, settingsArbitrary } from './arbitrary';

const same = (path: string) => path;
const resolve = (path: string) => (path.startsWith('/') ? path : `/plans/${path}`);

function must<T>(result: { ok: true; value: T } | { ok: false; sentence: string }): T {
  if (!result.ok) throw new Error(result.sentence);
  return result.value;
}

function written(settings = defaultSettings(), chosen: Chosen = NOTHING_CHOSEN, nameOf = same): WrittenPlan {
  const result = documentOf(settings, BACKENDS, chosen, nameOf);
  if (!result.ok) throw new Error(`${result.field}: ${result.sentence}`);
  return result.document;
}

const read = (document: unknown) => must(parsePlan(JSON.stringify(document)));
const extras = { peerOut: null, force: true };
const runOf = (document: unknown): RunPlan => must(planOfDocument(read(document), BACKENDS, resolve, extras));
const opened = (document: unknown, base = defaultSettings()) =>
  must(settingsOf(read(document), BACKENDS, resolve, base));

function runOfOpened(document: unknown, base = defaultSettings()): RunPlan {
  const { settings, ...rest } = opened(document, base);
  const planned = planOf(settings, BACKENDS, { ...NOTHING_CHOSEN, ...rest });
  if (!planned.ok) throw new Error(`${planned.field}: ${planned.sentence}`);
  return planned.plan;
}

describe('a draft as a document', () => {
  test('gives the same run as the draft, and opens as the same run', () => {
    fc.assert(
      fc.property(settingsArbitrary, chosenArbitrary, settingsArbitrary, (settings, chosen, base) => {
        const planned = planOf(settings, BACKENDS, chosen);
        expect(planned).toMatchObject({ ok: true });
        const document = written(settings, chosen);
        const plan = planned.ok ? planned.plan : null;
        expect(runOf(document)).toEqual(plan);
        // Whatever the instance held before, the opened plan is the plan.
        expect(runOfOpened(document, base)).toEqual(plan);
      }),
      { numRuns: 400 },
    );
  });

  test('opened and saved again is the same document', () => {
    fc.assert(
      fc.property(settingsArbitrary, chosenArbitrary, settingsArbitrary, (settings, chosen, base) => {
        const document = JSON.parse(JSON.stringify(written(settings, chosen)));
        const { settings: again, ...rest } = opened(document, base);
        expect(JSON.parse(JSON.stringify(written(again, { ...NOTHING_CHOSEN, ...rest })))).toEqual(document);
      }),
      { numRuns: 400 },
    );
  });

  test('is written for people: numbers as numbers, everything a run depends on by name', () => {
    const settings = { ...defaultSettings(), options: { loopback: { ring: '64', drain: '10k', mtu: ' ' } } };
    expect(written(settings)).toEqual({
      version: 1,
      backend: { name: 'loopback', options: { ring: 64, drain: '10k' } },
      streams: [{ packet: TEMPLATES[0].packet }],
      batch: 64,
      rate: '100kpps',
      stop: { duration: '10s' },
      flush: 'every-batch',
      again: 'retry',
      seed: 1,
    });
  });

  test('keeps bytes as bytes and layers as layers', () => {
    expect(written({ ...defaultSettings(), hex: '02 00 00' }).streams).toEqual([{ hex: '020000' }]);
    const spec = { streams: [{ packet: TEMPLATES[3]?.packet }], version: 1, backend: { name: 'null' } };
    expect(written(opened(spec).settings).streams).toEqual(spec.streams);
    const hex = Buffer.from(encodeBytes(TEMPLATES[0].packet)).toString('hex');
    const bytes = { ...spec, streams: [{ hex }] };
    expect(written(opened(bytes).settings).streams).toEqual(bytes.streams);
  });

  test.each([
    ['never', { never: true }],
    ['once', undefined],
    ['first AGAIN', { never: true, until: 'again' }],
    ['once or first inval', { until: 'inval' }],
    ['5 packets or first SUCCESS', { count: 5, until: 'success' }],
  ])('stop after %s', (stop, expected) => {
    const document = written({ ...defaultSettings(), stop });
    expect(document.stop).toEqual(expected);
    expect(runOf(document).stop).toEqual(runOfOpened(document).stop);
  });

  test('a draft that cannot run is refused as Run refuses it', () => {
    const say = (change: object) =>
      documentOf({ ...defaultSettings(), ...change }, BACKENDS, NOTHING_CHOSEN, same);
    expect(say({ rate: 'fast' })).toMatchObject({ ok: false, field: 'rate' });
    expect(say({ backend: 'pcapng' })).toMatchObject({ ok: false, field: 'options.file' });
    expect(say({ source: 'capture' })).toMatchObject({ ok: false, field: 'capture' });
  });

  test('paths go through the caller: relative to the plan file where it says so', () => {
    const settings = { ...defaultSettings(), source: 'capture' as const, teeOn: true };
    const chosen = { ...NOTHING_CHOSEN, capture: '/plans/in/a.pcap', tee: '/elsewhere/tee.pcapng' };
    const nameOf = (path: string) => path.replace(/^\/plans\//, '');
    const document = written(settings, chosen, nameOf);
    expect(document.streams).toEqual([{ capture: 'in/a.pcap' }]);
    expect(document.stages).toEqual([{ name: 'tee', options: { file: '/elsewhere/tee.pcapng' } }]);
    expect(opened(document)).toMatchObject({ capture: '/plans/in/a.pcap', tee: '/elsewhere/tee.pcapng' });
  });
});

describe('a document in an instance', () => {
  const base = { version: 1, backend: { name: 'loopback' } };
  const packet = TEMPLATES[1]?.packet;
  const other = TEMPLATES[2]?.packet;

  test('holds all streams: the first is edited, the rest is run and saved with it', () => {
    const document = {
      ...base,
      streams: [{ packet }, { hex: '0102' }, { capture: 'a.pcap' }, { packet: [other, packet] }],
    };
    const { more } = opened(document);
    expect(more.map(({ written: stream }) => stream)).toEqual([
      { hex: '0102' },
      { capture: '/plans/a.pcap' },
      { packet: [other, packet] },
    ]);
    expect(runOfOpened(document).streams).toEqual(runOf(document).streams);
    const { settings, ...rest } = opened(document);
    const again = written(settings, { ...NOTHING_CHOSEN, ...rest }, (path) => path.replace('/plans/', ''));
    expect(again.streams).toEqual(document.streams);
  });

  test('several packets in the first stream: the first of them is edited, the others follow', () => {
    const document = { ...base, streams: [{ packet: [packet, other, packet] }, { hex: '01' }] };
    const frames = (plan: RunPlan) =>
      plan.streams.flatMap((stream) => (stream.kind === 'frames' ? stream.frames : []));
    expect(frames(runOfOpened(document))).toEqual(frames(runOf(document)));
    expect(opened(document).more).toHaveLength(2);
  });

  test('what the window has no room for is refused, naming the command that runs it', () => {
    const many = { ...base, streams: [{ packet: [packet, other] }, ...Array(63).fill({ hex: '01' })] };
    const long = { ...base, streams: [{ hex: '00'.repeat(60_000) }] };
    for (const document of [many, long]) {
      runOf(document);
      const result = settingsOf(read(document), BACKENDS, resolve, defaultSettings());
      expect(result).toMatchObject({ ok: false, sentence: expect.stringContaining('packet-lab run') });
    }
  });

  test('what is wrong is named by its path, as the command names it', () => {
    const wrong: [object, string][] = [
      [{ ...base, streams: [{ hex: '0' }] }, 'streams[0].hex: '],
      [
        { ...base, streams: [{ hex: '00' }], stop: { count: 1, never: true } },
        'stop: count and never exclude',
      ],
      [
        { ...base, backend: { name: 'loopback', options: { ring: 0 } }, streams: [{ hex: '00' }] },
        'backend.options.ring',
      ],
      [
        { ...base, streams: [{ packet: { layers: [{ proto: 'eth', fields: { 'eth.x': 1 } }] } }] },
        'streams[0].packet.layers[0]',
      ],
    ];
    for (const [document, path] of wrong) {
      const result = settingsOf(read(document), BACKENDS, resolve, defaultSettings());
      expect(result).toMatchObject({ ok: false, sentence: expect.stringContaining(path) });
    }
  });

  test('keeps what the plan does not speak of', () => {
    const before = {
      ...defaultSettings(),
      options: { loopback: { ring: '8' }, udp: { sndbuf: '64k' } },
      fault: { drop: '0.5' },
      hex: '0a 0b',
    };
    const { settings } = opened({ ...base, streams: [{ capture: 'a.pcap' }] }, before);
    expect(settings).toMatchObject({
      options: { loopback: {}, udp: { sndbuf: '64k' } },
      source: 'capture',
      hex: '0a 0b',
      faultOn: false,
      fault: { drop: '0.5' },
    });
    expect(settings.options.loopback).toEqual({});
  });
});
