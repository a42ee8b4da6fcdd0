import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { RecentPlans } from '../../main/store/recentPlans';
import { TestPage } from './page';

const CAPTURES = resolve('test/fixtures/captures');
let dir = '';
let lab: Lab;
let page: TestPage;
let recent: RecentPlans;
/** What the dialogs answer, and what they were asked. */
let opens: string | null = null;
let saves: string | null = null;
let proposed: string | null = null;
let captures: string | null = null;
let outputs: string | null = null;
let copied: string | null = null;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  lab = new Lab();
  recent = new RecentPlans();
  opens = saves = proposed = captures = outputs = copied = null;
  page = new TestPage(lab, {
    recent,
    chooseCapture: async () => captures,
    chooseOutput: async () => outputs,
    choosePlan: async () => opens,
    choosePlanTarget: async (name) => {
      proposed = name;
      return saves;
    },
    copy: (text) => {
      copied = text;
    },
  });
});

afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const configure = (change: Partial<Settings>) =>
  page.request('instance.configure', { id: 'A', settings: { ...defaultSettings(), ...change } });
const now = async (): Promise<InstanceInfo> => {
  const { instances } = await page.request('lab.hello', null);
  if (!instances[0]) throw new Error('there is no instance');
  return instances[0];
};
function file(name: string, content: unknown): string {
  const path = join(dir, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}
const save = (path: string) => {
  saves = path;
  return page.request('plan.save', { id: 'A' });
};
const open = (path: string) => {
  opens = path;
  return page.request('plan.open', { id: 'A' });
};
const base = { version: 1, backend: { name: 'loopback' }, streams: [{ hex: '020000' }] };

async function offered(): Promise<number | undefined> {
  await page.request('run.start', { id: 'A' });
  const { run } = await now();
  await page.phase('A', 'done');
  return lab.live().find((live) => live.id === 'A' && live.run === run)?.snapshot.offered;
}

test('a plan is saved below its name, opened again, and is the same draft', async () => {
  captures = join(dir, 'in', 'http.pcap');
  mkdirSync(join(dir, 'in'));
  writeFileSync(captures, readFileSync(join(CAPTURES, 'http.pcap')));
  await page.request('capture.open', { id: 'A' });
  const settings = { source: 'capture' as const, batch: '8', rate: '50 kpps', stop: 'once', teeOn: true };
  await configure({ ...settings, faultOn: true, fault: { drop: '0.5' }, seed: '7' });
  outputs = '/elsewhere/tee.pcapng';
  await page.request('output.choose', { id: 'A', which: 'tee' });
  const path = join(dir, 'web traffic.plan.json');
  expect(await save(path)).toMatchObject({ title: 'web traffic' });
  expect(proposed).toBe('A.plan.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
    version: 1,
    streams: [{ capture: 'in/http.pcap' }],
    stages: [
      { name: 'fault', options: { drop: 0.5 } },
      { name: 'tee', options: { file: '/elsewhere/tee.pcapng' } },
    ],
    rate: '50kpps',
  });
  expect(readdirSync(dir).sort()).toEqual(['in', 'web traffic.plan.json']);
  expect(page.journal().at(-1)).toBe('Saved web traffic.plan.json.');

  await page.request('instance.add', null);
  opens = path;
  const b = await page.request('plan.open', { id: 'B' });
  const a = await now();
  expect(b).toMatchObject({
    title: 'web traffic',
    captureNote: null,
    capture: { name: 'http.pcap', frames: 86 },
    outputs: { file: null, peer: null, tee: '/elsewhere/tee.pcapng' },
    settings: { ...a.settings, rate: '50kpps' },
  });
  saves = join(dir, 'again.json');
  await page.request('plan.save', { id: 'B' });
  expect(proposed).toBe(path);
  expect(readFileSync(saves, 'utf8')).toBe(readFileSync(path, 'utf8'));
});

test('a name without an ending gets one, and nothing that exists is lost by it', async () => {
  await save(join(dir, 'burst'));
  expect(existsSync(join(dir, 'burst.plan.json'))).toBe(true);
  await expect(save(join(dir, 'burst'))).rejects.toMatchObject({
    sentence: expect.stringContaining('burst.plan.json exists and is kept'),
  });
  expect(await save(join(dir, 'other.json'))).toMatchObject({ title: 'other' });
});

test('what cannot run is not saved, and the dialog is not shown', async () => {
  await configure({ rate: 'fast' });
  await expect(save(join(dir, 'x.json'))).rejects.toMatchObject({ code: 'BAD_INPUT', field: 'rate' });
  expect(proposed).toBeNull();
  await configure({});
  await expect(save(join(dir, 'no', 'such', 'x.json'))).rejects.toMatchObject({
    sentence: expect.stringContaining('its folder does not exist'),
  });
  expect(await page.request('plan.save', { id: 'A' }).catch(() => 'refused')).toBe('refused');
  saves = null;
  expect(await page.request('plan.save', { id: 'A' })).toBeNull();
});

test('a plan does not take the place of a file of its own run', async () => {
  captures = file('http.pcap', readFileSync(join(CAPTURES, 'http.pcap'), 'latin1'));
  writeFileSync(captures, readFileSync(join(CAPTURES, 'http.pcap')));
  await page.request('capture.open', { id: 'A' });
  await expect(save(captures)).rejects.toMatchObject({
    sentence: expect.stringContaining('is a file of this run; it is kept'),
  });
  expect(readFileSync(captures)).toEqual(readFileSync(join(CAPTURES, 'http.pcap')));
});

test.each<[string, unknown, string]>([
  ['no JSON', '{"version":', 'The plan is not JSON'],
  ['another version', { ...base, version: 2 }, 'version: '],
  ['an unknown key', { ...base, packets: 3 }, 'packets: “packets” is not known here'],
  ['an unknown key deep inside', { ...base, stop: { after: 1 } }, 'stop.after: “after” is not known here'],
  [
    'an unknown field',
    { ...base, streams: [{ packet: { layers: [{ proto: 'udp', fields: { 'udp.x': 1 } }] } }] },
    'streams[0].packet.layers[0].fields.udp.x: ',
  ],
  [
    'a wrong option',
    { ...base, backend: { name: 'loopback', options: { ring: 0 } } },
    'backend.options.ring: ',
  ],
  [
    'a prototype key',
    `{"__proto__":{"x":1},${JSON.stringify(base).slice(1)}`,
    '“__proto__” is not known here',
  ],
])('%s is refused with its path, and what was open is kept', async (_what, content, sentence) => {
  await open(file('good.plan.json', { ...base, batch: 3 }));
  const before = await now();
  const refused = open(file('bad.plan.json', content));
  await expect(refused).rejects.toMatchObject({ code: 'BAD_INPUT' });
  await refused.catch((failure) => {
    expect(failure.sentence).toContain(`bad.plan.json: `);
    expect(failure.sentence).toContain(sentence);
    expect(failure.sentence).toContain('What was open is kept.');
  });
  expect(await now()).toEqual(before);
  expect(recent.list().map(({ name }) => name)).toEqual(['good.plan.json']);
});

test('any text in a plan file is opened or refused in one sentence', async () => {
  const key = fc.constantFrom(...Object.keys(base), 'stop', 'stages', 'rate', 'seed', '__proto__', 'x');
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(1e308, -0, 2 ** 53, '', 'never', [], {}, base.streams),
  );
  const plan = fc.oneof(
    fc.jsonValue(),
    fc.dictionary(key, value).map((change) => ({ ...base, ...change })),
  );
  await fc.assert(
    fc.asyncProperty(plan, async (content) => {
      const before = await now();
      const failure = await open(file('any.json', JSON.stringify(content))).then(
        () => null,
        (refusal) => refusal,
      );
      if (failure === null) return;
      expect(failure).toMatchObject({ code: 'BAD_INPUT' });
      expect(failure.sentence).toMatch(/^any\.json: .+\.$/);
      expect(await now()).toEqual(before);
    }),
    { numRuns: 150 },
  );
});

test('files that are none are refused by name', async () => {
  await expect(open(dir)).rejects.toMatchObject({ sentence: expect.stringContaining('it is a folder') });
  await expect(open(join(dir, 'gone.json'))).rejects.toMatchObject({
    sentence: expect.stringContaining('there is no such file'),
  });
  await expect(open(file('huge.json', ' '.repeat(5e6)))).rejects.toMatchObject({
    sentence: expect.stringContaining('packet-lab run'),
  });
});

test('all streams of a plan are run and saved, and can be taken out', async () => {
  const capture = join(CAPTURES, 'nano.pcap');
  const frames = { layers: [{ proto: 'eth', fields: {} }] };
  const streams = [{ hex: '0200' }, { packet: [frames, frames] }, { capture }];
  const path = file('streams.plan.json', { ...base, streams });
  expect(await open(path)).toMatchObject({
    more: ['2 packets, 28 B', 'nano.pcap'],
    settings: { source: 'hex', hex: '02 00', stop: 'once' },
  });
  const all = await offered();
  expect(all).toBeGreaterThan(3);
  await save(join(dir, 'again.json'));
  expect(JSON.parse(readFileSync(join(dir, 'again.json'), 'utf8')).streams).toEqual(streams);
  await expect(page.request('plan.copyCommand', { id: 'A' })).rejects.toMatchObject({
    sentence: expect.stringContaining('3 streams'),
  });
  expect(copied).toBeNull();
  expect(await page.request('plan.firstOnly', { id: 'A' })).toMatchObject({ more: [] });
  expect(await offered()).toBe(1);
});

test('a plan opens without its capture, says so, and keeps the name', async () => {
  const path = file('lost.plan.json', { ...base, batch: 5, streams: [{ capture: 'lost.pcap' }] });
  const opened = await open(path);
  expect(opened).toMatchObject({
    title: 'lost',
    capture: null,
    settings: { source: 'capture', batch: '5' },
    captureNote: expect.stringMatching(/lost\.pcap cannot be opened: No such file.* All else is here/),
  });
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({ field: 'capture' });
  await save(join(dir, 'again.json'));
  expect(JSON.parse(readFileSync(join(dir, 'again.json'), 'utf8')).streams).toEqual([
    { capture: 'lost.pcap' },
  ]);
  captures = join(CAPTURES, 'nano.pcap');
  expect(await page.request('capture.open', { id: 'A' })).toMatchObject({
    captureNote: null,
    capture: { name: 'nano.pcap' },
  });
});

test('files that a plan names are not overwritten before somebody was asked', async () => {
  const there = file('there.pcapng', 'precious');
  const plan = {
    ...base,
    backend: { name: 'pcapng', options: { file: 'there.pcapng' } },
    stages: [{ name: 'tee', options: { file: 'tee.pcapng' } }],
  };
  await open(file('out.plan.json', plan));
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({
    field: 'options.file',
    sentence: expect.stringContaining('exists and is kept'),
  });
  expect(readFileSync(there, 'utf8')).toBe('precious');
  expect(existsSync(join(dir, 'tee.pcapng'))).toBe(false);
  outputs = there;
  await page.request('output.choose', { id: 'A', which: 'file' });
  expect(await offered()).toBe(1);
  expect(readFileSync(there).subarray(0, 4).toString('hex')).toBe('0a0d0d0a');
  // What a run has made, the next one may make again.
  expect(await offered()).toBe(1);
});

test('the peer capture is no part of a plan, and that is said', async () => {
  outputs = join(dir, 'peer.pcapng');
  await page.request('output.choose', { id: 'A', which: 'peer' });
  const path = join(dir, 'x.plan.json');
  await save(path);
  expect(page.journal().at(-1)).toMatch(/^Saved x\.plan\.json\. The peer capture is no part of a plan/);
  expect((await open(path))?.outputs.peer).toBeNull();
  expect(page.journal().join('\n')).toMatch(/peer\.pcapng is not written any more/);
});

test('recent plans go by key, the latest first, ten of them; one that is gone is taken out', async () => {
  const paths = Array.from({ length: 12 }, (_, i) => file(`p${i}.plan.json`, { ...base, batch: i + 1 }));
  for (const path of paths) await open(path);
  const names = recent.list().map(({ name }) => name);
  expect(names).toEqual(
    paths
      .slice(2)
      .reverse()
      .map((path) => path.slice(dir.length + 1)),
  );
  const key = recent.list()[4]?.key ?? 0;
  expect(await page.request('plan.openRecent', { id: 'A', key })).toMatchObject({
    title: 'p7',
    settings: { batch: '8' },
  });
  expect(recent.list()[0]).toEqual({ key, name: 'p7.plan.json', folder: dir });
  rmSync(join(dir, 'p7.plan.json'));
  const before = await now();
  await expect(page.request('plan.openRecent', { id: 'A', key })).rejects.toMatchObject({
    sentence: expect.stringMatching(/p7\.plan\.json is gone and was taken out of the recent plans/),
  });
  expect(await now()).toEqual(before);
  const told = page.heard.filter(({ name }) => name === 'recent').at(-1)?.payload;
  expect(told).toEqual(recent.list());
  expect(recent.list().some((plan) => plan.key === key)).toBe(false);
  await expect(page.request('plan.openRecent', { id: 'A', key: 999 })).rejects.toMatchObject({
    code: 'BAD_INPUT',
  });
  await expect(page.raw('plan.openRecent', { id: 'A', key: '/etc/passwd' })).rejects.toMatchObject({
    code: 'BAD_MESSAGE',
  });
});

test('the command of a run is copied, also while it is on; plans are opened when nothing runs', async () => {
  await configure({ stop: 'never', rate: '1 kpps', backend: 'null' });
  await page.request('run.start', { id: 'A' });
  const { command, notes } = await page.request('plan.copyCommand', { id: 'A' });
  expect(copied).toBe(command);
  expect(command).toMatch(/^packet-lab send --backend null --hex [0-9a-f]+ --rate 1kpps --duration 43200m$/);
  expect(notes).toEqual([expect.stringContaining('30 days')]);
  expect(page.journal().at(-1)).toMatch(/^Copied the command that repeats this run\. .*30 days/);
  for (const refused of [
    open(file('x.json', base)),
    page.request('plan.openRecent', { id: 'A', key: 1 }),
    page.request('plan.firstOnly', { id: 'A' }),
  ]) {
    await expect(refused).rejects.toMatchObject({ sentence: expect.stringContaining('Stop the run') });
  }
  await save(join(dir, 'running.json'));
  await page.request('run.stop', { id: 'A' });
});
