import { expect, test } from './app';

test('an empty window teaches', async ({ lab }) => {
  await expect(lab.page.getByText(/No run yet/).first()).toBeVisible();
  await expect(lab.page.getByText(/Nothing leaves this computer/).first()).toBeVisible();
  for (const name of ['Packet', 'Bytes', 'Counters', 'Throughput', 'Error codes', 'Journal']) {
    await expect(lab.page.getByRole('region', { name, exact: true })).toBeVisible();
  }
  for (const name of ['Backend', 'Batch size', 'Flush policy', 'Rate', 'Stop after', 'On AGAIN']) {
    await expect(lab.page.getByLabel(name, { exact: true })).toHaveCount(1);
  }
});

test('at full rate counters, charts and codes move, and Stop stops', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(100_000);
  const before = await lab.figure('taken');
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(before);
  await expect(
    page.getByRole('region', { name: 'Throughput' }).locator('path.recharts-curve').first(),
  ).toBeVisible();
  await expect(
    page.getByRole('region', { name: 'Error codes' }).locator('path.recharts-curve').first(),
  ).toBeVisible();
  // Long enough for every span of the charts to hold some points.
  await page.waitForTimeout(2500);
  await lab.shot('running');
  await lab.stop();
  await lab.ended();
  const offered = await lab.figure('offered');
  expect(offered).toBe(
    (await lab.figure('taken')) + (await lab.figure('refused')) + (await lab.figure('unexamined')),
  );
  expect(await lab.figure('received')).toBe(await lab.figure('taken'));
});

test('AGAIN: a ring of 64 with a slow drain, sentence and index', async ({ lab }) => {
  const { page } = lab;
  await lab.set('ring', '64');
  await lab.set('drain', '2000');
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  const codes = page.getByRole('region', { name: 'Error codes' });
  await expect(codes).toContainText('all 64 slots hold packets');
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText(
    /AGAIN first seen at call \d+, index \d+/,
  );
  await page.waitForTimeout(1500);
  await lab.shot('again-storm');
  await lab.stop();
  await lab.ended();
});

test('INVAL: an MTU of 100, sentence and index', async ({ lab }) => {
  const { page } = lab;
  await page.getByRole('textbox', { name: /hex/i }).fill('02'.repeat(200));
  await lab.set('mtu', '100');
  await lab.set('Stop after', '1000 packets');
  await lab.set('Rate', 'max');
  await lab.run();
  await expect.poll(() => lab.figure('refused')).toBe(1000);
  const codes = page.getByRole('region', { name: 'Error codes' });
  await expect(codes).toContainText(
    'Frame of 200 B is over the limit of 114 B (MTU 100 + 14 B Ethernet header)',
  );
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText(
    'INVAL first seen at call 1, index 0',
  );
});

test('a page that is reloaded during a run finds it again', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Rate', '50kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(10_000);
  const before = await lab.figure('taken');
  await page.reload();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(before);
  await expect(page.getByLabel('Rate', { exact: true })).toHaveValue('50kpps');
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText('Run 1 started on loopback');
  await expect(
    page.getByRole('region', { name: 'Throughput' }).locator('path.recharts-curve').first(),
  ).toBeVisible();
  await lab.stop();
  await lab.ended();
});

test('a page that dies during a run comes back with it', async ({ lab }) => {
  await lab.set('Rate', '10kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(1000);
  await lab.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer(),
  );
  // Playwright loses a page that crashed; Electron still reaches it. A script asked of a dead page never answers.
  const text = (script: string) =>
    lab.app.evaluate(({ BrowserWindow }, code) => {
      const answer = BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(code);
      return Promise.race([answer, new Promise((late) => setTimeout(late, 500, ''))]).catch(() => '');
    }, script);
  await expect.poll(() => text('document.body.innerText')).toContain('The page was lost');
  const taken = () =>
    text('document.querySelector(`[data-figure="taken"]`)?.dataset.value ?? ""').then(Number);
  const back = await taken();
  await expect.poll(taken).toBeGreaterThan(back);
  // With the history of the charts and the recent calls of the run that went on.
  await expect
    .poll(() => text('document.querySelector(`[data-figure="calls-kept"]`)?.textContent ?? ""'))
    .toMatch(/^(all|last) [\d,]+( of [\d,]+)? calls$/);
  const line = 'section[aria-label="Throughput"] path.recharts-line-curve';
  await expect
    .poll(async () => String(await text(`document.querySelector('${line}')?.getAttribute('d') ?? ''`)).length)
    .toBeGreaterThan(20);
});

test('wrong settings are refused at their field', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Batch size', '0');
  await lab.run();
  await expect(page.getByText(/batch size is a whole number from 1 to 4,096/i).first()).toBeVisible();
  await lab.set('Batch size', '64');
  await lab.set('Rate', 'quick');
  await expect(page.getByText(/The rate is max, packets per second such as 10kpps/).first()).toBeVisible();
  await expect(page.getByLabel('Rate', { exact: true })).toHaveAttribute('aria-invalid', 'true');
});

test('the keyboard alone: Ctrl+E runs and stops, Tab reaches everything', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Stop after', 'never');
  await page.keyboard.press('Control+E');
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await page.keyboard.press('Control+E');
  await lab.ended();
  const seen = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    seen.add(
      await page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id ?? '',
      ),
    );
  }
  expect([...seen]).toEqual(expect.arrayContaining(['Stop']));
  expect(seen.size).toBeGreaterThan(15);
});

test('the emergency stop does not need the page', async ({ lab }) => {
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await lab.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    contents
      ?.executeJavaScript('const end = Date.now() + 3000; while (Date.now() < end);')
      .catch(() => undefined);
    contents?.sendInputEvent({ type: 'keyDown', keyCode: '.', modifiers: ['control'] });
  });
  await expect(lab.page.getByRole('region', { name: 'Journal' })).toContainText('Run 1 ended (user)');
});

test('several instances run side by side', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Stop after', 'never');
  await lab.set('Rate', '10kpps');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Add instance' }).click();
  await lab.set('Stop after', 'never');
  await lab.set('Rate', '1kpps');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Stop all' }).click();
  await lab.ended();
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText('Run 1 ended (user)');
});
