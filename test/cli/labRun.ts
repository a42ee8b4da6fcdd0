import { spawn } from 'node:child_process';
import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../app/run/result';
import type { Person } from '../ordinaryUser';
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

/** Starts the command line of `dir` as somebody. */
export function startAs(person: Person, dir: string, ...args: string[]) {
  const words = [process.execPath, join(dir, 'cli.cjs'), ...args];
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
