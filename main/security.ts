import { app, session } from 'electron';
import { PAGE_ORIGIN } from '../app/ipc/link';

/** Rules for every page there could ever be: no navigation, no new windows, no webviews. */
export function guardApp(): void {
  // The sandbox cannot start for root, who says so with --no-sandbox.
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => event.preventDefault());
    contents.on('will-redirect', (event) => event.preventDefault());
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** No permission, no device, and no request that leaves the page's own files. */
export function guardSession(): void {
  const all = session.defaultSession;
  all.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  all.setPermissionCheckHandler(() => false);
  all.setDevicePermissionHandler(() => false);
  all.webRequest.onBeforeRequest((details, answer) => {
    const own = details.url.startsWith(`${PAGE_ORIGIN}/`) || details.url.startsWith('devtools://');
    answer({ cancel: !own });
  });
  all.on('will-download', (event) => event.preventDefault());
}
