import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeBytes } from '../../app/packet/encode';
import { formatHex } from '../../app/packet/hex';
import { TEMPLATES } from '../../app/packet/templates';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { nativeAddon } from '../../main/native/addon';
import { TestPage } from './page';

let dir = '';
let lab: Lab;
let page: TestPage;
let output: string | null = null;
const capture = resolve('test/fixtures/captures/http.pcap');

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  lab = new Lab();
  output = null;
  page = new TestPage(lab, { chooseCapture: async () => capture, chooseOutput: async () => output });
});

afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (id: string, change: Partial<Settings>) =>
  page.request('instance.configure', { id, settings: { ...defaultSettings(), ...change } });

const template = (name: string): Pick<Settings, 'packet' | 'hex'> => {
  const found = TEMPLATES.find((t) => t.name === name);
  if (!found) throw new Error(`no template ${name}`);
  return { packet: found.packet, hex: formatHex(encodeBytes(found.packet)) };
};

test('eight instances, each with its own packet, settings and totals, run at once', async () => {
  const names = TEMPLATES.map((t) => t.name);
  const udpHere = names.find((name) => name === 'UDP to this computer') ?? '';
  const plans: [Partial<Settings>, packets: number][] = [
    [{ ...template(names[0] ?? ''), stop: '1000 packets', rate: '10kpps' }, 1000],
    [{ ...template(names[2] ?? ''), backend: 'null', stop: '2000 packets', rate: 'max' }, 2000],
    [{ ...template(names[4] ?? ''), backend: 'pcapng', stop: '300 packets', rate: '1Mpps' }, 300],
    [{ ...template(udpHere), backend: 'udp', stop: '400 packets', rate: '20kpps' }, 400],
    [{ stop: '5000 packets', rate: 'burst:50@1000us', batch: '7' }, 5000],
    [{ stop: '600 packets', rate: 'max', options: { loopback: { ring: '16', drain: '20k' } } }, 600],
    [{ stop: '7000 packets', rate: '100 Mbps:l1', faultOn: true, fault: { drop: '0.1' } }, 7000],
    [{ stop: '8000 packets', rate: 'max', flush: 'every:256,after:50us' }, 8000],
  ];
  const ids = ['A'];
  while (ids.length < plans.length) ids.push((await page.request('instance.add', null)).id);
  output = join(dir, 'c.pcapng');
  await page.request('output.choose', { id: 'C', which: 'file' });
  for (const [i, [change]] of plans.entries()) await configure(ids[i] ?? '', change);
  await Promise.all(ids.map((id) => page.request('run.start', { id })));
  for (const id of ids) await page.phase(id, 'done');

  const live = new Map(lab.live().map((one) => [one.id, one.snapshot]));
  for (const [i, id] of ids.entries()) {
    const [change, packets] = plans[i] ?? [{}, 0];
    const { hex } = { ...defaultSettings(), ...change };
    const bytes = hex.replaceAll(/\s/g, '').length / 2;
    expect(live.get(id), id).toMatchObject({
      offered: packets,
      taken: packets,
      completed: packets,
      bytes: packets * bytes,
      stoppedBy: 'count',
      fault: null,
    });
    expect(lab.get(id).info().settings).toMatchObject(change);
    expect(lab.history()[id]?.run.buckets.length, id).toBeGreaterThan(0);
  }
  const dropped = live.get('G')?.hops.fault?.dropped ?? 0;
  expect(live.get('G')?.received).toBe(7000 - dropped);
  expect((await nativeAddon().scanCapture(output, 1)).frames).toBe(300);
});

test('a duplicate has the same settings and capture, its own run and no outputs', async () => {
  await page.request('capture.open', { id: 'A' });
  output = join(dir, 'peer.pcapng');
  await page.request('output.choose', { id: 'A', which: 'peer' });
  const mine = { source: 'capture' as const, rate: 'max', stop: 'once', seed: '9', faultOn: true };
  await configure('A', mine);
  const copy = await page.request('instance.duplicate', { id: 'A' });
  expect(copy).toMatchObject({ id: 'B', phase: 'idle', run: 0, settings: mine });
  expect(copy.outputs).toEqual({ file: null, peer: null, tee: null });
  await page.until('its capture', () => lab.get('B').info().capture?.name === 'http.pcap');
  await page.request('run.start', { id: 'B' });
  await page.phase('B', 'done');
  expect(lab.get('B').live()?.snapshot.offered).toBe(86);
  expect(lab.get('A').info()).toMatchObject({ phase: 'idle', run: 0, outputs: { peer: output } });
  await configure('B', { seed: '1' });
  expect(lab.get('A').info().settings.seed).toBe('9');
});

test('a duplicate of one that runs is idle; there are 64 at most', async () => {
  await configure('A', { stop: 'never', rate: '1kpps' });
  await page.request('run.start', { id: 'A' });
  expect(await page.request('instance.duplicate', { id: 'A' })).toMatchObject({ phase: 'idle' });
  for (let n = 2; n < 64; n++) await page.request('instance.add', null);
  await expect(page.request('instance.duplicate', { id: 'A' })).rejects.toMatchObject({
    sentence: 'There are 64 instances already; remove one first.',
  });
  await expect(page.request('instance.duplicate', { id: 'ZZZ' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
  });
  expect(lab.list()).toHaveLength(64);
});
