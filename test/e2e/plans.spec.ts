import { execFile } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { RunResult } from '../../app/run/result';
import { CAPTURES, expect, type Lab, test } from './app';

const sh = promisify(execFile);

/** A command line as a person pastes it, with the built program as `packet-lab`; answers its object. */
async function shell(lab: Lab, command: string): Promise<RunResult> {
  const program = join(lab.dir, 'packet-lab');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${resolve('dist/cli.cjs')}' "$@"\n`);
  chmodSync(program, 0o755);
  const env = { ...process.env, PATH: `${lab.dir}:${process.env.PATH}` };
  const { stdout } = await sh('sh', ['-c', `${command} --json`], { env, cwd: lab.dir });
  return JSON.parse(stdout);
}

const button = (lab: Lab, name: string) => lab.page.getByRole('button', { name, exact: true });
const journal = (lab: Lab) => lab.page.getByRole('region', { name: 'Journal' });
const rows = (lab: Lab) => lab.page.getByRole('grid', { name: 'Instances' }).getByRole('row');
const field = (lab: Lab, name: string) => lab.page.getByLabel(name, { exact: true });

/** A draft whose figures depend on packet, options and seed. */
async function draft(lab: Lab): Promise<void> {
  await lab.set('loss', '0.25');
  await lab.set('seed', '7');
  await lab.set('mtu', '100');
  await lab.set('Rate', '50 kpps');
  await lab.set('Stop after', '2,000 packets');
}

async function figures(lab: Lab) {
  await lab.run();
  await expect.poll(() => lab.figure('offered')).toBe(2000);
  await lab.ended();
  return { offered: await lab.figure('offered'), received: await lab.figure('received') };
}

test('saved, opened in a fresh app, run on the command line, copied as a command: the same figures', async ({
  lab,
}) => {
  const plan = join(lab.dir, 'lossy link.plan.json');
  await draft(lab);
  const first = await figures(lab);
  expect(first.received).toBeLessThan(1700);
  await lab.willSave(plan);
  await button(lab, 'Save plan').click();
  await expect(journal(lab)).toContainText('Saved lossy link.plan.json.');
  await expect(rows(lab).first()).toContainText('lossy link');

  await button(lab, 'Copy as command').click();
  await expect(journal(lab)).toContainText('Copied the command that repeats this run.');
  const command = await lab.app.evaluate(({ clipboard }) => clipboard.readText());
  expect(command).toMatch(/^packet-lab send --backend loopback .*--hex [0-9a-f]{120}/);
  expect(await shell(lab, command)).toMatchObject(first);
  expect(await shell(lab, "packet-lab run 'lossy link.plan.json'")).toMatchObject(first);

  await lab.restart({ fresh: true });
  await expect(rows(lab)).toHaveCount(1);
  await expect(rows(lab).first()).not.toContainText('lossy link');
  await lab.willOpen(plan);
  await button(lab, 'Open plan').click();
  await expect(rows(lab).first()).toContainText('lossy link');
  await expect(field(lab, 'mtu')).toHaveValue('100');
  expect(await figures(lab)).toEqual(first);
});

test('a broken plan is refused with the path of the field, and what was open is kept', async ({ lab }) => {
  const { page } = lab;
  const good = join(lab.dir, 'good.plan.json');
  await lab.willSave(good);
  await lab.set('Batch size', '9');
  await page.keyboard.press('Control+S');
  await expect(journal(lab)).toContainText('Saved good.plan.json.');
  const document = JSON.parse(readFileSync(good, 'utf8'));
  const bad = join(lab.dir, 'bad.plan.json');
  const wrong: [object, string][] = [
    [{ ...document, batch: 3, stop: { when: '1s' } }, 'stop.when: “when” is not known here'],
    [{ ...document, version: 7 }, 'version: this is Packet Lab’s plan version 1'],
    [{ ...document, streams: [{ packet: { layers: [{ proto: 'eth', fields: { 'eth.x': 1 } }] } }] }, 'eth.x'],
  ];
  for (const [content, sentence] of wrong) {
    writeFileSync(bad, JSON.stringify(content));
    await lab.willOpen(bad);
    await page.keyboard.press('Control+Shift+O');
    await expect(page.getByRole('alert').filter({ hasText: sentence })).toBeVisible();
    await expect(field(lab, 'Batch size')).toHaveValue('9');
    await expect(rows(lab).first()).toContainText('good');
  }
  await lab.shot('plan-refused');
  await lab.willOpen(null);
  await button(lab, 'Open plan').click();
  await lab.willSave(null);
  await button(lab, 'Save plan').click();
  await expect(field(lab, 'Batch size')).toHaveValue('9');
});

test('recent plans: in the window, in the palette and in the native menu', async ({ lab }) => {
  await expect(button(lab, 'Recent plans')).toBeDisabled();
  for (const [name, batch] of [
    ['first', '11'],
    ['<b>second', '22'],
  ] as const) {
    await lab.set('Batch size', batch);
    await lab.willSave(join(lab.dir, `${name}.plan.json`));
    await button(lab, 'Save plan').click();
    await expect(journal(lab)).toContainText(`Saved ${name}.plan.json.`);
  }
  await lab.restart();
  const { page: again } = lab;
  await button(lab, 'Recent plans').click();
  const items = again.getByRole('menu', { name: 'Recent plans' }).getByRole('menuitem');
  await expect(items).toHaveCount(2);
  await expect(items.first()).toContainText('<b>second.plan.json');
  await lab.shot('recent-plans');
  await items.nth(1).click();
  await expect(field(lab, 'Batch size')).toHaveValue('11');

  await again.keyboard.press('Control+K');
  await again.getByLabel('Find a command').fill('second');
  await again.keyboard.press('Enter');
  await expect(field(lab, 'Batch size')).toHaveValue('22');

  const labels = await lab.app.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.getMenuItemById('recent-plans')?.submenu?.items ?? [];
    items[1]?.click();
    return items.map(({ label }) => label);
  });
  expect(labels).toEqual([`<b>second.plan.json in ${lab.dir}`, `first.plan.json in ${lab.dir}`]);
  await expect(field(lab, 'Batch size')).toHaveValue('11');

  rmSync(join(lab.dir, '<b>second.plan.json'));
  await button(lab, 'Recent plans').click();
  await items.filter({ hasText: 'second' }).click();
  await expect(again.getByRole('alert').filter({ hasText: 'is gone and was taken out' })).toBeVisible();
  await expect(field(lab, 'Batch size')).toHaveValue('11');
  await button(lab, 'Recent plans').click();
  await expect(items).toHaveCount(1);
});

test('the last session comes back: three instances with their packets, and nothing runs', async ({ lab }) => {
  const { page } = lab;
  const capture = join(lab.dir, 'copy.pcap');
  writeFileSync(capture, readFileSync(join(CAPTURES, 'http.pcap')));
  await page.getByRole('region', { name: 'Templates' }).getByText('TCP SYN').click();
  await button(lab, 'Add instance').click();
  await lab.willOpen(capture);
  await page.keyboard.press('Control+O');
  await expect(page.getByRole('region', { name: 'Packet' })).toContainText('86 frames');
  await button(lab, 'Add instance').click();
  await field(lab, 'Backend').selectOption('null');
  await lab.set('Stop after', 'never');
  await lab.set('Rate', 'quick and wrong');
  await lab.set('Rate', '1 kpps');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await rows(lab).nth(1).click();
  await lab.set('Stop after', 'once');
  // Typed and not yet left: the window is closed within the same moment.
  await field(lab, 'Batch size').fill('31');

  await lab.restart();
  await expect(rows(lab)).toHaveCount(3);
  await expect(rows(lab).nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(field(lab, 'Batch size')).toHaveValue('31');
  await expect(lab.page.getByRole('region', { name: 'Packet' })).toContainText('copy.pcap');
  await expect(rows(lab).nth(2)).toContainText('Idle');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBe(86);
  await rows(lab).nth(2).click();
  await expect(field(lab, 'Rate')).toHaveValue('1 kpps');
  await rows(lab).first().click();
  await expect(lab.page.getByRole('region', { name: 'Layers' })).toContainText('TCP');
  await lab.shot('session-restored');

  await lab.restart({ between: () => rmSync(capture) });
  await rows(lab).nth(1).click();
  const packet = lab.page.getByRole('region', { name: 'Packet' });
  await expect(packet).toContainText('copy.pcap cannot be opened: No such file');
  await expect(journal(lab)).toContainText('copy.pcap cannot be opened: No such file');
  await expect(field(lab, 'Batch size')).toHaveValue('31');
});

test('a file that was chosen before the restart is not overwritten without asking', async ({ lab }) => {
  const file = join(lab.dir, 'out.pcapng');
  await lab.willSave(file);
  await field(lab, 'Backend').selectOption('pcapng');
  await button(lab, 'Choose file').click();
  await expect(lab.page.getByText('out.pcapng')).toBeVisible();
  await lab.set('Stop after', '3 packets');
  await lab.restart({ between: () => writeFileSync(file, 'precious') });
  await expect(lab.page.getByText('out.pcapng')).toBeVisible();
  await lab.run();
  await expect(lab.page.getByText(/out\.pcapng exists and is kept/).first()).toBeVisible();
  expect(readFileSync(file, 'utf8')).toBe('precious');
  await lab.willSave(file);
  await button(lab, 'Choose file').click();
  await expect(button(lab, 'Choose file')).not.toHaveAccessibleDescription(/exists and is kept/);
  await lab.run();
  await expect.poll(() => lab.figure('completed')).toBe(3);
});

test('a session that cannot be read is set aside, and the journal says so', async ({ lab }) => {
  await lab.set('Batch size', '12');
  await lab.restart({ between: (profile) => writeFileSync(join(profile, 'session.json'), '{"version":') });
  await expect(journal(lab)).toContainText('The last session could not be read');
  await expect(field(lab, 'Batch size')).toHaveValue('64');
  const profile = join(lab.dir, 'profile');
  expect(readFileSync(join(profile, 'session.json.bad'), 'utf8')).toBe('{"version":');
  await lab.set('Batch size', '13');
  // Kept a moment after the change, not only at the end.
  await expect
    .poll(
      () => existsSync(join(profile, 'session.json')) && readFileSync(join(profile, 'session.json'), 'utf8'),
    )
    .toContain('"batch":"13"');
  expect(readdirSync(profile).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('streams behind the first are shown, run, saved, and taken out', async ({ lab }) => {
  const plan = join(lab.dir, 'three.plan.json');
  const streams = [{ hex: '020000' }, { hex: '0400' }, { capture: join(CAPTURES, 'nano.pcap') }];
  writeFileSync(plan, JSON.stringify({ version: 1, backend: { name: 'loopback' }, streams }));
  await lab.willOpen(plan);
  await button(lab, 'Open plan').click();
  const more = lab.page.getByRole('group', { name: 'More streams' });
  await expect(more).toContainText('then 2 more streams: a packet of 2 B, nano.pcap');
  await lab.run();
  await lab.ended();
  const { offered } = await shell(lab, 'packet-lab run three.plan.json');
  await expect.poll(() => lab.figure('offered')).toBe(offered);
  await button(lab, 'Copy as command').click();
  await expect(lab.page.getByRole('alert').filter({ hasText: 'this run has 3 streams' })).toBeVisible();
  await lab.shot('more-streams');
  await button(lab, 'Send only the first').click();
  await expect(more).toHaveCount(0);
});

test('ended by the system during a run: the latest edits are kept', async ({ lab }) => {
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await lab.set('Batch size', '41');
  const app = lab.app.process();
  const gone = new Promise((end) => app.once('exit', (status) => end(status)));
  app.kill('SIGTERM');
  expect(await gone).toBe(0);
  await lab.restart();
  await expect(field(lab, 'Batch size')).toHaveValue('41');
  await expect(rows(lab).first()).toContainText('Idle');
});
