import { app, type BrowserWindow, clipboard, dialog } from 'electron';
import type { Shell } from './lab/server';
import type { MenuCommands } from './menu';
import { runtimeKind } from './runtime';
import type { RecentPlans } from './store/recentPlans';

const PLANS = [
  { name: 'Packet Lab plans', extensions: ['json'] },
  { name: 'All files', extensions: ['*'] },
];

/** What the page may ask the desktop for. Dialogs are looked up at the time of use. */
export function shellOf(
  window: () => BrowserWindow | null,
  recent: RecentPlans,
  commands: MenuCommands,
): Shell {
  return {
    recent,
    onCommand: (listener) => commands.listen(listener),
    copy: (text) => clipboard.writeText(text),
    choosePlan: async () => {
      const options: Electron.OpenDialogOptions = {
        title: 'Open plan',
        properties: ['openFile'],
        filters: PLANS,
      };
      const parent = window();
      const chosen = await (parent ? dialog.showOpenDialog(parent, options) : dialog.showOpenDialog(options));
      return chosen.canceled ? null : (chosen.filePaths[0] ?? null);
    },
    choosePlanTarget: async (name) => {
      const options: Electron.SaveDialogOptions = {
        title: 'Save plan',
        defaultPath: name,
        filters: PLANS,
        properties: ['showOverwriteConfirmation', 'createDirectory'],
      };
      const parent = window();
      const chosen = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      return chosen.canceled ? null : (chosen.filePath ?? null);
    },
    about: {
      version: app.getVersion(),
      electron: process.versions.electron ?? '',
      chrome: process.versions.chrome ?? '',
      node: process.versions.node,
      runtime: runtimeKind(),
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
    chooseExport: async (name, kind) => {
      const options: Electron.SaveDialogOptions = {
        title: `Export as ${kind.toUpperCase()}`,
        defaultPath: `${name}.${kind}`,
        filters: [{ name: kind.toUpperCase(), extensions: [kind] }],
        properties: ['showOverwriteConfirmation', 'createDirectory'],
      };
      const parent = window();
      const chosen = await (parent ? dialog.showSaveDialog(parent, options) : dialog.showSaveDialog(options));
      return chosen.canceled ? null : (chosen.filePath ?? null);
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
