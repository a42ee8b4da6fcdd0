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
