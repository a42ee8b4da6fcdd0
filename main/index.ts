import { app, type BrowserWindow } from 'electron';
import { Lab } from './lab/lab';
import { setMenu } from './menu';
import { registerPageScheme, servePage } from './page';
import { acceptLinks } from './portLink';
import { guardApp, guardSession } from './security';
import { shellOf } from './shell';
import { createWindow } from './window';

/** The desktop app's composition root: it holds the wiring and nothing else. */

function fatal(error: unknown): void {
  // The default is a modal dialog, which would hang unattended runs.
  process.stderr.write(
    `packet-lab: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  app.exit(1);
}

process.on('uncaughtException', fatal);
process.on('unhandledRejection', fatal);

async function start(): Promise<void> {
  await app.whenReady();
  guardSession();
  servePage();
  const lab = new Lab();
  let window: BrowserWindow | null = null;
  const current = () => window;
  acceptLinks(lab, shellOf(current), current);
  setMenu(current);
  window = createWindow(lab);
  window.on('closed', () => {
    window = null;
  });
  app.on('second-instance', () => {
    if (window?.isMinimized()) window.restore();
    window?.focus();
  });
  app.on('activate', () => {
    window ??= createWindow(lab);
  });
  app.on('window-all-closed', () => app.quit());
  let closed = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault(); // every run is ended and its files are whole before the process goes
    lab.close().then(() => {
      closed = true;
      app.quit();
    }, fatal);
  });
}

app.setName('Packet Lab');
registerPageScheme();
guardApp();
if (app.requestSingleInstanceLock()) start().catch(fatal);
else app.quit();
