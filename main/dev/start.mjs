// npm start: brings what is missing, builds, finds an Electron runtime and opens the window. Without a display it runs
// the demo plan in the terminal instead. What is up to date is skipped silently.
//
//   node main/dev/start.mjs [--yes] [arguments for the app]
import { build } from './build.mjs';
import { hasDisplay } from './display.mjs';
import { report, runForeground } from './exec.mjs';
import { DIST, isProgram, ROOT } from './paths.mjs';
import { say } from './progress.mjs';
import { checkNode, provideNpmPackages, provideSystem } from './provision.mjs';
import { electronCommand, resolveRuntime } from './runtime.mjs';

/** Lines that Chromium writes on machines without a session bus or a GPU; nothing is wrong then. */
const NOISE =
  /^\[\d+:\d+\/[\d.]+:(ERROR|WARNING|INFO):(bus|object_proxy|viz_main_impl|command_buffer_proxy_impl|gl_\w+)\.cc/;

/** Builds these parts and prints each failure; true when there was none. */
async function built(/** @type {string[]} */ ...parts) {
  const failures = await build(parts);
  for (const failure of failures) report(failure);
  return failures.length === 0;
}

/** Opens the window and stays until it is closed. */
async function openWindow(/** @type {boolean} */ yes, /** @type {string[]} */ forApp) {
  await provideSystem(['build', 'electron'], { yes });
  if (!(await built())) return 1;
  const call = electronCommand(await resolveRuntime(), ROOT, forApp);
  return runForeground(call.command, call.args, {
    cwd: ROOT,
    env: call.env,
    keepErrorLine: (line) => !NOISE.test(line),
  });
}

/** Runs the demo plan in the terminal. Needs neither a runtime nor the libraries of a desktop. */
async function runDemo(/** @type {boolean} */ yes) {
  say(
    'There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set): running the demo plan in the terminal.',
  );
  await provideSystem(['build'], { yes });
  if (!(await built('cli', 'native'))) return 1;
  const code = await runForeground(process.execPath, [`${DIST}/cli.cjs`, 'demo'], { cwd: ROOT });
  if (code !== 0) return code;
  say('To open the window on a virtual display: xvfb-run -a -s "-screen 0 1440x900x24" npm start');
  say('(xvfb-run is in the Debian packages xvfb and xauth: sudo apt-get install -y xvfb xauth)');
  return 0;
}

/** The whole of npm start; answers the exit status. */
export async function start(/** @type {string[]} */ args) {
  const yes = args.includes('--yes');
  const forApp = args.filter((arg) => arg !== '--yes');
  checkNode();
  await provideNpmPackages();
  return hasDisplay() ? openWindow(yes, forApp) : runDemo(yes);
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = await start(process.argv.slice(2));
  } catch (error) {
    process.exitCode = report(error);
  }
}
