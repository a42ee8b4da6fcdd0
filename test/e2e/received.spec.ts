import AxeBuilder from '@axe-core/playwright';
import type { Locator } from '@playwright/test';
import { expect, type Lab, test } from './app';

const region = (lab: Lab): Locator => lab.page.getByRole('region', { name: 'Received', exact: true });

/** A figure of a stream, to the packet. */
async function figure(lab: Lab, name: string, stream = 0): Promise<number> {
  const cell = region(lab).locator(`[data-stream="${stream}"] [data-count="${name}"]`);
  return Number(await cell.getAttribute('data-value'));
}

async function did(lab: Lab, name: string): Promise<number> {
  return Number(await lab.page.locator(`[data-did="${name}"]`).getAttribute('data-value'));
}

test('what is received, lost, reordered and duplicated, and the last frames in full', async ({ lab }) => {
  const { page } = lab;
  await expect(region(lab)).toContainText('Turn on Signature in Run settings');

  // The built-in packet is too short: that is said before the run, with what would do.
  await page.getByRole('switch', { name: 'Signature', exact: true }).check({ force: true });
  await expect(page.locator('.signature-row .field-error')).toContainText('has 18 B of payload');
  await page.getByRole('button', { name: 'Make it 24 B', exact: true }).click();
  await expect(page.locator('.signature-row .field-error')).toHaveCount(0);

  await page.getByRole('switch', { name: 'fault', exact: true }).check({ force: true });
  const stages = page.getByRole('region', { name: 'Stages', exact: true });
  await stages.getByLabel('drop', { exact: true }).fill('0.003');
  await stages.getByLabel('reorder', { exact: true }).fill('0.01');
  await stages.getByLabel('duplicate', { exact: true }).fill('0.005');
  await lab.set('Rate', '200kpps');
  await lab.set('Stop after', '100000 packets');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBe(100_000);
  await lab.ended();

  await expect.poll(() => figure(lab, 'received')).toBe(100_000 - (await did(lab, 'dropped')));
  expect(await figure(lab, 'lost')).toBe(await did(lab, 'dropped'));
  expect(await figure(lab, 'reordered')).toBe(await did(lab, 'reordered'));
  expect(await figure(lab, 'duplicated')).toBe(await did(lab, 'duplicated'));
  expect(await figure(lab, 'lost')).toBeGreaterThan(100);

  await region(lab).getByRole('button', { name: 'Latency and gaps', exact: true }).click();
  await expect(
    region(lab).getByRole('img', { name: /^Histogram of one-way latency of stream 0/ }),
  ).toBeVisible();
  await expect(region(lab).getByRole('img', { name: /^Histogram of gap between packets/ })).toBeVisible();

  const total = await lab.figure('received');
  await expect(region(lab).locator('[data-figure="frames-kept"]')).toHaveText(
    `last 256 of ${total.toLocaleString('en-US')} frames`,
  );
  const list = region(lab).getByRole('grid', { name: 'Last frames received' });
  await list.press('End');
  const frame = region(lab).locator('[data-frame]');
  await expect(frame).toHaveAttribute('data-frame', String(total));
  await list.press('ArrowUp');
  await expect(frame).toHaveAttribute('data-frame', String(total - 1));
  const sequence = frame.getByRole('button', { name: /^Sequence number/ });
  await sequence.click();
  await expect(frame.locator('.dump .lit').first()).toBeVisible();
  expect(await frame.locator('.dump-hex .lit').count()).toBe(8);
  await expect(frame.locator('[data-name="signature.magic"]')).toContainText('0x504c5347');
  await region(lab).scrollIntoViewIfNeeded();
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await lab.shot(`received-${colorScheme}`);
    const found = await new AxeBuilder({ page }).setLegacyMode().analyze();
    expect(
      found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`),
    ).toEqual([]);
  }
});

test('a frozen view stands still while the run goes on', async ({ lab }) => {
  const { page } = lab;
  await page.getByRole('switch', { name: 'Signature', exact: true }).check({ force: true });
  await page.getByRole('button', { name: 'Make it 24 B', exact: true }).click();
  await lab.set('Rate', '10kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  const list = region(lab).getByRole('grid', { name: 'Last frames received' });
  await list.scrollIntoViewIfNeeded();
  await expect.poll(() => figure(lab, 'received')).toBeGreaterThan(1000);
  await expect(list.getByRole('row')).toHaveCount(257);
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  const before = [await figure(lab, 'received'), await list.getByRole('row').last().innerText()];
  const taken = await lab.figure('taken');
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(taken + 10_000);
  expect([await figure(lab, 'received'), await list.getByRole('row').last().innerText()]).toEqual(before);
  await page.getByRole('button', { name: 'Jump to live', exact: true }).click();
  await expect.poll(() => figure(lab, 'received')).toBeGreaterThan(Number(before[0]));
  await lab.stop();
});
