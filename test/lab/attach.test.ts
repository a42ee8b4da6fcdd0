import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import type { Snapshot } from '../../app/stats/snapshot';
import { Lab } from '../../main/lab/lab';
import { nativeAddon } from '../../main/native/addon';
import { TestPage } from './page';

let dir = '';
let lab: Lab;
let page: TestPage;
let output: string | null = null;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  lab = new Lab();
  output = null;
  page = new TestPage(lab, { chooseOutput: async () => output });
  await page.request('instance.add', null);
});

afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (id: string, change: Partial<Settings>) =>
  page.request('instance.configure', { id, settings: { ...defaultSettings(), stop: 'never', ...change } });
const attach = (id: string, to: string, change: Partial<Settings> = {}) =>
  configure(id, { rate: '1 pps', options: { loopback: { attach: to } }, ...change });
const start = (id: string) => page.request('run.start', { id });
const stop = (id: string) => page.request('run.stop', { id });
const totals = (id: string): Snapshot => {
  const snapshot = lab.get(id).live()?.snapshot;
  if (!snapshot) throw new Error(`${id} has not run`);
  return snapshot;
};
const received = (id: string) => lab.get(id).live()?.snapshot.received ?? 0;

test('B attached to A receives what A sends, and A’s own far end nothing', async () => {
  output = join(dir, 'peer.pcapng');
  await attach('B', 'A');
  await page.request('output.choose', { id: 'B', which: 'peer' });
  await start('B');
  await configure('A', { stop: '20000 packets', rate: '200kpps' });
  await start('A');
  await page.phase('A', 'done');
  await page.until('everything came', () => received('B') === 20_000);
  await stop('B');
  expect(totals('A')).toMatchObject({ taken: 20_000, completed: 20_000, received: 0, inFlight: 0 });
  expect(totals('B').received).toBe(20_000);
  expect(totals('B').offered).toBeLessThan(100);
  expect(lab.history().B?.run.buckets.some((b) => (b.received?.[1] ?? 0) > 0)).toBe(true);
  expect((await nativeAddon().scanCapture(output, 1)).frames).toBe(20_000);
});

test('either may end, come back and be removed; every packet is received once', async () => {
  await attach('B', 'A');
  await configure('A', { rate: '100kpps' });
  await start('A'); // nobody is attached yet: A's own end takes its packets
  await page.until('A receives', () => received('A') > 1000);
  let elsewhere = 0;
  for (let round = 0; round < 3; round++) {
    await start('B');
    await page.until('B receives', () => received('B') > 1000);
    await stop('B');
    elsewhere += received('B');
  }
  const before = received('A');
  await page.until('A receives again', () => received('A') > before + 1000);
  await stop('A');
  const a = totals('A');
  expect((a.received ?? 0) + elsewhere).toBe(a.completed);

  await start('B');
  for (let round = 0; round < 2; round++) {
    const had = received('B');
    await configure('A', { stop: '500 packets', rate: 'max' });
    await start('A');
    await page.phase('A', 'done');
    await page.until('B receives', () => received('B') === had + 500);
  }
  await page.request('instance.remove', { id: 'A' });
  expect(lab.list().map((i) => [i.id, i.phase])).toEqual([['B', 'running']]);
  await stop('B');
  await expect(start('B')).rejects.toMatchObject({
    field: 'options.attach',
    sentence: expect.stringContaining('There is no instance A'),
  });
});

test('a receiver that is removed while A sends leaves A running', async () => {
  await attach('B', 'A');
  await start('B');
  await configure('A', { rate: '100kpps' });
  await start('A');
  await page.until('B receives', () => received('B') > 100);
  await page.request('instance.remove', { id: 'B' });
  await page.until('A’s own end takes over', () => received('A') > 100);
});

test('a slow receiver is a sink: A is held back, nothing is lost', async () => {
  await attach('B', 'A');
  await start('B');
  await configure('A', { rate: 'max', stop: '300000 packets' });
  await start('A');
  await page.phase('A', 'done');
  await page.until('everything came', () => received('B') === 300_000);
});

test('three in a row and two face to face', async () => {
  await page.request('instance.add', null);
  await attach('B', 'A', { rate: '10kpps' });
  await attach('C', 'B');
  await start('C'); // first: what B sends while nobody is attached is received by nobody
  await start('B');
  await configure('A', { stop: '100 packets' });
  await start('A');
  await page.until('B has A’s', () => received('B') === 100);
  await page.until('C has B’s', () => received('C') > 100);
  for (const id of ['B', 'C']) await stop(id);
  expect(totals('B').completed).toBe(received('C'));

  await attach('A', 'B', { stop: '1000 packets', rate: '100kpps' });
  await attach('B', 'A', { stop: '2000 packets', rate: '100kpps' });
  await Promise.all([start('A'), start('B')]);
  await page.phase('A', 'done');
  await page.phase('B', 'done');
  const [a, b] = [totals('A'), totals('B')];
  // Whoever ends first leaves the rest to the other's own end.
  expect([a.completed, b.completed]).toEqual([1000, 2000]);
});

test.each<[string, Partial<Settings>, string]>([
  ['A', {}, 'An instance can’t be attached to itself; name another one, or none.'],
  ['Z', {}, 'There is no instance Z to be attached to; with a loopback there is B.'],
  ['1', {}, 'loopback option attach is the letter of another instance; “1” is not.'],
  [
    'B',
    { backend: 'null' },
    'Instance B sends to null, which has no far end to be attached to; a loopback has one.',
  ],
])('attach=%s is refused at its field', async (to, other, sentence) => {
  await configure('B', other);
  await attach('A', to);
  await expect(start('A')).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'options.attach', sentence });
  expect(lab.get('A').info()).toMatchObject({ phase: 'idle', run: 0 });
});

test('one far end has one receiver', async () => {
  await page.request('instance.add', null);
  await attach('B', 'A');
  await attach('C', 'A');
  await start('B');
  await expect(start('C')).rejects.toMatchObject({
    field: 'options.attach',
    sentence: 'Instance B is attached to A already; stop it first.',
  });
  await stop('B');
  await start('C');
});

test('labs in one process do not meet', async () => {
  const other = new Lab();
  const otherPage = new TestPage(other);
  await otherPage.request('instance.add', null);
  const settings = { ...defaultSettings(), options: { loopback: { attach: 'A' } }, stop: 'never' };
  await otherPage.request('instance.configure', { id: 'B', settings });
  await otherPage.request('run.start', { id: 'B' });
  await configure('A', { stop: '100 packets' });
  await start('A');
  await page.phase('A', 'done');
  expect(received('A')).toBe(100);
  expect(other.get('B').live()?.snapshot.received ?? 0).toBe(0);
  otherPage.close();
  await other.close();
});
