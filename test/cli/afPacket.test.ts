import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tool, tsharkBytes } from '../oracle';
import { isRoot, makeUser, type Person, self } from '../ordinaryUser';
import { HEX, packetLab, scratch } from './cli';
import { installFor, noLab, sentAs } from './labRun';

const dir = scratch();
const user = isRoot ? makeUser() : null;
afterAll(() => user?.remove());
beforeAll(() => installFor(dir));

const forbidden = await noLab();

const sent = (person: Person, ...args: string[]) => sentAs(person, dir, '--backend', 'af_packet', ...args);

const WAYS = [
  ['sendmmsg', 'off'],
  ['sendmmsg', 'on'],
  ['tx-ring', 'off'],
  ['tx-ring', 'on'],
] as const;

const people: readonly Person[] = user ? [self, user] : [self];

describe.skipIf(forbidden !== null)('af_packet in a lab', () => {
  describe.each(people)('as $name', (person) => {
    test.each(WAYS)(
      '%s, qdisc-bypass=%s: 100,000 frames are taken, completed and received',
      async (mode, bypass) => {
        const peer = join(dir, `${person.name.replaceAll(' ', '-')}-${mode}-${bypass}.pcapng`);
        const options = ['--opt', `mode=${mode}`, '--opt', `qdisc-bypass=${bypass}`];
        const all = { taken: 100_000, completed: 100_000, received: 100_000, offered: 100_000 };
        expect(
          await sent(person, '--lab', ...options, '--hex', HEX, '--count', '100k', '--peer-out', peer),
        ).toMatchObject({
          status: 0,
          stderr: '',
          ...all,
          refused: 0,
          inFlight: 0,
          lateErrors: 0,
          fault: null,
        });
        expect(await tool('capinfos', '-M', '-c', peer)).toMatch(/packets:\s+100000\b/);
        const udp = Buffer.from(HEX, 'hex').subarray(34).toString('hex');
        const other = await tool('tshark', '-r', peer, '-Y', `!(frame.len == 60 && frame[34:26] == ${udp})`);
        expect(other).toBe('');
      },
    );
  });

  test('a capture arrives frame for frame, VLAN tags included', async () => {
    const peer = join(dir, 'vlan.pcapng');
    const capture = join(process.cwd(), 'test/fixtures/captures/vlan.pcapng');
    const result = await sent(self, '--lab', '--pcap', capture, '--peer-out', peer);
    expect(result).toMatchObject({ status: 0, refused: 0 });
    expect(result.received).toBe(result.taken);
    expect(await tsharkBytes(peer)).toEqual(await tsharkBytes(capture));
  });

  test('a frame over the MTU of the lab is INVAL, the others go', async () => {
    const long = HEX.padEnd(2 * 115, '0');
    expect(await sent(self, '--lab', 'mtu=100', '--hex', long, '--count', '3')).toMatchObject({
      status: 0,
      taken: 0,
      refused: 3,
      received: 0,
      reasons: [
        { sentence: 'Frame of 115 B is over the limit of 114 B (MTU 100 + 14 B Ethernet header).', count: 3 },
      ],
    });
    expect(await sent(self, '--lab=pairs=2,mtu=101', '--hex', long, '--count', '3')).toMatchObject({
      received: 3,
    });
  });

  test('a ring of 10 slots that nobody kicks has no room for a batch of 16', async () => {
    const words = [
      '--opt',
      'mode=tx-ring',
      '--opt',
      'ring=10',
      '--batch',
      '16',
      '--flush',
      'never',
      '--until',
      'again',
    ];
    expect(await sent(self, '--lab', ...words, '--hex', HEX, '--count', '100')).toMatchObject({
      taken: 10,
      refused: 6,
      received: 10,
      stoppedBy: 'code',
      reasons: [
        {
          code: 'again',
          sentence: 'Transmit ring full: the kernel has not given back any of its 10 slots yet.',
        },
      ],
    });
  });

  test('a plan runs in a lab, too', async () => {
    const plan = join(dir, 'plan.json');
    const document = {
      version: 1,
      backend: { name: 'af_packet', options: { mode: 'tx-ring', ring: 64 } },
      streams: [{ hex: HEX }],
      stop: { count: 1000 },
    };
    writeFileSync(plan, JSON.stringify(document));
    const { status, stdout } = await packetLab('run', plan, '--lab', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ taken: 1000, completed: 1000, received: 1000 });
    const without = await packetLab('run', plan);
    expect(without).toMatchObject({ status: 2, stdout: '' });
    expect(without.stderr).toContain('add --lab');
  });
});

if (forbidden !== null) test('af_packet in a lab', (context) => context.skip(forbidden));

const SEND = ['send', '--hex', HEX, '--backend'] as const;
test.each([
  [[...SEND, 'af_packet'], 'af_packet sends on an interface of a private lab'],
  [[...SEND, 'null', '--lab'], '--lab makes an interface to send on, and null takes none'],
  [[...SEND, 'af_packet', '--lab', 'pairs=0'], '--lab pairs is a whole number from 1 to 16; “0” is not'],
  [[...SEND, 'af_packet', '--lab', 'mtu=67'], '--lab mtu is a whole number from 68 to 65,521'],
  [[...SEND, 'af_packet', '--lab', 'mtu=68,mtu=69'], '--lab mtu is given twice'],
  [[...SEND, 'af_packet', '--lab', 'pair=1'], '“pair=1” is not known'],
  [[...SEND, 'af_packet', '--lab', 'eth0'], "Unexpected argument 'eth0'"],
  [[...SEND, 'af_packet', '--lab', '--lab'], '--lab is given twice'],
  [[...SEND, 'af_packet', '--lab', '--opt', 'mode=raw'], 'mode is sendmmsg or tx-ring; “raw” is not'],
  [[...SEND, 'af_packet', '--lab', '--opt', 'qdisc-bypass=yes'], 'qdisc-bypass is off or on; “yes” is not'],
])('%j is a usage error of one sentence', async (words, part) => {
  const { status, stdout, stderr } = await packetLab(...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(part);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
