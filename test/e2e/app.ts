import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  test as base,
  type ElectronApplication,
  _electron as electron,
  expect,
  type Page,
} from '@playwright/test';

export const CAPTURES = resolve('test/fixtures/captures');
const SHOTS = resolve('test-results/screenshots');

/** What a test of the real app works with. */
export interface Lab {
  app: ElectronApplication;
  page: Page;
  /** Closes the app and starts it again, with what it has kept or with nothing; `between` is done meanwhile. */
  restart(how?: { fresh?: boolean; between?: (profile: string) => void; program?: string }): Promise<void>;
  /** A folder of this test's own. */
  dir: string;
  /** The next open dialog answers with this file; null cancels. */
  willOpen(path: string | null): Promise<void>;
  /** The next save dialog answers with this file; null cancels. */
  willSave(path: string | null): Promise<void>;
  /** The exact number behind a tile of "Counters". */
  figure(name: string): Promise<number>;
  /** Types into a field of the run settings and leaves it. */
  set(field: string, text: string): Promise<void>;
  run(): Promise<void>;
  stop(): Promise<void>;
  /** Waits until the run that was asked for last has begun and ended: main may not have answered the click yet. */
  ended(): Promise<void>;
  shot(name: string): Promise<void>;
}

/** Playwright ends an app that it has not got hold of by then. */
const LAUNCH_MS = 25_000;

/** `program` starts the app in other surroundings; it is given the app's words. */
function launch(dir: string, program?: string): Promise<ElectronApplication> {
  const executablePath = program ?? process.env.PACKET_LAB_ELECTRON;
  if (!executablePath) throw new Error('PACKET_LAB_ELECTRON is not set; start the tests with npm test.');
  const args = [
    resolve('.'),
    `--user-data-dir=${join(dir, 'profile')}`,
    '--force-prefers-reduced-motion=false',
  ];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const start = () => electron.launch({ executablePath, args, timeout: LAUNCH_MS });
  // About once in a hundred starts on a busy machine Playwright waits in vain for a debugger, although the app is up.
  return start().catch((error: unknown) => {
    console.warn(`The app is started again, because Playwright did not get hold of it: ${String(error)}`);
    return start();
  });
}

async function firstPage(app: ElectronApplication): Promise<Page> {
  const page = await app.firstWindow();
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  return page;
}

/** Every test gets a fresh app with a profile of its own, and leaves a screenshot. */
export const test = base.extend<{ lab: Lab }>({
  // Playwright reads the names of the fixtures from this pattern.
  // biome-ignore lint/correctness/noEmptyPattern: no other fixture is used
  lab: async ({}, use, info) => {
    const dir = mkdtempSync(join(tmpdir(), 'packet-lab-e2e-'));
    const app = await launch(dir);
    const page = await firstPage(app);
    mkdirSync(SHOTS, { recursive: true });
    const title = info.title.replaceAll(/[^\w]+/g, '-').toLowerCase();
    /** Instance and number of the run before the one that was asked for last. */
    let before: string | null = null;
    const lab: Lab = {
      app,
      page,
      dir,
      restart: async ({ fresh = false, between, program } = {}) => {
        await lab.app.close();
        if (fresh) rmSync(join(dir, 'profile'), { recursive: true });
        between?.(join(dir, 'profile'));
        lab.app = await launch(dir, program);
        lab.page = await firstPage(lab.app);
      },
      willOpen: (path) =>
        lab.app.evaluate(({ dialog }, file) => {
          dialog.showOpenDialog = async () => ({
            canceled: file === null,
            filePaths: file === null ? [] : [file],
          });
        }, path),
      willSave: (path) =>
        lab.app.evaluate(({ dialog }, file) => {
          dialog.showSaveDialog = async () => ({ canceled: file === null, filePath: file ?? '' });
        }, path),
      figure: async (name) => {
        const tile = lab.page.getByRole('region', { name: 'Counters' }).locator(`[data-figure="${name}"]`);
        return Number(await tile.getAttribute('data-value'));
      },
      set: async (field, text) => {
        const input = lab.page.getByLabel(field, { exact: true });
        await input.fill(text);
        await input.press('Tab');
      },
      run: async () => {
        const button = lab.page.getByRole('button', { name: 'Run', exact: true });
        before = await button.getAttribute('data-run');
        await button.click();
      },
      stop: () => lab.page.getByRole('button', { name: 'Stop', exact: true }).click(),
      ended: () =>
        expect(
          lab.page.locator(`[aria-label="Run"][aria-disabled="false"]:not([data-run="${before}"])`),
        ).toHaveCount(1),
      shot: async (name) => {
        await lab.page.screenshot({ path: join(SHOTS, `${name}.png`) });
      },
    };
    await use(lab);
    await lab.shot(title).catch(() => undefined); // the window may be gone by now
    await lab.app.close();
    rmSync(dir, { recursive: true, force: true });
  },
});

export { expect };
