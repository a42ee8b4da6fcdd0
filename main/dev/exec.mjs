// Child processes: one way to start them, with a time limit, and ended only by their own id.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A failure that is the person's to mend; its message is one whole sentence and is printed without a stack. */
export class Problem extends Error {
  constructor(/** @type {string} */ sentence, /** @type {string} */ output = '') {
    super(sentence);
    this.name = 'Problem';
    /** Output of the tool that failed, to be shown under the sentence. */
    this.output = output;
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {'capture' | 'show' | 'stream'} [output] capture (default): kept in the result; show: straight to our own
 *   streams; stream: kept and passed to onChunk as it comes
 * @property {(text: string) => void} [onChunk]
 * @property {number} [limitMs] after this long the child (and its group) gets SIGTERM, 5 s later SIGKILL
 * @property {boolean} [group] start a process group of its own, so that a limit ends grandchildren too
 */

/**
 * @typedef {object} RunResult
 * @property {number} code exit status; 128 + n after signal n; 127 when it could not be started
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {boolean} timedOut
 */

/** @type {Record<string, number>} */
const SIGNAL_NUMBER = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 };

/** Children in groups of their own: the terminal's Ctrl-C does not reach them, so it is passed on here. */
const groups = new Set();
let passing = false;

function passSignalsOn() {
  if (passing) return;
  passing = true;
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      for (const pid of groups) endGroup(pid, signal);
      process.exit(128 + (SIGNAL_NUMBER[signal] ?? 0));
    });
  }
}

function endGroup(/** @type {number} */ pid, /** @type {NodeJS.Signals} */ signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Already gone.
  }
}

/**
 * Runs a program to its end. Never rejects: a program that cannot be started answers 127 with the reason in stderr.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<RunResult>}
 */
export function run(command, args, options = {}) {
  const { output = 'capture', group = false, limitMs, onChunk } = options;
  const show = output === 'show';
  const ownGroup = group && process.platform !== 'win32';
  if (ownGroup) passSignalsOn();
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
    });
    const pid = child.pid;
    let stdout = '';
    let stderr = '';
    let timedOut = false;
    if (ownGroup && pid !== undefined) groups.add(pid);
    const end = (/** @type {NodeJS.Signals} */ signal) => {
      if (pid === undefined) return;
      if (ownGroup) endGroup(pid, signal);
      else child.kill(signal);
    };
    /** @type {NodeJS.Timeout[]} */
    const timers = [];
    if (limitMs !== undefined) {
      timers.push(
        setTimeout(() => {
          timedOut = true;
          end('SIGTERM');
          timers.push(setTimeout(() => end('SIGKILL'), 5000));
        }, limitMs),
      );
    }
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      if (output === 'stream') onChunk?.(text);
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      if (output === 'stream') onChunk?.(text);
    });
    let finished = false;
    const finish = (/** @type {number} */ code, /** @type {NodeJS.Signals | null} */ signal) => {
      if (finished) return;
      finished = true;
      for (const timer of timers) clearTimeout(timer);
      if (ownGroup && pid !== undefined) {
        groups.delete(pid);
        // Whatever the child left running in its group ends with it.
        endGroup(pid, 'SIGKILL');
      }
      done({ code, signal, stdout, stderr, timedOut });
    };
    child.on('error', (error) => {
      stderr += `${error.message}\n`;
      finish(127, null);
    });
    // 'exit' and not 'close' alone: a grandchild that keeps our pipe open must not keep us waiting for ever.
    child.on('exit', (code, signal) => {
      const status = code ?? 128 + (signal ? (SIGNAL_NUMBER[signal] ?? 0) : 0);
      timers.push(setTimeout(() => finish(status, signal), 1000));
      child.on('close', () => finish(status, signal));
    });
  });
}

/**
 * Runs a program in the foreground: it has our terminal, gets the signals that we get, and its exit status is the
 * answer (128 + n after signal n). Ctrl-C on a terminal reaches the child by itself, and we wait for it to end.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, keepErrorLine?: (line: string) => boolean }} [options] with
 *   keepErrorLine only those lines of the child's stderr are shown
 * @returns {Promise<number>}
 */
export function runForeground(command, args, options = {}) {
  const { cwd = process.cwd(), env = process.env, keepErrorLine } = options;
  return new Promise((done, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['inherit', 'inherit', keepErrorLine ? 'pipe' : 'inherit'],
    });
    /** @type {NodeJS.Signals[]} */
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const passOn = (/** @type {NodeJS.Signals} */ signal) => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, passOn);
    if (keepErrorLine && child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (keepErrorLine(line)) process.stderr.write(`${line}\n`);
      });
    }
    child.on('error', (error) => reject(new Problem(`${command} cannot be started: ${error.message}.`)));
    child.on('exit', (code, signal) => {
      for (const each of signals) process.off(each, passOn);
      done(code ?? 128 + (signal ? (SIGNAL_NUMBER[signal] ?? 0) : 0));
    });
  });
}

/**
 * Runs a program and throws a Problem with this sentence when it does not succeed.
 * @param {string} sentence
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export async function must(sentence, command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.code === 0) return result;
  const why = result.timedOut ? ' (it took too long and was ended)' : '';
  throw new Problem(sentence + why, result.stdout + result.stderr);
}

/**
 * Full path of a program on PATH, or null.
 * @param {string} name
 * @param {NodeJS.ProcessEnv} [env]
 */
export function which(name, env = process.env) {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    if (folder === '') continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Look on.
    }
  }
  return null;
}

/**
 * How to call npm: the one that runs us when there is one, else the one on PATH.
 * @returns {{ command: string, args: string[] }}
 */
export function npm(/** @type {string[]} */ ...args) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.[cm]?js$/.test(script))
    return { command: process.execPath, args: [script, ...args] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args };
}

/**
 * Prints a failure as a person wants to read it and gives the exit status for it.
 * @param {unknown} error
 */
export function report(error) {
  if (error instanceof Problem) {
    if (error.output.trim() !== '') process.stderr.write(`${error.output.trimEnd()}\n`);
    process.stderr.write(`packet-lab: ${error.message}\n`);
  } else {
    process.stderr.write(`packet-lab: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
  return 1;
}
