import { contextBridge, ipcRenderer } from 'electron';
import type { PageBridge, ToMain } from '../app/ipc/contract';
import { BRIDGE_NAME, LINK_CHANNEL, PAGE_ORIGIN } from '../app/ipc/link';

/** Asks main for the page's private port and exposes two functions over it, nothing else. */

let port: MessagePort | null = null;
let listener: (message: unknown) => void = () => {};
/** What the page posts before the port is there; it is asked for at once, so this stays short. */
const early: ToMain[] = [];
/** What main posts before the page listens. */
const unheard: unknown[] = [];
let listening = false;
const EARLY_MAX = 256;

ipcRenderer.on(LINK_CHANNEL, (event) => {
  const [given] = event.ports;
  if (!given) return;
  port?.close();
  port = given;
  given.onmessage = (message: MessageEvent<unknown>) => {
    if (listening) listener(message.data);
    else if (unheard.length < EARLY_MAX) unheard.push(message.data);
  };
  for (const message of early.splice(0)) given.postMessage(message);
});
/** Tells main that two questions come from one document: it answers the first that it can. */
const document = Math.random().toString(36).slice(2);
const ask = () => {
  // The empty document that every window starts with runs this, too, and has nothing to ask for.
  if (location.href.startsWith(`${PAGE_ORIGIN}/`)) ipcRenderer.send(LINK_CHANNEL, document);
};
ask();
// The first question may arrive before main has heard that this page was loaded, and is refused then.
const again = setInterval(() => {
  if (port) clearInterval(again);
  else ask();
}, 100);

const bridge: PageBridge = {
  post: (message) => {
    if (port) port.postMessage(message);
    else if (early.length < EARLY_MAX) early.push(message);
  },
  listen: (hear) => {
    listener = hear;
    listening = true;
    for (const message of unheard.splice(0)) hear(message);
  },
};
contextBridge.exposeInMainWorld(BRIDGE_NAME, bridge);
