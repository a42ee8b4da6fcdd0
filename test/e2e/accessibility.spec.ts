import AxeBuilder from '@axe-core/playwright';
import { expect, type Lab, test } from './app';

async function violations(lab: Lab): Promise<string[]> {
  const found = await new AxeBuilder({ page: lab.page }).setLegacyMode().analyze();
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`);
}

for (const scheme of ['dark', 'light'] as const) {
  test(`axe finds nothing, ${scheme}`, async ({ lab }) => {
    await lab.page.emulateMedia({ colorScheme: scheme });
    expect(await violations(lab)).toEqual([]);
    await lab.set('ring', '64');
    await lab.set('drain', '2000');
    await lab.set('Rate', 'max');
    await lab.set('Stop after', '2000 packets');
    await lab.run();
    await lab.ended();
    await lab.shot(`after-a-run-${scheme}`);
    expect(await violations(lab)).toEqual([]);
  });
}

test('buttons and regions have the names that are fixed, each once', async ({ lab }) => {
  const { page } = lab;
  const regions = [
    'Layers',
    'Fields',
    'Bytes',
    'Templates',
    'Stages',
    'Recent calls',
    'Latency',
    'Received',
    'Instances',
  ];
  const buttons = [
    'Add layer',
    'Undo',
    'Redo',
    'Save plan',
    'Open plan',
    'Copy as command',
    'Freeze',
    'Export',
  ];
  for (const name of regions)
    await expect(page.getByRole('region', { name, exact: true }), name).toHaveCount(1);
  for (const name of buttons)
    await expect(page.getByRole('button', { name, exact: true }), name).toHaveCount(1);
  await page.getByRole('radio', { name: 'Capture' }).check({ force: true });
  await expect(page.getByRole('button', { name: 'Use frame', exact: true })).toHaveCount(1);
});

test('the newest line of the journal stays in view when the window changes its size', async ({ lab }) => {
  const { page } = lab;
  const to = (width: number, height: number) =>
    lab.app.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
      { width, height },
    );
  const journal = page.getByRole('region', { name: 'Journal', exact: true });
  await lab.set('Stop after', '1 packet');
  for (let i = 1; i <= 4; i++) {
    await lab.run();
    await lab.ended();
    await expect(journal).toContainText(`Run ${i} ended`);
  }
  const newest = journal.getByRole('listitem').last();
  await expect(newest).toContainText('Run 4 ended');
  for (const [width, height] of [
    [2560, 1440],
    [1024, 640],
    [1440, 900],
  ] as const) {
    await to(width, height);
    await expect.poll(() => page.evaluate(() => innerHeight)).toBeGreaterThanOrEqual(height - 2);
    await expect(newest).toBeInViewport({ ratio: 1 });
  }
  // Who has scrolled up to read stays there.
  const list = journal.getByRole('list');
  await list.evaluate(
    (element) =>
      new Promise((heard) => {
        element.addEventListener('scroll', () => requestAnimationFrame(heard), { once: true });
        element.scrollTo(0, 0);
      }),
  );
  await to(1024, 640);
  await expect(journal.getByRole('listitem').first()).toBeInViewport({ ratio: 1 });
});

for (const [width, height] of [
  [1024, 640],
  [1440, 900],
  [2560, 1440],
] as const) {
  test(`nothing is cut at ${width} × ${height}`, async ({ lab }) => {
    await lab.app.evaluate(
      ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]?.setContentSize(size.width, size.height),
      { width, height },
    );
    // Without a window manager the frame may take a pixel.
    await expect.poll(() => lab.page.evaluate(() => innerHeight)).toBeGreaterThanOrEqual(height - 2);
    const overflow = await lab.page.evaluate(() => ({
      x: document.documentElement.scrollWidth - innerWidth,
      y: document.documentElement.scrollHeight - innerHeight,
    }));
    expect(overflow.x).toBeLessThanOrEqual(0);
    expect(overflow.y).toBeLessThanOrEqual(0);
    for (const name of ['Run', 'Stop', 'Add instance']) {
      await expect(lab.page.getByRole('button', { name, exact: true })).toBeInViewport({ ratio: 1 });
    }
  });
}
