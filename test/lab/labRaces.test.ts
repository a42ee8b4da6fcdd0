import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { NetLab } from '../../main/lab/netLab';
import { NetLabError } from '../../main/lab/netLabError';
import { isAlive, until } from './netLabCases';
import { noLab } from './ways';

// What comes at the same time: requests, starts and stops of runs, and the end of the lab.

const forbidden = await noLab();
const PAIRS = 4;
const BACKENDS = ['af_packet', 'af_xdp'] as const;
const descriptors = () => readdirSync('/proc/self/fd').length;

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
  for (let pair = 0; pair < PAIRS; pair++) {
    const backend = BACKENDS[pair % BACKENDS.length] ?? 'af_packet';
    const { id } = pair === 0 ? lab.get('A') : lab.add();
    lab.get(id).configure({
      ...defaultSettings(),
      backend,
      options: { [backend]: { pair: String(pair) } },
      rate: 'max',
      stop: 'never',
    });
  }
});
afterEach(() => lab.close());

const all = () => lab.list().map(({ id }) => lab.get(id));
const phases = () => lab.list().map(({ phase }) => phase);
const journal = () => lab.journal().map(({ text }) => text);

describe.skipIf(forbidden !== null)('a lab', () => {
  test('a stop while a run is being started takes the start back', async () => {
    await lab.held.start({ pairs: PAIRS, mtu: 1500 });
    const starts = all().map((instance) => instance.start());
    await lab.stopAll();
    await Promise.all(starts);
    expect(phases()).toEqual(all().map(() => 'done'));
    for (const instance of all())
      expect(instance.live()?.snapshot).toMatchObject({ stoppedBy: 'user', fault: null });
  });

  test('closed while runs are being started: each is stopped, or was never begun', async () => {
    const before = await lab.held
      .start({ pairs: PAIRS, mtu: 1500 })
      .then(() => lab.closeNet().then(descriptors));
    for (let i = 0; i < 20; i++) {
      const { helper } = await lab.held.start({ pairs: PAIRS, mtu: 1500 });
      const starts = all().map((instance) => instance.start());
      // Further on with each time: before the descriptors are there, among them, behind them.
      for (let turn = 0; turn < i; turn++) await new Promise((go) => setImmediate(go));
      expect(await lab.closeNet()).toMatchObject({ phase: 'closed', problem: null });
      for (const { status, ...end } of await Promise.allSettled(starts))
        if (status === 'rejected')
          expect(String((end as PromiseRejectedResult).reason)).toMatch(/closed|no lab is open/);
      expect(phases().filter((phase) => !['idle', 'done'].includes(phase))).toEqual([]);
      expect(isAlive(helper ?? 0)).toBe(false);
      expect(descriptors()).toBe(before);
    }
    expect(journal().filter((text) => text.includes("the lab's helper"))).toEqual([]);
  });

  test('closed while a start waits for a helper that stands still', async () => {
    const { helper } = await lab.held.start({ pairs: PAIRS, mtu: 1500 });
    process.kill(helper ?? 0, 'SIGSTOP');
    const start = lab
      .get('A')
      .start()
      .catch((error: unknown) => error);
    expect(lab.get('A').active).toBe(true);
    expect(await lab.closeNet()).toMatchObject({ phase: 'closed', problem: null });
    expect(String(await start)).toMatch(/closed|no lab is open/);
    expect(isAlive(helper ?? 0)).toBe(false);
  });

  test('the helper dies while runs are being started: each has a fault or was never begun, and the next lab works', async () => {
    for (let i = 0; i < 10; i++) {
      const { helper } = await lab.held.start({ pairs: PAIRS, mtu: 1500 });
      const starts = all().map((instance) => instance.start());
      for (let turn = 0; turn < 2 * i; turn++) await new Promise((go) => setImmediate(go));
      process.kill(helper ?? 0, 'SIGKILL');
      await Promise.allSettled(starts);
      await until('the end of all', () => all().every((instance) => !instance.active));
      await until('the news', () => lab.held.info().phase === 'closed');
      expect(lab.held.info().problem).toContain('has ended');
    }
    await lab.held.start({ pairs: PAIRS, mtu: 1500 });
    await Promise.all(all().map((instance) => instance.start()));
    await until(
      'frames of all',
      () => lab.live().every(({ snapshot }) => snapshot.taken > 0) && lab.live().length === PAIRS,
    );
    await lab.stopAll();
    expect(phases()).toEqual(all().map(() => 'done'));
  });

  test('opened while it is closing: refused in a sentence, or another lab; never two', async () => {
    for (let i = 0; i < 10; i++) {
      const first = await lab.held.start({ pairs: 1, mtu: 1500 });
      const closing = lab.held.close();
      const second = await lab.held.start({ pairs: 1, mtu: 1500 }).catch((error: unknown) => error);
      await closing;
      if (second instanceof Error) expect(second.message).toContain('closing at this moment');
      else expect(second).toMatchObject({ phase: 'open' });
      expect(isAlive(first.helper ?? 0)).toBe(false);
      await lab.held.close();
      expect(lab.held.info()).toMatchObject({ phase: 'closed', problem: null });
    }
  });

  test('two changes of one interface at once: one after the other', async () => {
    const net = await NetLab.open(1, 1500);
    const place = { pair: 0, end: 'a' } as const;
    const [down, up, mtu] = await Promise.all([
      net.setLink(place, false),
      net.setLink(place, true),
      net.setMtu(place, 576),
    ]);
    expect([down.up, up.up, mtu.up, mtu.mtu]).toEqual([false, true, true, 576]);
    const twice = await Promise.allSettled([
      net.remove(place),
      net.remove(place),
      net.create(0, 1500),
      net.create(0, 1500),
    ]);
    expect(twice.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    await net.close();
  });

  test('an interface deleted between the two descriptors of a run: neither is left', async () => {
    const net = await NetLab.open(1, 1500);
    const before = descriptors();
    const opening = net.openRun(0, { name: 'af_packet', options: {} });
    const [opened, removed] = await Promise.allSettled([opening, net.remove({ pair: 0, end: 'a' })]);
    expect(removed.status).toBe('fulfilled');
    expect(opened).toMatchObject({ status: 'rejected', reason: expect.any(NetLabError) });
    expect(descriptors()).toBe(before);
    await net.close();
  });
});
if (forbidden !== null) test('a lab', (context) => context.skip(forbidden));
