import { app, type BrowserWindow, dialog, Menu, type MenuItemConstructorOptions } from 'electron';
import type { RecentPlan } from '../app/ipc/contract';
import { runtimeSentence } from './runtime';
import type { RecentPlans } from './store/recentPlans';

/** What the native menu asks of the page: ids of its commands. */
export class MenuCommands {
  private readonly listeners = new Set<(id: string) => void>();

  give(id: string): void {
    for (const listener of this.listeners) listener(id);
  }

  listen(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

async function about(parent: BrowserWindow | null): Promise<void> {
  const options: Electron.MessageBoxOptions = {
    type: 'info',
    title: 'About Packet Lab',
    message: `Packet Lab ${app.getVersion()}`,
    detail: runtimeSentence(),
    buttons: ['Close'],
  };
  await (parent ? dialog.showMessageBox(parent, options) : dialog.showMessageBox(options));
}

/** A label in which nothing of a file's name is taken for a mnemonic. */
function label({ name, folder }: RecentPlan): string {
  return `${name} in ${folder}`.replaceAll('&', '&&');
}

/** A small menu for what also has a button or a key. Alt shows it; it follows the recent plans. */
export function setMenu(
  window: () => BrowserWindow | null,
  recent: RecentPlans,
  commands: MenuCommands,
): void {
  // The page hears the keys itself; here they are only shown.
  const command = (id: string, title: string, accelerator?: string): MenuItemConstructorOptions => ({
    id,
    label: title,
    ...(accelerator && { accelerator }),
    registerAccelerator: false,
    click: () => commands.give(id),
  });
  const build = (plans: readonly RecentPlan[]) =>
    Menu.buildFromTemplate([
      {
        label: '&File',
        submenu: [
          command('open-plan', 'Open plan', 'CmdOrCtrl+Shift+O'),
          {
            id: 'recent-plans',
            label: 'Recent plans',
            enabled: plans.length > 0,
            submenu: plans.map((plan) => command(`recent-${plan.key}`, label(plan))),
          },
          command('save-plan', 'Save plan', 'CmdOrCtrl+S'),
          { type: 'separator' },
          { role: 'quit' },
        ],
      },
      {
        label: '&Edit',
        submenu: [
          { role: 'undo' },
          { role: 'redo' },
          { type: 'separator' },
          { role: 'cut' },
          { role: 'copy' },
          { role: 'paste' },
          { role: 'selectAll' },
          { type: 'separator' },
          command('copy-command', 'Copy as command', 'CmdOrCtrl+Shift+C'),
        ],
      },
      {
        label: '&View',
        submenu: [
          command('page', 'Lab page or packet', 'CmdOrCtrl+L'),
          { type: 'separator' },
          { role: 'reload' },
          { type: 'separator' },
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
        ],
      },
      {
        label: '&Lab',
        submenu: [
          command('lab-open', 'Open a lab', 'CmdOrCtrl+Shift+L'),
          command('lab-close', 'Close the lab'),
        ],
      },
      { label: '&Help', submenu: [{ label: 'About Packet Lab', click: () => void about(window()) }] },
    ]);
  recent.listen((plans) => Menu.setApplicationMenu(build(plans)));
  Menu.setApplicationMenu(build(recent.list()));
}
