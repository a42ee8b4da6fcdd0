// What holds for a lab whoever opens it. The cases run in a program of their own (netLabProgram.ts), as root and as an
// ordinary user.
import assert from 'node:assert/strict';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  writeSync,
} from 'node:fs';
import { NetLab } from '../../main/lab/netLab';
import { NetLabError } from '../../main/lab/netLabError';
import { type NativeDescriptor, nativeAddon } from '../../main/native/addon';
import { commandsMend } from './mendCase';

/** Local experimental EtherType 1 (IEEE 802): nobody else on a computer speaks it. */
export const MARK = '88b5';

/** What a TAP device that was deleted answers; Node has no name for it. */
const EBADFD = 77;

const a = { pair: 0, end: 'a' } as const;
const b = { pair: 0, end: 'b' } as const;

function number(descriptor: NativeDescriptor): number {
  return nativeAddon().descriptorNumber(descriptor);
}

/** Interfaces of this process's own network namespace. */
export function hostInterfaces(): string[] {
  return readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '');
}

export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    if (holds()) return;
    await new Promise((go) => setTimeout(go, 10));
  }
  assert.fail(`${what} has not come to pass`);
}

/** The next frame at a descriptor; null when there is none. */
function frameAt(fd: number): Buffer | null {
  const buffer = Buffer.alloc(4096);
  try {
    return buffer.subarray(0, readSync(fd, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}

/** The next frame at a descriptor, when it has come. */
async function nextFrame(fd: number): Promise<Buffer> {
  const got: Buffer[] = [];
  await until('a frame', () => {
    const frame = frameAt(fd);
    if (frame) got.push(frame);
    return frame !== null;
  });
  return got[0] ?? Buffer.alloc(0);
}

function frameOf(from: string, to: string, sequence: number): Buffer {
  const head = Buffer.from(`${to}${from}`.replaceAll(':', '') + MARK, 'hex');
  const frame = Buffer.concat([head, Buffer.alloc(46)]);
  frame.writeUInt32BE(sequence, 56);
  return frame;
}

function isCode(code: string, part: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof NetLabError, String(error));
    assert.equal(error.code, code, error.sentence);
    assert.match(error.sentence, part);
    return true;
  };
}

/** Every process that is in one of these network namespaces, as far as it may be seen. */
export function processesIn(namespaces: readonly string[]): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => namespaces.includes(link(`/proc/${pid}/ns/net`)));
}

/** Whether a process runs; one that has ended and waits to be reaped by whoever adopted it does not. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(')') + 1));
  } catch {
    return false;
  }
}

/** The network namespace that a process is in; empty when it may not be seen. */
export function spaceOf(pid: number): string {
  return link(`/proc/${pid}/ns/net`);
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

async function withLab(pairs: number, mtu: number, work: (lab: NetLab) => Promise<void>): Promise<void> {
  const lab = await NetLab.open(pairs, mtu);
  try {
    await work(lab);
  } finally {
    await lab.close();
  }
}

export const CASES: Readonly<Record<string, () => Promise<void>>> = {
  'the pairs are as asked': () =>
    withLab(2, 1400, async (lab) => {
      for (const pair of [0, 1])
        for (const end of ['a', 'b'] as const) {
          const port = await lab.port({ pair, end });
          const [own, other] = end === 'a' ? [1, 2] : [2, 1];
          assert.ok(port);
          assert.deepEqual(
            { ...port, ifindex: 0 },
            {
              name: `pl${pair}${end}`,
              ifindex: 0,
              mtu: 1400,
              up: true,
              carrier: true,
              address: `198.18.${pair}.${own}`,
              peerAddress: `198.18.${pair}.${other}`,
              mac: `02:00:c6:12:0${pair}:0${own}`,
              peerMac: `02:00:c6:12:0${pair}:0${other}`,
            },
          );
        }
      await assert.rejects(lab.port({ pair: 2, end: 'a' }), isCode('invalid', /no pair 2.*pairs 0 to 1/));
    }),

  'a frame sent on a arrives on b, and nothing else; the host has no new interface': async () => {
    const before = hostInterfaces();
    await withLab(1, 1500, async (lab) => {
      const to = number((await lab.openReceiver(b)).send);
      const { port, send } = await lab.openSender(a);
      for (let i = 0; i < 500; i++) {
        const frame = frameOf(port.mac, port.peerMac, i);
        assert.equal(writeSync(number(send), frame), 60);
        assert.deepEqual(await nextFrame(to), frame);
      }
      assert.equal(frameAt(to), null);
      assert.equal(frameAt(number(send)), null);
      assert.deepEqual(hostInterfaces(), before);
      assert.ok(!before.some((name) => name.startsWith('pl')));
    });
    assert.deepEqual(hostInterfaces(), before);
  },

  'every control shows in the facts': () =>
    withLab(1, 1500, async (lab) => {
      const first = await lab.port(a);
      assert.equal((await lab.setLink(a, false)).up, false);
      assert.equal((await lab.port(b))?.carrier, false);
      assert.equal((await lab.setLink(a, true)).carrier, true);
      const pulled = await lab.setCarrier(a, false);
      assert.deepEqual([pulled.up, pulled.carrier], [true, false]);
      assert.equal((await lab.setCarrier(a, true)).carrier, true);
      assert.equal((await lab.setMtu(b, 9000)).mtu, 9000);
      assert.equal((await lab.port(a))?.mtu, 1500);
      await lab.remove(b);
      assert.deepEqual([await lab.port(a), await lab.port(b)], [null, null]);
      await assert.rejects(lab.setLink(a, true), isCode('absent', /set pl0a up: the interface is not there/));
      await assert.rejects(lab.openSender(a), isCode('absent', /AF_PACKET on pl0a/));
      const again = await lab.create(0, 1300);
      assert.equal(again.mtu, 1300);
      assert.notEqual(again.ifindex, first?.ifindex);
      assert.equal(again.mac, first?.mac);
      await assert.rejects(lab.create(0, 1300), isCode('exists', /make pair 0 again/));
    }),

  'a limited queue refuses with ENOBUFS until the limit is taken away': () =>
    withLab(1, 1500, async (lab) => {
      const { port, send } = await lab.openSender(a);
      const frame = Buffer.concat([frameOf(port.mac, port.peerMac, 0), Buffer.alloc(1400)]);
      await lab.limitQueue(a, 4);
      let taken = 0;
      assert.throws(
        () => {
          for (; taken < 64; taken++) writeSync(number(send), frame);
        },
        { code: 'ENOBUFS' },
      );
      assert.ok(taken >= 4 && taken <= 8, String(taken));
      await lab.limitQueue(a, null);
      for (let i = 0; i < 64; i++) writeSync(number(send), frame);
    }),

  'AF_XDP, UDP and TAP descriptors are handed over, or refused in a sentence': () =>
    withLab(1, 1500, async (lab) => {
      const xdp = await lab.openXdp(a, { frames: 64, slots: 64 });
      assert.ok(number(xdp.send) > 2 && xdp.memory && number(xdp.memory) > 2);
      await assert.rejects(
        lab.openXdp(a, { frames: 64, slots: 63 }),
        isCode('invalid', /slots.*a power of two/),
      );
      await nativeAddon().closeDescriptor(xdp.send);
      await nativeAddon().closeDescriptor(xdp.memory);
      assert.equal(number(xdp.send), -1);
      assert.throws(() => nativeAddon().closeDescriptor(xdp.send), /closed or taken/);
      const udp = await lab.openUdp(b, 'ipv4');
      assert.match(link(`/proc/self/fd/${number(udp.send)}`), /^socket:/);
      if (mayOpenTun()) {
        const tap = await lab.openTap(a, 1400);
        assert.deepEqual([tap.port.name, tap.port.mtu, tap.port.up], ['pl0t', 1400, true]);
        const sniff = number((await lab.openReceiver({ ...a, tap: true })).send);
        const frame = frameOf('02:00:00:00:00:01', tap.port.mac, 1);
        writeSync(number(tap.send), frame);
        assert.deepEqual(await nextFrame(sniff), frame);
        const pulled = await lab.setCarrier({ ...a, tap: true }, false);
        assert.deepEqual([pulled.up, pulled.carrier], [true, false]);
        await lab.remove({ ...a, tap: true });
        assert.throws(() => writeSync(number(tap.send), frame), { errno: -EBADFD });
      } else if (existsSync('/dev/net/tun')) {
        await assert.rejects(lab.openTap(a, 1400), (error) => {
          assert.ok(error instanceof NetLabError && error.step === 'open /dev/net/tun');
          return isCode('rights', /this user may not open \/dev\/net\/tun.*sudo chmod/)(error);
        });
      }
    }),

  'the command that a finding shows mends it': () => withLab(1, 1500, commandsMend),

  'more AF_XDP memory than the user may lock is refused with both numbers': () =>
    withLab(1, 1500, async (lab) => {
      if (process.getuid?.() === 0) return; // root is not bound by the limit
      await assert.rejects(
        lab.openXdp(a, { frames: 32_768, slots: 64 }),
        isCode('rights', /134,217,728 B of locked memory, and the limit of [\d,]+ B/),
      );
    }),

  'what is no request is answered and the helper lives on': async () => {
    const native = nativeAddon();
    const { helperPath } = await import('../../main/native/helper');
    const lab = await native.openLab(helperPath() ?? '', 1, 1500, () => {});
    const good = { op: 2, pair: 0, end: 0, device: 0, args: [] };
    const wrong: readonly [object, string][] = [
      [{ op: 0 }, 'op'],
      [{ op: 999 }, 'op'],
      [{ pair: 1 }, 'pair'],
      [{ pair: 65_535 }, 'pair'],
      [{ end: 2 }, 'end'],
      [{ device: 2 }, 'device'],
      [{ args: [1] }, 'arguments'],
      [{ op: 10, args: [0] }, 'mtu'],
      [{ op: 6, args: [1] }, 'family'],
    ];
    for (const [part, step] of wrong)
      await assert.rejects(native.labRequest(lab, { ...good, ...part }), { errno: 22, step });
    await assert.rejects(native.labRequest(lab, { ...good, op: 1, args: [1, 1500] }), { step: 'hello' });
    assert.throws(() => native.labRequest(lab, { ...good, op: 65_536 }), TypeError);
    assert.throws(() => native.labRequest(lab, { ...good, args: [0, 0, 0, 0, 0] }), TypeError);
    assert.equal((await native.labRequest(lab, good)).port.name, 'pl0a');
    await native.closeLab(lab);
    assert.throws(() => native.labRequest(lab, good), /closed/);
    assert.throws(() => native.closeLab(lab), /closed/);
  },

  'many requests at once are answered one after the other': () =>
    withLab(4, 1500, async (lab) => {
      const ports = await Promise.all(
        Array.from({ length: 64 }, (_, i) => lab.port({ pair: i % 4, end: i % 8 < 4 ? 'a' : 'b' })),
      );
      assert.deepEqual(
        ports.map((port) => port?.name),
        Array.from({ length: 64 }, (_, i) => `pl${i % 4}${i % 8 < 4 ? 'a' : 'b'}`),
      );
    }),

  'a helper that is killed: told once, descriptors closed, nobody left in its namespaces': async () => {
    const lab = await NetLab.open(1, 1500);
    const { send } = await lab.openSender(a);
    const spaces = [spaceOf(lab.helper)];
    let told = 0;
    lab.onGone(() => told++);
    process.kill(lab.helper, 'SIGKILL');
    await until('the news', () => told > 0);
    assert.equal(number(send), -1);
    await assert.rejects(lab.port(a), isCode('gone', /has ended, and the lab with its interfaces is gone/));
    await lab.close();
    await lab.close();
    assert.equal(told, 1);
    assert.ok(!existsSync(`/proc/${lab.helper}`));
    assert.deepEqual(processesIn(spaces.filter((space) => space !== '')), []);
  },

  'a helper that is killed within a request: an error, no hang': async () => {
    const lab = await NetLab.open(1, 1500);
    const asked = Array.from({ length: 32 }, () => lab.port(a).catch((error: unknown) => error));
    process.kill(lab.helper, 'SIGKILL');
    const last = (await Promise.all(asked)).at(-1);
    isCode('gone', /helper/)(last);
    await lab.close();
  },

  'closing does not wait for a helper that stands still': async () => {
    const lab = await NetLab.open(1, 1500);
    process.kill(lab.helper, 'SIGSTOP');
    const asked = lab.port(a).catch((error: unknown) => error);
    let told = 0;
    lab.onGone(() => told++);
    await lab.close();
    isCode('gone', /closed/)(await asked);
    await assert.rejects(lab.port(a), isCode('gone', /closed/));
    assert.ok(!existsSync(`/proc/${lab.helper}`));
    assert.equal(told, 0);
  },

  'a helper that dies takes every descriptor of its lab with it, closed or not': async () => {
    const before = readdirSync('/proc/self/fd').length;
    const lab = await NetLab.open(1, 1500);
    await lab.openReceiver(b);
    process.kill(lab.helper, 'SIGKILL');
    await until('the end of the descriptors', () => readdirSync('/proc/self/fd').length === before);
  },

  'two labs know nothing of each other': () =>
    withLab(1, 1500, (one) =>
      withLab(1, 1500, async (two) => {
        const to = number((await two.openReceiver(b)).send);
        const own = number((await one.openReceiver(b)).send);
        const { port, send } = await one.openSender(a);
        writeSync(number(send), frameOf(port.mac, port.peerMac, 1));
        await nextFrame(own);
        assert.equal(frameAt(to), null);
      }),
    ),

  'two hundred labs leave no descriptor, no thread, no process': async () => {
    const count = () => [
      readdirSync('/proc/self/fd').length,
      readdirSync('/proc/self/task').length,
      children(),
    ];
    await withLab(1, 1500, async () => {}); // what is made once for all
    const before = count();
    for (let i = 0; i < 200; i++) {
      const lab = await NetLab.open(1, 1500);
      if (i % 2) await lab.openReceiver(b); // left to the lab
      await lab.close();
    }
    assert.deepEqual(count(), before);
  },
};

/** Child processes of this one. */
function children(): number {
  return readdirSync('/proc/self/task')
    .map((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim())
    .filter((list) => list !== '')
    .reduce((sum, list) => sum + list.split(' ').length, 0);
}

function mayOpenTun(): boolean {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
