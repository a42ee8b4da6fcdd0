import { expect, test } from './app';

test('the window has no rights', async ({ lab }) => {
  const preferences = await lab.app.evaluate(({ webContents }) =>
    webContents.getAllWebContents().map((contents) => {
      const p = (
        contents as unknown as { getLastWebPreferences(): Record<string, unknown> }
      ).getLastWebPreferences();
      return {
        contextIsolation: p.contextIsolation,
        sandbox: p.sandbox,
        nodeIntegration: p.nodeIntegration ?? false,
        nodeIntegrationInWorker: p.nodeIntegrationInWorker ?? false,
        webSecurity: p.webSecurity ?? true,
        webviewTag: p.webviewTag ?? false,
      };
    }),
  );
  expect(preferences).toEqual([
    {
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
    },
  ]);
});

test('the page has nothing of Node and one frozen object', async ({ lab }) => {
  const found = await lab.page.evaluate(() => {
    const world = window as unknown as Record<string, unknown>;
    const bridge = world.packetLab as Record<string, unknown>;
    return {
      node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'ipcRenderer'].filter(
        (n) => n in world,
      ),
      members: Object.keys(bridge),
      frozen: Object.isFrozen(bridge),
      address: location.href,
    };
  });
  expect(found).toEqual({
    node: [],
    members: ['post', 'listen'],
    frozen: true,
    address: 'app://packet-lab/index.html',
  });
});

test('the content security policy refuses inline script, eval and foreign images', async ({ lab }) => {
  const refused = await lab.page.evaluate(async () => {
    const seen: string[] = [];
    document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.inlineRan = true';
    document.head.append(script);
    const image = document.createElement('img');
    image.src = 'https://192.0.2.1/x.png';
    document.body.append(image);
    const code = document.createElement('script');
    code.src = 'https://192.0.2.1/x.js';
    document.head.append(code);
    await fetch('https://192.0.2.1/').catch(() => undefined);
    await new Promise((go) => setTimeout(go, 300));
    return { seen: [...new Set(seen)].sort(), ran: 'inlineRan' in window };
  });
  expect(refused.ran).toBe(false);
  expect(refused.seen).toEqual(expect.arrayContaining(['connect-src', 'img-src', 'script-src-elem']));
});

test('eval is refused in the page itself', async ({ lab }) => {
  // Playwright's own evaluate bypasses the policy, so the page's event tells.
  const said = await lab.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(
      `new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (event) => done(event.blockedURI));
        setTimeout(() => { try { setTimeout('window.evalRan = true', 0) } catch {} }, 0);
        setTimeout(() => done('nothing'), 2000);
      })`,
    ),
  );
  expect(said).toBe('eval');
});

test('app:// gives the page and nothing outside its folder', async ({ lab }) => {
  const statuses = await lab.app.evaluate(async ({ net }) => {
    const at = (path: string) =>
      net.fetch(`app://packet-lab${path}`).then(
        (r) => r.status,
        () => 'refused',
      );
    return {
      page: await at('/index.html'),
      plain: await at('/../main.cjs'),
      encoded: await at('/%2e%2e/main.cjs'),
      twice: await at('/%252e%252e/main.cjs'),
      slash: await at('/..%2fmain.cjs'),
      back: await at('/..%5cmain.cjs'),
      absolute: await at('//etc/passwd'),
      nul: await at('/index.html%00.js'),
      bad: await at('/%zz'),
      host: await net.fetch('app://elsewhere/index.html').then(
        (r) => r.status,
        () => 'refused',
      ),
    };
  });
  const { page, ...others } = statuses;
  expect(page).toBe(200);
  for (const [name, status] of Object.entries(others)) expect([404, 'refused'], name).toContain(status);
});

test('navigation, new windows, frames and permissions are refused', async ({ lab }) => {
  const { page } = lab;
  const result = await page.evaluate(async () => {
    const opened = window.open('https://192.0.2.1/');
    const frame = document.createElement('iframe');
    frame.src = 'https://192.0.2.1/';
    document.body.append(frame);
    const permission = await Notification.requestPermission().catch(() => 'denied');
    const devices = await navigator.mediaDevices?.getUserMedia({ audio: true }).then(
      () => 'granted',
      () => 'denied',
    );
    location.href = 'https://192.0.2.1/';
    await new Promise((go) => setTimeout(go, 300));
    return { opened: opened !== null, permission, devices: devices ?? 'denied' };
  });
  expect(result).toEqual({ opened: false, permission: 'denied', devices: 'denied' });
  expect(page.url()).toBe('app://packet-lab/index.html');
  expect(lab.app.windows()).toHaveLength(1);
});

test('a channel that main does not know, and junk on the port, do no harm', async ({ lab }) => {
  await lab.page.evaluate(() => {
    const { packetLab } = window as unknown as { packetLab: { post(message: unknown): void } };
    for (const junk of [
      null,
      7,
      'x',
      { type: 'request' },
      { type: 'request', id: 1e9, name: '__proto__', input: {} },
    ]) {
      packetLab.post(junk);
    }
  });
  await lab.set('Stop after', '100 packets');
  await lab.run();
  await expect.poll(() => lab.figure('taken')).toBe(100);
});

test('a second start focuses the first window and ends', async ({ lab }) => {
  const focused = lab.app.evaluate(
    ({ app }) => new Promise((done) => app.once('second-instance', () => done('told'))),
  );
  const { spawn } = await import('node:child_process');
  const args = [process.cwd(), `--user-data-dir=${lab.dir}/profile`];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  const second = spawn(process.env.PACKET_LAB_ELECTRON ?? '', args, { stdio: 'ignore' });
  const exit = new Promise<number | null>((done) => second.on('exit', done));
  expect(await focused).toBe('told');
  expect(await exit).toBe(0);
});
