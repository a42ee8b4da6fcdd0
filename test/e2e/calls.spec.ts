import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, type Lab, test } from './app';

const region = (lab: Lab) => lab.page.getByRole('region', { name: 'Recent calls', exact: true });
const kept = (lab: Lab) => region(lab).locator('[data-figure="calls-kept"]');
const details = (lab: Lab) => region(lab).locator('[data-call]');

/** A figure of the selected call by its name. */
async function figure(lab: Lab, name: string): Promise<string> {
  const item = details(lab).locator('.call-figure', { has: lab.page.getByText(name, { exact: true }) });
  return (await item.locator('dd').innerText()).trim();
}

/** A ring of 64 with a drain of 2,000 packets a second at full rate. */
async function storm(lab: Lab): Promise<void> {
  await lab.set('ring', '64');
  await lab.set('drain', '2000');
  await lab.set('Rate', 'max');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect(kept(lab)).toHaveText(/^last 4,\d{3} of [\d,]+ calls$/);
}

test('the regions and buttons have their names', async ({ lab }) => {
  for (const name of ['Recent calls', 'Latency'])
    await expect(lab.page.getByRole('region', { name, exact: true })).toBeVisible();
  for (const name of ['Freeze', 'Export'])
    await expect(lab.page.getByRole('button', { name, exact: true })).toBeVisible();
  await expect(kept(lab)).toHaveText('no calls yet');
});

test('a call of an AGAIN storm: index, code, cause, flush, duration, ring before and after', async ({
  lab,
}) => {
  const { page } = lab;
  await storm(lab);
  await region(lab)
    .getByRole('slider', { name: 'Send call' })
    .click({ position: { x: 44 + 5 * 10 + 2, y: 30 } });
  await expect(details(lab)).toBeVisible();
  const call = Number(await details(lab).getAttribute('data-call'));
  expect(call).toBeGreaterThan(0);
  expect(await figure(lab, 'Code')).toMatch(/AGAIN|SUCCESS/);
  // The neighbour before it, by the keyboard; on to one that was refused.
  const slider = region(lab).getByRole('slider');
  await slider.press('ArrowLeft');
  await expect(details(lab)).toHaveAttribute('data-call', String(call - 1));
  for (let i = 0; i < 200 && !(await figure(lab, 'Code')).includes('AGAIN'); i++)
    await slider.press('ArrowLeft');
  const [index, offered, taken, refused] = (
    await Promise.all(['Index', 'Offered', 'Taken', 'Refused'].map((name) => figure(lab, name)))
  ).map(Number);
  expect(taken).toBe(index);
  expect((taken ?? 0) + (refused ?? 0)).toBe(offered);
  expect(await figure(lab, 'Unexamined')).toBe('0');
  expect(await figure(lab, 'Flush')).toBe('yes');
  expect(await figure(lab, 'Duration')).toMatch(/^[\d.]+ (ns|µs|ms)$/);
  const [before, after] = (await figure(lab, 'Ring')).split(' → ').map(Number);
  expect(after).toBe((before ?? 0) + (taken ?? 0));
  expect(after).toBe(64);
  await expect(details(lab)).toContainText('Ring full: all 64 slots hold packets');
  await expect(slider).toHaveAttribute('aria-valuetext', /^Call [\d,]+: AGAIN at index \d+, \d+ offered/);
  // Looking at one call has frozen the view.
  await expect(page.getByRole('button', { name: 'Jump to live' })).toBeVisible();
  await lab.shot('calls-selected');
  await lab.stop();
  await lab.ended();
});

test('Freeze keeps charts, strip and table; Jump to live goes on', async ({ lab }) => {
  const { page } = lab;
  await storm(lab);
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  const before = await kept(lab).innerText();
  const taken = await lab.figure('taken');
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(taken);
  await sleep(600);
  expect(await kept(lab).innerText()).toBe(before);
  await page.getByRole('button', { name: 'Recent calls as a table' }).click();
  const grid = page.getByRole('grid', { name: 'Recent calls' });
  await grid.focus();
  await grid.press('End');
  const last = grid.locator('[aria-selected="true"]');
  await expect(last).toHaveCount(1);
  await expect(last.getByRole('gridcell').first()).toHaveText(await figure(lab, 'Call'));
  await grid.press('ArrowUp');
  await expect(last.getByRole('gridcell').first()).toHaveText(await figure(lab, 'Call'));
  expect(await kept(lab).innerText()).toBe(before);
  await lab.shot('calls-table');
  await page.getByRole('button', { name: 'Jump to live' }).click();
  await expect(kept(lab)).not.toHaveText(before);
  await lab.stop();
  await lab.ended();
});

test('one run time is marked in charts and strip', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Rate', '500pps');
  await lab.set('Stop after', '3s');
  await lab.run();
  await lab.ended();
  const cursors = page.locator('.chart-cursor');
  await expect(cursors).toHaveCount(0);
  const slider = region(lab).getByRole('slider');
  await slider.hover({ position: { x: 44 + 5 * 4 + 2, y: 30 } });
  await expect(cursors).toHaveCount(2);
  // A click into a chart marks its time and selects the call that began next to it.
  const chart = page.getByRole('img', { name: /^Line chart of packets per second/ });
  const box = await chart.boundingBox();
  if (!box) throw new Error('the chart is not drawn');
  const seconds = 1.5;
  await chart.click({ position: { x: 60 + (seconds / 30) * (box.width - 78), y: box.height / 2 } });
  await expect(details(lab)).toBeVisible();
  expect(Math.abs(Number.parseFloat(await figure(lab, 'Time')) - seconds)).toBeLessThan(0.2);
  await page.mouse.move(5, 5);
  await expect(cursors).toHaveCount(2);
  await slider.press('Escape');
  await expect(cursors).toHaveCount(0);
});

test('a cause leads to the call it happened in', async ({ lab }) => {
  const { page } = lab;
  await lab.set('mtu', '40');
  await lab.set('Stop after', '10 packets');
  await lab.set('Rate', 'max');
  await lab.run();
  await lab.ended();
  await page
    .getByRole('region', { name: 'Error codes' })
    .getByRole('button', { name: 'call 10, index 0' })
    .click();
  await expect(details(lab)).toHaveAttribute('data-call', '10');
  expect(await figure(lab, 'Code')).toBe('INVAL');
  await expect(details(lab)).toContainText('Frame of 60 B is over the limit of 54 B');
});

test('the first call of a code is shown even when the ring has gone on', async ({ lab }) => {
  const { page } = lab;
  await storm(lab);
  const journal = await page.getByRole('region', { name: 'Journal' }).innerText();
  const [, call, index] = /AGAIN first seen at call (\d+), index (\d+)/.exec(journal) ?? [];
  await region(lab).getByRole('button', { name: 'First AGAIN' }).click();
  await expect(details(lab)).toHaveAttribute('data-call', call ?? '');
  expect(await figure(lab, 'Index')).toBe(index);
  await expect(details(lab)).toContainText('no longer among the latest 4,096 calls');
  await expect(region(lab).getByRole('button', { name: 'First INVAL' })).toBeDisabled();
  await lab.stop();
  await lab.ended();
  // Calls stay after the run.
  await page.getByRole('button', { name: 'Jump to live' }).click();
  await expect(kept(lab)).toHaveText(/^last 4,096 of [\d,]+ calls$/);
});

test('latency: percentiles with clock and method, histograms on demand', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Stop after', '1000 packets');
  await lab.set('Rate', 'max');
  await lab.run();
  await lab.ended();
  const latency = page.getByRole('region', { name: 'Latency', exact: true });
  await expect(latency).toContainText(/CLOCK_MONOTONIC.*before and after each send call/);
  const value = async (name: string) =>
    Number(await latency.locator(`[data-figure="${name}"]`).getAttribute('data-value'));
  const percentiles: number[] = [];
  for (const name of ['p50', 'p90', 'p99', 'p99.9', 'max']) percentiles.push(await value(name));
  expect(percentiles).toEqual([...percentiles].sort((a, b) => a - b));
  expect(percentiles[0]).toBeGreaterThan(0);
  expect(await value('n')).toBe(16);
  await latency.getByRole('button', { name: 'Histograms', exact: true }).click();
  await expect(
    latency.getByRole('img', { name: 'Histogram of the send-call latency, 16 calls.' }),
  ).toBeVisible();
  await expect(
    latency.getByRole('img', { name: 'Histogram of packets per send call, 16 calls.' }),
  ).toBeVisible();
  await latency.getByRole('button', { name: 'Histograms as a table' }).click();
  await expect(latency.getByRole('group', { name: 'Packets' })).toContainText('64');
});

test('export as CSV, JSON and PNG', async ({ lab }) => {
  const { page } = lab;
  await lab.set('Stop after', '1000 packets');
  await lab.set('Rate', '10kpps');
  await lab.run();
  await lab.ended();
  const calls = Number(
    await page
      .getByRole('region', { name: 'Latency' })
      .locator('[data-figure="n"]')
      .getAttribute('data-value'),
  );
  await expect(kept(lab)).toHaveText(`all ${calls.toLocaleString('en-US')} calls`);
  const save = async (kind: string) => {
    const path = join(lab.dir, `view.${kind.toLowerCase()}`);
    await lab.willSave(path);
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    await page.getByRole('menuitem', { name: kind, exact: true }).click();
    await expect(page.getByRole('region', { name: 'Journal' })).toContainText(`as ${kind} to ${path}`);
    return readFileSync(path);
  };
  const csv = (await save('CSV')).toString('utf8').trimEnd().split('\r\n');
  expect(csv[0]).toContain('run time (s)');
  expect(csv.filter((line) => line.startsWith('call,'))).toHaveLength(calls);
  const read = JSON.parse((await save('JSON')).toString('utf8'));
  expect(read).toMatchObject({ format: 'packet-lab view', instance: 'A', run: 1, backend: 'loopback' });
  expect(read.counters).toMatchObject({ offered: 1000, taken: 1000, received: 1000 });
  expect(read.calls.latest).toHaveLength(calls);
  expect(read.calls.total).toBe(calls);
  expect(read.calls.latest.reduce((sum: number, call: { offered: number }) => sum + call.offered, 0)).toBe(
    1000,
  );
  expect(read.charts.perSecond.length).toBeGreaterThan(0);
  const png = await save('PNG');
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBe(2400);
  expect(png.length).toBeGreaterThan(20_000);
});

test('main stopped for 5 s: a named gap, a journal line, and the run goes on', async ({ lab }) => {
  const { app, page } = lab;
  const pid = app.process().pid;
  if (pid === undefined) throw new Error('the app has no process');
  await lab.set('Rate', '10kpps');
  await lab.set('Stop after', 'never');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(10_000);
  const before = await lab.figure('taken');
  process.kill(pid, 'SIGSTOP');
  try {
    await sleep(5000);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  const journal = page.getByRole('region', { name: 'Journal' });
  await expect(journal).toContainText(
    /Stall of [5-7]\.\d s: the whole process stood still, the sending thread too/,
  );
  for (const name of ['Throughput', 'Error codes'])
    await expect(page.getByRole('region', { name }).getByText(/^stall [5-7]\.\d s$/)).toBeVisible();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(before + 10_000);
  // Neither averaged away, which would be less than 400 packets/s beside it, nor zero: nothing is said of the gap.
  const path = join(lab.dir, 'stall.json');
  await lab.willSave(path);
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  await page.getByRole('menuitem', { name: 'JSON', exact: true }).click();
  await expect(journal).toContainText(`as JSON to ${path}`);
  const { charts, calls } = JSON.parse(readFileSync(path, 'utf8'));
  const [stall] = charts.stalls;
  expect(charts.stalls).toHaveLength(1);
  expect(stall).toMatchObject({ who: 'both' });
  expect(stall.seconds).toBeGreaterThan(4.8);
  type Bucket = { t: number; taken: [number, number] | null };
  const inside = (charts.perSecond as Bucket[]).filter(
    (b) => b.t > stall.from && b.t + charts.bucketSeconds < stall.to,
  );
  expect(inside).toEqual([]);
  for (const bucket of charts.perSecond as Bucket[]) expect(bucket.taken?.[0]).toBeGreaterThan(500);
  // The sending thread's own gap is between its calls, or within the one that was on.
  const times = (calls.latest as { seconds: number; durationNs: number }[]).map((call) => call.seconds);
  const widest = Math.max(...times.slice(1).map((t, i) => t - (times[i] ?? 0)));
  expect(widest).toBeGreaterThan(4.8);
  await lab.shot('stall');
  await lab.stop();
  await lab.ended();
});
