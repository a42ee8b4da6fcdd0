import { expect, type Lab, test } from './app';

const SIZES = [
  [1024, 640],
  [1440, 900],
  [2560, 1440],
] as const;

/** Words that have to be read in full wherever they stand. */
const WORDS =
  '.bar-intent, .bar-speeds b, .field-row-label, .option-label, .unit, .tile dt, .minor-name, .button, .field-state, .fields-head .hint, .code-row > *';

/** Parts that are wider or, for words, higher than their box without scrolling on purpose: text is cut there. */
function cutParts(lab: Lab): Promise<string[]> {
  return lab.page.evaluate((words) => {
    const panes = document.querySelectorAll<HTMLElement>(
      'section, .bar, .bar-run, .call-figures, .fields-box, .instance-list, .instance-line, .pane-scroll, .pane-head, [role="region"]',
    );
    const wide = (part: HTMLElement) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0;
    const high = (part: HTMLElement) => part.scrollHeight > part.clientHeight + 1 && part.clientHeight > 0;
    const cut = [
      ...[...panes].filter(wide),
      ...[...document.querySelectorAll<HTMLElement>(words)].filter((part) => wide(part) || high(part)),
    ];
    return cut.map((part) =>
      `${part.className} ${part.getAttribute('aria-label') ?? part.textContent ?? ''}`.slice(0, 80).trim(),
    );
  }, WORDS);
}

/** Screenshots of one state in every size and both themes; nothing may be cut in any of them. */
async function looks(lab: Lab, state: string): Promise<void> {
  for (const scheme of ['dark', 'light'] as const) {
    await lab.page.emulateMedia({ colorScheme: scheme });
    for (const [width, height] of SIZES) {
      await lab.app.evaluate(
        ({ BrowserWindow }, size) =>
          BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
        { width, height },
      );
      // Without a window manager the frame may take a pixel.
      await expect
        .poll(async () => Math.abs((await lab.page.evaluate(() => innerWidth)) - width))
        .toBeLessThan(3);
      await expect.poll(() => cutParts(lab), { message: `${state} ${width} ${scheme}` }).toEqual([]);
      await lab.shot(`look-${state}-${width}-${scheme}`);
    }
  }
}

test('idle', ({ lab }) => looks(lab, 'idle'));

test('a packet of many fields, with a field that is wrong on purpose', async ({ lab }) => {
  await lab.page
    .getByRole('region', { name: 'Templates' })
    .getByRole('button', { name: /^TCP SYN/ })
    .click();
  await lab.page.getByRole('region', { name: 'Layers' }).getByRole('option', { name: 'TCP' }).click();
  await lab.page.getByRole('textbox', { name: '(tcp.checksum)' }).fill('0x1234');
  await looks(lab, 'packet');
});

test('empty: no capture open, and a packet without layers', async ({ lab }) => {
  await lab.page.getByRole('radio', { name: 'Capture' }).check({ force: true });
  await expect(lab.page.getByText('No capture is open.', { exact: true })).toBeVisible();
  await looks(lab, 'empty-capture');
  await lab.page.getByRole('radio', { name: 'Packet' }).check({ force: true });
  const layers = lab.page.getByRole('region', { name: 'Layers' });
  await layers.getByRole('option').first().click();
  for (let i = 0; i < 4; i++) await lab.page.getByRole('button', { name: 'Remove layer' }).click();
  await expect(layers.getByText('No layers: press Add layer.')).toBeVisible();
  await looks(lab, 'empty-packet');
});

test('running', async ({ lab }) => {
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(200_000);
  await looks(lab, 'running');
});

test('AGAIN storm', async ({ lab }) => {
  await lab.set('ring', '64');
  await lab.set('drain', '250000');
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('retried')).toBeGreaterThan(100_000);
  await looks(lab, 'again-storm');
  await lab.page.getByRole('button', { name: 'First AGAIN' }).click();
  await expect(lab.page.locator('[data-call]')).toBeVisible();
  await looks(lab, 'call');
});

test('fault', async ({ lab }) => {
  await lab.page.getByLabel('Backend', { exact: true }).selectOption('pcapng');
  await lab.willSave('/dev/full');
  await lab.page
    .getByRole('group', { name: 'file', exact: true })
    .getByRole('button', { name: 'Choose file' })
    .click();
  await lab.set('Rate', 'max');
  await lab.run();
  await lab.ended();
  await expect(lab.page.getByText(/no space left on device/i).first()).toBeVisible();
  await looks(lab, 'fault');
});
