import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TEMPLATES } from '../../app/packet/templates';
import { parsePlan, planJsonSchema, planOfDocument } from '../../app/run/planDocument';
import type { RunResult } from '../../app/run/result';
import { BACKENDS } from '../../main/backends/table';
import { tsharkBytes } from '../oracle';
import { CAPTURES, HEX, packetLab, scratch } from './cli';

const dir = scratch();
mkdirSync(join(dir, 'plans'));

const base = { version: 1, backend: { name: 'loopback' }, streams: [{ hex: HEX }] };
let written = 0;

function plan(value: unknown): string {
  const path = join(dir, 'plans', `plan${++written}.json`);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

async function run(value: unknown, ...args: string[]): Promise<RunResult & { status: number | null }> {
  const { status, stdout, stderr } = await packetLab('run', plan(value), '--json', ...args);
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as RunResult), status };
}

describe('packet-lab run', () => {
  it('runs the smallest plan: each packet once', async () => {
    expect(await run(base)).toMatchObject({
      status: 0,
      backend: 'loopback',
      offered: 1,
      received: 1,
      stoppedBy: 'end',
    });
  });

  it('sends several streams one after the other, and again from the first', async () => {
    const packet = TEMPLATES[8]?.packet;
    const streams = [{ hex: HEX }, { packet: [packet, packet] }, { capture: join(CAPTURES, 'nano.pcap') }];
    const out = join(dir, 'streams.pcapng');
    const frames = await tsharkBytes(join(CAPTURES, 'nano.pcap'));
    const pass = 3 + frames.length;
    const result = await run({ ...base, streams, stop: { count: pass + 2 } }, '--peer-out', out);
    expect(result).toMatchObject({ offered: pass + 2, received: pass + 2, stoppedBy: 'count' });
    const sent = await tsharkBytes(out);
    expect(sent[0]).toBe(HEX);
    expect(sent[1]).toBe(sent[2]);
    expect(sent.slice(3, pass)).toEqual(frames);
    expect(sent.slice(pass)).toEqual([HEX, sent[1]]);
  });

  it('takes what the command line takes', async () => {
    const full = {
      ...base,
      backend: { name: 'loopback', options: { ring: 64, drain: 'max', loss: 0.5 } },
      stages: [
        { name: 'fault', options: { drop: 0.25, seed: 3 } },
        { name: 'tee', options: { file: 'tee.pcapng' } },
      ],
      batch: 8,
      rate: '1Mpps',
      stop: { count: '2k' },
      flush: 'every:16',
      again: 'drop',
      seed: 9,
    };
    const result = await run(full);
    expect(result).toMatchObject({ status: 0, offered: 2000, asked: { value: 1_000_000, unit: 'pps' } });
    const direct = await packetLab(
      ...[
        'send',
        '--json',
        '--backend',
        'loopback',
        '--opt',
        'ring=64',
        '--opt',
        'loss=0.5',
        '--hex',
        HEX,
        '--seed',
        '9',
      ],
      ...[
        '--fault',
        'drop=0.25,seed=3',
        '--tee',
        join(dir, 'other.pcapng'),
        '--batch',
        '8',
        '--rate',
        '1Mpps',
      ],
      ...['--count', '2k', '--flush', 'every:16', '--again', 'drop'],
    );
    expect(result.received).toBe((JSON.parse(direct.stdout) as RunResult).received);
    expect((await tsharkBytes(join(dir, 'plans', 'tee.pcapng'))).length).toBe(
      (await tsharkBytes(join(dir, 'other.pcapng'))).length,
    );
  });

  it('goes on without an end of its own until the first code', async () => {
    const endless = { ...base, stop: { never: true, until: 'success' } };
    expect(await run(endless)).toMatchObject({ status: 0, stoppedBy: 'code' });
  });

  it('reads paths relative to the plan, and a plan from standard input', async () => {
    writeFileSync(join(dir, 'plans', 'frames.json'), '');
    const out = await run({
      version: 1,
      backend: { name: 'pcapng', options: { file: 'here.pcapng' } },
      streams: [{ hex: HEX }],
    });
    expect(out).toMatchObject({ taken: 1 });
    expect(await tsharkBytes(join(dir, 'plans', 'here.pcapng'))).toEqual([HEX]);
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{"version":', 'The plan is not JSON'],
    ['no version', {}, 'version: '],
    ['another version', { ...base, version: 2 }, 'the file says 2'],
    ['an unknown key', { ...base, colour: 'red' }, ': colour: “colour” is not known here'],
    [
      'a key twice in a stream',
      { ...base, streams: [{ hex: HEX, capture: 'x' }] },
      'streams[0]: a stream is exactly one of packet, hex and capture',
    ],
    ['a stream of nothing', { ...base, streams: [{}] }, 'streams[0]: a stream is exactly one of'],
    [
      'a stream with more',
      { ...base, streams: [{ hex: HEX, text: 1 }] },
      'streams[0].text: “text” is not known here',
    ],
    ['hex that is no text', { ...base, streams: [{ hex: 5 }] }, 'streams[0].hex: it has to be a string'],
    [
      'a batch that is no number',
      `{"version":1,"backend":{"name":"null"},"streams":[{"hex":"00"}],"batch":1e400}`,
      'batch: it is a number',
    ],
    [
      'a prototype key in options',
      `{"version":1,"backend":{"name":"null","options":{"__proto__":1}},"streams":[{"hex":"00"}]}`,
      'backend.options.__proto__: “__proto__” is not known here',
    ],
    [
      'an unknown key inside',
      { ...base, backend: { name: 'null', speed: 1 } },
      'backend.speed: “speed” is not known here',
    ],
    ['a prototype key', `{"version":1,"backend":{"name":"null"},"streams":[{"hex":"00"}],"__proto__":1}`, ''],
    ['an unknown backend', { ...base, backend: { name: 'nic' } }, 'backend.name: there is no backend “nic”'],
    [
      'an unknown option',
      { ...base, backend: { name: 'loopback', options: { rings: 3 } } },
      'backend.options.rings: loopback has no option “rings”',
    ],
    [
      'a wrong option',
      { ...base, backend: { name: 'loopback', options: { ring: -3 } } },
      'backend.options.ring: ',
    ],
    ['no streams', { ...base, streams: [] }, 'streams: '],
    ['an unknown stream', { ...base, streams: [{ hex: HEX }, { file: 'x' }] }, 'streams[1]'],
    ['wrong hex', { ...base, streams: [{ hex: 'xx' }] }, 'streams[0].hex: '],
    [
      'a wrong packet',
      {
        ...base,
        streams: [{ packet: { layers: [{ proto: 'eth' }, { proto: 'ip', fields: { 'ip.ttl': 999 } }] } }],
      },
      'streams[0].packet.layers[1].fields.ip.ttl: ',
    ],
    [
      'a wrong packet of several',
      { ...base, streams: [{ packet: [{ layers: [{ proto: 'nope' }] }] }] },
      'streams[0].packet[0].layers[0].proto: ',
    ],
    ['a wrong batch', { ...base, batch: 0 }, 'batch: '],
    ['a wrong rate', { ...base, rate: 'fast' }, 'rate: '],
    ['capture timing without a capture', { ...base, rate: 'capture' }, 'rate: capture needs the times'],
    [
      'two ends',
      { ...base, stop: { count: 3, duration: '1s' } },
      'stop: count and duration exclude each other',
    ],
    [
      'an end and none',
      { ...base, stop: { duration: '1s', never: true } },
      'stop: duration and never exclude each other',
    ],
    ['a wrong code', { ...base, stop: { until: 'never' } }, 'stop.until: '],
    ['a wrong flush', { ...base, flush: 'often' }, 'flush: '],
    ['a wrong policy', { ...base, again: 'maybe' }, 'again: '],
    ['a wrong seed', { ...base, seed: -1 }, 'seed: '],
    [
      'stages in the wrong order',
      { ...base, stages: [{ name: 'tee', options: { file: 'a' } }, { name: 'fault' }] },
      'stages[1]: the fault stage comes before the tee',
    ],
    ['a wrong fault', { ...base, stages: [{ name: 'fault', options: { drop: 2 } }] }, 'stages[0].options: '],
    [
      'an instance alone that is to be attached',
      { ...base, backend: { name: 'loopback', options: { attach: 'B' } } },
      'backend.options.attach: attach joins instances of the window',
    ],
    ['a tee without a file', { ...base, stages: [{ name: 'tee' }] }, 'stages[0].options.file: '],
  ])('%s is refused with its path', async (_, value, sentence) => {
    const { status, stdout, stderr } = await packetLab('run', plan(value), '--json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^packet-lab: [^\n]+\n$/);
    expect(stderr).toContain(sentence);
  });

  it('prints the schema of plans', async () => {
    const { stdout } = await packetLab('run', '--schema');
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(planJsonSchema())));
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['version', 'backend', 'streams']),
    });
  });
});

describe('any document', () => {
  const anything = fc.anything({ withNullPrototype: true, withBigInt: false, maxDepth: 3 });
  const value = fc.oneof(
    anything,
    fc.constantFrom(base.backend, base.streams, 1, '10kpps', { count: 5 }, 2 ** 53, -0, Number.NaN),
  );
  const document = fc.dictionary(
    fc.constantFrom(
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
      'x',
    ),
    value,
  );

  it('is a plan or a sentence', () => {
    fc.assert(
      fc.property(document, fc.boolean(), (changes, whole) => {
        const text = JSON.stringify(whole ? { ...base, ...changes } : changes);
        const read = parsePlan(text);
        const result = read.ok
          ? planOfDocument(read.value, BACKENDS, (path) => path, { peerOut: null, force: false })
          : read;
        if (!result.ok) expect(result.sentence).toMatch(/^[^\n]+[.:]?$/);
      }),
      { numRuns: 3000 },
    );
  });
});
