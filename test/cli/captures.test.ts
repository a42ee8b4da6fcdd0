import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tool, tsharkBytes } from '../oracle';
import { CAPTURES, packetLab, scratch, sendJson } from './cli';

/**
 * Every frame goes capture → loopback → peer and capture → pcapng backend unchanged in bytes and
 * order; tshark judges, not our own reader.
 */

const dir = scratch();

const WHOLE = [
  'http.pcap',
  'http-be.pcap',
  'ping6.pcapng',
  'ping6-be.pcapng',
  'nano.pcap',
  'nano-be.pcap',
  'vlan.pcapng',
  'snapped.pcap',
  'spb.pcapng',
  'obsolete-pb.pcapng',
  'two-sections.pcapng',
  'tsresol.pcapng',
  'comments.pcapng',
  'unknown-blocks.pcapng',
  'fcs-length.pcap',
  'backward-time.pcap',
  'sizes.pcap',
];

test.each(WHOLE)('%s comes out byte for byte at the peer and in a file', async (name) => {
  const capture = join(CAPTURES, name);
  const expected = await tsharkBytes(capture);
  expect(expected.length).toBeGreaterThan(0);

  const peer = join(dir, `${name}.peer.pcapng`);
  const looped = await sendJson(
    '--backend',
    'loopback',
    '--pcap',
    capture,
    '--peer-out',
    peer,
    '--batch',
    '7',
  );
  expect(looped).toMatchObject({
    status: 0,
    stoppedBy: 'end',
    offered: expected.length,
    taken: expected.length,
    received: expected.length,
  });
  expect(await tsharkBytes(peer)).toEqual(expected);

  const file = join(dir, `${name}.file.pcapng`);
  const written = await sendJson('--backend', 'pcapng', '--opt', `file=${file}`, '--pcap', capture);
  expect(written).toMatchObject({
    status: 0,
    taken: expected.length,
    completed: expected.length,
    notWritten: 0,
  });
  expect(await tsharkBytes(file)).toEqual(expected);
});

test('capinfos agrees about the file we write', async () => {
  const file = join(dir, 'capinfos.pcapng');
  await sendJson('--backend', 'pcapng', '--opt', `file=${file}`, '--pcap', join(CAPTURES, 'http.pcap'));
  const said = await tool('capinfos', '-M', file);
  expect(said).toMatch(/Number of packets:\s+86\b/);
  expect(said).toMatch(/File encapsulation:\s+ether\b/);
  expect(said).toMatch(/Strict time order:\s+True/);
});

test('a capture repeats as needed, in order', async () => {
  const capture = join(CAPTURES, 'nano.pcap');
  const once = await tsharkBytes(capture);
  const file = join(dir, 'repeat.pcapng');
  const result = await sendJson(
    '--backend',
    'pcapng',
    '--opt',
    `file=${file}`,
    '--pcap',
    capture,
    '--count',
    '50',
  );
  expect(result).toMatchObject({ offered: 50, taken: 50, stoppedBy: 'count', calls: { success: 1 } });
  expect(await tsharkBytes(file)).toEqual([...once, ...once, ...once].slice(0, 50));
});

test('frames over 4096 B are refused and counted, the rest is sent', async () => {
  const capture = join(CAPTURES, 'jumbo.pcap');
  const file = join(dir, 'jumbo.pcapng');
  const result = await sendJson('--backend', 'pcapng', '--opt', `file=${file}`, '--pcap', capture);
  expect(result).toMatchObject({ status: 0, offered: 7, taken: 4, refused: 3, unexamined: 0, completed: 4 });
  expect(result.reasons).toEqual([
    { code: 'inval', count: 3, firstOrdinal: 2, sentence: expect.stringContaining('4097 B is over 4096 B') },
  ]);
  const expected = (await tsharkBytes(capture)).filter((hex) => hex.length <= 2 * 4096);
  expect(await tsharkBytes(file)).toEqual(expected);
});

test('frames cut by the snap length are sent as captured and counted', async () => {
  const result = await sendJson('--backend', 'null', '--pcap', join(CAPTURES, 'snapped.pcap'));
  expect(result).toMatchObject({ offered: 36, taken: 36, truncated: 36, bytes: 36 * 40 });
});

test('an empty frame counts as sent and is no packet of the far end', async () => {
  const result = await sendJson('--backend', 'loopback', '--pcap', join(CAPTURES, 'zero-frame.pcap'));
  expect(result).toMatchObject({ offered: 3, taken: 3, completed: 3, received: 2, inFlight: 0 });
});

test('frames of another link type are refused by name, Ethernet ones are sent', async () => {
  const result = await sendJson('--backend', 'loopback', '--pcap', join(CAPTURES, 'mixed-interfaces.pcapng'));
  expect(result).toMatchObject({ status: 0, offered: 32, taken: 22, refused: 10, received: 22 });
  expect(result.reasons[0]?.sentence).toContain('Linux cooked v1');
});

test.each([
  ['truncated-record.pcap', 214],
  ['truncated-frame.pcap', 214],
  ['insane-length.pcap', 214],
  ['truncated-block.pcapng', 272],
  ['bad-length.pcapng', 272],
  ['odd-length.pcapng', 272],
  ['unknown-iface.pcapng', 272],
  ['frame-over-block.pcapng', 272],
])('%s: what comes before the damage at %i is sent, exit 2', async (name, offset) => {
  const peer = join(dir, `${name}.damaged.pcapng`);
  const result = await sendJson('--backend', 'loopback', '--pcap', join(CAPTURES, name), '--peer-out', peer);
  expect(result).toMatchObject({ status: 2, offered: 2, taken: 2, received: 2, stoppedBy: 'fault' });
  expect(result.fault?.step).toBe('read capture');
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).toContain(`byte offset ${offset} `);
  expect(result.stderr).toContain('2 frames before it are kept');
  expect((await tsharkBytes(peer)).length).toBe(2);
});

test.each([
  ['zero.pcap', 'is empty'],
  ['empty.pcap', 'holds no packets'],
  ['empty.pcapng', 'holds no packets'],
  ['truncated-header.pcap', 'byte offset 0'],
  ['truncated-section.pcapng', 'byte offset 0'],
  ['version.pcap', 'version 9'],
  ['byte-order.pcapng', 'byte-order mark'],
  ['no-interface.pcapng', 'byte offset 28'],
  ['compressed.pcap.gz', 'gzip'],
  ['modified.pcap', 'Kuznetzov'],
  ['text.txt', 'neither pcap nor pcapng'],
  ['cooked.pcap', 'Linux cooked v1'],
  ['cooked2.pcap', 'Linux cooked v2'],
  ['unknown-link.pcap', 'user 0'],
  ['no-such-file.pcap', 'No such file'],
])('%s: one sentence, exit 2, nothing on stdout, the output untouched', async (name, words) => {
  const file = join(dir, 'never-made.pcapng');
  const { status, stdout, stderr } = await packetLab(
    ...['send', '--backend', 'pcapng', '--opt', `file=${file}`, '--pcap', join(CAPTURES, name), '--json'],
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  await expect(tool('test', '-e', file)).rejects.toThrow();
});
