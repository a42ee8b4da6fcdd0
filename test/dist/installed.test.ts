import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunResult } from '../../app/run/result';
import { startVirtualDisplay, virtualDisplayLacks } from '../../main/dev/display.mjs';
import { packed } from '../../main/dev/dist.mjs';
import { filesBelow } from '../../main/dev/stamps.mjs';
import { HEX } from '../cli/cli';
import { isRoot, makeUser } from '../ordinaryUser';
import { type Installed, install, lacks, OpenWindow, type Person, runAs } from './install';

let there: Installed;
let ordinary: Person;
let root: Person;
let user: ReturnType<typeof makeUser> | null = null;

beforeAll(async () => {
  if (lacks) return;
  there = install((await packed()).deb);
  user = isRoot ? makeUser() : null;
  ordinary = there.homeOf('ordinary', user?.uid ?? null);
  root = there.homeOf('root', null);
});

afterAll(() => {
  user?.remove();
  there?.end();
});

beforeEach((context) => context.skip(lacks !== null, lacks ?? ''));

/** Both kinds of people, where both can be had. */
const people: readonly ['an ordinary user' | 'root', () => Person][] = [
  ['an ordinary user', () => ordinary],
  ['root', () => root],
];
/** The button in the page, as a person finds it. */
const RUN = `[...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Run')`;
const NO_ROOT = 'only root can start it as root';

describe.each(people)('the installed app, started by %s', (who, person) => {
  beforeEach((context) => context.skip(who === 'root' && !isRoot, NO_ROOT));

  test('runs the demo without a display and exits 0', { timeout: 60_000 }, async () => {
    const { status, stdout, stderr } = await runAs(person(), there.command, ['--demo']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const code of ['SUCCESS', 'AGAIN', 'INVAL']) expect(stdout).toContain(`${code}:`);
  });

  test('sends, counts, and says only its object', async () => {
    const args = ['send', '--backend', 'loopback', '--hex', HEX, '--count', '1000', '--json'];
    const { status, stdout, stderr } = await runAs(person(), there.command, args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const result: RunResult = JSON.parse(stdout);
    expect(result).toMatchObject({ offered: 1000, taken: 1000, received: 1000, stoppedBy: 'count' });
  });

  test('keeps the exit statuses of the command line', async () => {
    const { status, stdout, stderr } = await runAs(person(), there.command, ['sent']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^packet-lab: There is no command “sent”/);
  });

  test('holds a lab, with the helper that came with it', async () => {
    const { status, stdout, stderr } = await runAs(person(), there.command, [
      'lab',
      '--pairs',
      '2',
      '--json',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { helper, pairs }: { helper: number; pairs: { b: { name: string; carrier: boolean } }[] } =
      JSON.parse(stdout);
    expect(pairs.map(({ b }) => [b.name, b.carrier])).toEqual([
      ['pl0b', true],
      ['pl1b', true],
    ]);
    expect(existsSync(`/proc/${helper}`)).toBe(false);
  });

  test('says so when there is no display for its window', async () => {
    const { status, stderr } = await runAs(person(), there.command, []);
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no display to open/),
    });
  });

  test('leaves nothing in the home of who uses the command line', async () => {
    const fresh = there.homeOf(`fresh-${who === 'root' ? 'root' : 'user'}`, person().uid);
    expect((await runAs(fresh, there.command, ['backends'])).status).toBe(0);
    expect(readdirSync(fresh.home)).toEqual([]);
  });

  test('opens its window, whose page sends', { timeout: 60_000 }, async (context) => {
    const reason = virtualDisplayLacks();
    context.skip(reason !== null, reason ?? '');
    const display = await startVirtualDisplay();
    const open = await OpenWindow.open(person(), there.command, display.env.DISPLAY ?? '');
    try {
      await open.until(`(${RUN})?.offsetParent != null`);
      expect(await open.until('document.title')).toBe('Packet Lab');
      await open.until(`(${RUN}.click(), true)`);
      await open.until(`Number(document.querySelector('[data-figure="taken"]')?.dataset.value) > 0`);
      const pages = processesBelow(open.pid).filter(({ words }) => words.includes('--type=renderer'));
      expect(pages).toHaveLength(1);
      if (who !== 'root') for (const page of pages) expect(sandboxOf(page.pid)).toEqual(SANDBOXED);
      if (who !== 'root') expect(powerful(open.pid)).toEqual(['--type=zygote']);
    } finally {
      expect(await open.close()).toBe(0);
      display.stop();
    }
  });
});

const SANDBOXED = { filtered: true, ownUsers: true, ownProcesses: true };

/** What keeps a page's process in: a seccomp filter, namespaces of its own. */
function sandboxOf(pid: number) {
  const space = (kind: string, of: number | 'self') => readlinkSync(`/proc/${of}/ns/${kind}`);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    filtered: /^Seccomp:\s*2$/m.test(status),
    ownUsers: space('user', pid) !== space('user', 'self'),
    ownProcesses: space('pid', pid) !== space('pid', 'self'),
  };
}

/**
 * Kinds of processes with any capability: Chromium's zygote has some, in the user namespace that it makes its sandbox
 * with, and nobody else has any.
 */
function powerful(leader: number): string[] {
  const own = readlinkSync('/proc/self/ns/user');
  const kinds = processesBelow(leader)
    .filter(({ rights }) => !/^0+$/.test(rights))
    .map(({ words, users }) => {
      const kind = words.find((word) => word.startsWith('--type=')) ?? 'main';
      return users === own ? `${kind} in the initial user namespace` : kind;
    });
  return [...new Set(kinds)];
}

/** Every process of the group that this one leads. */
function processesBelow(leader: number) {
  const found: { pid: number; words: string[]; rights: string; users: string }[] = [];
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]) !== leader) continue;
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split(/[\0 ]/);
      const [, rights = ''] = /^CapEff:\s*(\w+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8')) ?? [];
      found.push({ pid: Number(name), words, rights, users: readlinkSync(`/proc/${name}/ns/user`) });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

describe('the fuses of the installed app', () => {
  const script = ['-e', 'process.stdout.write("node ran")'];

  test('leave no Node to run scripts with', async () => {
    const env = { ELECTRON_RUN_AS_NODE: '1' };
    const { stdout } = await runAs(ordinary, join(there.app, 'packet-lab'), [...script, '--version'], env);
    expect(stdout).not.toContain('node ran');
  });

  test('leave NODE_OPTIONS and --inspect without effect', async () => {
    const env = { NODE_OPTIONS: '--require=/nonexistent/module.js' };
    const args = ['--inspect-brk=127.0.0.1:0', '--version'];
    const { status, stderr } = await runAs(ordinary, join(there.app, 'packet-lab'), args, env);
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/Debugger|nonexistent/);
  });
});

test('nothing is left when the package is removed', (context) => {
  context.skip(!isRoot, 'only root can install and remove packages');
  expect(existsSync(join(there.app, 'packet-lab'))).toBe(true);
  there.uninstall();
  const left = ['opt', 'usr', 'etc'].flatMap((folder) => filesBelow(join(there.root, folder), []));
  expect(left).toEqual([]);
  expect(execFileSync('cat', [join(there.root, 'var/lib/dpkg/status')], { encoding: 'utf8' })).not.toContain(
    'Status: install ok',
  );
});
