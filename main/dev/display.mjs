// Displays: whether there is one, and a virtual one for tests, so that they never take over a person's screen.
import { spawn } from 'node:child_process';
import { Problem, which } from './exec.mjs';

/** Whether a window can be opened here. Only Linux can be without a display server. */
export function hasDisplay(/** @type {NodeJS.ProcessEnv} */ env = process.env, platform = process.platform) {
  return platform !== 'linux' || Boolean(env.DISPLAY) || Boolean(env.WAYLAND_DISPLAY);
}

/** The reason why no virtual display can be had here, or null. */
export function virtualDisplayLacks() {
  return which('Xvfb') === null ? 'Xvfb is not installed (on Debian: apt-get install xvfb)' : null;
}

/**
 * Starts a virtual display and answers the environment to use it with, and how to end it. Xvfb picks a free number by
 * itself and tells it when it is ready.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, stop: () => void }>}
 */
export function startVirtualDisplay() {
  return new Promise((ready, reject) => {
    const args = ['-displayfd', '3', '-screen', '0', '1440x900x24', '-nolisten', 'tcp', '-noreset'];
    const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const stop = () => {
      process.off('exit', stop);
      server.kill('SIGTERM');
    };
    process.on('exit', stop);
    const failed = (/** @type {string} */ why) => {
      stop();
      reject(new Problem(`The virtual display could not be started: ${why}.`));
    };
    const limit = setTimeout(() => failed('it did not get ready within 30 s'), 30_000);
    server.on('error', (error) => failed(error.message));
    server.on('exit', (code) => failed(`Xvfb ended with status ${code}`));
    let number = '';
    server.stdio[3]?.on('data', (chunk) => {
      number += String(chunk);
      if (!number.includes('\n')) return;
      clearTimeout(limit);
      const env = { ...process.env, DISPLAY: `:${number.trim()}` };
      for (const name of ['WAYLAND_DISPLAY', 'XAUTHORITY']) Reflect.deleteProperty(env, name);
      ready({ env, stop });
    });
  });
}
