import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { tool, tsharkBytes } from '../oracle';
import { TestPage } from './page';
import { noLab } from './ways';

// An instance that sends and one that receives share a pair of the window's lab.

const forbidden = await noLab();

let dir: string;
let lab: Lab;
let page: TestPage;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'roles-'));
  lab = new Lab();
  page = new TestPage(lab);
  lab.add();
});
afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A VLAN-tagged frame of an EtherType of one's own with 60 B of payload. */
const TAGGED = `020000000002020000000001810020 2a88b5${'62'.repeat(60)}`.replaceAll(' ', '');

/** From pl0a to port 9 of pl0b, with 45 B of payload. */
const DATAGRAM =
  `0200c61200020200c61200010800450000490000000040110000c6120001c612000203e800090035 0000${'63'.repeat(45)}`.replaceAll(
    ' ',
    '',
  );

function settings(backend: string, role: string, stop: string, more: Record<string, string> = {}) {
  return {
    ...defaultSettings(),
    backend,
    hex: TAGGED,
    packet: { layers: [] },
    rate: '50 kpps',
    stop,
    options: { [backend]: { role, ...more } },
  };
}
type Made = ReturnType<typeof settings>;

const configure = (id: string, made: Made & { signature?: boolean }) =>
  page.request('instance.configure', { id, settings: made });
const start = (id: string) => page.request('run.start', { id });
const snapshot = (id: string) => lab.live().find((live) => live.id === id)?.snapshot;

if (forbidden !== null) test('roles on a pair', (context) => context.skip(forbidden));
else
  describe('roles on a pair', () => {
    beforeEach(async () => {
      await page.request('lab.open', { pairs: 1, mtu: 1500 });
    });

    test.each(['af_packet', 'af_xdp'])(
      '%s: one sends, the other receives, captures and lists what comes',
      async (backend) => {
        const peer = join(dir, 'peer.pcapng');
        await configure('B', { ...settings(backend, 'receive', 'never'), signature: true });
        lab.get('B').choose('peer', peer);
        await start('B');
        await configure('A', { ...settings(backend, 'send', '5000 packets'), signature: true });
        await start('A');
        await page.phase('A', 'done');
        expect(snapshot('A')).toMatchObject({ role: 'send', taken: 5000, received: null, signature: null });
        await page.until('everything has arrived', () => snapshot('B')?.received === 5000);
        await lab.get('B').stop();
        expect(snapshot('B')).toMatchObject({
          role: 'receive',
          offered: 0,
          taken: 0,
          bytes: 0,
          received: 5000,
          receivedBytes: 5000 * 78,
          receiverLoss: 0,
          stoppedBy: 'user',
          fault: null,
          signature: {
            streams: [{ id: 0, received: 5000, lost: 0, duplicated: 0, reordered: 0 }],
            unsigned: 0,
          },
        });
        expect(snapshot('B')?.calls).toEqual({ success: 0, again: 0, inval: 0 });
        const frames = await page.request('received.frames', { id: 'B' });
        expect(frames).toMatchObject({ total: 5000 });
        expect(frames?.frames.map(({ no }) => no)).toEqual(Array.from({ length: 256 }, (_, i) => 4745 + i));
        expect(frames?.frames.at(-1)?.hex.slice(0, 2 * 54)).toBe(TAGGED.slice(0, 2 * 54));
        expect(await tool('capinfos', '-M', '-c', peer)).toMatch(/packets:\s+5000\b/);
        const list = (await tsharkBytes(peer)).map((bytes) => bytes.slice(0, 2 * 54));
        expect(new Set(list)).toEqual(new Set([TAGGED.slice(0, 2 * 54)]));
      },
    );

    test.each([
      ['af_packet', 'auto'],
      ['udp', 'auto'],
      ['udp', 'off'],
    ])('udp sends to %s, gso=%s: each datagram is a frame there', async (receiver, gso) => {
      const peer = join(dir, 'peer.pcapng');
      const on = { pair: '0' };
      await configure('B', { ...settings(receiver, 'receive', 'never', on), signature: true });
      lab.get('B').choose('peer', peer);
      await start('B');
      const sender = {
        ...settings('udp', 'send', '5000 packets', { ...on, gso }),
        hex: DATAGRAM,
        rate: 'max',
      };
      await configure('A', { ...sender, signature: true });
      await start('A');
      await page.phase('A', 'done');
      expect(snapshot('A')).toMatchObject({ role: 'send', taken: 5000, completed: 5000, received: null });
      await page.until('everything has arrived', () => snapshot('B')?.received === 5000);
      await lab.get('B').stop();
      expect(snapshot('B')).toMatchObject({
        received: 5000,
        receivedBytes: 5000 * (DATAGRAM.length / 2),
        signature: { streams: [{ received: 5000, lost: 0, duplicated: 0, reordered: 0 }], unsigned: 0 },
      });
      const wrong = 'ip.checksum.status == 0 || udp.checksum.status == 0 || !udp.dstport == 9';
      const checked = ['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'];
      expect(await tool('tshark', '-r', peer, ...checked, '-Y', wrong)).toBe('');
      expect(await tool('capinfos', '-M', '-c', peer)).toMatch(/packets:\s+5000\b/);
    });

    test('a receiver ends after so many frames, or by its time; roles that do not fit are refused', async () => {
      await configure('A', settings('af_packet', 'send', 'never'));
      await start('A');
      await configure('B', settings('af_packet', 'receive', '1000 packets'));
      await start('B');
      await page.phase('B', 'done');
      expect(snapshot('B')).toMatchObject({ received: 1000, stoppedBy: 'count', offered: 0 });
      await configure('B', settings('af_packet', 'receive', '100 ms'));
      await start('B');
      await page.phase('B', 'done');
      expect(snapshot('B')).toMatchObject({ stoppedBy: 'duration', offered: 0 });
      for (const [backend, role] of [
        ['af_packet', 'both'],
        ['af_xdp', 'send'],
        ['tap', 'both'],
      ] as const) {
        await configure('B', settings(backend, role, '1 packet'));
        await expect(start('B')).rejects.toMatchObject({
          field: 'options.pair',
          sentence:
            backend === 'tap'
              ? 'Instance A has pair 0 already, and a TAP device is not shared. Choose another pair, or stop it.'
              : 'Instance A sends on pair 0 already; beside it fits one with role=receive. Choose that or another pair, or stop it.',
        });
      }
      await configure('B', settings('tap', 'receive', '1 packet'));
      await expect(start('B')).rejects.toMatchObject({
        field: 'options.role',
        sentence: 'tap option role is both or send; “receive” is not.',
      });
      await lab.get('A').stop();
    });

    test('a receiver whose interface is deleted ends with a fault', async () => {
      await configure('B', settings('af_packet', 'receive', 'never'));
      await start('B');
      await page.request('lab.port', { pair: 0, end: 'b', change: { what: 'delete' } });
      await page.phase('B', 'fault');
      expect(snapshot('B')?.fault).toMatchObject({
        state: 'removed',
        sentence: expect.stringContaining('pl0b'),
      });
    });
  });
