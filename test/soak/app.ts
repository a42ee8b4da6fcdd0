import type { CDPSession } from '@playwright/test';
import type { Lab } from '../e2e/app';

/** Process numbers of the app's main process and of its page. */
export async function pids(lab: Lab): Promise<{ main: number; page: number }> {
  const main = lab.app.process().pid;
  const page = await lab.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  if (main === undefined || page === undefined) throw new Error('the app has no process or no window');
  return { main, page };
}

/** What Node's own `require` gives main; Playwright's functions run outside any module. */
interface MainModule {
  require(name: 'node:v8'): { setFlagsFromString(flags: string): void };
  require(name: 'node:vm'): { runInNewContext(code: 'gc'): () => void };
}

/** Has main let go of what is garbage: what is measured next is what it holds. */
export const collectMain = (lab: Lab): Promise<void> =>
  lab.app.evaluate(() => {
    const { mainModule } = process as unknown as { mainModule: MainModule };
    mainModule.require('node:v8').setFlagsFromString('--expose-gc');
    mainModule.require('node:vm').runInNewContext('gc')();
  });

/** The same for the page. */
export const collectPage = (cdp: CDPSession): Promise<unknown> => cdp.send('HeapProfiler.collectGarbage');
