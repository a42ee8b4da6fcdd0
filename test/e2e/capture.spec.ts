import { join } from 'node:path';
import { tool, tsharkBytes } from '../oracle';
import { CAPTURES, expect, test } from './app';

test('a capture made by tcpdump goes through loopback to a file of the peer, byte for byte', async ({
  lab,
}) => {
  const { page } = lab;
  const capture = join(CAPTURES, 'http.pcap');
  await lab.willOpen(capture);
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  const packet = page.getByRole('region', { name: 'Packet' });
  await expect(packet).toContainText('http.pcap');
  await expect(packet).toContainText('86 frames');

  const peer = join(lab.dir, 'peer.pcapng');
  await lab.willSave(peer);
  await page
    .getByRole('group', { name: 'Peer capture' })
    .getByRole('button', { name: 'Choose file' })
    .click();
  await expect(page.getByRole('group', { name: 'Peer capture' })).toContainText('peer.pcapng');
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'once');
  await lab.run();
  await expect.poll(() => lab.figure('received')).toBe(86);
  await lab.ended();

  expect(await tsharkBytes(peer)).toEqual(await tsharkBytes(capture));
  expect(await tool('capinfos', '-c', '-M', peer)).toMatch(/packets:\s+86\b/);
});

test('frames of a capture are listed and their bytes shown', async ({ lab }) => {
  const { page } = lab;
  const capture = join(CAPTURES, 'http.pcap');
  await lab.willOpen(capture);
  await page.keyboard.press('Control+O');
  const [first] = await tsharkBytes(capture);
  const bytes = page.getByRole('region', { name: 'Bytes' });
  const start = (first ?? '').slice(0, 16).replaceAll(/(..)(?!$)/g, '$1 ');
  await page.getByRole('region', { name: 'Packet' }).getByText('1', { exact: true }).first().click();
  await expect(bytes).toContainText(start);
  await expect(bytes).toContainText('42 B buffer = 64 B frame = 84 B on the wire');
});

test('a capture that is none is refused in one sentence and nothing is lost', async ({ lab }) => {
  const { page } = lab;
  await lab.willOpen(join(CAPTURES, 'nano.pcap'));
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  await expect(page.getByRole('region', { name: 'Packet' })).toContainText('nano.pcap');
  await lab.willOpen(join(CAPTURES, 'text.txt'));
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  await expect(page.getByText(/text\.txt is neither pcap nor pcapng/).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Packet' })).toContainText('nano.pcap');
});

test('a capture that is cut short is opened as far as it goes', async ({ lab }) => {
  const { page } = lab;
  await lab.willOpen(join(CAPTURES, 'truncated-frame.pcap'));
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  await expect(page.getByText(/byte offset 214 is cut short/).first()).toBeVisible();
});

test('the pcapng backend writes the built-in packet', async ({ lab }) => {
  const { page } = lab;
  const file = join(lab.dir, 'out.pcapng');
  await page.getByLabel('Backend', { exact: true }).selectOption('pcapng');
  await lab.willSave(file);
  await page.getByRole('button', { name: 'Choose file' }).click();
  await lab.set('Stop after', '250 packets');
  await lab.set('Rate', 'max');
  await lab.run();
  await expect.poll(() => lab.figure('completed')).toBe(250);
  await lab.ended();
  const frames = await tsharkBytes(file);
  expect(frames).toHaveLength(250);
  expect(new Set(frames).size).toBe(1);
});
