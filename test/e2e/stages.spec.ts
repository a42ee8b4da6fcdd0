import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import { tool } from '../oracle';
import { expect, type Lab, test } from './app';

const stages = (lab: Lab): Locator => lab.page.getByRole('region', { name: 'Stages', exact: true });

/** A counter of a hop, to the packet. */
async function count(lab: Lab, hop: string, name: string): Promise<number> {
  const cell = stages(lab).locator(`[data-hop="${hop}"] [data-count="${name}"]`);
  return Number(await cell.getAttribute('data-value'));
}

async function did(lab: Lab, name: string): Promise<number> {
  return Number(await stages(lab).locator(`[data-did="${name}"]`).getAttribute('data-value'));
}

/** The switches are drawn, the check boxes lie under them. */
const put = (lab: Lab, stage: 'fault' | 'tee') =>
  stages(lab).getByRole('switch', { name: stage, exact: true }).check({ force: true });

async function chooseTee(lab: Lab, path: string): Promise<void> {
  await lab.willSave(path);
  await stages(lab).getByRole('button', { name: 'Choose file' }).click();
}

const limit = (lab: Lab): Locator => lab.page.locator('.bar-limit');

/** Packets taken and flushes, both of one moment. */
const counters = (lab: Lab): Promise<{ taken: number; flushes: number }> =>
  lab.page.getByRole('region', { name: 'Counters' }).evaluate((region) => {
    const figure = (name: string) =>
      Number(region.querySelector(`[data-figure="${name}"]`)?.getAttribute('data-value'));
    return { taken: figure('taken'), flushes: figure('flushes') };
  });

/** What has been counted while so many packets more were taken. */
async function meanwhile(lab: Lab, packets: number): Promise<{ taken: number; flushes: number }> {
  const before = await counters(lab);
  await expect.poll(async () => (await counters(lab)).taken).toBeGreaterThan(before.taken + packets);
  const after = await counters(lab);
  return { taken: after.taken - before.taken, flushes: after.flushes - before.flushes };
}

test('1 % loss and a tee: the counters of every hop match to the packet', async ({ lab }) => {
  const file = join(lab.dir, 'tee.pcapng');
  await put(lab, 'fault');
  await put(lab, 'tee');
  await chooseTee(lab, file);
  await stages(lab).getByLabel('drop', { exact: true }).fill('0.01');
  await lab.set('Rate', '200kpps');
  await lab.set('Stop after', '100000 packets');
  await lab.run();
  await expect.poll(() => count(lab, 'runner', 'offered')).toBe(100_000);
  await lab.ended();

  const dropped = await did(lab, 'dropped');
  expect(dropped).toBeGreaterThan(800);
  expect(dropped).toBeLessThan(1200);
  const passed = 100_000 - dropped;
  for (const [hop, offered] of [
    ['runner', 100_000],
    ['fault', 100_000],
    ['tee', passed],
    ['backend', passed],
  ] as const) {
    expect(
      [
        await count(lab, hop, 'offered'),
        await count(lab, hop, 'taken'),
        await count(lab, hop, 'refused'),
        await count(lab, hop, 'unexamined'),
      ],
      hop,
    ).toEqual([offered, offered, 0, 0]);
  }
  expect(await did(lab, 'recorded')).toBe(passed);
  expect(await lab.figure('received')).toBe(passed);
  expect(await lab.figure('completed')).toBe(100_000);
  expect(await tool('capinfos', '-c', '-M', file)).toContain(`Number of packets:   ${passed}`);
});

test('an AGAIN storm names what limits it: the sink, and a ring that is too small', async ({ lab }) => {
  const { page } = lab;
  await lab.set('ring', '64');
  await lab.set('drain', '2000');
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect(limit(lab)).toHaveText('sink');
  await expect(page.getByRole('region', { name: 'Error codes' })).toContainText('all 64 slots hold packets');
  expect(await count(lab, 'backend', 'refused')).toBeGreaterThan(await count(lab, 'runner', 'refused'));
  await lab.shot('again-storm-stages');
  await lab.stop();
  await lab.ended();
  await expect(limit(lab)).toHaveText('sink');

  await lab.set('drain', 'max');
  await lab.set('ring', '4');
  await lab.run();
  await expect(limit(lab)).toHaveText('ring full');
  await lab.stop();
  await lab.ended();
});

test('rate, batch and flush change what a run does; the rest says why it can’t', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Rate', '1kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await expect(page.locator('.bar-asked')).toHaveText('1.00 kpps');
  await expect(limit(lab)).toHaveText('pacing');

  for (const name of ['Backend', 'Stop after', 'On AGAIN', 'Seed', 'ring', 'attach']) {
    const field = page.getByLabel(name, { exact: true });
    await expect(field, name).toBeDisabled();
    await expect(field, name).toHaveAttribute('title', /^Stop the run to change /);
  }
  await expect(stages(lab).getByRole('switch', { name: 'fault' })).toBeDisabled();

  await lab.set('Rate', 'max');
  await expect(page.locator('.bar-asked')).toHaveText('max');
  await expect(limit(lab)).toHaveText('CPU');

  await lab.set('Batch size', '3');
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText('is now asked for batch 3');
  // The counters on the screen may be of a moment before the journal's line.
  await expect
    .poll(async () => {
      const { taken, flushes } = await meanwhile(lab, 300_000);
      return taken / flushes;
    })
    .toBeLessThan(4);

  await lab.set('Flush policy', 'never');
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText('is now asked for flush never');
  await expect.poll(async () => (await meanwhile(lab, 100_000)).flushes).toBe(0);
  const flushes = await lab.figure('flushes');
  await page.getByRole('button', { name: 'Flush now' }).click();
  await expect.poll(() => lab.figure('flushes')).toBe(flushes + 1);

  // A wrong text is marked and leaves the run as it is.
  await lab.set('Rate', 'quick');
  await expect(page.getByText(/The rate is max, packets per second.*“quick” is not/).first()).toBeVisible();
  await expect(page.locator('.bar-asked')).toHaveText('max');
  await lab.shot('tuning-wrong');
  await meanwhile(lab, 1000);
  await lab.stop();
  await lab.ended();
  await expect(page.getByLabel('Rate', { exact: true })).toHaveValue('quick');
  await expect(page.getByLabel('Backend', { exact: true })).toBeEnabled();
});

test('four instances on four backends side by side', async ({ lab }) => {
  const { page } = lab;
  const list = page.getByRole('region', { name: 'Instances', exact: true });
  const setUp = async (backend: string, rate: string) => {
    await page.getByLabel('Backend', { exact: true }).selectOption(backend);
    await lab.set('Rate', rate);
    await lab.set('Stop after', 'never');
  };
  await setUp('loopback', '10kpps');
  await page.getByRole('button', { name: 'Add instance' }).click();
  await setUp('null', '20kpps');
  await page.getByRole('button', { name: 'Add instance' }).click();
  await setUp('pcapng', '3kpps');
  await lab.willSave(join(lab.dir, 'c.pcapng'));
  await page.getByRole('group', { name: 'file' }).getByRole('button', { name: 'Choose file' }).click();
  await page.getByRole('button', { name: 'Add instance' }).click();
  await page.getByRole('region', { name: 'Templates' }).getByText('UDP to this computer').click();
  await setUp('udp', '1kpps');

  const rows = list.getByRole('row');
  await expect(rows).toHaveCount(4);
  for (const [i, backend] of ['loopback', 'null', 'pcapng', 'udp'].entries()) {
    await rows.nth(i).click();
    await expect(page.getByLabel('Backend', { exact: true })).toHaveValue(backend);
    await lab.run();
    await expect.poll(() => lab.figure('taken')).toBeGreaterThan(100);
  }
  for (const [i, backend] of ['loopback', 'null', 'pcapng', 'udp'].entries()) {
    await expect(rows.nth(i)).toContainText(backend);
    await expect(rows.nth(i)).toContainText('Running');
    await expect(rows.nth(i)).toContainText(/[\d.]+ k?pps/);
  }
  // Each has its own figures: those of one do not stand still while another one is shown.
  await rows.nth(0).click();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(5000);
  const bytes = page.getByRole('region', { name: 'Bytes' });
  await expect(bytes).toContainText('60 B buffer');
  await rows.nth(3).click();
  expect(await lab.figure('taken')).toBeGreaterThan(100);
  await lab.shot('four-instances');
  await page.getByRole('button', { name: 'Stop all' }).click();
  for (const i of [0, 1, 2, 3]) await expect(rows.nth(i)).toContainText('Done');
  await rows.nth(2).click();
  const taken = await lab.figure('taken');
  expect(await tool('capinfos', '-c', '-M', join(lab.dir, 'c.pcapng'))).toContain(
    `Number of packets:   ${taken}`,
  );
});

test('an instance attached to another one receives what it sends', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Stop after', '5000 packets');
  await lab.set('Rate', '50kpps');
  await page.getByRole('button', { name: 'Duplicate instance A' }).click();
  await lab.set('Rate', '1 pps');
  await lab.set('Stop after', 'never');
  const attach = page.getByLabel('attach', { exact: true });
  await expect(attach.locator('option')).toHaveText(['none', 'A']);
  await attach.selectOption('A');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  const rows = page.getByRole('region', { name: 'Instances', exact: true }).getByRole('row');
  await rows.nth(0).click();
  await lab.run();
  await expect.poll(() => lab.figure('completed')).toBe(5000);
  expect(await lab.figure('received')).toBe(0);
  await rows.nth(1).click();
  await expect.poll(() => lab.figure('received')).toBe(5000);
  await lab.shot('attached');
  await lab.stop();
  await lab.ended();
  await page.getByLabel('Backend', { exact: true }).selectOption('null');
  await rows.nth(0).click();
  await attach.selectOption('none');
  await expect(attach.locator('option')).toHaveText(['none']);
});

test('a file name with markup is text', async ({ lab }) => {
  const name = '<img src=x onerror=document.title=1>.pcapng';
  await put(lab, 'tee');
  await chooseTee(lab, join(lab.dir, name));
  await expect(stages(lab)).toContainText(name);
  expect(await lab.page.locator('img').count()).toBe(0);
  await stages(lab).getByRole('button', { name: 'Clear Tee capture' }).click();
  await expect(stages(lab)).toContainText('none chosen');
  await lab.run();
  await expect(stages(lab)).toContainText('Choose the file that the tee writes.');
});

test('a choice is chosen and kept; backends that need a lab say so', async ({ lab }) => {
  const { page } = lab;
  const backend = page.getByLabel('Backend', { exact: true });
  const onDevices = ['af_packet (needs a lab)', 'af_xdp (needs a lab)', 'tap (needs a lab)'];
  await expect(backend.locator('option')).toHaveText(['null', 'loopback', 'pcapng', 'udp', ...onDevices]);
  await backend.selectOption('udp');
  const gso = page.getByLabel('gso', { exact: true });
  await expect(gso).toHaveValue('auto');
  await expect(gso.locator('option')).toHaveText(['auto', 'on', 'off']);
  await gso.selectOption('on');
  await expect(gso).not.toHaveClass(/as-default/);
  await lab.restart();
  await expect(lab.page.getByLabel('gso', { exact: true })).toHaveValue('on');
  await lab.page.getByLabel('gso', { exact: true }).selectOption('auto');
  await expect(lab.page.getByLabel('gso', { exact: true })).toHaveClass(/as-default/);
});
