import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CAPTURES, HEX, packetLab, scratch, sendJson, start, written } from './cli';

const dir = scratch();

test('a packet goes once by default', async () => {
  const result = await sendJson('--backend', 'loopback', '--hex', HEX);
  expect(result).toMatchObject({
    backend: 'loopback',
    offered: 1,
    taken: 1,
    completed: 1,
    received: 1,
    bytes: 60,
    calls: { success: 1, inval: 0, again: 0 },
    flushes: 1,
    stoppedBy: 'end',
    fault: null,
    asked: null,
    reasons: [],
  });
});

test('--json prints exactly the documented members', async () => {
  const { status, stderr, ...result } = await sendJson('--backend', 'null', '--hex', HEX);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(Object.keys(result)).toEqual(
    (
      'backend offered taken refused unexamined pending retried completed received inFlight notWritten notCaptured ' +
      'truncated lateErrors bytes calls flushes seconds pps asked sendCallNs stoppedBy fault reasons'
    ).split(' '),
  );
  expect(Object.keys(result.sendCallNs)).toEqual(['p50', 'p99', 'p999', 'max']);
  expect(result.received).toBeNull();
});

test.each([
  ['1', 1000],
  ['64', 16],
  ['1000', 1],
])('batch %s makes %i calls of 1000 packets', async (batch, calls) => {
  const result = await sendJson('--backend', 'null', '--hex', HEX, '--count', '1000', '--batch', batch);
  expect(result).toMatchObject({ offered: 1000, taken: 1000, calls: { success: calls }, stoppedBy: 'count' });
});

test.each([
  ['every-batch', 16],
  ['every:256', 3],
  ['every:1', 16],
  ['never', 0],
])('flush policy %s flushes %i times in 16 calls of 64', async (flush, flushes) => {
  const result = await sendJson('--backend', 'loopback', '--hex', HEX, '--count', '1000', '--flush', flush);
  // Whatever was held back is published when the run closes.
  expect(result).toMatchObject({ flushes, taken: 1000, completed: 1000, received: 1000, inFlight: 0 });
});

test('a timer flush is a call of no packets', async () => {
  const result = await sendJson(
    ...[
      '--backend',
      'loopback',
      '--hex',
      HEX,
      '--count',
      '20',
      '--batch',
      '1',
      '--rate',
      '200pps',
      '--flush',
      'after:1000us',
    ],
  );
  // A send that comes late enough carries the flush itself; on a busy machine some do.
  const alone = result.calls.success - 20;
  expect(alone).toBeGreaterThan(0);
  expect(result.flushes).toBeGreaterThanOrEqual(alone);
  expect(result.flushes).toBeGreaterThan(10);
  expect(result.flushes).toBeLessThanOrEqual(20);
  expect(result.received).toBe(20);
});

test('a paced run sends what it was asked for', async () => {
  const result = await sendJson('--backend', 'null', '--hex', HEX, '--count', '2000', '--rate', '10kpps');
  expect(result.asked).toEqual({ value: 10_000, unit: 'pps' });
  expect(result.taken).toBe(2000);
  // 2000 packets at 10 kpps never take less than their last due time allows.
  expect(result.seconds).toBeGreaterThan(0.19);
});

test('AGAIN with retry: everything arrives, retried packets are counted', async () => {
  const result = await sendJson(
    ...['--backend', 'loopback', '--opt', 'ring=64', '--opt', 'drain=10k', '--hex', HEX, '--count', '1000'],
  );
  expect(result).toMatchObject({
    status: 0,
    offered: 1000,
    taken: 1000,
    refused: 0,
    received: 1000,
    pending: 0,
  });
  expect(result.calls.again).toBeGreaterThan(0);
  expect(result.retried).toBeGreaterThan(0);
  expect(result.reasons).toHaveLength(1);
  expect(result.reasons[0]).toMatchObject({ code: 'again', count: result.calls.again });
  expect(result.reasons[0]?.sentence).toContain('all 64 slots');
});

test('AGAIN with drop: the rest of the batch is refused for good', async () => {
  const result = await sendJson(
    ...[
      '--backend',
      'loopback',
      '--opt',
      'ring=100',
      '--opt',
      'drain=0',
      '--hex',
      HEX,
      '--count',
      '1000',
      '--again',
      'drop',
    ],
  );
  expect(result).toMatchObject({
    status: 0,
    offered: 1000,
    taken: 100,
    refused: 900,
    retried: 0,
    inFlight: 100,
  });
  expect(result).toMatchObject({ received: 0, completed: 0, calls: { success: 1, again: 15, inval: 0 } });
});

test('AGAIN with stop: the run ends there', async () => {
  const result = await sendJson(
    ...[
      '--backend',
      'loopback',
      '--opt',
      'ring=100',
      '--opt',
      'drain=0',
      '--hex',
      HEX,
      '--count',
      '1000',
      '--again',
      'stop',
    ],
  );
  expect(result).toMatchObject({
    status: 0,
    offered: 128,
    taken: 100,
    refused: 28,
    stoppedBy: 'again',
    fault: null,
  });
});

test('INVAL blames each packet and the run goes on', async () => {
  const long = HEX + '00'.repeat(100);
  const result = await sendJson('--backend', 'loopback', '--opt', 'mtu=100', '--hex', long, '--count', '10');
  expect(result).toMatchObject({
    status: 0,
    offered: 10,
    taken: 0,
    refused: 10,
    unexamined: 0,
    calls: { inval: 10 },
  });
  expect(result.reasons).toEqual([
    {
      code: 'inval',
      count: 10,
      firstOrdinal: 0,
      sentence: expect.stringContaining('160 B is over the limit of 114 B'),
    },
  ]);
});

test('--until inval leaves the packets behind it unexamined', async () => {
  const result = await sendJson(
    ...[
      '--backend',
      'loopback',
      '--opt',
      'mtu=100',
      '--pcap',
      join(CAPTURES, 'sizes.pcap'),
      '--until',
      'inval',
    ],
  );
  expect(result).toMatchObject({
    offered: 8,
    taken: 5,
    refused: 1,
    unexamined: 2,
    stoppedBy: 'code',
    status: 0,
  });
  expect(result.offered).toBe(result.taken + result.refused + result.unexamined);
});

test('--until again and --until success end at the first', async () => {
  const ring = [
    '--backend',
    'loopback',
    '--opt',
    'ring=8',
    '--opt',
    'drain=0',
    '--hex',
    HEX,
    '--count',
    '100',
  ];
  const again = await sendJson(...ring, '--until', 'again');
  expect(again).toMatchObject({ offered: 64, taken: 8, refused: 56, stoppedBy: 'code', calls: { again: 1 } });
  const success = await sendJson(
    '--backend',
    'null',
    '--hex',
    HEX,
    '--count',
    '100',
    '--batch',
    '10',
    '--until',
    'success',
  );
  expect(success).toMatchObject({ offered: 10, taken: 10, stoppedBy: 'code' });
});

test('the model of the loopback repeats with its seed', async () => {
  const model = ['--opt', 'loss=0.1', '--opt', 'duplicate=0.05', '--opt', 'reorder=0.02', '--count', '5000'];
  const run = (seed: string) => sendJson('--backend', 'loopback', ...model, '--hex', HEX, '--seed', seed);
  const [a, b, c] = await Promise.all([run('7'), run('7'), run('8')]);
  expect(a.received).toBe(b.received);
  expect(a.received).not.toBe(c.received);
  expect(a).toMatchObject({ taken: 5000, completed: 5000 });
  expect(a.received).toBeGreaterThan(4300);
  expect(a.received).toBeLessThan(5200);
});

test('Ctrl-C ends a run with its summary and exit 0', async () => {
  const tee = join(dir, 'tee.pcapng');
  const on = ['--backend', 'null', '--hex', HEX, '--rate', '100kpps', '--duration', '60s', '--tee', tee];
  const child = start('send', '--json', ...on);
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const exit = new Promise<number | null>((done) => child.on('exit', done));
  // Once the run is surely on: one that has not started would simply die.
  await written(child, tee, 100_000);
  child.kill('SIGINT');
  expect(await exit).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ stoppedBy: 'user', pending: 0, fault: null });
  expect(result.taken).toBeGreaterThan(1000);
  expect(result.offered).toBe(result.taken);
});

test('people get a summary, machines get JSON', async () => {
  const { status, stdout, stderr } = await packetLab('send', '--backend', 'null', '--hex', HEX);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('offered');
  expect(stdout).toContain('p99.9');
});

test('backends are listed for people and machines', async () => {
  const { stdout } = await packetLab('backends', '--json');
  const { backends } = JSON.parse(stdout);
  expect(backends.map((b: { name: string }) => b.name)).toEqual([
    'null',
    'loopback',
    'pcapng',
    'udp',
    ...(process.platform === 'linux' ? ['af_packet', 'af_xdp', 'tap'] : []),
  ]);
  const text = await packetLab('backends');
  expect(text.stdout).toContain('ring=1024');
  expect(text.stdout).toContain('limit=1G');
});
