import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { which } from '../../main/dev/exec.mjs';
import { labEntrances } from '../../main/lab/procFacts';
import { scratch } from '../cli/cli';
import { isRoot } from '../ordinaryUser';
import { noLab } from './ways';
import { at, found, gone, hexOf, inLab, labOf, set, threaded, until, within } from './why';

// Causes at the very ends, each really made: what is read, what is written, and a peer that does not keep up or is gone.

const forbidden = await noLab();
const dir = scratch();
const CAPTURES = 'test/fixtures/captures';

describe('what is read', () => {
  test('a capture in which no frame is Ethernet does not start', async () => {
    const { lab } = labOf();
    await lab.get('A').openCapture(join(CAPTURES, 'cooked.pcap'));
    set(lab, { source: 'capture' });
    await expect(lab.get('A').start()).rejects.toThrow(
      'cooked.pcap holds no Ethernet frame that could be sent: its 10 frames are of Linux cooked v1',
    );
  });

  test('a capture in which every frame is too long', async () => {
    const { lab } = labOf();
    const long = join(dir, 'long.pcap');
    // Magic number, version 2.4, snaplen and Ethernet; a record of 5,000 B.
    const words = [0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 1, 1, 0, 5000, 5000];
    writeFileSync(long, Buffer.concat([Buffer.from(Uint32Array.from(words).buffer), Buffer.alloc(5000)]));
    await lab.get('A').openCapture(long);
    set(lab, { source: 'capture' });
    expect(await found(lab, 'capture')).toMatchObject({
      level: 'problem',
      sentence: expect.stringMatching(
        /^Every packet is refused, the latest because frame of 5000 B is over 4096 B/,
      ),
    });
    // A packet that is refused has its time like any other.
    const { offered, seconds } = (await until('a packet', () => lab.live()[0])).snapshot;
    expect(offered).toBeLessThanOrEqual(1000 * seconds + 64);
  });

  test('a capture that is damaged behind its first frames', async () => {
    const { lab } = labOf();
    await lab.get('A').openCapture(join(CAPTURES, 'truncated-record.pcap'));
    set(lab, { source: 'capture' });
    expect(await found(lab, 'capture')).toMatchObject({ level: 'problem', fix: null });
    expect(lab.get('A').active).toBe(false);
  });
});

describe.skipIf(process.platform === 'win32')('what is written', () => {
  test('a pipe whose reader does not read', async () => {
    const fifo = join(dir, 'pipe');
    execFileSync('mkfifo', [fifo]);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { lab } = labOf();
      lab.get('A').choose('file', fifo);
      set(lab, { backend: 'pcapng', rate: 'max' });
      expect(await found(lab, 'file')).toMatchObject({
        level: 'warning',
        sentence: expect.stringContaining('the pipe has no room: its reader is slower than the run.'),
      });
    } finally {
      closeSync(reader);
    }
  });

  test.skipIf(process.platform !== 'linux')('a disk that is full', async () => {
    const { lab } = labOf();
    lab.get('A').choose('file', '/dev/full');
    set(lab, { backend: 'pcapng', rate: 'max' });
    expect(await found(lab, 'file')).toMatchObject({
      level: 'problem',
      sentence: expect.stringMatching(/^Writing \/dev\/full failed: No space left on device\./),
    });
    expect(lab.get('A').active).toBe(false);
  });
});

describe.skipIf(forbidden !== null)('in a lab', () => {
  test('a ring that nobody kicks', async () => {
    const lab = await inLab({ backend: 'af_xdp', flush: 'never', rate: '100 pps' });
    expect((await found(lab, 'flush')).sentence).toMatch(
      /^[\d,]+ packets wait for a flush by hand: the flush policy is never\.$/,
    );
    lab.get('A').flush();
    await gone(lab);
  });

  test('a receiver that does not keep up', async () => {
    // A batch of six megabytes arrives before the one thread can read, and the receive ring has room for one.
    const options = { af_packet: { 'peer-ring': '1M' } };
    const lab = await inLab({ options, batch: '4096', rate: 'max', hex: hexOf(1500) });
    expect(await found(lab, 'overrun')).toMatchObject({
      level: 'warning',
      sentence: expect.stringContaining('a larger peer-ring has room for more'),
    });
    expect(lab.live()[0]?.snapshot.receiverLoss).toBeGreaterThan(0);
  });

  test('an instance that only receives is told why nothing comes, from where it stands', async () => {
    const options = { af_xdp: { role: 'receive' } };
    const lab = await inLab({ backend: 'af_xdp', options });
    await lab.diagnoses.now('A');
    const before = lab.diagnoses.of('A').preflight;
    expect(before.find(({ id }) => id === 'interface')?.sentence).toMatch(/^pl0b is there/);
    expect(
      before.find(({ id }) => id === 'memlock'),
      'nothing is locked',
    ).toBeUndefined();
    expect(await found(lab, 'peer')).toMatchObject({
      level: 'ok',
      sentence: 'No other instance sends on this pair, so nothing comes: run one with role=send there.',
    });
    const sender = lab.add();
    set(lab, { backend: 'af_packet', options: { af_packet: { role: 'send' } } }, sender.id);
    await sender.start();
    await gone(lab);
    await at(lab, 'a', { what: 'link', up: false });
    expect(await found(lab, 'carrier')).toMatchObject({
      sentence: 'pl0b has no carrier because its other end pl0a is down, so nothing arrives.',
      action: { pair: 0, end: 'a', change: { what: 'link', up: true } },
    });
    await at(lab, 'a', { what: 'link', up: true });
    await gone(lab);
    await at(lab, 'b', { what: 'link', up: false });
    expect(await found(lab, 'link')).toMatchObject({
      sentence: 'pl0b is down, so nothing arrives.',
      action: { pair: 0, end: 'b', change: { what: 'link', up: true } },
    });
    await at(lab, 'b', { what: 'link', up: true });
    await gone(lab);
  });

  test('before a run it is told who counts what arrives', async () => {
    const lab = await inLab();
    const receiver = async (backend: string, role?: string) => {
      set(lab, { backend, options: role === undefined ? {} : { [backend]: { role } } });
      await lab.diagnoses.now('A');
      return lab.diagnoses.of('A').preflight.find(({ id }) => id === 'receiver') ?? null;
    };
    expect(await receiver('af_packet')).toBeNull();
    expect(await receiver('loopback')).toBeNull();
    expect(await receiver('af_packet', 'send')).toMatchObject({
      level: 'ok',
      sentence: 'This run has no receiver (role=send): what it takes is not known to be delivered.',
    });
    expect((await receiver('af_packet', 'receive'))?.sentence).toContain('only receives');
    expect((await receiver('null'))?.sentence).toBe(
      'Backend null has no receiver here: what it takes is not known to be delivered.',
    );
  });

  describe('changed from outside', () => {
    const missing = ['nsenter', 'ip'].filter((tool) => which(tool) === null);
    beforeEach((context) => context.skip(missing.length > 0, `needs ${missing.join(', ')}`));

    test('the peer is taken to another namespace', async () => {
      const lab = await inLab();
      await lab.get('A').start();
      await until('frames', () => (lab.live()[0]?.snapshot.taken ?? 0) > 0);
      const [, other] = /--net=(\S+)/.exec(labEntrances(lab.held.info().helper ?? 0)?.a ?? '') ?? [];
      await within(lab, 'b', `ip link set dev pl0b netns ${other}`);
      expect(await found(lab, 'peer')).toMatchObject({
        level: 'problem',
        sentence: 'The peer pl0b is not there: nothing can arrive.',
        fix: null,
      });
    });

    test('a peer whose receive thread gets next to no processor time', async (context) => {
      const missing = ['ethtool', 'renice', 'taskset', 'timeout'].filter((tool) => which(tool) === null);
      context.skip(missing.length > 0, `needs ${missing.join(', ')}`);
      context.skip(!isRoot, 'only root may hold back a thread of the kernel');
      const lab = await inLab({ backend: 'af_xdp', rate: 'max' });
      const before = napiThreads();
      await threaded(lab);
      const threads = napiThreads().filter((pid) => !before.includes(pid));
      expect(threads).not.toEqual([]);
      for (const pid of threads) {
        execFileSync('renice', ['-n', '19', '-p', pid]);
        execFileSync('taskset', ['--cpu-list', '--pid', '0', pid]);
      }
      const busy = spawn('taskset', ['-c', '0', 'timeout', '30', 'sh', '-c', 'while :; do :; done']);
      try {
        expect(await found(lab, 'napi')).toMatchObject({
          level: 'warning',
          sentence: expect.stringMatching(/^pl0b receives on threads of its own \(threaded NAPI\)/),
        });
        // The sender was told of success for all that it took.
        expect(lab.live()[0]?.snapshot).toMatchObject({ refused: 0, receiverLoss: 0 });
      } finally {
        busy.kill();
      }
      await gone(lab);
    });
  });
});

if (forbidden !== null) test('causes in a lab', (context) => context.skip(forbidden));

/** The kernel's threads that receive for an interface pl0b, as process ids. */
function napiThreads(): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('napi/pl0b');
    } catch {
      return false; // It has ended.
    }
  });
}
