import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventPayload, InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import { BACKENDS } from '../../main/backends/table';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';

const CAPTURES = resolve('test/fixtures/captures');
let dir = '';
let lab: Lab;
let page: TestPage;
let capture: string | null = null;
let output: string | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  lab = new Lab();
  capture = null;
  output = null;
  page = new TestPage(lab, { chooseCapture: async () => capture, chooseOutput: async () => output });
});

afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (change: Partial<Settings>, id = 'A') =>
  page.request('instance.configure', { id, settings: { ...defaultSettings(), ...change } });

test('a page that says hello gets everything it draws', async () => {
  const hello = await page.request('lab.hello', null);
  expect(hello.instances.map((i) => [i.id, i.phase, i.run])).toEqual([['A', 'idle', 0]]);
  expect(hello.backends.map((b) => b.name)).toEqual(BACKENDS.map((b) => b.name));
  expect(hello.live).toEqual([]);
});

test('a run goes from start to end, its figures arrive and balance', async () => {
  await configure({ stop: '5000 packets', rate: '20kpps' });
  await page.request('run.start', { id: 'A' });
  await page.phase('A', 'done');
  await page.until('the last totals', () => page.stats().at(-1)?.live[0]?.snapshot.running === false);
  const last = page.stats().at(-1)?.live[0]?.snapshot;
  expect(last).toMatchObject({ offered: 5000, taken: 5000, received: 5000, stoppedBy: 'count', fault: null });
  for (const { live } of page.stats()) {
    const s = live[0]?.snapshot;
    expect(s?.offered).toBe((s?.taken ?? 0) + (s?.refused ?? 0) + (s?.unexamined ?? 0));
  }
  const hello = await page.request('lab.hello', null);
  expect(hello.history.A?.run.buckets.length).toBeGreaterThan(0);
  expect(page.journal().at(-1)).toBe('Run 1 ended (count): 5,000 of 5,000 packets taken.');
});

test('Stop ends a run at full rate; settings are locked while it is on', async () => {
  await configure({ stop: 'never', rate: 'max', backend: 'null' });
  await page.request('run.start', { id: 'A' });
  await expect(configure({ batch: '1' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await page.request('run.stop', { id: 'A' });
  const hello = await page.request('lab.hello', null);
  expect(hello.instances[0]?.phase).toBe('done');
  expect(hello.live[0]?.snapshot).toMatchObject({ running: false, stoppedBy: 'user', pending: 0 });
  await configure({ batch: '1' });
});

test('bad settings are refused at their field and nothing starts', async () => {
  for (const [change, field] of [
    [{ batch: 'many' }, 'batch'],
    [{ rate: 'fast' }, 'rate'],
    [{ options: { loopback: { ring: '0' } } }, 'options.ring'],
    [{ source: 'capture' as const }, 'capture'],
  ] as const) {
    await configure(change);
    await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({ code: 'BAD_INPUT', field });
  }
  expect((await page.request('lab.hello', null)).instances[0]).toMatchObject({ phase: 'idle', run: 0 });
});

test('AGAIN and INVAL are journalled with call, index and sentence', async () => {
  await configure({ options: { loopback: { ring: '64', drain: '2k' } }, stop: '2000 packets', rate: 'max' });
  await page.request('run.start', { id: 'A' });
  await page.phase('A', 'done');
  expect(page.journal().join('\n')).toMatch(
    /AGAIN first seen at call \d+, index \d+: Ring full: all 64 slots/,
  );
  await configure({ options: { loopback: { mtu: '40' } }, stop: '10 packets' });
  await page.request('run.start', { id: 'A' });
  await page.phase('A', 'done');
  expect(page.journal().join('\n')).toMatch(
    /INVAL first seen at call 1, index 0: Frame of 60 B is over the limit of 54 B/,
  );
});

test('an opened capture can be read, sent, and outlives its name', async () => {
  capture = join(dir, 'copy.pcap');
  writeFileSync(capture, readFileSync(join(CAPTURES, 'http.pcap')));
  const info = await page.request('capture.open', { id: 'A' });
  expect(info?.capture).toMatchObject({
    name: 'copy.pcap',
    format: 'pcap',
    frames: 86,
    sendable: 86,
    problem: null,
  });
  expect(info?.settings.source).toBe('capture');
  const rows = await page.request('capture.frames', { id: 'A', first: 80, count: 200 });
  expect(rows.map((row) => row.no)).toEqual([81, 82, 83, 84, 85, 86]);
  unlinkSync(capture);
  expect((await page.request('capture.bytes', { id: 'A', index: 0 })).slice(0, 12)).toBe('ffffffffffff');
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({
    field: 'capture',
    sentence: expect.stringContaining('No such file'),
  });
});

test('a capture that is none leaves the one before in place', async () => {
  capture = join(CAPTURES, 'nano.pcap');
  await page.request('capture.open', { id: 'A' });
  capture = join(CAPTURES, 'text.txt');
  await expect(page.request('capture.open', { id: 'A' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    field: 'capture',
  });
  expect((await page.request('lab.hello', null)).instances[0]?.capture?.name).toBe('nano.pcap');
  capture = null;
  expect(await page.request('capture.open', { id: 'A' })).toBeNull();
});

test('a damaged capture shows what came before and says where it ends', async () => {
  capture = join(CAPTURES, 'truncated-frame.pcap');
  const info = await page.request('capture.open', { id: 'A' });
  expect(info?.capture).toMatchObject({ frames: 2, problem: expect.stringContaining('byte offset 214') });
});

test('the far end writes what it received to a chosen file', async () => {
  output = join(dir, 'peer.pcapng');
  await page.request('output.choose', { id: 'A', which: 'peer' });
  await configure({ stop: '100 packets', rate: 'max' });
  await page.request('run.start', { id: 'A' });
  await page.phase('A', 'done');
  expect(readFileSync(output).length).toBe(80 + 100 * 92);
  expect((await page.request('output.clear', { id: 'A', which: 'peer' })).outputs.peer).toBeNull();
});

test('a page that does not paint gets one message and then the newest', async () => {
  page.paints = false;
  await configure({ stop: 'never', rate: '10kpps' });
  await page.request('run.start', { id: 'A' });
  const seconds = () => lab.live()[0]?.snapshot.seconds ?? 0;
  await page.until('the first message', () => page.stats().length > 0);
  const sent = page.stats().length;
  const from = seconds();
  await page.until('half a second of samples', () => seconds() > from + 0.5);
  expect(page.stats()).toHaveLength(sent);
  page.painted(999); // not the one that is under way
  page.painted(page.stats().at(-1)?.seq ?? 0);
  await page.until('the newest', () => page.stats().length === sent + 1);
  const newest = page.stats().at(-1);
  expect(newest?.skipped).toBeGreaterThan(0);
  expect(newest?.live[0]?.snapshot.seconds).toBeGreaterThan(from + 0.3);
});

test('the last totals of a run wait for no paint: the news of its end comes behind them', async () => {
  page.paints = false;
  await configure({ stop: '5000 packets', rate: '10kpps' });
  await page.request('run.start', { id: 'A' });
  const end = () =>
    page.heard.findIndex(
      (event) => event.name === 'instances' && (event.payload as InstanceInfo[])[0]?.phase === 'done',
    );
  await page.until('the news of the end', () => end() >= 0);
  const before = page.heard.slice(0, end()).filter((event) => event.name === 'stats');
  const last = before.at(-1)?.payload as EventPayload<'stats'> | undefined;
  expect(last?.live[0]?.snapshot).toMatchObject({
    running: false,
    offered: 5000,
    taken: 5000,
  });
});

test('a page that goes away does not touch a run; the next one finds it', async () => {
  await configure({ stop: '50000 packets', rate: '50kpps' });
  await page.request('run.start', { id: 'A' });
  page.close();
  page = new TestPage(lab);
  const hello = await page.request('lab.hello', null);
  expect(hello.instances[0]).toMatchObject({ phase: 'running', run: 1 });
  await page.phase('A', 'done');
  expect(lab.live()[0]?.snapshot).toMatchObject({ taken: 50_000, stoppedBy: 'count' });
});

test('eight instances run side by side and stop together', async () => {
  const ids = ['A'];
  while (ids.length < 8) ids.push((await page.request('instance.add', null)).id);
  expect(ids).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H']);
  for (const id of ids) {
    await configure({ stop: 'never', rate: '1kpps' }, id);
    await page.request('run.start', { id });
  }
  await page.request('run.stopAll', null);
  expect(lab.list().map((i) => i.phase)).toEqual(ids.map(() => 'done'));
  await page.request('instance.remove', { id: 'D' });
  expect((await page.request('instance.add', null)).id).toBe('D');
});

test('the last instance stays', async () => {
  await expect(page.request('instance.remove', { id: 'A' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
});

test('unknown names, malformed inputs and junk are refused without a crash', async () => {
  await expect(page.raw('no.such', null)).rejects.toMatchObject({ code: 'UNKNOWN_CHANNEL' });
  await expect(page.raw('__proto__', null)).rejects.toMatchObject({ code: 'UNKNOWN_CHANNEL' });
  await expect(page.raw('toString', null)).rejects.toMatchObject({ code: 'UNKNOWN_CHANNEL' });
  await expect(page.raw('run.start', { id: '../x' })).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(page.raw('run.start', 7)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(page.raw('capture.frames', { id: 'A', first: -1, count: 1e9 })).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
  });
  await expect(page.raw('run.start', { id: 'ZZ' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  for (const junk of [null, 7, 'x', [], { type: 'request' }, { type: 'painted', seq: Number.NaN }])
    page.post(junk);
  expect((await page.request('lab.hello', null)).instances).toHaveLength(1);
});
