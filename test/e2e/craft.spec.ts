import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { CAPTURES, expect, type Lab, test } from './app';

const layers = ({ page }: Lab) => page.getByRole('region', { name: 'Layers' });
const fields = ({ page }: Lab) => page.getByRole('region', { name: 'Fields' });
const bytes = ({ page }: Lab) => page.getByRole('region', { name: 'Bytes' });
const field = (lab: Lab, name: string) => fields(lab).getByRole('textbox', { name: `(${name})` });
const hexText = (lab: Lab) => bytes(lab).getByRole('textbox', { name: 'Hex text' });
const names = (lab: Lab) => layers(lab).getByRole('option').locator('.layer-name').allTextContents();

/** Presses Tab until an element has the focus. */
async function tabTo(lab: Lab, name: RegExp): Promise<void> {
  const focused = () =>
    lab.page.evaluate(() => {
      const at = document.activeElement;
      return at?.getAttribute('aria-label') ?? at?.textContent ?? '';
    });
  for (let i = 0; i < 80 && !name.test(await focused()); i++) await lab.page.keyboard.press('Tab');
  expect(await focused()).toMatch(name);
}

test('a packet is crafted with the keyboard alone, and its bytes are seen', async ({ lab }) => {
  const { keyboard } = lab.page;
  await tabTo(lab, /^Ethernet II/);
  await tabTo(lab, /^Add layer$/);
  await keyboard.press('Enter');
  await keyboard.type('802.1q');
  await keyboard.press('Enter');
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', '802.1Q VLAN', 'IPv4', 'UDP', 'Data']);
  await tabTo(lab, /vlan\.id/);
  await keyboard.press('Control+A');
  await keyboard.type('100');
  await expect(hexText(lab)).toHaveValue(/^02 00 00 00 00 02 02 00 00 00 00 01 81 00 00 64/);
  await expect(
    fields(lab).locator('[data-name="vlan.id"]').getByRole('button', { name: 'pinned' }),
  ).toBeVisible();
  // The layer goes with its keys: back inside, a copy, and away again.
  await layers(lab).getByRole('option', { name: '802.1Q VLAN' }).focus();
  await keyboard.press('Control+d');
  await expect
    .poll(() => names(lab))
    .toEqual(['Ethernet II', '802.1Q VLAN', '802.1Q VLAN', 'IPv4', 'UDP', 'Data']);
  await keyboard.press('Delete');
  await keyboard.press('ArrowUp');
  await keyboard.press('Alt+ArrowDown');
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', 'IPv4', '802.1Q VLAN', 'UDP', 'Data']);
  await keyboard.press('Alt+ArrowUp');
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', '802.1Q VLAN', 'IPv4', 'UDP', 'Data']);
  // Everything can be taken back and done again.
  for (let i = 0; i < 8; i++) await keyboard.press('Control+z');
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', 'IPv4', 'UDP', 'Data']);
  await expect(lab.page.getByRole('button', { name: 'Undo' })).toBeDisabled();
  for (let i = 0; i < 8; i++) await keyboard.press('Control+Shift+Z');
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', '802.1Q VLAN', 'IPv4', 'UDP', 'Data']);
  await expect(hexText(lab)).toHaveValue(/81 00 00 64/);
});

test('a field lights its bytes, a byte selects its field, digits type over', async ({ lab }) => {
  await layers(lab).getByRole('option', { name: 'UDP' }).click();
  await field(lab, 'udp.dstport').click();
  const lit = bytes(lab).locator('.dump-hex .lit');
  await expect(lit).toHaveText(['00', '09']);
  const byte = (n: number) => bytes(lab).locator(`#byte-${n}`);
  await byte(22).click();
  await expect(fields(lab).locator('.field-row.selected')).toHaveAttribute('data-name', 'ip.ttl');
  await expect(fields(lab).getByText('offset 22, 1 B')).toBeVisible();
  await lab.page.keyboard.type('01');
  await expect(field(lab, 'ip.ttl')).toHaveValue('1');
  // What depends on it is computed at once.
  await expect(field(lab, 'ip.checksum')).toHaveValue('0xed97');
  await expect(byte(23)).toHaveAttribute('aria-selected', 'true');
  await lab.page.keyboard.press('ArrowLeft');
  await expect(byte(22)).toHaveAttribute('aria-selected', 'true');
  await lab.page.getByRole('button', { name: 'Undo' }).click();
  await expect(field(lab, 'ip.ttl')).toHaveValue('64');
});

test('a wrong checksum is kept on purpose, and tshark calls it bad in the receiver’s capture', async ({
  lab,
}) => {
  await layers(lab).getByRole('option', { name: 'UDP' }).click();
  await field(lab, 'udp.checksum').fill('0x1234');
  await expect(fields(lab).getByRole('button', { name: 'on purpose' })).toBeVisible();
  await expect(fields(lab).getByText('Checksum is 0x1234 and should be 0x0628.')).toBeVisible();
  const out = join(lab.dir, 'peer.pcapng');
  await lab.willSave(out);
  await lab.page
    .getByRole('group', { name: 'Peer capture' })
    .getByRole('button', { name: 'Choose file' })
    .click();
  await lab.set('Stop after', '3 packets');
  await lab.run();
  await lab.ended();
  await expect.poll(() => lab.figure('received')).toBe(3);
  const verdict = execFileSync(
    'tshark',
    [
      '-r',
      out,
      '-o',
      'udp.check_checksum:TRUE',
      '-T',
      'fields',
      '-e',
      'udp.checksum',
      '-e',
      'udp.checksum.status',
    ],
    { encoding: 'utf8' },
  );
  expect(verdict).toBe('0x1234\t0\n'.repeat(3));
  await fields(lab).getByRole('button', { name: 'on purpose' }).click();
  await expect(field(lab, 'udp.checksum')).toHaveValue('0x0628');
});

test('a value that can’t be is marked at its field, and Run leads to it', async ({ lab }) => {
  await layers(lab).getByRole('option', { name: 'UDP' }).click();
  await field(lab, 'udp.dstport').fill('70000');
  await expect(fields(lab).getByRole('alert')).toContainText('udp.dstport is a whole number from 0 to 65535');
  await layers(lab).getByRole('option', { name: 'IPv4' }).click();
  await lab.run();
  await expect(field(lab, 'udp.dstport')).toBeFocused();
  await expect(field(lab, 'udp.dstport')).toHaveValue('70000');
  await field(lab, 'udp.dstport').fill('7');
  await expect(fields(lab).getByRole('alert')).toHaveCount(0);
});

test('templates: at least a dozen, each with a sentence, and each encodes', async ({ lab }) => {
  const templates = lab.page.getByRole('region', { name: 'Templates' }).getByRole('button');
  const count = await templates.count();
  expect(count).toBeGreaterThanOrEqual(12);
  const seen = new Set<string>();
  for (let i = 0; i < count; i++) {
    await expect(templates.nth(i).locator('.template-words')).toHaveText(/\S.*\.$/);
    await templates.nth(i).click();
    const hex = await hexText(lab).inputValue();
    expect(hex).toMatch(/^[0-9a-f\s]+$/);
    seen.add(hex);
    const size = await templates.nth(i).locator('.template-size').textContent();
    expect(`${hex.split(/\s+/).length} B`).toBe(size);
  }
  expect(seen.size).toBe(count);
});

test('options are added by typing and removed again', async ({ lab }) => {
  await lab.page
    .getByRole('region', { name: 'Templates' })
    .getByRole('button', { name: /^TCP SYN/ })
    .click();
  await layers(lab).getByRole('option', { name: 'TCP' }).click();
  const before = await hexText(lab).inputValue();
  await fields(lab).getByRole('button', { name: 'Add field' }).click();
  await lab.page.keyboard.type('maximum');
  await lab.page.keyboard.press('Enter');
  const sizes = fields(lab).locator('[data-name="tcp.options.mss_val"]');
  await expect(sizes).toHaveCount(2);
  await fields(lab).locator('[data-name="tcp.option_kind"]').last().hover();
  await fields(lab).getByRole('button', { name: 'Remove option' }).last().click();
  await lab.page.getByRole('button', { name: 'Undo' }).click();
  await lab.page.getByRole('button', { name: 'Undo' }).click();
  await expect(hexText(lab)).toHaveValue(before);
});

test('a frame of a capture becomes the packet', async ({ lab }) => {
  await lab.willOpen(join(CAPTURES, 'nano.pcap'));
  await lab.page.getByRole('button', { name: 'Open capture' }).click();
  const grid = lab.page.getByRole('grid', { name: 'Frames' });
  await grid.getByRole('row').nth(1).click();
  await expect(bytes(lab).getByRole('heading', { name: 'Bytes of frame 1' })).toBeVisible();
  const shown = (await bytes(lab).locator('[role="gridcell"]').allTextContents()).join(' ');
  await lab.page.getByRole('button', { name: 'Use frame' }).click();
  await expect(hexText(lab)).toBeVisible();
  const taken = (await hexText(lab).inputValue()).split(/\s+/).join(' ');
  expect(taken.startsWith(shown)).toBe(true);
  expect((await names(lab))[0]).toBe('Ethernet II');
  await lab.page.getByRole('button', { name: 'Undo' }).click();
  await expect(grid).toBeVisible();
});

test('a closed UDP port: what will happen is said before, and the late error is told', async ({ lab }) => {
  await lab.page.getByLabel('Backend', { exact: true }).selectOption('udp');
  const before = lab.page.getByRole('region', { name: 'Run settings' });
  await expect(before.getByText('198.19.0.1 is no loopback address: udp answers INVAL.')).toBeVisible();
  await before.getByRole('button', { name: 'Use 127.0.0.1' }).click();
  await expect(before.getByText('Sends 18 B to 127.0.0.1, port 9.')).toBeVisible();
  await layers(lab).getByRole('option', { name: 'UDP' }).click();
  await field(lab, 'udp.dstport').fill('1');
  await lab.set('Rate', '20 pps');
  await lab.set('Batch size', '1');
  await lab.set('Stop after', '10 packets');
  await lab.run();
  await lab.ended();
  const sentence = 'An earlier datagram to 127.0.0.1 port 1 came back: Connection refused.';
  await expect(
    lab.page.getByText(`${sentence} 10 late errors so far; the packets stay taken.`, { exact: true }),
  ).toBeInViewport({ ratio: 1 });
  await expect(lab.page.getByRole('region', { name: 'Journal' })).toContainText(`Late error: ${sentence}`);
  expect(await lab.figure('lateErrors')).toBe(10);
  expect(await lab.figure('taken')).toBe(10);
  expect(await lab.figure('refused')).toBe(0);
});

test('during a run the packet is locked and says why; nothing typed is lost', async ({ lab }) => {
  await lab.set('Stop after', 'never');
  await layers(lab).getByRole('option', { name: 'UDP' }).click();
  await lab.run();
  await expect(fields(lab).getByText('Stop the run to edit.')).toBeVisible();
  await expect(field(lab, 'udp.dstport')).toHaveAttribute('readonly', '');
  await expect(layers(lab).getByRole('button', { name: 'Add layer' })).toBeDisabled();
  await lab.stop();
  await lab.ended();
  await field(lab, 'udp.dstport').fill('7');
  await expect(field(lab, 'udp.dstport')).toHaveValue('7');
});

test('a layer is moved with the mouse', async ({ lab }) => {
  const option = (name: string) => layers(lab).getByRole('option', { name });
  await option('UDP').dragTo(option('IPv4'), { targetPosition: { x: 40, y: 2 } });
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', 'UDP', 'IPv4', 'Data']);
  await lab.page.getByRole('button', { name: 'Move layer in' }).click();
  await expect.poll(() => names(lab)).toEqual(['Ethernet II', 'IPv4', 'UDP', 'Data']);
});
