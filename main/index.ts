import { join } from 'node:path';
import { app, type BrowserWindow } from 'electron';
import { commandWords, obey } from './commandLine';
import { Lab } from './lab/lab';
import { MenuCommands, setMenu } from './menu';
import { registerPageScheme, servePage } from './page';
import { acceptLinks } from './portLink';
import { guardApp } from './security';
import { shellOf } from './shell';
import { RecentPlans } from './store/recentPlans';
import { SessionKeeper } from './store/session';
import { createWindow } from './window';

/** The composition root of the desktop app and of its command line: it holds the wiring and nothing else. */

/** How long the last message of a closing page may be on its way, in ms. */
const LAST_WORD_MS = 50;

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
  const lab = new Lab();
  const kept = (name: string) => join(app.getPath('userData'), name);
  const tell = (sentence: string) => lab.note('warning', sentence);
  const keeper = new SessionKeeper(kept('session.json'), tell);
  const recent = new RecentPlans(kept('recent-plans.json'), tell);
  const [last] = await Promise.all([keeper.read(), recent.read(), app.whenReady()]);
  if (last) lab.restore(last);
  lab.listen({ kept: () => keeper.changed(() => lab.kept()) });
  servePage();
  let window: BrowserWindow | null = null;
  const current = () => window;
  const commands = new MenuCommands();
  acceptLinks(lab, shellOf(current, recent, commands), current);
  setMenu(current, recent, commands);
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
  // Behind the last window: a page that closes still tells its latest edits.
  app.on('will-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    end(lab, keeper, recent).then(() => {
      closed = true;
      app.quit();
    }, fatal);
  });
}

/** Every run is ended, its files are whole and the session is kept before the process goes. */
async function end(lab: Lab, keeper: SessionKeeper, recent: RecentPlans): Promise<void> {
  await new Promise((go) => setTimeout(go, LAST_WORD_MS));
  await keeper.end(lab.kept());
  await Promise.all([lab.close(), recent.settled()]);
}

/** Chromium ends without a word that helps when there is no display; switches may name another way to draw. */
function lacksDisplay(): boolean {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return (
    process.platform === 'linux' &&
    !DISPLAY &&
    !WAYLAND_DISPLAY &&
    !app.commandLine.hasSwitch('ozone-platform')
  );
}

function openWindow(): void {
  app.setName('Packet Lab');
  registerPageScheme();
  guardApp();
  if (app.requestSingleInstanceLock()) start().catch(fatal);
  else app.quit();
}

const words = commandWords(process.argv, app.isPackaged);
if (words !== null) obey(words);
else if (lacksDisplay()) {
  process.stderr.write(
    'packet-lab: There is no display to open the window on; packet-lab --help lists the commands, which need none.\n',
  );
  app.exit(2);
} else openWindow();
