// The asar archive format, as small as it goes: a Chromium pickle with the header's size, a pickle with the header (JSON:
// a tree of files with size and offset), then the files' bytes one after the other. Enough to write the default app
// that a fallback runtime loads, and to read it back.

/**
 * @typedef {{ size: number, offset: string }} AsarFile offset counts from the end of the header
 * @typedef {{ files: Record<string, AsarFolder | AsarFile> }} AsarFolder
 */

/** Pickles pad their payload to 4 bytes. */
function padded(/** @type {number} */ length) {
  return length + ((4 - (length % 4)) % 4);
}

/**
 * Bytes of an archive.
 * @param {Record<string, string>} files text by path; folders are separated by '/'
 */
export function writeAsar(files) {
  /** @type {AsarFolder} */
  const root = { files: {} };
  const bodies = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const parts = path.split('/');
    const name = parts.pop();
    if (!name || parts.includes('')) throw new Error(`not a file path inside an archive: '${path}'`);
    let folder = root;
    for (const part of parts) {
      const known = folder.files[part];
      const next = known && 'files' in known ? known : { files: {} };
      folder.files[part] = next;
      folder = next;
    }
    const body = Buffer.from(text, 'utf8');
    folder.files[name] = { size: body.length, offset: String(offset) };
    bodies.push(body);
    offset += body.length;
  }
  const json = Buffer.from(JSON.stringify(root), 'utf8');
  const headerSize = 8 + padded(json.length);
  const head = Buffer.alloc(8 + headerSize);
  head.writeUInt32LE(4, 0); // payload of the first pickle: one 32-bit number
  head.writeUInt32LE(headerSize, 4);
  head.writeUInt32LE(headerSize - 4, 8); // payload of the second pickle
  head.writeUInt32LE(json.length, 12);
  json.copy(head, 16);
  return Buffer.concat([head, ...bodies]);
}

/**
 * Files of an archive, text by path.
 * @param {Buffer} archive
 */
export function readAsar(archive) {
  if (archive.length < 16 || archive.readUInt32LE(0) !== 4) throw new Error('not an asar archive');
  const bodiesAt = 8 + archive.readUInt32LE(4);
  const jsonSize = archive.readUInt32LE(12);
  if (bodiesAt > archive.length || 16 + jsonSize > bodiesAt) throw new Error('asar archive is cut short');
  /** @type {AsarFolder} */
  const root = JSON.parse(archive.toString('utf8', 16, 16 + jsonSize));
  /** @type {Record<string, string>} */
  const files = {};
  const walk = (/** @type {AsarFolder} */ folder, /** @type {string} */ prefix) => {
    for (const [name, entry] of Object.entries(folder.files)) {
      if ('files' in entry) {
        walk(entry, `${prefix}${name}/`);
        continue;
      }
      const start = bodiesAt + Number(entry.offset);
      if (start + entry.size > archive.length)
        throw new Error(`asar archive is cut short in '${prefix}${name}'`);
      files[prefix + name] = archive.toString('utf8', start, start + entry.size);
    }
  };
  walk(root, '');
  return files;
}
