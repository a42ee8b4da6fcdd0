import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodeBytes } from '../../app/packet/encode';
import { hexOf } from '../../app/packet/value';
import { dissect } from '../packet/tshark';
import { CAPTURES, HEX, packetLab, scratch, sendJson } from './cli';

const dir = scratch();

function spec(payload: number) {
  const data = { proto: 'data', fields: { 'data.data': '62'.repeat(payload) } };
  return {
    layers: [{ proto: 'eth', fields: {} }, { proto: 'ipv6', fields: {} }, { proto: 'udp', fields: {} }, data],
  };
}

const SIGNABLE = hexOf(encodeBytes(spec(31)));

test('--json: what the far end read from the signatures, exactly', async () => {
  const result = await sendJson(
    ...['--backend', 'loopback', '--hex', SIGNABLE, '--count', '30000', '--signature'],
    ...['--fault', 'drop=0.01,duplicate=0.02,reorder=0.05', '--seed', '9'],
  );
  const { signature, received, taken } = result;
  expect(Object.keys(signature ?? {})).toEqual(['streams', 'unsigned', 'tooLate', 'ownLoss']);
  const [stream] = signature?.streams ?? [];
  expect(Object.keys(stream ?? {})).toEqual(
    'id received lost reordered duplicated latencyNs gapNs'.split(' '),
  );
  for (const times of [stream?.latencyNs, stream?.gapNs])
    expect(Object.keys(times ?? {})).toEqual(['p50', 'p99', 'p999', 'max']);
  expect(taken).toBe(30_000);
  expect((stream?.received ?? 0) + (stream?.lost ?? 0)).toBe(30_000);
  expect((stream?.received ?? 0) + (stream?.duplicated ?? 0)).toBe(received);
  expect(stream?.lost).toBeGreaterThan(150);
  expect(stream?.reordered).toBeGreaterThan(1000);
  expect(stream?.duplicated).toBeGreaterThan(350);
  expect(signature).toMatchObject({ unsigned: 0, tooLate: 0, ownLoss: 0 });
});

test('off by default and then no member of the result, and null where nobody receives', async () => {
  const off = await sendJson('--backend', 'loopback', '--hex', SIGNABLE);
  expect(off).not.toHaveProperty('signature');
  const nobody = await sendJson('--backend', 'null', '--hex', SIGNABLE, '--signature');
  expect(nobody.signature).toBeNull();
});

test('the report has a line for the counts, the latency and its clock, and the gaps', async () => {
  const { stdout } = await packetLab(
    ...['send', '--backend', 'loopback', '--hex', SIGNABLE, '--count', '100', '--signature'],
  );
  expect(stdout).toMatch(/stream 0 +received 100 {2}lost 0 {2}reordered 0 {2}duplicated 0\n/);
  expect(stdout).toMatch(/latency +p50 .* p99\.9 .* max .*\(one way, CLOCK_MONOTONIC of this host\)\n/);
  expect(stdout).toMatch(/gap +p50 /);
});

test('the report has what the fault stage did, which is what the far end found', async () => {
  const words = ['--hex', SIGNABLE, '--count', '30000', '--signature', '--seed', '9'];
  const { stdout } = await packetLab(
    ...['send', '--backend', 'loopback', ...words, '--fault', 'drop=0.01,duplicate=0.02,reorder=0.05'],
  );
  const [, dropped, duplicated, reordered] =
    /fault stage +dropped (\d+) {2}duplicated (\d+) {2}reordered (\S+)\n/.exec(stdout) ?? [];
  expect(dropped).toMatch(/^\d/);
  expect(stdout).toContain(`lost ${dropped}  reordered ${reordered}  duplicated ${duplicated}\n`);
  const idle = await packetLab('send', '--backend', 'loopback', '--hex', HEX, '--fault', 'drop=0');
  expect(idle.stdout).toMatch(/fault stage +did nothing\n/);
  expect((await packetLab('send', '--backend', 'loopback', '--hex', HEX)).stdout).not.toContain(
    'fault stage',
  );
});

test('a packet without room is refused before anything is sent', async () => {
  const short = await packetLab('send', '--backend', 'loopback', '--hex', HEX, '--signature');
  expect(short).toMatchObject({ status: 2, stdout: '' });
  expect(short.stderr).toBe(
    'packet-lab: --signature: The packet has 18 B of payload behind its last header, and the signature takes 24 B: make the payload longer, or turn the signature off.\n',
  );
  const file = join(dir, 'spec.json');
  writeFileSync(file, JSON.stringify([spec(24), spec(23)]));
  const second = await packetLab('send', '--backend', 'loopback', '--packet', file, '--signature');
  expect(second.status).toBe(2);
  expect(second.stderr).toContain('Packet 2 has 23 B of payload');
});

test('a plan says it with on and off', async () => {
  const plan = (signature: unknown, payload = 30) => {
    const file = join(dir, 'plan.json');
    const streams = [{ packet: spec(payload) }, { packet: spec(60) }];
    writeFileSync(file, JSON.stringify({ version: 1, backend: { name: 'loopback' }, streams, signature }));
    return packetLab('run', file, '--json');
  };
  const on = JSON.parse((await plan('on')).stdout);
  expect(
    on.signature.streams.map(({ id, received }: { id: number; received: number }) => [id, received]),
  ).toEqual([
    [0, 1],
    [1, 1],
  ]);
  expect(JSON.parse((await plan('off')).stdout)).not.toHaveProperty('signature');
  expect(await plan(true)).toMatchObject({ status: 2, stdout: '' });
  const short = await plan('on', 3);
  expect(short.status).toBe(2);
  expect(short.stderr).toContain('signature: The packet of stream 1 has 3 B of payload');
});

test('tshark finds every checksum of signed frames good', async () => {
  for (const name of ['http.pcap', 'ping6.pcapng', 'sizes.pcap', 'vlan.pcapng']) {
    const out = join(dir, `${name}.peer.pcapng`);
    const result = await sendJson(
      ...['--backend', 'loopback', '--pcap', join(CAPTURES, name), '--signature', '--peer-out', out],
    );
    const before = badSums(await dissect(join(CAPTURES, name)));
    const frames = await dissect(out);
    expect(frames).toHaveLength(result.received ?? -1);
    expect([name, badSums(frames)]).toEqual([name, before]);
  }
});

type Frames = Awaited<ReturnType<typeof dissect>>;

/** How many checksums of each kind are bad. */
function badSums(frames: Frames): Record<string, number> {
  const bad: Record<string, number> = {};
  for (const { fields } of frames)
    for (const [field, shown] of fields)
      if (field.endsWith('checksum.status') && shown.includes('0')) bad[field] = (bad[field] ?? 0) + 1;
  return bad;
}
