import { afterEach, expect, test } from 'vitest';
import type { EventPayload } from '../../app/ipc/contract';
import type { Finding } from '../../app/lab/finding';
import { Lab } from '../../main/lab/lab';
import { NetLabError } from '../../main/lab/netLabError';
import { TestPage } from './page';

// What the page hears of the run as it would be now, by way of IPC. Nothing is sent.

const open: { page: TestPage; lab: Lab }[] = [];
afterEach(async () => {
  for (const { page, lab } of open.splice(0)) {
    page.close();
    await lab.close();
  }
});

function started(): { page: TestPage; lab: Lab } {
  const lab = new Lab();
  const page = new TestPage(lab);
  open.push({ page, lab });
  return { page, lab };
}

/** What was told last about an instance. */
function told(page: TestPage, id = 'A'): Finding[] {
  const diagnoses = page.heard
    .filter(({ name }) => name === 'diagnoses')
    .flatMap(({ payload }) => payload as EventPayload<'diagnoses'>);
  return diagnoses.filter((one) => one.id === id).at(-1)?.preflight ?? [];
}

const wrong = (page: TestPage, id = 'A') => told(page, id).filter(({ level }) => level !== 'ok');

async function set(page: TestPage, change: Record<string, unknown>): Promise<void> {
  const { instances } = await page.request('lab.hello', null);
  const settings = instances[0]?.settings;
  if (!settings) throw new Error('no instance');
  await page.request('instance.configure', { id: 'A', settings: { ...settings, ...change } });
}

test('it is told without being asked, kept for a page that comes, and not told again while nothing differs', async () => {
  const { page, lab } = started();
  await page.until('a preflight', () => told(page).length > 0);
  expect(told(page).map(({ id, level }) => [id, level])).toEqual([
    ['backend', 'ok'],
    ['rights', 'ok'],
  ]);
  expect((await page.request('lab.hello', null)).diagnoses).toEqual([
    { id: 'A', preflight: told(page), live: null },
  ]);
  const before = page.heard.filter(({ name }) => name === 'diagnoses').length;
  await lab.diagnoses.now('A');
  await set(page, { batch: '7' });
  await set(page, { batch: 'many' });
  await page.until('the batch', () => wrong(page).length === 1);
  expect(wrong(page)).toMatchObject([
    {
      id: 'plan',
      level: 'problem',
      fix: null,
      action: null,
      sentence: expect.stringMatching(/^[^.]*batch[^.]*\.$/i),
    },
  ]);
  expect(page.heard.filter(({ name }) => name === 'diagnoses').length).toBe(before + 1);
});

test('a backend that needs a lab: none, one, changed, closed', async (context) => {
  const { page } = started();
  await set(page, { backend: 'af_packet' });
  await page.until('no lab', () => wrong(page).length > 0);
  expect(wrong(page)).toMatchObject([
    {
      id: 'lab',
      level: 'problem',
      sentence: 'af_packet sends on an interface of a private lab, and no lab is open.',
    },
  ]);
  try {
    await page.request('lab.open', { pairs: 2, mtu: 1500 });
  } catch (failure) {
    return context.skip(`no lab here: ${JSON.stringify(failure)}`);
  }
  await page.until('a lab', () => told(page).length > 0 && wrong(page).length === 0);

  const change = { pair: 0, end: 'a', change: { what: 'link', up: false } } as const;
  await page.request('lab.port', change);
  await page.until('link down', () => wrong(page).length > 0);
  expect(wrong(page)).toMatchObject([
    { id: 'link', level: 'problem', action: { pair: 0, end: 'a', change: { what: 'link', up: true } } },
  ]);
  // What mends it is data that the page hands back.
  const [{ action }] = wrong(page) as [Finding];
  if (action) await page.request('lab.port', action);
  await page.until('link up', () => wrong(page).length === 0);

  await page.request('lab.port', { pair: 0, end: 'b', change: { what: 'mtu', mtu: 900 } });
  await page.until('a shorter MTU', () => wrong(page).length > 0);
  expect(wrong(page)).toMatchObject([
    { id: 'mtu', level: 'warning', action: { end: 'b', change: { mtu: 1500 } } },
  ]);
  await set(page, { options: { af_packet: { pair: '1' } } });
  await page.until('the other pair', () => wrong(page).length === 0);
  await page.request('lab.port', { pair: 1, end: 'a', change: { what: 'delete' } });
  await page.until('deleted', () => wrong(page).length > 0);
  expect(wrong(page)).toMatchObject([
    { id: 'interface', level: 'problem', action: { pair: 1, change: { what: 'create' } } },
  ]);

  await set(page, { options: { af_packet: { pair: '5' } } });
  await page.until('no such pair', () => wrong(page).some(({ id }) => id === 'lab'));
  expect(wrong(page)).toMatchObject([
    { id: 'lab', sentence: 'There is no pair 5: the lab has pairs 0 to 1.' },
  ]);
});

test('a run is not prevented, and its preflight is of that moment', async (context) => {
  const { page, lab } = started();
  await set(page, { backend: 'af_packet', stop: '1' });
  try {
    await lab.held.start({ pairs: 1, mtu: 1500 });
  } catch (error) {
    if (!(error instanceof NetLabError)) throw error;
    return context.skip(error.sentence);
  }
  await page.until('all right', () => told(page).length > 4 && wrong(page).length === 0);
  await lab.held.change({ pair: 0, end: 'a', change: { what: 'delete' } });
  await expect(page.request('run.start', { id: 'A' })).rejects.toMatchObject({
    sentence: expect.stringContaining('the interface is not there'),
  });
  expect(lab.diagnoses.of('A').preflight).toContainEqual(
    expect.objectContaining({ id: 'interface', level: 'problem' }),
  );
});
