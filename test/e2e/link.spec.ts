import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, type Lab, test } from './app';

/** The one way from the page to main: who may use it, and what may be said on it. */

/** Posts raw messages over the page's own port and answers what came back for each, in their order. */
function post(page: Page, messages: readonly unknown[]): Promise<unknown[]> {
  return page.evaluate(async (messages) => {
    type Message = { type: string; id?: number };
    const { packetLab } = window as unknown as {
      packetLab: { post(message: unknown): void; listen(hear: (message: Message) => void): void };
    };
    const heard: Message[] = [];
    const told = new Promise<void>((done) => {
      packetLab.listen((message) => {
        if (message.type === 'event') return;
        if (message.id === 424242) done();
        else heard.push(message);
      });
    });
    for (const message of messages) packetLab.post(message);
    packetLab.post({ type: 'request', id: 424242, name: 'lab.hello', input: null });
    await told;
    return heard;
  }, messages);
}

/** Main still does what it is asked for. */
async function stillWorks(lab: Lab): Promise<void> {
  await lab.page.reload();
  await lab.set('Stop after', '100 packets');
  await lab.set('Rate', 'max');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBe(100);
}

test('main hears one channel only, and on it the window’s own page only', async ({ lab }) => {
  const found = await lab.app.evaluate(async ({ BrowserWindow, ipcMain }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (!window) throw new Error('no window');
    const { webContents } = window;
    const invokable = (ipcMain as unknown as { _invokeHandlers?: Map<string, unknown> })._invokeHandlers;
    // Every port that main hands out is counted from here on.
    let given = 0;
    const real = webContents.postMessage;
    webContents.postMessage = () => {
      given += 1;
    };
    const own = { sender: webContents, senderFrame: webContents.mainFrame };
    const like = { url: 'app://packet-lab/index.html' };
    const forged: [string, object, unknown][] = [
      ['another sender', { ...own, sender: { mainFrame: own.senderFrame } }, 'forged'],
      ['another frame', { ...own, senderFrame: like }, 'forged'],
      ['no frame', { ...own, senderFrame: null }, 'forged'],
      ['nobody', {}, 'forged'],
      ['a document that is no text', own, { toString: () => 'forged' }],
      ['no document', own, undefined],
    ];
    const answered: string[] = [];
    for (const [name, event, document] of forged) {
      ipcMain.emit('packet-lab:link', event, document);
      if (given > 0) answered.push(name);
      given = 0;
    }
    ipcMain.emit('packet-lab:link', own, 'a new document');
    const right = given;
    webContents.postMessage = real;
    const channels = ipcMain.eventNames().filter((name) => name !== 'error'); // Electron's own
    return { channels, invokable: invokable?.size, answered, right };
  });
  expect(found).toEqual({ channels: ['packet-lab:link'], invokable: 0, answered: [], right: 1 });
  await stillWorks(lab);
});

test('another window with the same page and preload is not connected', async ({ lab }) => {
  const heard = await lab.app.evaluate(async ({ app, BrowserWindow }) => {
    const other = new BrowserWindow({
      show: false,
      webPreferences: {
        preload: `${app.getAppPath()}/dist/preload.cjs`,
        sandbox: true,
        contextIsolation: true,
      },
    });
    await other.loadURL('app://packet-lab/index.html');
    const answer = await other.webContents.executeJavaScript(`new Promise((done) => {
      packetLab.listen(() => done('an answer'));
      packetLab.post({ type: 'request', id: 1, name: 'lab.hello', input: null });
      setTimeout(() => done('nothing'), 1500);
    })`);
    other.destroy();
    return answer;
  });
  expect(heard).toBe('nothing');
  await stillWorks(lab);
});

test('what is unknown, malformed or names a file is refused, and no dialog opens', async ({ lab }) => {
  await lab.app.evaluate(({ dialog }) => {
    const counter = globalThis as unknown as { asked: number };
    counter.asked = 0;
    dialog.showOpenDialog = dialog.showSaveDialog = (async () => {
      counter.asked += 1;
      return { canceled: true, filePaths: [], filePath: '' };
    }) as unknown as typeof dialog.showOpenDialog & typeof dialog.showSaveDialog;
  });
  const path = join(lab.dir, 'named-by-the-page.pcapng');
  let id = 0;
  const request = (name: unknown, input: unknown) => ({ type: 'request', id: ++id, name, input });
  const settings = await lab.page.evaluate(async () => {
    const { packetLab } = window as unknown as {
      packetLab: { post(m: unknown): void; listen(hear: (m: { output?: unknown }) => void): void };
    };
    return new Promise<Record<string, unknown>>((done) => {
      packetLab.listen((message) => {
        const hello = message.output as { instances: { settings: Record<string, unknown> }[] } | undefined;
        if (hello?.instances[0]) done(hello.instances[0].settings);
      });
      packetLab.post({ type: 'request', id: 0, name: 'lab.hello', input: null });
    });
  });
  const named = { ...settings, backend: 'pcapng', options: { pcapng: { file: path } } };
  const replies = await post(lab.page, [
    // Nobody can be answered on these.
    ...[null, 7, 'x', [], {}, { type: 'request' }, { type: 'painted', seq: 'x' }, { type: 'answer', id: 1 }],
    ...['fs.readFile', '__proto__', 'constructor', 'toString', '', 'LAB.HELLO'].map((n) => request(n, null)),
    request('x'.repeat(65), null),
    request(7, null),
    request('run.start', null),
    request('run.start', { id: '../A' }),
    request('calls.read', { id: 'A', first: -1, max: 1e9 }),
    request('capture.open', { id: 'A', path: '/etc/passwd' }),
    request('plan.open', { id: 'A', path: '/etc/passwd' }),
    request('plan.openRecent', { id: 'A', key: '/etc/passwd' }),
    request('plan.save', { id: 'A', path }),
    request('output.choose', { id: 'A', which: 'peer', path }),
    request('output.choose', { id: 'A', which: path }),
    request('export.save', { id: 'A', kind: 'csv', name: '../../x', content: 'x' }),
    request('export.save', { id: 'A', kind: 'csv', name: 'x', content: 'x', path }),
    request('instance.configure', { id: 'A', settings: named }),
    request('run.start', { id: 'A' }),
  ]);
  const codes = replies.map((reply) => {
    const { type, failure } = reply as { type: string; failure?: { code: string; sentence: string } };
    return type === 'failure' ? `${failure?.code}` : type;
  });
  const unknown = Array(6).fill('UNKNOWN_CHANNEL');
  const malformed = Array(13).fill('BAD_MESSAGE');
  // A path among the settings is kept as text that nobody reads: the run asks for the file to be chosen.
  expect(codes).toEqual([...unknown, ...malformed, 'answer', 'BAD_INPUT']);
  expect(JSON.stringify(replies.at(-1))).toContain('Choose the file that pcapng writes.');
  expect(existsSync(path)).toBe(false);
  expect(await lab.app.evaluate(() => (globalThis as unknown as { asked: number }).asked)).toBe(0);
  await lab.page.reload();
  await lab.page.getByLabel('Backend', { exact: true }).selectOption('loopback');
  await stillWorks(lab);
});

test('a second start brings the first window to the front and ends', async ({ lab }) => {
  const told = lab.app.evaluate(({ app, BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    if (!window) throw new Error('no window');
    const done: string[] = [];
    // A display without a window manager minimises nothing.
    window.isMinimized = () => true;
    window.restore = () => done.push('restored');
    window.focus = () => done.push('focused');
    return new Promise<string[]>((tell) =>
      app.once('second-instance', () => setTimeout(() => tell(done), 0)),
    );
  });
  const args = [process.cwd(), `--user-data-dir=${lab.dir}/profile`];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const second = spawn(process.env.PACKET_LAB_ELECTRON ?? '', args, { stdio: 'ignore' });
  const exit = new Promise<number | null>((done) => second.on('exit', done));
  expect(await told).toEqual(['restored', 'focused']);
  expect(await exit).toBe(0);
  expect(lab.app.windows()).toHaveLength(1);
});
