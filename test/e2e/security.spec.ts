import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CAPTURES, expect, type Lab, test } from './app';

/** What the window and its page may do: nothing that is not needed. Each rule of main/security.ts and main/window.ts. */

/** Runs a text in the page as its own code: what Playwright evaluates is under no content security policy. */
function inPage<T>(lab: Lab, code: string, gesture = false): Promise<T> {
  return lab.app.evaluate(
    ({ BrowserWindow }, { code, gesture }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.executeJavaScript(code, gesture),
    { code, gesture },
  );
}

test('no window has rights, and there is one window only', async ({ lab }) => {
  // About is a box of the system and not a page.
  const about = await lab.app.evaluate(async ({ dialog, Menu }) => {
    let shown = '';
    dialog.showMessageBox = async (...given: unknown[]) => {
      shown = (given.at(-1) as { message: string }).message;
      return { response: 0, checkboxChecked: false };
    };
    const help = Menu.getApplicationMenu()?.items.find((item) => item.label === '&Help');
    help?.submenu?.items[0]?.click();
    return shown;
  });
  expect(about).toMatch(/^Packet Lab \d/);
  await lab.page.evaluate(() => window.open('about:blank'));
  const preferences = await lab.app.evaluate(async ({ webContents }) => {
    const all = webContents.getAllWebContents();
    for (const contents of all) contents.openDevTools();
    await new Promise((done) => setTimeout(done, 1500)); // they open later, if they do
    return webContents.getAllWebContents().map((contents) => {
      const live = contents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return { ...live.getLastWebPreferences(), devTools: contents.isDevToolsOpened() };
    });
  });
  expect(preferences).toHaveLength(1);
  expect(preferences[0]).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    enableBlinkFeatures: '',
    devTools: false,
  });
});

test('the page and what it makes have nothing of Node and one frozen object', async ({ lab }) => {
  const found = await lab.page.evaluate(() => {
    const node = (world: object) =>
      [
        ...['require', 'process', 'module', 'exports', 'Buffer', 'global', 'setImmediate', 'clearImmediate'],
        ...['__dirname', '__filename', 'electron', 'ipcRenderer', 'webFrame', 'contextBridge'],
      ].filter((name) => name in world);
    const frame = document.createElement('iframe');
    document.body.append(frame);
    const inner = frame.contentWindow as Window;
    const world = window as unknown as { packetLab: Record<string, unknown> };
    const bridge = world.packetLab;
    const own = Object.getOwnPropertyDescriptor(window, 'packetLab');
    const functions = Object.values(bridge) as { prototype?: object }[];
    // All that can be reached from the object, each with whether it can be changed.
    const reached = new Map<unknown, boolean>();
    const walk = (value: unknown) => {
      if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
      if (reached.has(value)) return;
      reached.set(value, Object.isFrozen(value));
      // What a function would make objects from is the page's own.
      for (const key of Reflect.ownKeys(value)) if (key !== 'prototype') walk(Reflect.get(value, key));
    };
    walk(bridge);
    const attempts = [
      () => Reflect.set(window, 'packetLab', {}),
      () => Reflect.deleteProperty(window, 'packetLab'),
      () => Reflect.set(bridge, 'post', () => {}),
      () => Reflect.set(bridge, 'more', 1),
      () => Reflect.set(functions[0] ?? {}, 'more', 1),
      () => Reflect.setPrototypeOf(bridge, null),
    ];
    return {
      node: node(window),
      inFrame: [...node(inner), ...('packetLab' in inner ? ['packetLab'] : [])],
      members: Reflect.ownKeys(bridge).map((key) => `${String(key)}: ${typeof bridge[String(key)]}`),
      writable: own?.writable || own?.configurable || own?.get !== undefined || false,
      reached: reached.size,
      frozen: [...reached.values()].every(Boolean),
      done: attempts.map((attempt) => attempt()),
      address: location.href,
    };
  });
  expect(found).toMatchObject({
    node: [],
    inFrame: [],
    members: ['post: function', 'listen: function'],
    writable: false,
    frozen: true,
    done: [false, false, false, false, false, false],
    address: 'app://packet-lab/index.html',
  });
  expect(found.reached).toBeGreaterThanOrEqual(3);
});

test('the content security policy refuses all that is not the page’s own', async ({ lab }) => {
  const refused = await inPage<Record<string, string>>(
    lab,
    `(async () => {
      const put = (name, members, where = document.body) => {
        const made = Object.assign(document.createElement(name), members);
        where.append(made);
        return made;
      };
      const far = 'https://192.0.2.1/';
      const attempts = {
        'inline script': () => put('script', { textContent: 'window.ran = 1' }),
        'inline handler': () => { const b = put('b', {}); b.setAttribute('onclick', 'window.ran = 1'); b.click(); },
        'script address': () => { location.href = 'javascript:window.ran = 1'; },
        'remote script': () => put('script', { src: far + 'x.js' }),
        'data script': () => put('script', { src: 'data:text/javascript,window.ran=1' }),
        eval: () => eval('window.ran = 1'),
        'new Function': () => new Function('window.ran = 1')(),
        timer: () => setTimeout('window.ran = 1'),
        wasm: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
        worker: () => new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))),
        'remote image': () => put('img', { src: far + 'x.png' }),
        'remote style': () => put('link', { rel: 'stylesheet', href: far + 'x.css' }, document.head),
        'remote font': () => new FontFace('far', 'url(' + far + 'x.woff2)').load().catch(() => {}),
        'remote media': () => put('video', { src: far + 'x.webm' }),
        frame: () => put('iframe', { src: far }),
        'own frame': () => put('iframe', { src: '/index.html' }),
        object: () => put('object', { data: far }),
        embed: () => put('embed', { src: far }),
        base: () => put('base', { href: far }, document.head),
        form: () => put('form', { action: far, method: 'post' }).submit(),
        fetch: () => fetch(far).catch(() => {}),
        'own fetch': () => fetch('/index.html').catch(() => {}),
        beacon: () => navigator.sendBeacon(far, 'x'),
        socket: () => new WebSocket('wss://192.0.2.1/'),
        events: () => new EventSource(far),
      };
      const answers = {};
      for (const [name, attempt] of Object.entries(attempts)) {
        answers[name] = await new Promise((done) => {
          const hear = (event) => end(event.effectiveDirective);
          const end = (what) => { document.removeEventListener('securitypolicyviolation', hear); done(what); };
          document.addEventListener('securitypolicyviolation', hear);
          setTimeout(() => end('allowed'), 1000);
          try { attempt(); } catch (error) { /* the event tells */ }
        });
      }
      return { ...answers, ran: 'ran' in window ? 'it ran' : 'nothing ran' };
    })()`,
  );
  expect(refused).toEqual({
    'inline script': 'script-src-elem',
    'inline handler': 'script-src-attr',
    'script address': 'script-src-elem',
    'remote script': 'script-src-elem',
    'data script': 'script-src-elem',
    eval: 'script-src',
    'new Function': 'script-src',
    timer: 'script-src',
    wasm: 'script-src',
    worker: 'worker-src',
    'remote image': 'img-src',
    'remote style': 'style-src-elem',
    'remote font': 'font-src',
    'remote media': 'media-src',
    frame: 'frame-src',
    'own frame': 'frame-src',
    object: 'object-src',
    embed: 'object-src',
    base: 'base-uri',
    form: 'form-action',
    fetch: 'connect-src',
    'own fetch': 'connect-src',
    beacon: 'connect-src',
    socket: 'connect-src',
    events: 'connect-src',
    ran: 'nothing ran',
  });
});

test('what is in a capture or in its name is text', async ({ lab }) => {
  const { page } = lab;
  const markup = '<img src=x onerror=window.ran=1>';
  const capture = join(lab.dir, `${markup}\u202ekcart\n<script>window.ran=1<.pcapng`);
  copyFileSync(join(CAPTURES, 'comments.pcapng'), capture);
  await lab.willOpen(capture);
  const before = await page.locator('body *:is(img, script, u, b b, iframe, object, a[href])').count();
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  const packet = page.getByRole('region', { name: 'Packet' });
  await expect(packet).toContainText(`${markup}·kcart·<script>window.ran=1<.pcapng`);
  // The comments of the frames: shown to the letter, direction marks and line ends as dots.
  const list = packet.getByRole('grid', { name: 'Frames' });
  const comments = await list.locator('bdi').allTextContents();
  expect(comments).toHaveLength(2);
  expect(comments[0]).toContain('<');
  expect(comments[0]).toContain('·right to left');
  expect(comments[1]).toMatch(/^(long ){60}…$/);
  expect(comments.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  await expect(page.getByRole('region', { name: 'Journal' })).toContainText(markup);
  // A sentence about a file of that name.
  const none = join(lab.dir, `${markup}\u202e.txt`);
  writeFileSync(none, 'no capture');
  await lab.willOpen(none);
  await page.getByRole('button', { name: 'Open capture' }).first().click();
  await expect(page.getByText(`${markup}·.txt is neither pcap nor pcapng`).first()).toBeVisible();
  expect(await page.locator('body *:is(img, script, u, b b, iframe, object, a[href])').count()).toBe(before);
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
});

test('navigation, new windows and webviews are refused', async ({ lab }) => {
  const { page } = lab;
  const own = 'app://packet-lab/index.html';
  const opened = await inPage<boolean[]>(
    lab,
    `['https://192.0.2.1/', 'about:blank', '/index.html', 'file:///etc/passwd', 'data:text/html,x']
      .map((address) => window.open(address) !== null)`,
    true,
  );
  expect(opened).toEqual([false, false, false, false, false]);
  for (const address of [
    'https://192.0.2.1/',
    'file:///etc/passwd',
    'data:text/html,x',
    'about:blank',
    'mailto:a@example.org',
    'app://packet-lab/index.html?again',
    'app://elsewhere/index.html',
  ]) {
    const tried = lab.app.evaluate(
      ({ BrowserWindow }) =>
        new Promise<boolean>((done) => {
          const [window] = BrowserWindow.getAllWindows();
          // The rule listens before this does, so what it has prevented shows here.
          window?.webContents.once('will-navigate', (event) => done(event.defaultPrevented));
          setTimeout(() => done(true), 1500);
        }),
    );
    await inPage(lab, `void (location.href = ${JSON.stringify(address)})`, true);
    expect(await tried, address).toBe(true);
    await expect.poll(() => page.url(), address).toBe(own);
  }
  await inPage(lab, `void document.body.append(document.createElement('webview'))`);
  // What the page cannot provoke is told to the rule as Electron would.
  const prevented = await lab.app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    return ['will-navigate', 'will-redirect', 'will-attach-webview'].map((name) => {
      let stopped = false;
      contents?.emit(name as 'did-finish-load', { preventDefault: () => (stopped = true) }, {}, {});
      return stopped;
    });
  });
  expect(prevented).toEqual([true, true, true]);
  expect(await lab.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
});

test('every permission and every device is denied, asked for or only looked up', async ({ lab }) => {
  const answers = await inPage<Record<string, string>>(
    lab,
    `(async () => {
      const denied = (error) => 'denied: ' + error.name;
      const given = () => 'granted';
      const asked = {
        notifications: () => Notification.requestPermission(),
        microphone: () => navigator.mediaDevices.getUserMedia({ audio: true }).then(given, denied),
        camera: () => navigator.mediaDevices.getUserMedia({ video: true }).then(given, denied),
        screen: () => navigator.mediaDevices.getDisplayMedia({ video: true }).then(given, denied),
        geolocation: () => new Promise((done) => navigator.geolocation.getCurrentPosition(
          () => done('granted'), (error) => done(error.code === 1 ? 'denied: code 1' : 'code ' + error.code))),
        midi: () => navigator.requestMIDIAccess({ sysex: true }).then(given, denied),
        clipboard: () => navigator.clipboard.readText().then(given, denied),
        fonts: () => queryLocalFonts().then((list) => list.length ? 'granted' : 'denied: none', denied),
        screens: () => getScreenDetails().then(given, denied),
        idle: () => IdleDetector.requestPermission(),
        pointer: () => new Promise((done) => {
          document.addEventListener('pointerlockchange', () => done('granted'), { once: true });
          document.addEventListener('pointerlockerror', () => done('denied'), { once: true });
          document.body.requestPointerLock()?.catch?.(() => done('denied'));
        }),
        fullscreen: () => Promise.race([ // a refusal is not told
          document.body.requestFullscreen().then(given, denied),
          new Promise((done) => setTimeout(() => done(document.fullscreenElement ? 'granted' : 'denied'), 500)),
        ]),
        storage: () => navigator.storage.persist().then((kept) => kept ? 'granted' : 'denied'),
        hid: () => navigator.hid.requestDevice({ filters: [] }).then((l) => l.length ? 'granted' : 'denied: none', denied),
        serial: () => navigator.serial.requestPort().then(given, denied),
        usb: () => navigator.usb.requestDevice({ filters: [] }).then(given, denied),
        bluetooth: () => navigator.bluetooth.requestDevice({ acceptAllDevices: true }).then(given, denied),
      };
      const answers = {};
      for (const [name, ask] of Object.entries(asked)) {
        const late = new Promise((done) => setTimeout(() => done('no answer'), 3000));
        answers[name] = await Promise.race([late, (async () => ask())().catch(denied)]);
      }
      for (const name of ['notifications', 'camera', 'microphone', 'geolocation', 'midi', 'clipboard-read',
        'clipboard-write', 'background-sync', 'accelerometer', 'screen-wake-lock', 'storage-access',
        'window-management', 'local-fonts', 'idle-detection', 'persistent-storage']) {
        answers['look up ' + name] = await navigator.permissions.query({ name }).then((s) => s.state, denied);
      }
      return answers;
    })()`,
    true,
  );
  for (const [name, answer] of Object.entries(answers)) expect(answer, name).toMatch(/^denied/);
  const handed = await lab.app.evaluate(({ BrowserWindow, session }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents;
    let chosen: string | null = null;
    contents?.emit(
      'select-bluetooth-device' as 'did-finish-load',
      { preventDefault: () => {} },
      [{ deviceId: 'first', deviceName: 'x' }],
      (id: string) => {
        chosen = id;
      },
    );
    return { bluetooth: chosen, spellchecker: session.defaultSession.isSpellCheckerEnabled() };
  });
  expect(handed).toEqual({ bluetooth: '', spellchecker: false });
});
