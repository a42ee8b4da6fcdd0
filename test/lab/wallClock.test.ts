import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';

afterEach(() => vi.restoreAllMocks());

// The capture's own times are the native core's: test/native/clock_step_test.c.
test.each([
  ['forward', 3_600_000],
  ['back', -3_600_000],
])('the wall clock is set %s by an hour during a run', async (_way, by) => {
  const real = Date.now;
  let step = 0;
  vi.spyOn(Date, 'now').mockImplementation(() => real() + step);
  const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  const lab = new Lab();
  const page = new TestPage(lab, { chooseOutput: async () => join(dir, 'peer.pcapng') });
  await page.request('output.choose', { id: 'A', which: 'peer' });
  const settings = { ...defaultSettings(), rate: '2kpps', stop: '1000 packets' };
  await page.request('instance.configure', { id: 'A', settings });
  await page.request('run.start', { id: 'A' });
  await page.until('half of it is sent', () => (lab.get('A').live()?.snapshot.taken ?? 0) > 500);
  step = by;
  await page.phase('A', 'done');
  const last = lab.get('A').live();
  expect(last?.snapshot).toMatchObject({ taken: 1000, received: 1000, stoppedBy: 'count' });
  expect(last?.snapshot.seconds).toBeGreaterThan(0.4);
  expect(last?.snapshot.seconds).toBeLessThan(1800);
  expect(last?.stalls).toEqual([]);
  // The journal says what the wall clock said, in the order in which things happened.
  const { journal } = await page.request('lab.hello', null);
  expect(journal.map((entry) => entry.seq)).toEqual(journal.map((_, i) => i + 1));
  const [first, end] = [journal[0], journal.at(-1)];
  expect(Math.abs((end?.at ?? 0) - (first?.at ?? 0) - by)).toBeLessThan(600_000);
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});
