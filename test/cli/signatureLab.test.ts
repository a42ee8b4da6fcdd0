import { expect, test } from 'vitest';
import { sendJson } from './cli';
import { noLab } from './labRun';

const forbidden = await noLab();

/** A frame of an EtherType of one's own with so many bytes of payload. */
const frame = (payload: number) => `02000000000202000000000188b5${'62'.repeat(payload)}`;

const FAULTS = ['--fault', 'drop=0.003,reorder=0.01,duplicate=0.005', '--seed', '11'];

function countsOf({ signature }: Awaited<ReturnType<typeof sendJson>>) {
  const [stream] = signature?.streams ?? [];
  const { received, lost, reordered, duplicated } = stream ?? {};
  return {
    received,
    lost,
    reordered,
    duplicated,
    unsigned: signature?.unsigned,
    ownLoss: signature?.ownLoss,
  };
}

test.for([
  ['af_packet', []],
  ['af_packet', ['--opt', 'mode=tx-ring']],
  ['af_xdp', []],
  ['tap', []],
] as const)(
  '%s %j: the far end of a veth pair reports what that of a loopback does',
  async ([backend, more], context) => {
    if (forbidden !== null) return context.skip(forbidden);
    const words = ['--hex', frame(60), '--count', '20k', '--rate', '50kpps', '--signature', ...FAULTS];
    const memory = countsOf(await sendJson('--backend', 'loopback', ...words));
    expect(memory.lost).toBeGreaterThan(20);
    expect(countsOf(await sendJson('--backend', backend, '--lab', ...more, ...words))).toEqual(memory);
  },
);

/** A datagram to the peer of the pair with 60 B of payload, whose checksums are the sender's business. */
const DATAGRAM = `0200000000020200000000010800450000580000400040110000c6120001c6120002c000000900440000${'62'.repeat(60)}`;

test.for(['off', 'on'])(
  'udp gso=%s: the far end reports what that of a loopback does, from frames that the kernel had as one',
  async (gso, context) => {
    if (forbidden !== null) return context.skip(forbidden);
    const words = ['--hex', DATAGRAM, '--count', '20k', '--rate', '50kpps', '--signature', ...FAULTS];
    const memory = countsOf(await sendJson('--backend', 'loopback', ...words));
    expect(memory.lost).toBeGreaterThan(20);
    const more = ['--opt', `gso=${gso}`, '--lab'];
    expect(countsOf(await sendJson('--backend', 'udp', ...more, ...words))).toEqual(memory);
  },
);

test('loss that the receiver itself caused is told apart', async (context) => {
  if (forbidden !== null) return context.skip(forbidden);
  // A batch of six megabytes arrives before the one thread can read, and the receive ring has room for one.
  const words = ['--opt', 'peer-ring=1M', '--batch', '4096', '--count', '20480', '--hex', frame(1486)];
  const result = await sendJson('--backend', 'af_packet', '--lab', ...words, '--signature');
  const { received, lost, ownLoss } = countsOf(result);
  expect(ownLoss).toBeGreaterThan(0);
  expect(lost).toBe(ownLoss);
  expect((received ?? 0) + (lost ?? 0)).toBe(20_480);
  expect(result.stderr).toContain("this loss is the receiver's own");
});
