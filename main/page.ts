import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { protocol } from 'electron';
import { PAGE_ORIGIN, PAGE_SCHEME } from '../app/ipc/link';

/** The built page lies beside the bundle of main. */
const PAGE_DIR = join(__dirname, 'page');

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** No code but the page's own files, no network; inline styles are needed by the chart library. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Must run before the app is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: PAGE_SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: false, corsEnabled: false },
    },
  ]);
}

/** The page's files by the path they have in addresses: what is not listed is not there, links least of all. */
function listFiles(folder = PAGE_DIR, path = '/'): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name);
    if (entry.isFile()) found.set(path + entry.name, file);
    if (!entry.isDirectory()) continue;
    for (const inner of listFiles(file, `${path}${entry.name}/`)) found.set(...inner);
  }
  return found;
}

/** The file that an address of the page stands for, or null. */
function fileOf(files: ReadonlyMap<string, string>, address: string): string | null {
  try {
    const { protocol, host, pathname } = new URL(address);
    if (`${protocol}//${host}` !== PAGE_ORIGIN) return null;
    return files.get(decodeURIComponent(pathname)) ?? null;
  } catch {
    return null; // no address, or a broken escape in it
  }
}

/** Answers `app://` with files of the page's folder and nothing else. */
export function servePage(): void {
  const files = listFiles();
  protocol.handle(PAGE_SCHEME, async (request) => {
    const file = request.method === 'GET' ? fileOf(files, request.url) : null;
    const type = file ? TYPES[extname(file)] : undefined;
    if (!file || !type) return new Response('Not found', { status: 404 });
    try {
      return new Response(await readFile(file), {
        headers: {
          'content-type': type,
          'content-security-policy': CSP,
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
          'referrer-policy': 'no-referrer',
          'cache-control': 'no-store',
        },
      });
    } catch {
      return new Response('Not found', { status: 404 });
    }
  });
}
