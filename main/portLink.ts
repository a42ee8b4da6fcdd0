import { type BrowserWindow, ipcMain, MessageChannelMain, type MessagePortMain } from 'electron';
import { LINK_CHANNEL, PAGE_ORIGIN } from '../app/ipc/link';
import type { Lab } from './lab/lab';
import { type Link, type Shell, serve } from './lab/server';

function linkOver(port: MessagePortMain): Link {
  return {
    post: (message) => port.postMessage(message),
    onMessage: (listener) => {
      const hear = (event: Electron.MessageEvent) => listener(event.data);
      port.on('message', hear);
      return () => port.off('message', hear);
    },
    onClose: (listener) => port.once('close', listener),
  };
}

/**
 * Gives the window's page a private port when its preload asks for one. Anybody else (another
 * frame, another address) gets no answer. A document may ask again and gets one port; the next
 * document's closes it.
 */
export function acceptLinks(lab: Lab, shell: Shell, window: () => BrowserWindow | null): void {
  let close = () => {};
  let served: unknown = null;
  ipcMain.on(LINK_CHANNEL, (event, document: unknown) => {
    const contents = window()?.webContents;
    const frame = event.senderFrame;
    if (!contents || event.sender !== contents || frame !== contents.mainFrame) return;
    if (!frame?.url.startsWith(`${PAGE_ORIGIN}/`)) return;
    if (typeof document !== 'string' || document === served) return;
    served = document;
    close();
    const { port1, port2 } = new MessageChannelMain();
    const end = serve(lab, shell, linkOver(port1));
    close = () => {
      end();
      port1.close();
    };
    port1.start();
    contents.postMessage(LINK_CHANNEL, null, [port2]);
  });
}
