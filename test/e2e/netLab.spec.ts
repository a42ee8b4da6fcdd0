import AxeBuilder from '@axe-core/playwright';
import { expect, type Lab, test } from './app';

// The Lab page in the real app, as root and wherever user namespaces are allowed.

const region = (lab: Lab) => lab.page.getByRole('region', { name: 'Lab', exact: true });
const button = (lab: Lab, name: string) => region(lab).getByRole('button', { name, exact: true });
const badge = (lab: Lab) => lab.page.locator('[data-field="tier"]');

async function violations(lab: Lab): Promise<string[]> {
  const found = await new AxeBuilder({ page: lab.page }).setLegacyMode().analyze();
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

/** Opens a lab by the keyboard alone; a system that forbids it ends the test with its reason. */
async function openLab(lab: Lab): Promise<void> {
  await badge(lab).focus();
  await lab.page.keyboard.press('Enter');
  await expect(button(lab, 'Open lab')).toBeFocused();
  await lab.page.keyboard.press('Enter');
  const refused = region(lab).getByText('A lab is not possible');
  await expect(refused.or(button(lab, 'Link down')).first()).toBeVisible();
  if (await refused.first().isVisible()) test.skip(true, (await refused.first().textContent()) ?? '');
  await expect(region(lab).getByRole('radio', { name: /pl0a/ })).toBeFocused();
}

test('a backend on an interface asks for a lab, which is opened from there', async ({ lab }) => {
  const { page } = lab;
  test.skip(process.platform !== 'linux', 'a lab is made of network namespaces, which only Linux has');
  await expect(badge(lab)).toHaveText('Simulate');
  await page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
  const before = page.getByRole('group', { name: 'Before you run' });
  await expect(before).toContainText('no lab is open');
  await lab.run();
  await expect(page.getByLabel('Backend', { exact: true })).toBeFocused();
  await before.getByRole('button', { name: 'Open a lab', exact: true }).click(); // Diagnosis has one, too
  const refused = region(lab).getByText('A lab is not possible');
  await expect(refused.or(button(lab, 'Link down')).first()).toBeVisible();
  if (await refused.first().isVisible()) {
    await lab.shot('lab-refused');
    expect(await violations(lab)).toEqual([]);
    await region(lab).getByRole('button', { name: 'Simulate with loopback' }).click();
    await expect(page.getByLabel('Backend', { exact: true })).toHaveValue('loopback');
    return;
  }
  await expect(badge(lab)).toHaveText('Lab');
  await expect(before).toContainText('pl0b counts what arrives');
  await lab.set('Stop after', '2000 packets');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBe(2000);
  await lab.ended();
  expect(await lab.figure('taken')).toBe(2000);
});

test('the cable is pulled, the MTU changed, the interface deleted and made again while a run sends', async ({
  lab,
}) => {
  const { page } = lab;
  await badge(lab).click();
  await lab.shot('lab-closed');
  expect(await violations(lab)).toEqual([]);
  await region(lab).getByLabel('Pairs', { exact: true }).fill('17');
  await expect(region(lab)).toContainText('from 1 to 16');
  await region(lab).getByLabel('Pairs', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Show the packet', exact: true }).click();
  await expect(badge(lab)).toBeFocused();
  await openLab(lab);
  const a = region(lab).locator('.lab-end', { hasText: 'pl0a' });
  const b = region(lab).locator('.lab-end', { hasText: 'pl0b' });
  await expect(a).toContainText('up');
  await expect(region(lab)).toContainText('linked');
  for (const name of [
    'Link down',
    'Link up',
    'Delete interface',
    'Re-create',
    'Set MTU',
    'Limit queue',
    'Carrier off',
    'Carrier on',
  ])
    await expect(button(lab, name), name).toHaveCount(1);

  await page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
  await lab.set('Rate', '5 kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBeGreaterThan(100);
  await lab.shot('lab-open');
  expect(await violations(lab)).toEqual([]);

  // By the keyboard alone.
  await button(lab, 'Link down').focus();
  await page.keyboard.press('Enter');
  await expect(a).toContainText('down');
  await expect(b).toContainText(/changed.*no carrier/); // the mark goes after some seconds
  await expect(page.getByRole('status').filter({ hasText: 'pl0b: no carrier.' })).toHaveCount(1);
  await expect(badge(lab)).toHaveAccessibleName(/^Lab: pl0a down\./);
  await expect(region(lab)).toContainText('no link');
  await expect(page.getByRole('region', { name: 'Error codes' })).toContainText(/down/);
  await lab.shot('lab-link-down');
  expect(await violations(lab)).toEqual([]);
  await button(lab, 'Link up').press('Space');
  await expect(a).toContainText('up');
  const before = await lab.figure('received');
  await expect.poll(() => lab.figure('received')).toBeGreaterThan(before + 100);

  await region(lab).getByLabel('New MTU', { exact: true }).fill('67');
  await button(lab, 'Set MTU').click();
  await expect(region(lab)).toContainText('from 68 to 65,521');
  await region(lab).getByLabel('New MTU', { exact: true }).fill('576');
  await button(lab, 'Set MTU').click();
  await expect(a).toContainText('MTU 576');
  await button(lab, 'Limit queue').click();
  await expect(a).toContainText('queue of 10');
  await button(lab, 'No queue').click();
  await expect(a).toContainText('no queue');
  await button(lab, 'Carrier off').click();
  await expect(b).toContainText('down');
  await button(lab, 'Carrier on').click();
  await expect(region(lab)).toContainText('linked');

  await button(lab, 'Delete interface').click();
  await expect(a).toContainText('deleted');
  await lab.ended();
  await expect(page.getByRole('region', { name: 'Journal', exact: true })).toContainText('Deleted pair 0');
  await expect(button(lab, 'Link up')).toHaveAttribute('aria-disabled', 'true');
  await lab.shot('lab-deleted');
  await button(lab, 'Re-create').click();
  await expect(a).toContainText('up');
  await lab.set('Stop after', '100 packets');
  await lab.run();
  await lab.ended();
  await expect.poll(() => lab.figure('received')).toBe(100);

  await button(lab, 'Close lab').click();
  await expect(button(lab, 'Open lab')).toBeVisible();
  await expect(badge(lab)).toHaveText('Simulate');
});

test('the TAP device of a run is drawn, changed and deleted; udp goes over the lab when it is asked to', async ({
  lab,
}) => {
  const { page } = lab;
  await openLab(lab);
  await page.getByLabel('Backend', { exact: true }).selectOption('tap');
  const tap = region(lab).locator('.lab-end', { hasText: 'pl0t' });
  await expect(tap).toContainText('not there');
  await lab.set('Rate', '5 kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect(tap).toContainText('carrier');
  await tap.getByRole('radio').check();
  await button(lab, 'Carrier off').press('Enter');
  await expect(tap).toContainText('no carrier');
  await button(lab, 'Carrier on').press('Enter');
  await region(lab).getByLabel('New MTU', { exact: true }).fill('576');
  await button(lab, 'Set MTU').press('Enter');
  await expect(tap).toContainText('MTU 576');
  await expect(button(lab, 'Limit queue')).toHaveAttribute('aria-disabled', 'true');
  await lab.shot('lab-tap');
  expect(await violations(lab)).toEqual([]);
  await button(lab, 'Delete interface').press('Enter');
  await lab.ended();
  await expect(tap).toContainText('not there');

  await page.getByLabel('Backend', { exact: true }).selectOption('udp');
  await expect(tap).toHaveCount(0);
  const before = page.getByRole('group', { name: 'Before you run' });
  await expect(before.getByRole('button', { name: 'Use 127.0.0.1' })).toBeVisible();
  await page.getByLabel('pair', { exact: true }).selectOption('0');
  await before.getByRole('button', { name: 'Use 198.18.0.2' }).click();
  await lab.set('Stop after', '2000 packets');
  await lab.run();
  await lab.ended();
  await expect.poll(() => lab.figure('taken')).toBe(2000);
  await lab.shot('lab-udp');
});

test('the Lab page is shown, and a lab opened and closed, by keys and by the menu', async ({ lab }) => {
  const { page } = lab;
  await page.keyboard.press('Control+l');
  await expect(button(lab, 'Open lab')).toBeFocused();
  await page.keyboard.press('Control+Shift+L');
  const refused = region(lab).getByText('A lab is not possible');
  await expect(refused.or(button(lab, 'Link down')).first()).toBeVisible();
  if (await refused.first().isVisible()) test.skip(true, (await refused.first().textContent()) ?? '');
  const menu = (id: string) =>
    lab.app.evaluate(({ Menu }, item) => Menu.getApplicationMenu()?.getMenuItemById(item)?.click(), id);
  await menu('page');
  await expect(region(lab)).toHaveCount(0);
  await menu('page');
  await menu('lab-close');
  await expect(button(lab, 'Open lab')).toBeVisible();
  await menu('lab-open');
  await expect(button(lab, 'Link down')).toBeVisible();
  await page.keyboard.press('Control+Shift+L');
  await expect(badge(lab)).toHaveText('Simulate');
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText('Ctrl+Shift+L');
});

test('in one column and at 200 % the Lab page can be read and used', async ({ lab }) => {
  const { page } = lab;
  await openLab(lab);
  await lab.app.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setContentSize(1440, 900);
    window?.webContents.setZoomFactor(2);
  });
  await expect(page.locator('.column')).toBeVisible();
  await button(lab, 'Link down').press('Enter');
  await expect(region(lab)).toContainText('no link');
  await lab.shot('lab-zoom');
  expect(await violations(lab)).toEqual([]);
  await lab.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.setZoomFactor(1),
  );
  await lab.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(720, 900));
  await expect(page.locator('.column')).toBeVisible();
  await button(lab, 'Link up').press('Enter');
  await expect(region(lab)).toContainText('linked');
  await lab.shot('lab-column');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(wide).toBe(false);
});

test('the palette opens a lab, and the page holds in the smallest window', async ({ lab }) => {
  const { page } = lab;
  await lab.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(1024, 640));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.keyboard.press('Control+k');
  await page.keyboard.type('Show the Lab');
  await page.keyboard.press('Enter');
  await expect(button(lab, 'Open lab')).toBeFocused();
  await lab.shot('lab-closed-small');
  expect(await violations(lab)).toEqual([]);
  await page.keyboard.press('Enter');
  const refused = region(lab).getByText('A lab is not possible');
  await expect(refused.or(button(lab, 'Link down')).first()).toBeVisible();
  await lab.shot('lab-small');
  expect(await violations(lab)).toEqual([]);
  if (await refused.first().isVisible()) return;
  // Of many pairs the panel stays in sight with the one that is chosen, by the arrow keys, too.
  await button(lab, 'Close lab').click();
  await region(lab).getByLabel('Pairs', { exact: true }).fill('16');
  await button(lab, 'Open lab').click();
  for (const [width, height] of [
    [1024, 640],
    [720, 900],
  ] as const) {
    await lab.app.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
      { width, height },
    );
    await expect.poll(() => page.evaluate(() => innerWidth)).toBeLessThanOrEqual(width);
    await region(lab).getByRole('radio', { name: /pl12b/ }).check();
    await page.keyboard.press('ArrowUp');
    await expect(region(lab).getByRole('radio', { name: /pl12a/ })).toBeFocused();
    await expect(region(lab).getByRole('radio', { name: /pl12a/ })).toBeInViewport({ ratio: 1 });
    await expect(region(lab).getByRole('group', { name: 'What to do to pl12a' })).toBeInViewport({
      ratio: 1,
    });
  }
});
