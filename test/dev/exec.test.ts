import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasDisplay } from '../../main/dev/display.mjs';
import { must, run, which } from '../../main/dev/exec.mjs';
import { folderWith } from './folder';

const node = process.execPath;

/** True while a process with this id runs. */
function alive(pid: number): boolean {
  const status = `/proc/${pid}/stat`;
  return existsSync(status) && !/\) Z /.test(readFileSync(status, 'utf8'));
}

describe('a child process', () => {
  test('answers status and output', async () => {
    const result = await run(node, ['-e', "console.log('out'); console.error('err'); process.exit(3)"]);
    expect(result).toMatchObject({
      code: 3,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    });
  });
  test('that ends by a signal answers 128 and its number', async () => {
    expect(await run(node, ['-e', "process.kill(process.pid, 'SIGTERM')"])).toMatchObject({
      code: 143,
      signal: 'SIGTERM',
    });
  });
  test('that cannot be started answers 127', async () => {
    expect((await run('/nowhere/at-all', [])).code).toBe(127);
  });
  test('that must succeed fails with the sentence given', async () => {
    await expect(must('It did not work.', node, ['-e', 'process.exit(1)'])).rejects.toThrow(
      'It did not work.',
    );
  });
  test.runIf(process.platform === 'linux')(
    'that takes too long is ended, and what it started with it',
    async () => {
      const file = join(folderWith(), 'pid');
      const child = "setTimeout(() => {}, 600000); process.on('SIGTERM', () => {});";
      const script = `
      const { pid } = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}]);
      require('fs').writeFileSync(${JSON.stringify(file)}, String(pid));
      setTimeout(() => {}, 600000);`;
      const result = await run(node, ['-e', script], { group: true, limitMs: 3000 });
      expect(result.timedOut).toBe(true);
      const pid = Number(readFileSync(file, 'utf8'));
      await expect.poll(() => alive(pid), { timeout: 10_000 }).toBe(false);
    },
  );
});

describe('surroundings', () => {
  test('a program is found on PATH only if it can be run', () => {
    const folder = folderWith({ program: '' });
    expect(which('program', { PATH: folder })).toBeNull();
    expect(which('node', { PATH: join(node, '..') })).toBe(join(node, '..', 'node'));
  });
  test('a display is X or Wayland on Linux, and always there elsewhere', () => {
    expect(hasDisplay({}, 'linux')).toBe(false);
    expect(hasDisplay({ DISPLAY: '' }, 'linux')).toBe(false);
    expect(hasDisplay({ DISPLAY: ':1' }, 'linux')).toBe(true);
    expect(hasDisplay({ WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBe(true);
    expect(hasDisplay({}, 'darwin')).toBe(true);
  });
});
