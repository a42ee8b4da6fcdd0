import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll } from 'vitest';
import type { RunResult } from '../../app/run/result';
import { tool } from '../oracle';

const CLI = resolve('dist/cli.cjs');
export const CAPTURES = resolve('test/fixtures/captures');

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the built command line; never rejects. A run that hangs is ended after a minute. */
export function packetLab(...args: string[]): Promise<Outcome> {
  return new Promise((done) => {
    const options = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(process.execPath, [CLI, ...args], options, (_error, stdout, stderr) =>
      done({ status: child.exitCode, stdout, stderr }),
    );
  });
}

/** `send … --json` that is expected to print its object. */
export async function sendJson(
  ...args: string[]
): Promise<RunResult & { status: number | null; stderr: string }> {
  const { status, stdout, stderr } = await packetLab('send', '--json', ...args);
  if (stdout === '') throw new Error(`nothing on stdout; stderr: ${stderr}`);
  return { ...(JSON.parse(stdout) as RunResult), status, stderr };
}

/** Starts the command line and gives the child, for tests that send signals to it by pid. */
export function start(...args: string[]) {
  return spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Bytes of a file; none when it is not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Waits until a program that was started has written so much to a file: then it is well on. */
export async function written(child: ChildProcess, file: string, bytes: number): Promise<void> {
  for (let i = 0; i < 2000 && child.exitCode === null && sizeOf(file) < bytes; i++)
    await new Promise((go) => setTimeout(go, 10));
}

/** Frames that tshark reads from a file that may end within a block. */
export async function frames(file: string): Promise<number> {
  const text = await tool('tshark', '-r', file, '-T', 'fields', '-e', 'frame.number').catch(
    (error: Error & { stdout?: string }) => error.stdout ?? '',
  );
  return text.trim().split('\n').length;
}

/** A folder that goes when the test file ends. */
export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The built-in frame, 60 bytes. */
export const HEX =
  '02000000000202000000000108004500002e000040004011ae97c6120001c6130001c0000009001a06285061636b6574204c6162202d2068656c6c6f';
