import { createSocket } from 'node:dgram';
import { symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { expect, test } from './app';

/** Nothing but the page's files comes in, and nothing goes out. The servers that must hear nothing are on loopback. */

test('app:// gives the files of the page and nothing else', async ({ lab }) => {
  const link = resolve('dist/page/link.css');
  const late = resolve('dist/page/late.css');
  const restart = lab.restart({
    between: () => {
      symlinkSync('/etc/hostname', link);
    },
  });
  try {
    await restart;
    writeFileSync(late, 'late');
    const answers = await lab.app.evaluate(async ({ net }) => {
      const own = 'app://packet-lab/';
      const ask = async (address: string, method = 'GET') => {
        const got = await net.fetch(address, { method }).catch(() => null);
        return got === null ? 'refused' : got.status === 200 ? await got.text() : String(got.status);
      };
      const climbs = ['..', '%2e%2e', '%2E.', '.%2e', '%252e%252e', '..%00', '%c0%ae%c0%ae', '．．'];
      const slashes = ['/', '%2f', '%2F', '%5c', '\\', '%252f', '//', '%c0%af', '∕'];
      const outside = climbs.flatMap((up) =>
        slashes.flatMap((slash) =>
          ['main.cjs', 'preload.cjs', `..${slash}package.json`].flatMap((to) => [
            `${own}${up}${slash}${to}`,
            `${own}assets/${up}${slash}${up}${slash}${to}`,
            `${own}assets${slash}${up}${slash}${up}${slash}${to}`,
            `${own}index.html${slash}${up}${slash}${up}${slash}${to}`,
          ]),
        ),
      );
      const others = [
        ...[
          '/etc/hostname',
          '%2fetc%2fhostname',
          'file:///etc/hostname',
          'C:%5cx',
          '~/.profile',
          '.',
          'assets',
        ],
        ...[
          'assets/',
          'index.html%00.js',
          'index.html%00',
          '%00',
          '%zz',
          'INDEX.HTML',
          'index.html/',
          'index.html.',
        ],
        ...[
          'link.css',
          'late.css',
          '.stamps',
          '?index.html',
          '#index.html',
          '%69ndex.html%2f..%2f..%2fmain.cjs',
        ],
      ].map((path) => own + path);
      const hosts = [
        ...['elsewhere', 'packet-lab.example.org', 'packet-lab.', 'packet-lab@elsewhere', ''],
        ...['.', '..', '%2e%2e', 'index.html', 'localhost', 'packet-lab%2f..'],
      ].map((host) => `app://${host}/index.html`);
      const bad: string[] = [];
      for (const address of [...outside, ...others, ...hosts]) {
        const answer = await ask(address);
        if (!['404', 'refused'].includes(answer)) bad.push(`${address}: ${answer.slice(0, 40)}`);
      }
      return {
        bad,
        tried: outside.length + others.length + hosts.length,
        page: (await ask(`${own}index.html`)).slice(0, 15),
        // A query is no part of a path: this is the page, whatever it says.
        query: (await ask(`${own}index.html?../../main.cjs`)).slice(0, 15),
        escaped: (await ask(`${own}%69ndex.html`)).slice(0, 15),
        posted: await ask(`${own}index.html`, 'POST'),
        put: await ask(`${own}index.html`, 'PUT'),
      };
    });
    expect(answers.bad).toEqual([]);
    expect(answers.tried).toBeGreaterThan(800);
    expect(answers).toMatchObject({
      page: '<!doctype html>',
      query: '<!doctype html>',
      escaped: '<!doctype html>',
      posted: '404',
      put: '404',
    });
  } finally {
    unlinkSync(link);
    unlinkSync(late);
  }
});

test('no request leaves the page, and Chromium asks for nothing by itself', async ({ lab }) => {
  const heard: string[] = [];
  const tcp = createServer((socket) => {
    heard.push('connection');
    socket.destroy();
  });
  const udp = createSocket('udp4', () => heard.push('datagram'));
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
  await new Promise<void>((done) => udp.bind(0, '127.0.0.1', done));
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const here = { tcp: address.port, udp: udp.address().port, secret: join(lab.dir, 'secret.html') };
  writeFileSync(here.secret, 'a secret');
  try {
    const main = await lab.app.evaluate(async ({ BrowserWindow, session }, { tcp, udp, secret }) => {
      const [window] = BrowserWindow.getAllWindows();
      const code = (error: unknown) => (error as { code?: string }).code ?? String(error);
      const far = `http://127.0.0.1:${tcp}/`;
      await window?.webContents.executeJavaScript(
        `(async () => {
          const link = (rel, href, more) =>
            document.head.append(Object.assign(document.createElement('link'), { rel, href }, more));
          for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
            const far = 'http://' + host + ':${tcp}/';
            for (const rel of ['preconnect', 'dns-prefetch', 'prefetch', 'prerender', 'modulepreload', 'stylesheet', 'icon'])
              link(rel, far);
            for (const as of ['script', 'style', 'image', 'font', 'fetch']) link('preload', far, { as });
            document.body.append(Object.assign(new Image(), { src: far }));
            const anchor = Object.assign(document.createElement('a'), { ping: far, href: '#', download: 'x' });
            document.body.append(anchor);
            anchor.click();
            navigator.sendBeacon(far, 'x');
            await fetch(far, { mode: 'no-cors' }).catch(() => {});
            await new Promise((done) => {
              const socket = new WebSocket(far.replace('http', 'ws'));
              socket.onerror = socket.onclose = done;
            }).catch(() => {});
          }
          const peer = new RTCPeerConnection({ iceServers: [
            { urls: 'stun:127.0.0.1:${udp}' },
            { urls: 'turn:127.0.0.1:${udp}', username: 'a', credential: 'b' },
            { urls: 'turn:127.0.0.1:${tcp}?transport=tcp', username: 'a', credential: 'b' },
          ] });
          peer.createDataChannel('x');
          await peer.setLocalDescription();
          if (peer.iceGatheringState !== 'complete')
            await new Promise((done) => {
              peer.onicegatheringstatechange = () => peer.iceGatheringState === 'complete' && done();
              setTimeout(done, 3000);
            });
        })()`,
      );
      const { webContents } = window ?? {};
      // What no page can ask for: the rules stand behind main's own slips, too, and in every session.
      const other = new BrowserWindow({ show: false, webPreferences: { partition: 'other', sandbox: true } });
      const { session: second } = other.webContents;
      const allowed = 'document.title = Notification.permission';
      const answers = {
        loaded: await webContents?.loadURL(far).then(() => 'loaded', code),
        resolved: await session.defaultSession.resolveHost('localhost').then(() => 'resolved', code),
        inOther: await other.loadURL(far).then(() => 'loaded', code),
        file: await other
          .loadURL(`file://${secret}`)
          .then(() => other.webContents.executeJavaScript('document.body.innerText'), code),
        otherPermission:
          second !== session.defaultSession ? await other.webContents.executeJavaScript(allowed) : '',
      };
      session.defaultSession.preconnect({ url: far, numSockets: 2 });
      other.destroy();
      return answers;
    }, here);
    expect(main).toEqual({
      loaded: 'ERR_BLOCKED_BY_CLIENT',
      file: '',
      resolved: expect.stringContaining('ERR_NAME_NOT_RESOLVED'),
      inOther: 'ERR_BLOCKED_BY_CLIENT',
      otherPermission: 'denied',
    });
    // A request of ours comes after all of theirs.
    await new Promise<void>((done, fail) => {
      const probe = createSocket('udp4');
      udp.once('message', () => done());
      probe.send('ours', here.udp, '127.0.0.1', (error) => (error ? fail(error) : probe.close()));
    });
    expect(heard).toEqual(['datagram']);
  } finally {
    tcp.close();
    udp.close();
  }
  const switches = await lab.app.evaluate(({ app }) =>
    [
      'disable-background-networking',
      'disable-component-update',
      'disable-domain-reliability',
      'dns-prefetch-disable',
      'no-pings',
    ].filter((name) => !app.commandLine.hasSwitch(name)),
  );
  expect(switches).toEqual([]);
});
