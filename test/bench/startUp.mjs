// @ts-check
// npm start when everything is built, until its window can be used.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startVirtualDisplay, virtualDisplayLacks } from '../../main/dev/display.mjs';
import { Problem } from '../../main/dev/exec.mjs';
import { ROOT } from '../../main/dev/paths.mjs';
import { untilTrue } from './devtools.mjs';

/** @typedef {import('./judge.mjs').Round} Round */

/** Whether the Run button is there, can be pressed, and nothing lies over it. */
const USABLE = `(() => {
  const run = [...document.querySelectorAll('button')].find((b) => (b.ariaLabel ?? b.innerText).trim() === 'Run');
  if (!run || run.disabled || run.ariaDisabled === 'true') return false;
  const { x, y, width, height } = run.getBoundingClientRect();
  return width > 0 && run.contains(document.elementFromPoint(x + width / 2, y + height / 2));
})()`;

/**
 * Starts the app as a person does and waits until its Run button can be pressed. Chromium's debugging port, asked for on
 * the command line, tells.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} seconds
 */
async function start(env) {
  const profile = mkdtempSync(join(tmpdir(), 'packet-lab-bench-'));
  const began = process.hrtime.bigint();
  const args = ['start', '--', '--yes', '--remote-debugging-port=0', `--user-data-dir=${profile}`];
  const child = spawn('npm', args, { cwd: ROOT, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const over = new Promise((done) => child.on('close', done));
  try {
    const address = await new Promise((/** @type {(url: string) => void} */ found, reject) => {
      let said = '';
      const failed = () => reject(new Problem('npm start opened no window.', said));
      const limit = setTimeout(failed, 120_000);
      const hear = (/** @type {Buffer} */ chunk) => {
        said += String(chunk);
        const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (url === undefined) return;
        clearTimeout(limit);
        found(url);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('error', failed);
      child.on('close', failed);
    });
    await untilTrue(address, USABLE);
    return Number(process.hrtime.bigint() - began) / 1e9;
  } finally {
    if (child.pid !== undefined) {
      try {
        process.kill(-child.pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
    await over;
    rmSync(profile, { recursive: true, force: true });
  }
}

/**
 * Seconds of several starts; one before them, which may build, is not counted.
 * @param {{ rounds: number }} how
 * @returns {Promise<Round[] | string>}
 */
export async function startRounds({ rounds }) {
  const lacks = virtualDisplayLacks();
  if (lacks !== null) return lacks;
  const display = await startVirtualDisplay();
  try {
    await start(display.env);
    /** @type {Round[]} */
    const done = [];
    for (let i = 0; i < rounds; i++) done.push({ ours: await start(display.env) });
    return done;
  } finally {
    display.stop();
  }
}
