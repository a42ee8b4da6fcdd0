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
