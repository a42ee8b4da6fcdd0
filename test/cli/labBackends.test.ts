import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tool, tsharkBytes } from '../oracle';
import { isRoot, makeUser, type Person, self } from '../ordinaryUser';
import { HEX, packetLab, scratch } from './cli';
import { installFor, noLab, sentAs, withTun } from './labRun';

const dir = scratch();
const user = isRoot ? makeUser() : null;
afterAll(() => user?.remove());
beforeAll(() => installFor(dir));

const forbidden = await noLab();
const people: readonly Person[] = user ? [self, user] : [self];

/** Why there can be no TAP device for somebody, or null. */
async function noTap(person: Person): Promise<string | null> {
  try {
    await sentAs(person, dir, '--backend', 'tap', '--lab', '--hex', HEX);
    return null;
  } catch (error) {
    const text = String(error);
    if (text.includes('No TAP device')) return text;
    throw error;
  }
}

describe.skipIf(forbidden !== null)('in a lab', () => {
  describe.each(people)('as $name', (person) => {
    test.for([
      ['af_xdp', []],
      ['af_xdp', ['--opt', 'ring=10', '--batch', '64']],
      ['af_xdp', ['--opt', 'ring=2048', '--batch', '500', '--flush', 'never']],
      ['tap', []],
    ] as const)(
      '%s %j: 50,000 frames are taken, completed and received',
      async ([backend, more], context) => {
        const who = backend === 'tap' ? withTun(person, dir) : person;
        const why = backend === 'tap' ? await noTap(who) : null;
        if (why !== null) return context.skip(why);
        const peer = join(dir, `${person.name.replaceAll(' ', '-')}-${backend}-${more.length}.pcapng`);
        const words = ['--backend', backend, '--lab', ...more, '--hex', HEX, '--count', '50k'];
        expect(await sentAs(who, dir, ...words, '--peer-out', peer, '--force')).toMatchObject({
          status: 0,
          stderr: '',
          offered: 50_000,
          taken: 50_000,
          completed: 50_000,
          received: 50_000,
          refused: 0,
          inFlight: 0,
          lateErrors: 0,
          fault: null,
        });
        expect(await tool('capinfos', '-M', '-c', peer)).toMatch(/packets:\s+50000\b/);
        const udp = Buffer.from(HEX, 'hex').subarray(34).toString('hex');
        const other = await tool('tshark', '-r', peer, '-Y', `!(frame.len == 60 && frame[34:26] == ${udp})`);
        expect(other).toBe('');
      },
    );
  });

  test.for(['af_xdp', 'tap'])(
    '%s: a capture arrives frame for frame, VLAN tags included',
    async (backend, context) => {
      const why = backend === 'tap' ? await noTap(self) : null;
      if (why !== null) return context.skip(why);
      const peer = join(dir, `${backend}-vlan.pcapng`);
      const capture = join(process.cwd(), 'test/fixtures/captures/vlan.pcapng');
      const result = await sentAs(
        self,
        dir,
        '--backend',
        backend,
        '--lab',
        '--pcap',
        capture,
        '--peer-out',
        peer,
      );
      expect(result).toMatchObject({ status: 0, refused: 0 });
      expect(result.received).toBe(result.taken);
      expect(await tsharkBytes(peer)).toEqual(await tsharkBytes(capture));
    },
  );

  test.for(['af_xdp', 'tap'])('%s: a frame over the MTU of the lab is INVAL', async (backend, context) => {
    const why = backend === 'tap' ? await noTap(self) : null;
    if (why !== null) return context.skip(why);
    const words = ['--backend', backend, '--hex', HEX.padEnd(2 * 115, '0'), '--count', '3'];
    expect(await sentAs(self, dir, ...words, '--lab', 'mtu=100')).toMatchObject({
      taken: 0,
      refused: 3,
      received: 0,
      reasons: [
        { sentence: 'Frame of 115 B is over the limit of 114 B (MTU 100 + 14 B Ethernet header).', count: 3 },
      ],
    });
    expect(await sentAs(self, dir, ...words, '--lab=mtu=101')).toMatchObject({ received: 3 });
  });

  test.each(['auto', 'on', 'off'])(
    'udp, gso=%s: goes to the address of the peer, and to no other',
    async (gso) => {
      const words = ['--backend', 'udp', '--lab', '--opt', `gso=${gso}`, '--count', '50k', '--hex'];
      const toPeer = HEX.replace('c6130001', 'c6120002');
      const peer = join(dir, `udp-${gso}.pcapng`);
      expect(await sentAs(self, dir, ...words, toPeer, '--peer-out', peer)).toMatchObject({
        status: 0,
        taken: 50_000,
        completed: 50_000,
        received: 50_000,
        refused: 0,
      });
      // Messages of many datagrams are cut into the frames that were asked for, as a device would.
      expect(await tool('capinfos', '-M', '-c', peer)).toMatch(/packets:\s+50000\b/);
      const payload = Buffer.from(HEX, 'hex').subarray(42).toString('hex');
      const good = `ip.checksum.status == 1 && udp.checksum.status == 1 && udp.length == 26 && ip.len == 46 && udp.dstport == 9`;
      const sums = ['-o', 'udp.check_checksum:TRUE', '-o', 'ip.check_checksum:TRUE'];
      const other = `!(frame.len == 60 && ip.dst == 198.18.0.2 && ${good} && frame[42:18] == ${payload})`;
      expect(await tool('tshark', '-r', peer, ...sums, '-Y', other)).toBe('');
      // Those to the side's own address never come to the peer.
      const own = HEX.replace('c6130001', 'c6120001');
      expect(await sentAs(self, dir, ...words, own)).toMatchObject({ taken: 50_000, received: 0 });
      const elsewhere = await sentAs(self, dir, ...words, HEX);
      expect(elsewhere).toMatchObject({ taken: 0, refused: 50_000 });
      expect(elsewhere.reasons[0]?.sentence).toContain('is not 198.18.0.2 or 198.18.0.1');
    },
  );

  test('af_xdp: 10 descriptors that nobody kicks leave no room for a batch of 16', async () => {
    const words = ['--opt', 'ring=10', '--batch', '16', '--flush', 'never', '--until', 'again'];
    expect(
      await sentAs(self, dir, '--backend', 'af_xdp', '--lab', ...words, '--hex', HEX, '--count', '100'),
    ).toMatchObject({
      taken: 10,
      refused: 6,
      received: 10,
      stoppedBy: 'code',
      reasons: [
        {
          code: 'again',
          sentence: 'Transmit ring full: all 10 frames are waiting for a flush or with the kernel.',
        },
      ],
    });
  });

  test('af_xdp: zero-copy is refused with the reason', async () => {
    const words = ['--backend', 'af_xdp', '--lab', '--opt', 'mode=zero-copy', '--hex', HEX];
    const { status, stdout, stderr } = await packetLab('send', ...words);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe(
      "packet-lab: The lab cannot open AF_XDP on pl0a: its driver, veth, sends nothing straight out of the program's memory (zero-copy). Use mode=copy.\n",
    );
  });

  test('af_xdp: more locked memory than a user may have is refused in numbers', async (context) => {
    if (user === null) return context.skip('only root can make another user');
    const words = ['--backend', 'af_xdp', '--lab', '--opt', 'ring=16384', '--hex', HEX];
    await expect(sentAs(user, dir, ...words)).rejects.toThrow(
      /its 16,384 frames of 4,096 B are 67,108,864 B of locked memory, and the limit of [\d,]+ B/,
    );
  });
});

if (forbidden !== null) test('backends in a lab', (context) => context.skip(forbidden));

test.each(['af_xdp', 'tap'])('%s without a lab is a usage error of one sentence', async (backend) => {
  const { status, stdout, stderr } = await packetLab('send', '--hex', HEX, '--backend', backend);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(`${backend} sends on an interface of a private lab`);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});
