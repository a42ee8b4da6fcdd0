import AxeBuilder from '@axe-core/playwright';
import { expect, type Lab, test } from './app';

// The region "Diagnosis" in the real app: the checks before a run, and why it is zero while it is on.

const region = (lab: Lab) => lab.page.getByRole('region', { name: 'Diagnosis', exact: true });
const labRegion = (lab: Lab) => lab.page.getByRole('region', { name: 'Lab', exact: true });
const button = (lab: Lab, name: string) => labRegion(lab).getByRole('button', { name, exact: true });

async function violations(lab: Lab): Promise<string[]> {
  const found = await new AxeBuilder({ page: lab.page }).setLegacyMode().analyze();
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** Opens a lab and an instance on its first pair; a system that forbids it ends the test with its reason. */
async function onLab(lab: Lab, backend = 'af_packet'): Promise<void> {
  await lab.page.locator('[data-field="tier"]').click();
  await button(lab, 'Open lab').click();
  const refused = labRegion(lab).getByText('A lab is not possible');
  await expect(refused.or(button(lab, 'Link down')).first()).toBeVisible();
  if (await refused.first().isVisible()) test.skip(true, (await refused.first().textContent()) ?? '');
  await lab.page.getByLabel('Backend', { exact: true }).selectOption(backend);
}

test('the checks before a run are summed up, listed on request, and follow what is chosen', async ({
  lab,
}) => {
  const { page } = lab;
  await expect(region(lab)).toContainText(/Ready: \d+ checks/);
  const { height } = (await region(lab).boundingBox()) ?? { height: 0 };
  await region(lab).getByRole('button', { name: 'Show checks', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(region(lab).locator('[data-check="backend"]')).toContainText('loopback is built in');
  await page.keyboard.press('Space');
  await expect(region(lab).locator('[data-check]')).toHaveCount(0);
  expect((await region(lab).boundingBox())?.height).toBe(height);

  await page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
  await expect(region(lab)).toContainText('Not ready: 1 problem');
  await expect(region(lab).locator('[data-finding="lab"]')).toContainText('no lab is open');
  await expect(region(lab).getByRole('button', { name: 'Open a lab', exact: true })).toBeVisible();
  await lab.shot('diagnosis-no-lab');
  expect(await violations(lab)).toEqual([]);
  await onLab(lab);
  await expect(region(lab)).toContainText('Ready:');

  // What is done to the interface is found, with the change that mends it; nothing has to be pressed for it.
  await button(lab, 'Link down').click();
  await expect(region(lab).locator('[data-finding="link"]')).toContainText('pl0a is down');
  expect(await violations(lab)).toEqual([]);
  await lab.shot('diagnosis-link-down');
  await page.emulateMedia({ colorScheme: 'dark' });
  await lab.shot('diagnosis-link-down-dark');
  expect(await violations(lab)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light' });
  await region(lab).getByRole('button', { name: 'Set pl0a up', exact: true }).press('Enter');
  await expect(region(lab)).toContainText('Ready:');

  // A page that comes back is told.
  await button(lab, 'Carrier off').click();
  await expect(region(lab).locator('[data-finding="carrier"]')).toBeVisible();
  await page.reload();
  await expect(region(lab).locator('[data-finding="carrier"]')).toContainText('pl0b is down');
});

/** The finding of one of these kinds. */
const finding = (lab: Lab, ...ids: string[]) =>
  region(lab).locator(ids.map((id) => `[data-finding="${id}"]`).join(', '));

test('a run that is zero says why, and its button mends it', async ({ lab }) => {
  const { page } = lab;
  await onLab(lab);
  await lab.set('Rate', '5 kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBeGreaterThan(100);
  await expect(region(lab)).toContainText('nothing is in its way');

  /** Presses the finding's own button by the keyboard; the finding goes and packets arrive again. */
  const mend = async (name: RegExp, ...ids: string[]) => {
    await region(lab).getByRole('button', { name }).first().press('Enter');
    await expect(finding(lab, ...ids)).toHaveCount(0);
    const before = await lab.figure('received');
    await expect.poll(() => lab.figure('received')).toBeGreaterThan(before + 100);
  };

  const parts = ['Counters', 'Throughput', 'Error codes', 'Recent calls', 'Latency', 'Received'];
  const places = () =>
    Promise.all(parts.map((name) => page.getByRole('region', { name, exact: true }).boundingBox()));
  const before = await places();
  await button(lab, 'Link down').press('Enter');
  await expect(finding(lab, 'link')).toContainText('pl0a is down');
  expect(await places(), 'a finding moves nothing, and changes the size of nothing').toEqual(before);
  await expect(region(lab)).toBeInViewport({ ratio: 1 });
  await expect(finding(lab, 'link').locator('code')).toContainText('ip link set dev pl0a up');
  await expect(region(lab).getByRole('status')).toContainText('pl0a is down');
  await expect(page.getByRole('region', { name: 'Counters' })).toBeInViewport();
  await lab.shot('diagnosis-live');
  expect(await violations(lab)).toEqual([]);
  await page.reload();
  await expect(finding(lab, 'link')).toContainText('pl0a is down');
  await mend(/^Set pl0a up$/, 'link');

  await page.locator('[data-field="tier"]').click();
  await button(lab, 'Carrier off').press('Enter');
  await expect(finding(lab, 'carrier', 'peer')).toContainText('pl0b is down');
  // It is said once: how many were lost is a counter.
  await expect.poll(() => lab.figure('noCarrier')).toBeGreaterThan(0);
  const lost = page.getByRole('region', { name: 'Counters' }).locator('[data-figure="noCarrier"]');
  await expect(lost).toContainText('at least');
  await expect(lost).toHaveAttribute('title', /^At least [\d,]+\. At least so many were accepted/);
  await expect(page.locator('.status-notice')).toHaveCount(0);
  await page.emulateMedia({ colorScheme: 'dark' });
  await lab.shot('diagnosis-live-dark');
  expect(await violations(lab)).toEqual([]);
  await mend(/pl0[ab]/, 'carrier', 'peer');

  await button(lab, 'Limit queue').press('Enter');
  await expect(finding(lab, 'qdisc')).toContainText('pl0a');
  await mend(/^Take the queue of pl0a away$/, 'qdisc');
  await lab.stop();
  await lab.ended();

  // Frames that the interface does not take.
  await page.getByRole('button', { name: 'Show the packet', exact: true }).click();
  await page.getByRole('button', { name: /^UDP, 1,514 bytes/ }).click();
  await page.locator('[data-field="tier"]').click();
  await lab.run();
  await region(lab).scrollIntoViewIfNeeded();
  await region(lab).getByText('nothing is in its way').waitFor();
  await labRegion(lab).getByLabel('New MTU', { exact: true }).fill('576');
  await button(lab, 'Set MTU').press('Enter');
  await expect(finding(lab, 'inval')).toContainText('576');
  await lab.shot('diagnosis-inval');
  await lab.stop();
});

test('what a run ended with offers its button while it is still so', async ({ lab }) => {
  const { page } = lab;
  await onLab(lab);
  await lab.set('Stop after', 'never');
  await lab.set('Rate', '5 kpps');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBeGreaterThan(100);
  await button(lab, 'Delete interface').press('Enter');
  await lab.ended();
  await expect(page.locator('.fault-card')).toContainText('Press Re-create on the Lab page, then Run.');
  await expect(region(lab).getByRole('button', { name: 'Make pl0a again', exact: true })).toBeVisible();
  // F6 goes on from the live view to its edge; the palette has the same command.
  await page.getByRole('button', { name: 'Freeze', exact: true }).focus();
  await page.keyboard.press('F6');
  await expect(region(lab).getByRole('button', { name: 'Show checks', exact: true })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(region(lab).getByRole('button', { name: 'Make pl0a again', exact: true })).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Make pl0a again');
  await page.keyboard.press('Enter');
  await expect(labRegion(lab)).toContainText('linked');
  await expect(region(lab).getByRole('button', { name: 'Make pl0a again', exact: true })).toHaveCount(0);
  await expect(finding(lab, 'interface')).toContainText('pl0a was removed');
  await lab.set('Stop after', '100 packets');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBe(100);
  await expect(finding(lab, 'interface')).toHaveCount(0);
});

for (const [width, height] of [
  [720, 900],
  [1024, 640],
  [2560, 1440],
] as const)
  test(`a finding moves nothing at ${width} × ${height}`, async ({ lab }) => {
    const { page } = lab;
    await lab.app.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
      { width, height },
    );
    await expect.poll(() => page.evaluate(() => innerWidth)).toBeGreaterThan(width - 3);
    await lab.set('Flush policy', 'never');
    await lab.set('Rate', '100 pps');
    await lab.set('Stop after', 'never');
    await lab.run();
    await region(lab).getByText('nothing is in its way').waitFor();
    const parts = ['Counters', 'Throughput', 'Error codes', 'Recent calls', 'Latency'];
    const places = () =>
      Promise.all(parts.map((name) => page.getByRole('region', { name, exact: true }).boundingBox()));
    const before = await places();
    await expect(finding(lab, 'flush')).toBeVisible();
    expect(await places()).toEqual(before);
    // What is behind it can be scrolled above it, and what gets the focus is not covered.
    const frames = page.getByRole('region', { name: 'Latency', exact: true }).getByRole('button');
    await frames.focus();
    await expect(frames).toBeFocused();
    const [own, bar] = [await frames.boundingBox(), await region(lab).boundingBox()];
    expect((own?.y ?? 0) + (own?.height ?? 0)).toBeLessThanOrEqual(bar?.y ?? 0);
    await lab.shot(`finding-${width}`);
    await lab.stop();
  });

test('packets that wait for a flush by hand are named on the loopback', async ({ lab }) => {
  await lab.set('Flush policy', 'never');
  await lab.set('Rate', '100 pps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect(finding(lab, 'flush')).toContainText('the flush policy is never');
  await lab.shot('diagnosis-flush');
  await lab.set('Flush policy', 'every-batch');
  await expect(finding(lab, 'flush')).toHaveCount(0);
  await lab.stop();
});
