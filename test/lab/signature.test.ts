import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decode } from '../../app/packet/decode';
import { encode, encodeBytes } from '../../app/packet/encode';
import { parseHexBytes } from '../../app/packet/value';
import type { RunPlan } from '../../app/run/plan';
import { type FaultSpec, NO_FAULT } from '../../app/stage/fault';
import type { Received } from '../../app/stats/received';
import { openCaptureFile } from '../../main/lab/captureFile';
import { type LabRun, startRun } from '../../main/lab/run';
import { runPlan } from '../plans';

const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A UDP packet with so many bytes of payload. */
function packet(payload: number): Uint8Array {
  const text = { proto: 'data', fields: { 'data.data': '61'.repeat(payload) } };
  return encodeBytes({
    layers: [{ proto: 'eth', fields: {} }, { proto: 'ip', fields: {} }, { proto: 'udp', fields: {} }, text],
  });
}

const plain = runPlan({
  streams: [{ kind: 'frames', frames: [packet(40)] }],
  stop: { after: { kind: 'count', count: 20_000 }, until: null },
  signature: true,
  force: true,
});

async function play(change: Partial<RunPlan>): Promise<LabRun> {
  const run = await startRun({ ...plain, ...change });
  await run.done;
  return run;
}

const signatureOf = (run: LabRun): Received => {
  const { signature } = run.snapshot();
  if (signature === null) throw new Error('nobody read signatures');
  return signature;
};

async function framesIn(path: string): Promise<Uint8Array[]> {
  const reader = await openCaptureFile(path);
  const frames: Uint8Array[] = [];
  for await (const { packet: found } of reader.blocks()) if (found) frames.push(Uint8Array.from(found.bytes));
  await reader.close();
  return frames;
}

test('what arrives is known to the packet; times have as many values as there were', async () => {
  const run = await play({});
  const { streams, unsigned, tooLate, ownLoss } = signatureOf(run);
  expect({ unsigned, tooLate, ownLoss }).toEqual({ unsigned: 0, tooLate: 0, ownLoss: 0 });
  expect(streams).toHaveLength(1);
  expect(streams[0]).toMatchObject({ id: 0, received: 20_000, lost: 0, reordered: 0, duplicated: 0 });
  expect(streams[0]?.latencyNs.n).toBe(20_000);
  expect(streams[0]?.gapNs.n).toBe(19_999);
  const { latencyNs } = streams[0] ?? { latencyNs: null };
  expect(latencyNs && latencyNs.p50 <= latencyNs.p99 && latencyNs.p999 <= latencyNs.max).toBe(true);
});

test.each([1, 7, 4_294_967_295])(
  'loss, order and copies are what the fault stage says it did, seed %d',
  async (seed) => {
    const fault: FaultSpec = { ...NO_FAULT, drop: 0.003, reorder: 0.01, duplicate: 0.005, seed };
    const run = await play({ fault, stop: { after: { kind: 'count', count: 50_000 }, until: null } });
    const last = run.snapshot();
    const hop = last.hops.fault;
    const [stream] = signatureOf(run).streams;
    expect(hop?.dropped).toBeGreaterThan(50);
    expect(stream).toMatchObject({
      received: 50_000 - (hop?.dropped ?? 0),
      lost: hop?.dropped,
      reordered: hop?.reordered,
      duplicated: (hop?.duplicated ?? 0) - (hop?.lostDuplicates ?? 0),
    });
    expect(last.received).toBe((stream?.received ?? 0) + (stream?.duplicated ?? 0));
  },
);

test('each stream of a plan counts by itself', async () => {
  const streams: RunPlan['streams'] = [
    { kind: 'frames', frames: [packet(24), packet(99)] },
    { kind: 'frames', frames: [packet(61)] },
    { kind: 'frames', frames: [packet(24)] },
  ];
  const run = await play({ streams, stop: { after: { kind: 'count', count: 10_001 }, until: null } });
  expect(signatureOf(run).streams.map(({ id, received, lost }) => [id, received, lost])).toEqual([
    [0, 5001, 0],
    [1, 2500, 0],
    [2, 2500, 0],
  ]);
  expect(run.received.histograms(1).latency.length).toBeGreaterThan(0);
  expect(run.received.histograms(3).latency.length).toBe(0);
});

test('frames stay whole and valid: the far end’s capture says which packet each is', async () => {
  const peerOut = join(dir, 'signed.pcapng');
  await play({ peerOut, stop: { after: { kind: 'count', count: 300 }, until: null } });
  const frames = await framesIn(peerOut);
  expect(frames).toHaveLength(300);
  let before = 0;
  for (const [i, bytes] of frames.entries()) {
    const spec = decode(bytes);
    const view = encode(spec);
    expect(view.problems).toEqual([]);
    expect(view.bytes).toEqual(bytes);
    expect(spec.layers.map(({ proto }) => proto)).toEqual(['eth', 'ip', 'udp', 'data', 'signature']);
    const fields = spec.layers.at(-1)?.fields ?? {};
    expect(fields).toMatchObject({
      'signature.stream': 0,
      'signature.seq': i,
      'signature.magic': 0x504c5347,
    });
    const time = Number(fields['signature.time']);
    expect(time).toBeGreaterThanOrEqual(before);
    before = time;
  }
});

test('a retry keeps its number, and a refusal leaves no gap', async () => {
  const fault: FaultSpec = { ...NO_FAULT, againEvery: 5, invalEvery: 11 };
  const run = await play({ fault, backend: { name: 'loopback', options: { ring: 32, drain: 1e6 } } });
  const last = run.snapshot();
  expect(last.retried).toBeGreaterThan(0);
  expect(last.refused).toBe(Math.floor(20_000 / 11));
  expect(signatureOf(run).streams[0]).toMatchObject({
    received: last.taken,
    lost: 0,
    reordered: 0,
    duplicated: 0,
  });
});

test.each(['http.pcap', 'snapped.pcap', 'sizes.pcap', 'ping6.pcapng'])(
  'frames of %s without room go unsigned and are counted',
  async (name) => {
    const capture = join('test', 'fixtures', 'captures', name);
    const run = await play({
      streams: [{ kind: 'capture', path: capture }],
      stop: { after: { kind: 'once' }, until: null },
      peerOut: join(dir, `${name}.peer`),
    });
    const last = run.snapshot();
    const { streams, unsigned } = signatureOf(run);
    expect((streams[0]?.received ?? 0) + unsigned).toBe(last.received);
    const frames = await framesIn(join(dir, `${name}.peer`));
    const signed = frames.filter((bytes) => decode(bytes).layers.at(-1)?.proto === 'signature');
    expect(signed.length).toBe(streams[0]?.received ?? 0);
  },
);

test('the last frames that arrived can be read, also after the end', async () => {
  const run = await play({ streams: [{ kind: 'frames', frames: [packet(400)] }] });
  const { total, frames } = run.received.frames();
  expect(total).toBe(20_000);
  expect(frames).toHaveLength(256);
  expect(frames.map(({ no }) => no)).toEqual(Array.from({ length: 256 }, (_, i) => 20_000 - 255 + i));
  expect(frames.at(-1)).toMatchObject({ length: 442 });
  // All but the signature and the checksum is the packet; the signature lies behind what is kept.
  const kept = parseHexBytes(frames.at(-1)?.hex ?? '');
  kept?.set(packet(400).subarray(40, 42), 40);
  expect(kept).toEqual(packet(400).subarray(0, 256));
});

describe('without the setting', () => {
  test('nothing is signed, and the last frames are kept as they came', async () => {
    const run = await play({ signature: false, peerOut: join(dir, 'off.pcapng') });
    expect(run.snapshot().signature).toBeNull();
    const { total, frames } = run.received.frames();
    expect({ total, kept: frames.length }).toEqual({ total: run.snapshot().received, kept: 256 });
    const last = { no: total, length: packet(40).length, hex: Buffer.from(packet(40)).toString('hex') };
    expect(frames.at(-1)).toMatchObject(last);
    expect((await framesIn(join(dir, 'off.pcapng')))[0]).toEqual(packet(40));
  });

  test('a backend without a far end has no report; its frames are signed', async () => {
    const file = join(dir, 'written.pcapng');
    const run = await play({
      backend: { name: 'pcapng', options: { file } },
      stop: { after: { kind: 'count', count: 10 }, until: null },
    });
    expect(run.snapshot().signature).toBeNull();
    const last = decode((await framesIn(file)).at(-1) ?? new Uint8Array()).layers.at(-1);
    expect(last?.fields).toMatchObject({ 'signature.seq': 9 });
  });
});

test('an instance that is attached reads what the other one signs, over several runs of it', async () => {
  const nameOf = (id: string) => `signature-test.${id}`;
  const receiver = await startRun(
    {
      ...plain,
      backend: { name: 'loopback', options: { attach: 'A' } },
      rate: { kind: 'pps', pps: 10 },
      stop: { after: { kind: 'never' }, until: null },
    },
    { wire: { id: 'B', nameOf } },
  );
  for (let i = 0; i < 2; i++) {
    const sender = await startRun(plain, { wire: { id: 'A', nameOf } });
    await sender.done;
    expect(signatureOf(sender).streams).toEqual([]);
  }
  while ((receiver.snapshot().received ?? 0) < 40_000) await new Promise((done) => setTimeout(done, 5));
  receiver.stop();
  await receiver.done;
  expect(signatureOf(receiver).streams[0]).toMatchObject({
    received: 40_000,
    lost: 0,
    reordered: 0,
    duplicated: 0,
  });
});
