import { join } from 'node:path';
import { app, BrowserWindow } from 'electron';
import { PAGE_ORIGIN } from '../app/ipc/link';
import type { Lab } from './lab/lab';
import { readBounds, writeBounds } from './store/windowBounds';

/** A page that dies more often than this in a row is left alone with its journal entry. */
const RELOADS_MAX = 3;

/** Opens the one window. Everything it may do is said here and in `security.ts`. */
export function createWindow(lab: Lab): BrowserWindow {
  const file = join(app.getPath('userData'), 'window.json');
  const bounds = readBounds(file);
  const window = new BrowserWindow({
    ...bounds,
    minWidth: 640,
    minHeight: 480,
    show: false,
    title: 'Packet Lab',
    icon: join(__dirname, 'icon.png'),
    backgroundColor: '#1e1e1e',
    autoHideMenuBar: true,
    webPreferences: {
      preload: join(__dirname, 'preload.cjs'),
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      devTools: false,
    },
  });
  const load = () => void window.loadURL(`${PAGE_ORIGIN}/index.html`);
  window.once('ready-to-show', () => window.show());
  window.on('close', () => writeBounds(file, window.getNormalBounds()));

  // Stops every run even while the page hangs: a menu accelerator would wait for the page.
  window.webContents.on('before-input-event', (event, input) => {
    if (input.type !== 'keyDown' || !(input.control || input.meta) || input.key !== '.') return;
    event.preventDefault();
    void lab.stopAll();
  });

  // An empty document is where a page can go without asking.
  window.webContents.on('did-navigate', (_event, url) => {
    if (!url.startsWith(`${PAGE_ORIGIN}/`)) load();
  });

  let reloads = 0;
  window.webContents.on('did-finish-load', () => {
    setTimeout(() => {
      reloads = 0;
    }, 10_000).unref();
  });
  window.webContents.on('render-process-gone', (_event, details) => {
    if (details.reason === 'clean-exit') return;
    lab.note('warning', `The page was lost (${details.reason}); runs go on. It is loaded again.`);
    reloads += 1;
    if (reloads <= RELOADS_MAX && !window.isDestroyed()) window.webContents.reload();
  });
  load();
  return window;
}
