import { app, type BrowserWindow, dialog } from 'electron';
import packageJson from '../package.json';
import type { Shell } from './lab/server';

/** What the page may ask the desktop for. Dialogs are looked up at the time of use. */
export function shellOf(window: () => BrowserWindow | null): Shell {
  return {
    about: {
      version: packageJson.version,
      electron: process.versions.electron ?? '',
      chrome: process.versions.chrome ?? '',
      node: process.versions.node,
      runtime: process.env.PACKET_LAB_RUNTIME ?? (app.isPackaged ? 'official' : 'unknown'),
      platform: `${process.platform} ${process.arch}`,
    },
    chooseCapture: async () => {
      const options: Electron.OpenDialogOptions = {
        title: 'Open capture',
        properties: ['openFile'],
        filters: [
          { name: 'Captures', extensions: ['pcap', 'pcapng', 'cap', 'dmp'] },
          { name: 'All files', extensions: ['*'] },
        ],
      };
      const parent = window();
      const chosen = await (parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options));
      return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
    },
    chooseOutput: async () => {
      const options: Electron.SaveDialogOptions = {
        title: 'Write capture to',
        defaultPath: 'packets.pcapng',
        filters: [{ name: 'pcapng capture', extensions: ['pcapng'] }],
        properties: ['showOverwriteConfirmation', 'createDirectory'],
      };
      const parent = window();
      const chosen = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      return chosen.canceled ? null : (chosen.filePath ?? null);
    },
  };
}
