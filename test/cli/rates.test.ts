import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CAPTURES, HEX, packetLab, sendJson } from './cli';

const base = ['--backend', 'null', '--hex', HEX];

test.each([
  ['1Mbps:l1', { value: 1e6, unit: 'bps:l1' }, 84],
  ['1Mbps:l2', { value: 1e6, unit: 'bps:l2' }, 64],
])('%s: bytes are counted with what the wire adds', async (rate, asked, bytes) => {
  const result = await sendJson(...base, '--rate', rate, '--count', '300');
  expect(result.asked).toEqual(asked);
  // The last of 300 packets is due 299 gaps after the first; batches wait at most a millisecond.
  expect(result.seconds).toBeGreaterThan((299 * bytes * 8) / 1e6 - 0.003);
});

test('bursts come whole, batch by batch', async () => {
  const result = await sendJson(...base, '--rate', 'burst:32@20000us', '--count', '160', '--batch', '64');
  expect(result).toMatchObject({ offered: 160, calls: { success: 5 }, asked: { value: 1600, unit: 'pps' } });
  expect(result.seconds).toBeGreaterThan(0.079);
});

test('capture timing takes as long as the capture, and repeats after its mean gap', async () => {
  const args = ['--backend', 'null', '--pcap', join(CAPTURES, 'http.pcap'), '--rate', 'capture'];
  const once = await sendJson(...args);
  expect(once).toMatchObject({ offered: 86, asked: null, stoppedBy: 'end' });
  const many = await sendJson(...args, '--count', '860');
  expect(many.seconds).toBeGreaterThan(9 * 0.015189);
});

test('capture timing without a capture, and rates that are none', async () => {
  for (const rate of [
    'capture',
    '10Mbps',
    '10Mbps:l3',
    'burst:0@10us',
    'burst:5',
    'burst:5@0us',
    '0bps:l1',
  ]) {
    const { status, stdout, stderr } = await packetLab('send', ...base, '--rate', rate);
    expect({ rate, status, stdout }).toEqual({ rate, status: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
});
