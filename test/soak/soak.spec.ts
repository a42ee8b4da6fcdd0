import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, type Lab, test } from '../e2e/app';
import { tool } from '../oracle';
import { collectMain, collectPage, pids } from './app';
import { familyMemoryMiB, held, median, memoryMiB, slope } from './processes';

/** How long four instances run, in s: ten minutes with `npm run soak`, one in `npm test`. */
const SECONDS = Number(process.env.PACKET_LAB_SOAK_S ?? '60');
const LONG = SECONDS >= 600;
/** What comes before is warm-up: code is compiled, the series of the charts fill, which takes 30 s. */
const SETTLED_S = LONG ? 120 : Math.min(SECONDS / 2, 32);
/** Between two readings, in s. */
const EVERY_S = Math.max(2, SECONDS / 120);
/** How fast memory may grow after the warm-up, in MiB/min. Within a minute only a leak worth the name can be told. */
const SLOPE_MAX = LONG ? 1 : 20;
/** How long the page is frozen, in s. */
const FROZEN_S = LONG ? 60 : 20;
const FROZEN_GROWTH_MAX_MIB = 5;

const pause = (seconds: number) => new Promise((go) => setTimeout(go, seconds * 1000));
const rows = (lab: Lab) => lab.page.getByRole('region', { name: 'Instances', exact: true }).getByRole('row');
const region = (lab: Lab, name: string) => lab.page.getByRole('region', { name, exact: true });

async function setUp(lab: Lab, settings: Record<string, string>): Promise<void> {
  for (const [field, text] of Object.entries(settings)) await lab.set(field, text);
}

/** A at full rate, B in a storm of AGAIN, C over UDP and D into a file by count. */
async function fourInstances(lab: Lab, port: number, packets: number): Promise<string> {
  const { page } = lab;
  const file = join(lab.dir, 'd.pcapng');
  const add = () => page.getByRole('button', { name: 'Add instance' }).click();
  await setUp(lab, { Rate: 'max', 'Stop after': 'never' });
  await add();
  await setUp(lab, { ring: '64', drain: '20k', Rate: 'max', 'Stop after': 'never' });
  await add();
  await region(lab, 'Templates').getByText('UDP to this computer').click();
  await page.getByLabel('Backend', { exact: true }).selectOption('udp');
  await region(lab, 'Layers').getByText('UDP', { exact: true }).click();
  const dstport = region(lab, 'Fields').getByRole('textbox', { name: /udp\.dstport/ });
  await dstport.fill(String(port));
  await dstport.press('Tab');
  await setUp(lab, { Rate: '1kpps', 'Stop after': `${packets} packets` });
  await add();
  await page.getByLabel('Backend', { exact: true }).selectOption('pcapng');
  await lab.willSave(file);
  await page.getByRole('group', { name: 'file' }).getByRole('button', { name: 'Choose file' }).click();
  await setUp(lab, { Rate: '1kpps', 'Stop after': `${packets} packets` });
  for (const i of [3, 2, 1, 0]) {
    await rows(lab).nth(i).click();
    await lab.run();
  }
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(10_000);
  return file;
}

/** The counters of the shown instance. */
async function counters(lab: Lab) {
  const names = ['offered', 'taken', 'refused', 'unexamined', 'completed', 'received'] as const;
  const values = await Promise.all(names.map((name) => lab.figure(name)));
  return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Record<
    (typeof names)[number],
    number
  >;
}

test.describe.configure({ timeout: (SECONDS + FROZEN_S) * 1000 + 180_000 });
test.skip(process.platform !== 'linux', 'memory of processes is read from /proc');

test(`four instances for ${SECONDS} s with the page open: memory and nodes stay, counters are exact`, async ({
  lab,
}) => {
  const { page } = lab;
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let datagrams = 0;
  socket.on('message', () => {
    datagrams += 1;
  });
  const packets = SECONDS * 1000;
  const file = await fourInstances(lab, socket.address().port, packets);
  const { main } = await pids(lab);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.enable');

  const memory: [minutes: number, MiB: number][] = [];
  const elements: number[] = [];
  const nodes: number[] = [];
  let before = held(main);
  const begun = performance.now();
  for (;;) {
    await pause(EVERY_S);
    const seconds = (performance.now() - begun) / 1000;
    await collectPage(cdp);
    await collectMain(lab);
    if (seconds <= SETTLED_S) {
      before = held(main);
      continue;
    }
    memory.push([seconds / 60, familyMemoryMiB(main)]);
    elements.push(await page.evaluate(() => document.querySelectorAll('*').length));
    nodes.push((await cdp.send('Memory.getDOMCounters')).nodes);
    if (seconds >= SECONDS) break;
  }
  const third = Math.ceil(memory.length / 3);
  const drift = (values: number[]) => median(values.slice(-third)) / median(values.slice(0, third)) - 1;
  const after = held(main);
  test.info().annotations.push({
    type: 'measured',
    description: `${memory.length} readings: memory ${median(memory.map(([, m]) => m)).toFixed(0)} MiB, slope ${slope(memory).toFixed(2)} MiB/min, ${median(elements)} elements, ${median(nodes)} nodes`,
  });
  console.log(test.info().annotations.at(-1)?.description);
  expect(slope(memory), 'MiB/min').toBeLessThan(SLOPE_MAX);
  expect(Math.abs(drift(elements)), 'elements of the document').toBeLessThan(0.02);
  expect(drift(nodes), 'nodes, those that are only held on to among them').toBeLessThan(LONG ? 0.05 : 0.1);
  // Runs that have ended by their count gave back what they held.
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.threads).toBeLessThanOrEqual(before.threads);

  for (const i of [2, 3]) await expect(rows(lab).nth(i)).toContainText('Done', { timeout: 60_000 });
  await page.getByRole('button', { name: 'Stop all' }).click();
  for (const i of [0, 1]) await expect(rows(lab).nth(i)).toContainText('Done');
  const totals: Awaited<ReturnType<typeof counters>>[] = [];
  for (const i of [0, 1, 2, 3]) {
    await rows(lab).nth(i).click();
    await expect(rows(lab).nth(i)).toHaveAttribute('aria-selected', 'true');
    const c = await counters(lab);
    expect(c.offered, `instance ${i}`).toBe(c.taken + c.refused + c.unexamined);
    totals.push(c);
  }
  const [a, b, c, d] = totals;
  expect(a).toMatchObject({ received: a?.completed, refused: 0, unexamined: 0 });
  expect(b?.received).toBe(b?.completed);
  expect(c).toMatchObject({ offered: packets, taken: packets, completed: packets });
  expect(d).toMatchObject({ offered: packets, taken: packets, completed: packets });
  expect(await tool('capinfos', '-c', '-M', file)).toContain(`Number of packets:   ${packets}`);
  expect(datagrams).toBeLessThanOrEqual(packets);
  expect(datagrams).toBeGreaterThan(0);
  socket.close();
});

test(`the page frozen for ${FROZEN_S} s: main does not grow, one snapshot tells of it all`, async ({
  lab,
}) => {
  const { page } = lab;
  await setUp(lab, { Rate: 'max', 'Stop after': 'never' });
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(100_000);
  // A listener in place of the page's own, which paints as it does and keeps what it hears.
  await page.evaluate(() => {
    const heard: [at: number, skipped: number][] = [];
    Object.assign(window, { heard });
    window.packetLab?.listen((raw) => {
      const { name, payload } = raw as { name?: string; payload: { seq: number; skipped: number } };
      if (name !== 'stats') return;
      heard.push([performance.now(), payload.skipped]);
      requestAnimationFrame(() => window.packetLab?.post({ type: 'painted', seq: payload.seq }));
    });
  });
  const heard = () =>
    page.evaluate(() => (window as unknown as { heard: [at: number, skipped: number][] }).heard);
  await expect.poll(async () => (await heard()).length).toBeGreaterThan(5);

  const { main, page: frozen } = await pids(lab);
  await collectMain(lab);
  const before = memoryMiB(main);
  process.kill(frozen, 'SIGSTOP');
  try {
    await pause(FROZEN_S);
    await collectMain(lab);
    expect(memoryMiB(main) - before, 'MiB').toBeLessThan(FROZEN_GROWTH_MAX_MIB);
  } finally {
    process.kill(frozen, 'SIGCONT');
  }

  const ticks = FROZEN_S * 10;
  const long = async () => (await heard()).filter(([, skipped]) => skipped > ticks / 2);
  await expect.poll(async () => (await long()).length).toBe(1);
  const all = await heard();
  const [[at]] = (await long()) as [[number, number]];
  // At most what was under way when the page froze comes before the one that stands for all that came since.
  const onReturn = all.filter(([when]) => when <= at && at - when < 50);
  expect(onReturn.length).toBeLessThanOrEqual(2);

  // The page itself, loaded again, finds the run.
  await page.reload();
  const taken = await lab.figure('taken');
  await expect.poll(() => lab.figure('taken')).toBeGreaterThan(taken);
});
