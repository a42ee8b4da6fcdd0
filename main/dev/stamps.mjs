// What was built from what. A part's key is a hash over its inputs' paths and bytes and over everything else that
// decides its result; a part whose key equals its stamp, and whose outputs are there, is skipped.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { ROOT, STAMPS } from './paths.mjs';

/** Hash of texts, in their order. */
export function hashOf(/** @type {string[]} */ ...texts) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:`).update(text);
  return hash.digest('hex');
}

/**
 * Hash over files: their paths seen from the repository root, and their bytes. A file that vanishes meanwhile counts
 * as empty.
 * @param {string[]} files
 */
export function hashFiles(files) {
  const hash = createHash('sha256');
  for (const file of [...files].sort()) {
    hash.update(`${relative(ROOT, file)}\n`);
    try {
      hash.update(createHash('sha256').update(readFileSync(file)).digest());
    } catch {
      // Deleted between listing and reading: the next build sees it.
    }
  }
  return hash.digest('hex');
}

/**
 * Files below a folder with one of these endings, sorted; none when the folder is missing.
 * @param {string} folder
 * @param {string[]} endings e.g. ['.c', '.h']; empty: every file
 * @param {(path: string) => boolean} [skip] folders to leave out
 * @returns {string[]}
 */
export function filesBelow(folder, endings, skip = () => false) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!skip(path)) found.push(...filesBelow(path, endings, skip));
    } else if (endings.length === 0 || endings.some((ending) => entry.name.endsWith(ending))) {
      found.push(path);
    }
  }
  return found.sort();
}

/** File of a part's stamp. */
function stampFile(/** @type {string} */ part) {
  return join(STAMPS, part);
}

/**
 * True when the part was built from exactly this and its outputs are still there.
 * @param {string} part
 * @param {string} key
 * @param {string[]} outputs
 */
export function isFresh(part, key, outputs) {
  const file = stampFile(part);
  return (
    existsSync(file) && readFileSync(file, 'utf8') === key && outputs.every((output) => existsSync(output))
  );
}

/** Notes that the part was built from this. */
export function stamp(/** @type {string} */ part, /** @type {string} */ key) {
  writeWhole(stampFile(part), key);
}

/** Writes a file beside its place and renames it, so that nobody reads half of it. */
export function writeWhole(/** @type {string} */ file, /** @type {string | Buffer} */ bytes) {
  mkdirSync(dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, bytes);
  renameSync(beside, file);
}
