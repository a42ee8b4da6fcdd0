import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Lab, test } from './app';

// Where namespaces are forbidden every part names the limit and offers Simulate. The limit is that of a namespace which
// the test makes; the app runs in it.

const LIMITS = 'echo 0 > /proc/sys/user/max_net_namespaces && echo 0 > /proc/sys/user/max_user_namespaces';
const LIMIT = /user\.max_(user|net)_namespaces is 0/;

async function violations(lab: Lab): Promise<string[]> {
  const found = await new AxeBuilder({ page: lab.page }).setLegacyMode().analyze();
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

test('where no lab is possible each part names the limit and offers Simulate', async ({ lab }) => {
  const inside = ['-U', '-r', 'sh', '-c', LIMITS];
  const made = spawnSync('unshare', inside, { encoding: 'utf8' });
  test.skip(
    made.status !== 0,
    `no namespace to forbid them in: ${made.error?.message ?? made.stderr.trim()}`,
  );
  const program = join(lab.dir, 'electron-without-namespaces');
  writeFileSync(
    program,
    `#!/bin/sh\nexec unshare -U -r sh -c '${LIMITS} && exec "$0" "$@"' "$PACKET_LAB_ELECTRON" "$@" --no-sandbox\n`,
    { mode: 0o755 },
  );
  await lab.restart({ program });
  const { page } = lab;
  await page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
  await page.keyboard.press('Control+Shift+L');
  const labPage = page.getByRole('region', { name: 'Lab', exact: true });
  await expect(labPage.getByRole('alert')).toContainText(LIMIT);
  await expect(labPage.getByRole('alert')).toContainText('Simulate (null, loopback, pcapng, udp)');
  const diagnosis = page.getByRole('region', { name: 'Diagnosis', exact: true });
  await expect(diagnosis.locator('[data-level="problem"]').first()).toContainText(LIMIT);
  const before = page.getByRole('group', { name: 'Before you run' });
  await expect(before).toContainText(LIMIT);
  for (const part of [labPage, diagnosis, before])
    await expect(part.getByRole('button', { name: 'Simulate with loopback', exact: true })).toBeVisible();
  await expect(page.getByLabel('Backend', { exact: true }).locator('option[value="af_xdp"]')).toHaveText(
    'af_xdp (no lab here)',
  );
  await expect(page.getByLabel('Backend', { exact: true })).toHaveAccessibleDescription(LIMIT);
  await lab.shot('no-lab');
  expect(await violations(lab)).toEqual([]);
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('menuitem', { name: /^Try again to open a lab/ })).toContainText(LIMIT);
  await page.keyboard.type('Simulate');
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Backend', { exact: true })).toHaveValue('loopback');
  await expect(page.locator('[data-field="tier"]')).toHaveText('Simulate');
  await lab.set('Stop after', '1000 packets');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBe(1000);
});
