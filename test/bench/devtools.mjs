// @ts-check
// The few words of Chromium's debugging protocol that one question to a page needs, over a WebSocket (RFC 6455) of
// Node's own: the clients at hand want a newer protocol than an older Electron speaks.
import { randomBytes } from 'node:crypto';
import { get } from 'node:http';

/** What the debugging port says under that path. */
function fetchJson(/** @type {string} */ url) {
  return new Promise((/** @type {(value: unknown) => void} */ done, reject) => {
    get(url, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => done(JSON.parse(text)));
    }).on('error', reject);
  });
}

/** A text message in one masked frame. */
function frame(/** @type {string} */ text) {
  const payload = Buffer.from(text);
  const mask = randomBytes(4);
  const head = Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, mask, payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))]);
}

/** The text of the first whole frame, or null while it is not all there. Answers are short: one frame each. */
function firstText(/** @type {Buffer} */ heard) {
  if (heard.length < 2) return null;
  const short = (heard[1] ?? 0) & 127;
  const [start, length] =
    short < 126 ? [2, short] : [4, heard.length < 4 ? Number.POSITIVE_INFINITY : heard.readUInt16BE(2)];
  return heard.length < start + length ? null : heard.subarray(start, start + length).toString();
}

/**
 * Evaluates an expression in a page; answers undefined when the page cannot be asked (yet).
 * @param {string} url of the page's target
 * @param {string} expression
 */
function evaluate(url, expression) {
  return new Promise((/** @type {(value: unknown) => void} */ done) => {
    const key = randomBytes(16).toString('base64');
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': key,
    };
    const request = get(url.replace(/^ws/, 'http'), { headers });
    request.on('error', () => done(undefined));
    request.on('response', () => done(undefined));
    request.on('upgrade', (_, socket, head) => {
      let heard = head;
      const params = { expression, returnByValue: true };
      socket.on('error', () => done(undefined));
      socket.on('close', () => done(undefined));
      socket.on('data', (/** @type {Buffer} */ chunk) => {
        heard = Buffer.concat([heard, chunk]);
        const text = firstText(heard);
        if (text === null) return;
        done(JSON.parse(text).result?.result?.value);
        socket.destroy();
      });
      socket.write(frame(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params })));
    });
  });
}

/**
 * Waits until the expression is true in the first page behind a debugging address.
 * @param {string} address as Chromium prints it: ws://127.0.0.1:PORT/...
 * @param {string} expression
 */
export async function untilTrue(address, expression) {
  const list = `http://${new URL(address).host}/json/list`;
  for (;;) {
    const targets = /** @type {{ type: string, webSocketDebuggerUrl?: string }[]} */ (await fetchJson(list));
    const url = targets.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
    if (url !== undefined && (await evaluate(url, expression)) === true) return;
    await new Promise((go) => setTimeout(go, 10));
  }
}
