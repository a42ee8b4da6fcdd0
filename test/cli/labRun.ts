import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { RunResult } from '../../app/run/result';
import { isRoot, type Person } from '../ordinaryUser';
import { HEX, packetLab } from './cli';

/** Why there can be no lab here, or null. */
export async function noLab(): Promise<string | null> {
  if (process.platform !== 'linux') return 'There are packet sockets on Linux only.';
  const { status, stderr } = await packetLab('send', '--backend', 'af_packet', '--lab', '--hex', HEX);
  return status === 1 && stderr.includes('A lab is not possible') ? stderr.trim() : null;
}

/** Puts the command line with its addon and helper where everybody may read and write. */
export function installFor(dir: string): void {
  chmodSync(dir, 0o777);
  cpSync('dist/native', join(dir, 'native'), { recursive: true });
  cpSync('dist/cli.cjs', join(dir, 'cli.cjs'));
}

/** Makes a program of the tests one file that plain Node runs without anything of the project around it. */
export function bundle(source: string, outfile: string): void {
  const options = ['--bundle', '--platform=node', '--format=cjs', '--log-level=warning'];
  execFileSync('node_modules/.bin/esbuild', [resolve(source), ...options, `--outfile=${outfile}`]);
}

/** The same person with a /dev/net/tun of its own, which everybody may open as on most systems, or root alone; only root can make one. */
export function withTun(person: Person, dir: string, mode: '666' | '600' = '666'): Person {
  if (!isRoot || person.identity.uid === undefined) return person;
  const tun = join(dir, `tun-${mode}`);
  if (!existsSync(tun)) execFileSync('mknod', ['-m', mode, tun, 'c', '10', '200']);
  return { ...person, tun };
}

/** Starts the command line of `dir` as somebody. */
export function startAs(person: Person, dir: string, ...args: string[]) {
  return startProgram(person, dir, 'cli.cjs', ...args);
}

/** Starts a program of `dir` under plain Node as somebody. */
export function startProgram(person: Person, dir: string, program: string, ...args: string[]) {
  const words = [process.execPath, join(dir, program), ...args];
  const { uid, gid } = person.identity;
  const inMounts = `mount --bind "$0" /dev/net/tun && exec setpriv --reuid ${uid} --regid ${gid} --clear-groups "$@"`;
  const [command = '', ...rest] =
    person.tun === undefined ? words : ['unshare', '--mount', 'sh', '-c', inMounts, person.tun, ...words];
  const child = spawn(command, rest, {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(person.tun === undefined ? person.identity : {}),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((done) =>
    child.once('close', (status) => done({ status, stdout, stderr })),
  );
  return { pid: child.pid ?? 0, ended };
}

/** `send --json …` as somebody, with its object. */
export async function sentAs(
  person: Person,
  dir: string,
  ...args: string[]
): Promise<RunResult & { status: number | null; stderr: string }> {
  const { status, stdout, stderr } = await startAs(person, dir, 'send', '--json', ...args).ended;
  if (stdout === '') throw new Error(`nothing on stdout; stderr: ${stderr}`);
  return { ...(JSON.parse(stdout) as RunResult), status, stderr };
}
