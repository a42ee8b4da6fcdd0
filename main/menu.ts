import { app, type BrowserWindow, dialog, Menu } from 'electron';
import { runtimeSentence } from './runtime';

/** A small menu: zoom, reload, full screen and the About box. Alt shows it. */
export function setMenu(window: () => BrowserWindow | null): void {
  const about = async () => {
    const options: Electron.MessageBoxOptions = {
      type: 'info',
      title: 'About Packet Lab',
      message: `Packet Lab ${app.getVersion()}`,
      detail: runtimeSentence(),
      buttons: ['Close'],
    };
    const parent = window();
    await (parent ? dialog.showMessageBox(parent, options) : dialog.showMessageBox(options));
  };
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { label: '&File', submenu: [{ role: 'quit' }] },
      { role: 'editMenu' },
      {
        label: '&View',
        submenu: [
          { role: 'reload' },
          { type: 'separator' },
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
        ],
      },
      { label: '&Help', submenu: [{ label: 'About Packet Lab', click: () => void about() }] },
    ]),
  );
}
