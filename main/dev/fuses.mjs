// Electron's fuses: bytes in its executable that switch parts of it off for good. They stand behind a known text, as
// version, count and one byte each ('0' off, '1' on, 'r' removed).
import { readFileSync } from 'node:fs';

const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX';

/** In the order of the bytes; newer runtimes have more of them. */
export const FUSES = Object.freeze([
  'runAsNode',
  'enableCookieEncryption',
  'enableNodeOptionsEnvironmentVariable',
  'enableNodeCliInspectArguments',
  'enableEmbeddedAsarIntegrityValidation',
  'onlyLoadAppFromAsar',
  'loadBrowserProcessSpecificV8Snapshot',
  'grantFileProtocolExtraPrivileges',
]);

/** Which fuses an Electron executable has: their names, as electron-builder.yml has them. */
export function fusesOf(/** @type {string} */ executable) {
  const bytes = readFileSync(executable);
  const at = bytes.indexOf(SENTINEL);
  if (at < 0) return [];
  return FUSES.slice(0, bytes[at + SENTINEL.length + 1] ?? 0);
}
