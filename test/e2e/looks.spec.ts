import { expect, type Lab, test } from './app';

const SIZES = [
  [1024, 640],
  [1440, 900],
  [2560, 1440],
] as const;

/** Parts that are wider than their box without scrolling on purpose: text is cut there. */
function cutParts(lab: Lab): Promise<string[]> {
  return lab.page.evaluate(() => {
    const panes = document.querySelectorAll<HTMLElement>(
      'section, .bar, .pane-scroll, .pane-head, [role="region"]',
    );
    const wide = [...panes].filter((pane) => pane.scrollWidth > pane.clientWidth + 1 && pane.clientWidth > 0);
    return wide.map((pane) => `${pane.className} ${pane.getAttribute('aria-label') ?? ''}`.trim());
  });
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
