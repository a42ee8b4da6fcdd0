import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';

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

const base: Settings = { ...defaultSettings(), stop: 'never', rate: '10kpps' };
const configure = (change: Partial<Settings>) =>
  page.request('instance.configure', { id: 'A', settings: { ...base, ...change } });
const info = (): InstanceInfo => lab.get('A').info();
const taken = () => lab.get('A').live()?.snapshot.taken ?? 0;
const counted = async (what: string, more: number) => {
  const before = taken();
  await page.until(what, () => taken() >= before + more);
};

describe('while a run is on', () => {
  beforeEach(async () => {
    await configure({});
    await page.request('run.start', { id: 'A' });
    await counted('packets', 100);
  });

  test('rate, batch and flush policy change what the run does and what it was asked for', async () => {
    expect(info()).toMatchObject({ asked: '10.0 kpps', askedPps: 10_000 });
    await configure({ rate: '1 Mpps', batch: '7', flush: 'never' });
    expect(info()).toMatchObject({ asked: '1.00 Mpps', askedPps: 1e6, settings: { batch: '7' } });
    await counted('the change', 20_000);
    const before = lab.live()[0]?.snapshot;
    await counted('packets of the new batch', 20_000);
    await page.request('run.stop', { id: 'A' });
    const last = lab.live()[0]?.snapshot;
    const calls = (last?.calls.success ?? 0) - (before?.calls.success ?? 0);
    const packets = (last?.taken ?? 0) - (before?.taken ?? 0);
    expect(packets / calls).toBeGreaterThan(6);
    expect(packets / calls).toBeLessThanOrEqual(7);
    expect(last?.flushes).toBe(before?.flushes);
    expect(info()).toMatchObject({ asked: '1.00 Mpps', phase: 'done' });
    expect(page.journal().join('\n')).toContain(
      'Run 1 is now asked for rate 1.00 Mpps, batch 7, flush never.',
    );
  });

  test('the same settings again change nothing', async () => {
    await configure({ rate: '10 kpps' });
    expect(page.journal().join('\n')).not.toContain('is now asked for');
  });

  test.each([
    [{ rate: 'fast' }, 'rate'],
    [{ rate: 'capture' }, 'rate'],
    [{ rate: '20kpps', batch: '0' }, 'batch'],
    [{ flush: 'often' }, 'flush'],
  ])('%j leaves the run as it is and is refused at %s', async (change, field) => {
    await expect(configure(change)).rejects.toMatchObject({ code: 'BAD_INPUT', field });
    expect(info()).toMatchObject({ asked: '10.0 kpps', settings: { rate: '10kpps', batch: '64' } });
    await counted('the run goes on', 100);
  });

  test.each<[Partial<Settings>, string, string]>([
    [{ backend: 'null' }, 'backend', 'Stop the run to change the backend.'],
    [
      { options: { loopback: { ring: '8' } } },
      'options.ring',
      'Stop the run to change the backend’s options.',
    ],
    [{ stop: '10s' }, 'stop', 'Stop the run to change when it stops.'],
    [{ again: 'drop' }, 'again', 'Stop the run to change what AGAIN does.'],
    [{ seed: '2' }, 'seed', 'Stop the run to change the seed.'],
    [{ faultOn: true }, 'faultOn', 'Stop the run to change the stages.'],
    [{ fault: { drop: '1' } }, 'fault.drop', 'Stop the run to change the fault stage.'],
    [{ teeOn: true }, 'teeOn', 'Stop the run to change the stages.'],
    [{ hex: '00' }, 'hex', 'Stop the run to change the packet.'],
    [{ source: 'capture' }, 'source', 'Stop the run to change what is sent.'],
  ])('%j is refused with the field and the reason', async (change, field, sentence) => {
    await expect(configure({ ...change, rate: '20kpps' })).rejects.toMatchObject({ field, sentence });
    expect(info().settings).toEqual(base);
    expect(info().asked).toBe('10.0 kpps');
  });

  test('after the run everything may change again', async () => {
    await page.request('run.stop', { id: 'A' });
    await configure({ backend: 'null', rate: 'fast' });
    expect(info().settings).toMatchObject({ backend: 'null', rate: 'fast' });
    expect(info().asked).toBe('10.0 kpps');
  });
});

test('what changes while the backend opens is what the run is asked for', async () => {
  await configure({});
  const started = page.request('run.start', { id: 'A' });
  await configure({ rate: '123 kpps' });
  await started;
  expect(info()).toMatchObject({ phase: 'running', asked: '123 kpps' });
});
