import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LabSpot } from '../../app/lab/limits';
import type { LabChange, NetLabInfo } from '../../app/lab/state';
import { setField } from '../../app/packet/edit';
import { hexTextOf } from '../../app/packet/editBytes';
import { TEMPLATES } from '../../app/packet/templates';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';
import { noLab } from './ways';

// The lab of interfaces as a page has it: opened, changed and closed by requests, told by events.

const forbidden = await noLab();

let lab: Lab;
let page: TestPage;
beforeEach(() => {
  lab = new Lab();
  page = new TestPage(lab);
});
afterEach(async () => {
  page.close();
  await lab.close();
});

/** Sends to the interface at 5,000 packets a second until it is stopped, or as often as `stop` says. */
const onLab = (stop: string, options: Record<string, string> = {}, backend = 'af_packet') => ({
  ...defaultSettings(),
  backend,
  rate: '5 kpps',
  stop,
  options: { [backend]: options },
});

const configure = (id: string, settings: ReturnType<typeof onLab>) =>
  page.request('instance.configure', { id, settings });
const change = (end: LabSpot, asked: LabChange, pair = 0): Promise<NetLabInfo> =>
  page.request('lab.port', { pair, end, change: asked });
const snapshot = (id = 'A') => lab.live().find((live) => live.id === id)?.snapshot;
const taken = () => snapshot()?.taken ?? 0;
/** What the latest event said. */
const told = (): NetLabInfo | undefined =>
  page.heard.filter(({ name }) => name === 'lab.state').at(-1)?.payload as NetLabInfo | undefined;

test('without a lab a backend on an interface says so at the backend, and all others run', async () => {
  const { netLab, backends } = await page.request('lab.hello', null);
  expect(netLab).toEqual({ phase: 'closed', mtu: 0, helper: null, problem: null, possible: true, pairs: [] });
  if (process.platform === 'linux') expect(backends.map(({ name }) => name)).toContain('af_packet');
  await expect(change('a', { what: 'link', up: true })).rejects.toMatchObject({
    sentence: 'No lab is open; open one first.',
  });
  expect((await page.request('lab.close', null)).phase).toBe('closed');
  if (process.platform !== 'linux') return;
  await configure('A', onLab('1 packet'));
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({
    field: 'backend',
    sentence: expect.stringContaining('no lab is open. Open one'),
  });
  expect(lab.list()[0]?.phase).toBe('idle');
});

if (forbidden !== null)
  test('a lab refused says which limit it is, here and to a page that comes later', async () => {
    await expect(page.request('lab.open', { pairs: 1, mtu: 1500 })).rejects.toMatchObject({
      sentence: expect.stringContaining('Simulate'),
    });
    expect((await page.request('lab.hello', null)).netLab).toMatchObject({
      phase: 'closed',
      problem: forbidden,
      possible: false,
    });
  });

describe.skipIf(forbidden !== null)('a lab', () => {
  test('is opened once, tells every interface and leaves nothing', async () => {
    const opening = page.request('lab.open', { pairs: 2, mtu: 9000 });
    await expect(page.request('lab.open', { pairs: 1, mtu: 1500 })).rejects.toMatchObject({
      sentence: 'A lab is opening at this moment; wait for it.',
    });
    const open = await opening;
    expect(open).toMatchObject({ phase: 'open', mtu: 9000, problem: null });
    expect(open.pairs.flatMap(({ a, b }) => [a?.name, b?.name])).toEqual(['pl0a', 'pl0b', 'pl1a', 'pl1b']);
    expect(open.pairs[1]?.b).toMatchObject({ mtu: 9000, address: '198.18.1.2', queue: null, up: true });
    await expect(page.request('lab.open', { pairs: 1, mtu: 1500 })).rejects.toMatchObject({
      sentence: 'A lab is open already; close it to open another one.',
    });
    await page.until('the page was told', () => told()?.phase === 'open');
    const helper = open.helper ?? 0;
    expect(() => process.kill(helper, 0)).not.toThrow();
    expect(await page.request('lab.close', null)).toMatchObject({
      phase: 'closed',
      problem: null,
      pairs: [],
    });
    await page.until('the helper is gone', () => {
      try {
        process.kill(helper, 0);
        return false;
      } catch {
        return true;
      }
    });
    await page.until('the page was told', () => told()?.phase === 'closed');
  });

  test('that is closed while it is being opened is not left behind', async () => {
    const opening = page.request('lab.open', { pairs: 1, mtu: 1500 });
    expect(await page.request('lab.close', null)).toMatchObject({ phase: 'closed', pairs: [] });
    const { helper } = await opening;
    expect((await page.request('lab.hello', null)).netLab).toMatchObject({ phase: 'closed', problem: null });
    if (helper !== null) expect(() => process.kill(helper, 0)).toThrow('ESRCH');
  });

  test('what is done to an interface is seen at it and told', async () => {
    await page.request('lab.open', { pairs: 1, mtu: 1500 });
    expect((await change('a', { what: 'link', up: false })).pairs[0]?.a).toMatchObject({
      up: false,
      carrier: false,
    });
    await page.until('b has lost its carrier', () => told()?.pairs[0]?.b?.carrier === false);
    expect((await change('a', { what: 'link', up: true })).pairs[0]?.a).toMatchObject({ up: true });
    await page.until('both have a carrier again', () => {
      const { a, b } = told()?.pairs[0] ?? {};
      return a?.carrier === true && b?.carrier === true;
    });
    expect((await change('a', { what: 'carrier', on: false })).pairs[0]?.b).toMatchObject({ up: false });
    await change('a', { what: 'carrier', on: true });
    expect((await change('b', { what: 'mtu', mtu: 576 })).pairs[0]?.b).toMatchObject({ mtu: 576 });
    expect((await change('a', { what: 'queue', packets: 7 })).pairs[0]?.a).toMatchObject({ queue: 7 });
    const before = told()?.pairs[0]?.a?.ifindex;
    expect((await change('a', { what: 'delete' })).pairs).toEqual([{ a: null, b: null, tap: null }]);
    await expect(change('b', { what: 'link', up: true })).rejects.toMatchObject({
      sentence: expect.stringContaining('the interface is not there'),
    });
    const again = (await change('b', { what: 'create' })).pairs[0];
    expect(again?.a).toMatchObject({ name: 'pl0a', mtu: 1500, queue: null, up: true });
    expect(again?.a?.ifindex).not.toBe(before);
    await expect(change('b', { what: 'create' })).rejects.toMatchObject({
      sentence: expect.stringContaining('it is there already'),
    });
    await expect(change('a', { what: 'link', up: true }, 1)).rejects.toMatchObject({
      sentence: 'There is no pair 1: the lab has pair 0 only.',
    });
    await page.until('the page was told', () => told()?.pairs[0]?.a?.ifindex === again?.a?.ifindex);
    expect(page.journal()).toEqual(
      expect.arrayContaining(['Set pl0a down.', 'Deleted pair 0: pl0a and pl0b are gone.']),
    );
  });

  test.each(['af_packet', 'af_xdp', 'tap'])('%s: what is taken is received', async (backend) => {
    await page.request('lab.open', { pairs: 1, mtu: 1500 });
    await configure('A', onLab('2000 packets', {}, backend));
    for (let run = 0; run < 2; run++) {
      await page.request('run.start', { id: 'A' });
      await page.phase('A', 'done');
      expect(snapshot()).toMatchObject({ offered: 2000, taken: 2000, received: 2000, fault: null });
    }
  });

  test('the TAP device of a run is told and changed like an end, and goes with the run', async () => {
    const { pairs } = await page.request('lab.open', { pairs: 1, mtu: 1500 });
    expect(pairs[0]?.tap).toBeNull();
    await expect(change('tap', { what: 'create' })).rejects.toMatchObject({
      sentence: 'pl0t is made by a run of tap on pair 0; start one.',
    });
    await configure('A', onLab('never', {}, 'tap'));
    await page.request('run.start', { id: 'A' });
    await page.until('the page was told', () => told()?.pairs[0]?.tap?.up === true);
    expect(told()?.pairs[0]?.tap).toMatchObject({ name: 'pl0t', mtu: 1500, address: '' });
    const off = await change('tap', { what: 'carrier', on: false });
    expect(off.pairs[0]?.tap).toMatchObject({ up: true, carrier: false });
    expect(off.pairs[0]?.a).toMatchObject({ carrier: true });
    await change('tap', { what: 'carrier', on: true });
    await change('tap', { what: 'link', up: false });
    await page.until('the run sees it', () => snapshot()?.state === 'link-down');
    await change('tap', { what: 'link', up: true });
    expect((await change('tap', { what: 'mtu', mtu: 576 })).pairs[0]).toMatchObject({
      a: { mtu: 1500 },
      tap: { mtu: 576 },
    });
    expect((await change('tap', { what: 'delete' })).pairs[0]).toMatchObject({ a: { up: true }, tap: null });
    await page.phase('A', 'fault');
    expect(snapshot()?.fault?.state).toBe('removed');
    expect(page.journal()).toContain('Deleted pl0t: the run that made it ends.');
  });

  test('udp goes to loopback addresses, and with a pair over the lab', async () => {
    const to = (pair: string, stop = '2000 packets') => ({
      ...onLab(stop, { pair }, 'udp'),
      hex: hexTextOf(
        setField(TEMPLATES[0]?.packet ?? { layers: [] }, { layer: 1, name: 'ip.dst', nth: 0 }, '198.18.1.2'),
      ),
    });
    await configure('A', to('1'));
    await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({
      field: 'options.pair',
      sentence: 'Pair 1 is one of a private lab, and no lab is open. Open one, or choose pair none.',
    });
    await page.request('lab.open', { pairs: 2, mtu: 1500 });
    await configure('A', to('none'));
    await page.request('run.start', { id: 'A' });
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ offered: 2000, taken: 0, refused: 2000 });
    await configure('A', to('1'));
    await page.request('run.start', { id: 'A' });
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ offered: 2000, taken: 2000, fault: null });
    await configure('A', to('2'));
    await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({ field: 'options.pair' });
    // The pair is taken: another run on it would be counted with this one.
    await configure('A', to('1', 'never'));
    lab.add();
    await configure('B', onLab('1 packet', { pair: '1' }));
    await page.request('run.start', { id: 'A' });
    await expect(page.request('run.start', { id: 'B' })).rejects.toMatchObject({
      sentence: expect.stringContaining('Instance A sends and receives on pair 1 already'),
    });
    await page.request('lab.close', null);
    await page.phase('A', 'done');
  });

  test('a run that is refused at its files leaves no device behind', async () => {
    await page.request('lab.open', { pairs: 1, mtu: 1500 });
    await configure('A', onLab('100 packets', {}, 'tap'));
    lab.get('A').choose('peer', '/proc/nothing/here.pcapng');
    await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    lab.get('A').choose('peer', null);
    await page.request('run.start', { id: 'A' });
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ taken: 100, received: 100 });
  });

  test('a link that is down is AGAIN or INVAL and up again goes on; a deleted interface ends the run', async () => {
    await page.request('lab.open', { pairs: 1, mtu: 1500 });
    await configure('A', onLab('never'));
    await page.request('run.start', { id: 'A' });
    await page.until('packets flow', () => taken() > 100);
    await change('a', { what: 'link', up: false });
    await page.until('the run sees it', () => snapshot()?.state === 'link-down');
    await change('a', { what: 'link', up: true });
    await page.until('the run sees that, too', () => snapshot()?.state === 'up');
    const sofar = taken();
    await page.until('packets flow again', () => taken() > sofar + 100);
    await change('b', { what: 'delete' });
    await page.phase('A', 'fault');
    expect(snapshot()?.fault?.state).toBe('removed');
    // Made again, it is another interface, and another run has it.
    await change('a', { what: 'create' });
    await configure('A', onLab('100 packets'));
    await page.request('run.start', { id: 'A' });
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ taken: 100, received: 100 });
  });

  test('a pair has one run at a time, and a pair that is not there is named at its field', async () => {
    await page.request('lab.open', { pairs: 2, mtu: 1500 });
    lab.add();
    lab.add();
    await configure('A', onLab('never'));
    await configure('B', onLab('1 packet', {}, 'tap'));
    await configure('C', onLab('100 packets', { pair: '1' }));
    await page.request('run.start', { id: 'A' });
    await expect(page.request('run.start', { id: 'B' })).rejects.toMatchObject({
      field: 'options.pair',
      sentence: expect.stringContaining('Instance A has pair 0 already'),
    });
    await page.request('run.start', { id: 'C' });
    await page.phase('C', 'done');
    expect(snapshot('C')).toMatchObject({ taken: 100, received: 100 });
    await configure('C', onLab('1 packet', { pair: '2' }));
    await expect(page.request('run.start', { id: 'C' })).rejects.toMatchObject({
      field: 'options.pair',
      sentence: 'There is no pair 2: the lab has pairs 0 to 1.',
    });
    // Closing stops what sends, cleanly.
    await page.request('lab.close', null);
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ fault: null, stoppedBy: 'user' });
    expect(snapshot()?.received).toBe(snapshot()?.taken);
  });

  test('a helper that dies is told, ends the runs with a fault, and another lab can be opened', async () => {
    const { helper } = await page.request('lab.open', { pairs: 1, mtu: 1500 });
    await configure('A', onLab('never'));
    await page.request('run.start', { id: 'A' });
    await page.until('packets flow', () => taken() > 100);
    process.kill(helper ?? 0, 'SIGKILL');
    await page.phase('A', 'fault');
    await page.until('the page was told', () => told()?.phase === 'closed');
    expect(told()?.problem).toContain(`The lab's helper (process ${helper}) has ended`);
    expect(page.journal().some((text) => text.includes('has ended, and the lab'))).toBe(true);
    await expect(change('a', { what: 'link', up: true })).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await page.request('lab.open', { pairs: 1, mtu: 1500 })).toMatchObject({
      phase: 'open',
      problem: null,
    });
    await configure('A', onLab('10 packets'));
    await page.request('run.start', { id: 'A' });
    await page.phase('A', 'done');
    expect(snapshot()).toMatchObject({ taken: 10, received: 10 });
  });

  test('the copied command makes the same lab', async () => {
    let copied = '';
    page = new TestPage(lab, {
      copy: (text) => {
        copied = text;
      },
    });
    await page.request('lab.open', { pairs: 2, mtu: 9000 });
    await configure('A', onLab('10 packets', { pair: '1' }));
    await page.request('plan.copyCommand', { id: 'A' });
    expect(copied).toContain('--backend af_packet --lab pairs=2,mtu=9000 --opt pair=1');
    await configure('A', onLab('10 packets', { pair: '0' }, 'udp'));
    await page.request('plan.copyCommand', { id: 'A' });
    expect(copied).toContain('--backend udp --lab pairs=2,mtu=9000 --opt pair=0');
    await configure('A', onLab('10 packets', {}, 'udp'));
    await page.request('plan.copyCommand', { id: 'A' });
    expect(copied).toMatch(/--backend udp --hex/);
  });
});
if (forbidden !== null) test('a lab', (context) => context.skip(forbidden));
