import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nativeAddon } from '../../main/native/addon';
import { packetLab, scratch, sendJson } from './cli';

const dir = scratch();

/** An Ethernet, IP and UDP frame as hex digits; only what the backend reads needs to be right. */
function frame(
  to: 4 | 6,
  port: number,
  payload: Uint8Array,
  change: { fragment?: boolean; udpLength?: number; dst?: number[] } = {},
) {
  const udp = Buffer.alloc(8 + payload.length);
  udp.writeUInt16BE(49152, 0);
  udp.writeUInt16BE(port, 2);
  udp.writeUInt16BE(change.udpLength ?? udp.length, 4);
  udp.set(payload, 8);
  const ip = Buffer.alloc(to === 4 ? 20 : 40);
  if (to === 4) {
    ip.writeUInt8(0x45, 0);
    ip.writeUInt16BE(20 + udp.length, 2);
    if (change.fragment) ip.writeUInt16BE(0x2000, 6);
    ip.writeUInt8(64, 8);
    ip.writeUInt8(17, 9);
    ip.set([198, 18, 0, 1], 12);
    ip.set(change.dst ?? [127, 0, 0, 1], 16);
  } else {
    ip.writeUInt8(0x60, 0);
    ip.writeUInt16BE(udp.length, 4);
    ip.writeUInt8(17, 6);
    ip.writeUInt8(64, 7);
    ip[39] = 1;
  }
  const eth = Buffer.from(`0200000000020200000000010${to === 4 ? '800' : '0'}`.padEnd(28, '0'), 'hex');
  eth.writeUInt16BE(to === 4 ? 0x0800 : 0x86dd, 12);
  return Buffer.concat([eth, ip, udp]);
}

/** A receiver on loopback that keeps what it hears. */
async function receiver(family: 4 | 6) {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', recvBufferSize: 4 << 20 });
  const heard: Buffer[] = [];
  socket.on('message', (message) => heard.push(message));
  socket.bind(0, family === 4 ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  return { socket, heard, port: socket.address().port };
}

async function arrived(heard: Buffer[], count: number) {
  for (let i = 0; i < 500 && heard.length < count; i++) await new Promise((go) => setTimeout(go, 10));
}

test.each([4, 6] as const)(
  'datagrams arrive over IPv%i with their payload, padding left out',
  async (family) => {
    const { socket, heard, port } = await receiver(family);
    const payload = Buffer.from('every byte of it \0\xff');
    const padded = Buffer.concat([frame(family, port, payload), Buffer.alloc(9, 0xee)]);
    const args = ['--backend', 'udp', '--hex', padded.toString('hex'), '--count', '500', '--rate', '5kpps'];
    const result = await sendJson(...args);
    await arrived(heard, 500);
    socket.close();
    expect(result).toMatchObject({
      status: 0,
      offered: 500,
      taken: 500,
      completed: 500,
      received: null,
      lateErrors: 0,
    });
    expect(heard).toHaveLength(500);
    expect(heard.every((message) => message.equals(payload))).toBe(true);
  },
);

test('an empty payload is an empty datagram', async () => {
  const { socket, heard, port } = await receiver(4);
  const result = await sendJson('--backend', 'udp', '--hex', frame(4, port, Buffer.alloc(0)).toString('hex'));
  await arrived(heard, 1);
  socket.close();
  expect(result).toMatchObject({ taken: 1, completed: 1 });
  expect(heard.map((message) => message.length)).toEqual([0]);
});

/** Late errors of one datagram to a closed port; only Linux tells of them. */
const LATE = nativeAddon().tables().lateErrors ? 1 : 0;

test('a closed port is a late error of the earlier datagram, which stays taken', async () => {
  const { socket, port } = await receiver(4);
  socket.close();
  await once(socket, 'close');
  const hex = frame(4, port, Buffer.from('nobody')).toString('hex');
  const one = await sendJson('--backend', 'udp', '--hex', hex);
  expect(one).toMatchObject({ status: 0, taken: 1, completed: 1, lateErrors: LATE, reasons: [] });
  const many = await sendJson('--backend', 'udp', '--hex', hex, '--count', '1000');
  expect(many).toMatchObject({
    status: 0,
    offered: 1000,
    taken: 1000,
    refused: 0,
    completed: 1000,
    lateErrors: 1000 * LATE,
  });
  // As one message they are refused, and told of, as one.
  const cut = await sendJson('--backend', 'udp', '--opt', 'gso=on', '--hex', hex, '--count', '1000');
  expect(cut).toMatchObject({ status: 0, taken: 1000, completed: 1000 });
  expect(cut.lateErrors).toBeLessThanOrEqual(1000 * LATE);
});

test.each(['on', 'off'])('gso=%s: datagrams of all sizes arrive as they were', async (gso) => {
  const { socket, heard, port } = await receiver(4);
  const payloads = Array.from({ length: 60 }, (_, i) => Buffer.alloc(i < 40 ? 18 : 18 + (i % 3) * 400, i));
  const plan = join(dir, `${gso}.json`);
  const streams = payloads.map((payload) => ({ hex: frame(4, port, payload).toString('hex') }));
  const backend = { name: 'udp', options: { gso } };
  writeFileSync(plan, JSON.stringify({ version: 1, backend, streams, batch: 100, stop: { count: 300 } }));
  const { status } = await packetLab('run', plan, '--json');
  expect(status).toBe(0);
  await arrived(heard, 300);
  const five = Array.from({ length: 5 }, () => payloads).flat();
  expect(heard.map((bytes) => bytes.toString('hex'))).toEqual(five.map((p) => p.toString('hex')));
  socket.close();
});

test.each([
  [
    'a destination that is not loopback',
    frame(4, 9, Buffer.from('x'), { dst: [198, 19, 0, 1] }),
    'not in 127.0.0.0/8',
  ],
  ['a fragment', frame(4, 9, Buffer.from('x'), { fragment: true }), 'fragment'],
  ['a udp.length over the packet', frame(4, 9, Buffer.from('x'), { udpLength: 99 }), 'udp.length'],
  ['a udp.length under 8', frame(4, 9, Buffer.from('x'), { udpLength: 7 }), 'udp.length'],
  ['a frame cut short', frame(4, 9, Buffer.from('x')).subarray(0, 30), 'reaches beyond the frame'],
  ['a frame of 13 B', Buffer.alloc(13), 'shorter than an Ethernet header'],
  ['no UDP at all', Buffer.alloc(60), 'not UDP'],
])('%s is INVAL', async (_what, bytes, words) => {
  const result = await sendJson('--backend', 'udp', '--hex', bytes.toString('hex'), '--count', '3');
  expect(result).toMatchObject({ status: 0, offered: 3, taken: 0, refused: 3, calls: { inval: 3 } });
  expect(result.reasons[0]?.sentence).toContain(words);
});

test('a VLAN tag is passed over', async () => {
  const { socket, heard, port } = await receiver(4);
  const plain = frame(4, port, Buffer.from('tagged'));
  const tagged = Buffer.concat([plain.subarray(0, 12), Buffer.from([0x81, 0, 0, 5]), plain.subarray(12)]);
  await sendJson('--backend', 'udp', '--hex', tagged.toString('hex'));
  await arrived(heard, 1);
  socket.close();
  expect(heard.map(String)).toEqual(['tagged']);
});

test('the broadcast address of 127.0.0.0/8 is one of its destinations', async () => {
  const { socket, port } = await receiver(4);
  const hex = frame(4, port, Buffer.from('all'), { dst: [127, 255, 255, 255] }).toString('hex');
  const result = await sendJson('--backend', 'udp', '--hex', hex);
  socket.close();
  expect(result).toMatchObject({ taken: 1, refused: 0, completed: 1 });
});

test('udp has no peer of its own', async () => {
  const { status } = await packetLab('send', '--backend', 'udp', '--hex', '00', '--peer-out', 'x.pcapng');
  expect(status).toBe(2);
});
