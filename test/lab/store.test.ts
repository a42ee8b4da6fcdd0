import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { RecentPlans } from '../../main/store/recentPlans';
import { type KeptSession, SessionKeeper } from '../../main/store/session';

const CAPTURES = resolve('test/fixtures/captures');
let dir = '';
let path = '';
let said: string[] = [];
const labs: Lab[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  path = join(dir, 'profile', 'session.json');
  said = [];
});

afterEach(async () => {
  for (const lab of labs.splice(0)) await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const keeper = (at = path) => new SessionKeeper(at, (sentence) => said.push(sentence));
function newLab(): Lab {
  const lab = new Lab();
  labs.push(lab);
  return lab;
}

/** Waits for a capture that is opened behind the scenes. */
async function settled(lab: Lab): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (lab.list().every(({ captureNote }) => !captureNote?.startsWith('Opening '))) return;
    await new Promise((go) => setTimeout(go, 10));
  }
  throw new Error('a capture is being opened for ever');
}

describe('the last session', () => {
  test('comes back with every instance, and nothing runs', async () => {
    const lab = newLab();
    const file = join(dir, 'copy.pcap');
    writeFileSync(file, readFileSync(join(CAPTURES, 'http.pcap')));
    lab.get('A').configure({ ...defaultSettings(), hex: '02 0', rate: 'fast', faultOn: true });
    const b = lab.add();
    await b.openCapture(file);
    b.choose('peer', join(dir, 'peer.pcapng'));
    b.choose('tee', join(dir, 'tee.pcapng'));
    const c = lab.add();
    c.draft.settings = { ...defaultSettings(), backend: 'null', stop: 'never' };
    await c.start();
    await lab.remove('A');
    lab.select('B');
    await keeper().end(lab.kept());
    await c.stop();

    const kept = await keeper().read();
    const again = newLab();
    if (kept) again.restore(kept);
    await settled(again);
    expect(again.selected).toBe('B');
    const what = (list: ReturnType<Lab['list']>) =>
      list.map(({ id, title, settings, capture, captureNote, outputs, more }) => ({
        ...{ id, title, settings, capture, captureNote, outputs, more },
      }));
    expect(what(again.list())).toEqual(what(lab.list()));
    expect(again.list().map(({ phase, run }) => [phase, run])).toEqual([
      ['idle', 0],
      ['idle', 0],
    ]);
    expect(again.add().id).toBe('A');
    expect(said).toEqual([]);
    expect(readdirSync(join(dir, 'profile'))).toEqual(['session.json']);
  });

  test('text that is wrong is kept as it was typed', async () => {
    const lab = newLab();
    const settings = { ...defaultSettings(), hex: '02 0', rate: 'fast', batch: '', stop: '<b>' };
    lab.get('A').configure(settings);
    await keeper().end(lab.kept());
    const again = newLab();
    const kept = await keeper().read();
    if (kept) again.restore(kept);
    expect(again.list()[0]?.settings).toEqual(settings);
  });

  test('a capture that is gone leaves a sentence, and its name for the next time', async () => {
    const lab = newLab();
    const file = join(dir, 'gone.pcap');
    writeFileSync(file, readFileSync(join(CAPTURES, 'http.pcap')));
    await lab.get('A').openCapture(file);
    const kept = lab.kept();
    rmSync(file);
    const again = newLab();
    again.restore(kept);
    expect(again.kept()).toEqual(kept);
    await settled(again);
    expect(again.list()[0]).toMatchObject({
      capture: null,
      captureNote: expect.stringMatching(/gone\.pcap cannot be opened: No such file/),
      settings: { source: 'capture' },
    });
    expect(again.journal().at(-1)?.text).toMatch(/gone\.pcap/);
    expect(again.kept()).toEqual(kept);
    await expect(again.get('A').start()).rejects.toMatchObject({ field: 'capture' });
  });

  test('one that was opened meanwhile is not replaced by the kept one', async () => {
    const lab = newLab();
    await lab.get('A').openCapture(join(CAPTURES, 'http.pcap'));
    const again = newLab();
    again.restore(lab.kept());
    await again.get('A').openCapture(join(CAPTURES, 'nano.pcap'));
    await new Promise((go) => setTimeout(go, 200));
    expect(again.list()[0]).toMatchObject({ capture: { name: 'nano.pcap' }, captureNote: null });
  });

  test('a file that was chosen before the restart is not overwritten without asking again', async () => {
    const file = join(dir, 'peer.pcapng');
    const lab = newLab();
    lab.get('A').configure({ ...defaultSettings(), stop: 'once' });
    lab.get('A').choose('peer', file);
    writeFileSync(file, 'precious');
    const again = newLab();
    again.restore(lab.kept());
    await expect(again.get('A').start()).rejects.toMatchObject({
      field: 'peer',
      sentence: expect.stringMatching(/exists and is kept.*Choose the file again/),
    });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    again.get('A').choose('peer', file);
    await again.get('A').start();
    await again.get('A').stop();
    expect(readFileSync(file, 'utf8')).not.toBe('precious');
  });

  test('a setting that did not exist yet has its default', async () => {
    const kept = newLab().kept();
    const { seed: _new, ...older } = { ...defaultSettings(), batch: '7' };
    const text = JSON.stringify({ ...kept, instances: [{ ...kept.instances[0], settings: older }] });
    const file = join(dir, 'session.json');
    writeFileSync(file, text);
    expect((await keeper(file).read())?.instances[0]?.settings).toEqual({ ...defaultSettings(), batch: '7' });
  });

  test.each<[string, string]>([
    ['no JSON', '{"version":1,'],
    ['nothing', ''],
    ['another version', JSON.stringify({ version: 2, selected: null, instances: [] })],
    ['no instance', JSON.stringify({ version: 1, selected: null, instances: [] })],
    ['another shape', JSON.stringify([1, 2, 3])],
  ])('%s is set aside with a sentence', async (_what, text) => {
    const file = join(dir, 'session.json');
    writeFileSync(file, text);
    expect(await keeper(file).read()).toBeNull();
    expect(said).toEqual([
      expect.stringMatching(
        /^The last session could not be read \(.+\)\. It is kept as session\.json\.bad; .+\.$/,
      ),
    ]);
    expect(readFileSync(`${file}.bad`, 'utf8')).toBe(text);
    expect(readdirSync(dir)).toEqual(['session.json.bad']);
    said = [];
    expect(await keeper(file).read()).toBeNull();
    expect(said).toEqual([]);
  });

  test('whatever is in the file, a lab begins', async () => {
    const good = newLab().kept();
    const any = fc.oneof(
      fc.jsonValue(),
      fc.record({ version: fc.constant(1), selected: fc.jsonValue(), instances: fc.jsonValue() }),
      fc
        .dictionary(fc.constantFrom('id', 'plan', 'settings', 'capture', 'outputs', 'more'), fc.jsonValue())
        .map((change) => ({ ...good, instances: [{ ...good.instances[0], ...change }] })),
    );
    const file = join(dir, 'session.json');
    await fc.assert(
      fc.asyncProperty(any, async (content) => {
        writeFileSync(file, JSON.stringify(content));
        const kept = await keeper(file).read();
        const lab = newLab();
        if (kept) lab.restore(kept);
        expect(lab.list().length).toBeGreaterThan(0);
      }),
      { numRuns: 100 },
    );
  });

  test('is written whole, the latest state only, and a place that cannot be written is told once', async () => {
    const state = (n: number): KeptSession => ({ ...newLab().kept(), selected: String.fromCharCode(65 + n) });
    const own = keeper();
    for (let i = 0; i < 20; i++) own.changed(() => state(i));
    await own.end(state(25));
    expect((await keeper().read())?.selected).toBe('Z');
    own.changed(() => state(0));
    writeFileSync(join(dir, 'file'), '');
    const lost = keeper(join(dir, 'file', 'session.json'));
    await lost.end(state(1));
    await lost.end(state(2));
    expect(said).toEqual([expect.stringMatching(/^The last session could not be kept \(.+\)/)]);
  });
});

describe('recent plans', () => {
  const file = () => join(dir, 'recent-plans.json');

  test('outlive the app, the latest first, without doubles', async () => {
    const first = new RecentPlans(file());
    await first.read();
    for (const name of ['a', 'b', 'c', 'a']) first.add(`/plans/${name}.json`);
    first.remove('/plans/b.json');
    await first.settled();
    const again = new RecentPlans(file());
    await again.read();
    expect(again.list().map(({ name, folder }) => `${folder}/${name}`)).toEqual([
      '/plans/a.json',
      '/plans/c.json',
    ]);
    expect(again.pathOf(again.list()[1]?.key ?? 0)).toBe('/plans/c.json');
    expect(again.pathOf(77)).toBeNull();
  });

  test('a broken list is set aside with a sentence', async () => {
    writeFileSync(file(), '{"version":1,"plans":"all"}');
    const list = new RecentPlans(file(), (sentence) => said.push(sentence));
    await list.read();
    expect(list.list()).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/^The list of recent plans could not be read \(plans: /)]);
    expect(readdirSync(dir)).toEqual(['recent-plans.json.bad']);
  });
});
