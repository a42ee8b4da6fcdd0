import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { which } from '../../main/dev/exec.mjs';
import { HEX, scratch } from '../cli/cli';
import { bundle } from '../cli/labRun';
import { isRoot, makeUser, type Person, self } from '../ordinaryUser';
import { CASES, hostInterfaces, isAlive, MARK, processesIn, until } from './netLabCases';

// Where everybody may read: program, addon and helper as they lie in a package.
const dir = scratch();
const program = join(dir, 'program.cjs');
const cli = join(dir, 'cli.cjs');

const user = isRoot ? makeUser() : null;
const people: readonly Person[] = user ? [self, user] : [self];
afterAll(() => user?.remove());

beforeAll(() => {
  chmodSync(dir, 0o755);
  cpSync('dist/native', join(dir, 'native'), { recursive: true });
  cpSync('dist/cli.cjs', cli);
  const plan = { version: 1, backend: { name: 'af_packet' }, streams: [{ hex: HEX }], stop: { count: 1 } };
  writeFileSync(join(dir, 'plan.json'), JSON.stringify(plan), { mode: 0o644 });
  bundle('test/lab/netLabProgram.ts', program);
});

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function start(person: Person, command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { cwd: dir, stdio: ['pipe', 'pipe', 'pipe'], ...person.identity });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs to its end with nothing on standard input. */
function said(person: Person, command: string, ...args: string[]): Promise<Said> {
  return new Promise((done) => {
    const options = { cwd: dir, timeout: 120_000, ...person.identity };
    const child = execFile(command, args, options, (_error, stdout, stderr) =>
      done({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

interface Held {
  readonly app: ChildProcess;
  readonly pid: number;
  readonly helper: number;
}

/** `packet-lab lab` once it has printed its lab. */
async function held(person: Person, ...args: string[]): Promise<Held> {
  const app = start(person, process.execPath, cli, 'lab', '--json', ...args);
  let text = '';
  app.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await until('the lab', () => text.endsWith('\n') || app.exitCode !== null);
  const { helper } = JSON.parse(text) as { helper: number };
  return { app, pid: app.pid ?? 0, helper };
}

function statusOf(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => line.split(':\t').map((part) => part.trim())));
}

/** CAP_NET_ADMIN, CAP_NET_RAW, CAP_IPC_LOCK and CAP_SYS_ADMIN (capabilities(7)). */
const KEPT = (1n << 12n) | (1n << 13n) | (1n << 14n) | (1n << 21n);

describe.each(people)('as $name', (person) => {
  const failures = new Map<string, string | null>();
  let end: Said = { status: null, stdout: '', stderr: '' };

  beforeAll(async () => {
    end = await said(person, process.execPath, program);
    for (const line of end.stdout.trim().split('\n')) {
      const { name, failure } = JSON.parse(line) as { name: string; failure: string | null };
      failures.set(name, failure);
    }
  }, 180_000);

  test.each(Object.keys(CASES))('%s', (name) => {
    expect(failures.get(name), `status ${end.status}\n${end.stderr}`).toBeNull();
  });

  test('the app that is killed leaves neither helper nor interface nor namespace', async () => {
    const before = hostInterfaces();
    const { app, helper } = await held(person, '--pairs', '2');
    const space = readlinkSync(`/proc/${helper}/ns/net`);
    expect(space).not.toBe(readlinkSync('/proc/self/ns/net'));
    expect(processesIn([space])).toContain(String(helper));
    const gone = once(app, 'exit');
    app.kill('SIGKILL');
    await gone;
    await until('the end of the helper', () => !isAlive(helper));
    expect(processesIn([space])).toEqual([]);
    expect(hostInterfaces()).toEqual(before);
  });

  test('the helper that is killed ends the lab with a sentence, exit 1', async () => {
    const { app, helper } = await held(person);
    let stderr = '';
    app.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const gone = once(app, 'close');
    process.kill(helper, 'SIGKILL');
    expect(await gone).toEqual([1, null]);
    expect(stderr).toMatch(/^packet-lab: The lab's helper \(process \d+\) has ended, .*\n$/);
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it cleanly, and so does the end of input',
    async (signal) => {
      for (const stop of [(app: ChildProcess) => app.kill(signal), (app: ChildProcess) => app.stdin?.end()]) {
        const { app, helper } = await held(person);
        const gone = once(app, 'close');
        stop(app);
        expect(await gone).toEqual([0, null]);
        expect(existsSync(`/proc/${helper}`)).toBe(false);
      }
    },
  );

  test('rights: the app has none, the helper what it needs and no way to more', async () => {
    const { app, pid, helper } = await held(person);
    const own = statusOf(pid);
    const its = statusOf(helper);
    if (person !== self || !isRoot) {
      expect(own.CapEff).toBe('0000000000000000');
      expect(own.CapPrm).toBe('0000000000000000');
    }
    expect(BigInt(`0x${its.CapPrm}`)).toBe(KEPT);
    expect(BigInt(`0x${its.CapEff}`)).toBe(KEPT);
    expect(its.CapInh).toBe('0000000000000000');
    expect(its.NoNewPrivs).toBe('1');
    expect(its.Threads).toBe('1');
    expect(readFileSync(`/proc/${helper}/environ`, 'utf8')).toBe('');
    if (isRoot) expect(readlinkSync(`/proc/${helper}/cwd`)).toBe('/');
    if (isRoot) {
      // Root sees it: a user namespace for the ordinary user, none for itself.
      const apart = readlinkSync(`/proc/${helper}/ns/user`) !== readlinkSync('/proc/self/ns/user');
      expect(apart).toBe(person !== self);
    }
    const gone = once(app, 'close');
    app.stdin?.end();
    await gone;
  });

  describe.each(['user', 'net'])(
    'where max_%s_namespaces is 0 the limit is named and Simulate offered',
    (kind) => {
      const without = (...words: string[]) => {
        const script = `echo 0 > /proc/sys/user/max_${kind}_namespaces && exec "$0" "$@"`;
        return said(person, 'unshare', '-U', '-r', 'sh', '-c', script, process.execPath, ...words);
      };
      const names = new RegExp(
        `user\\.max_${kind}_namespaces is 0.*sudo sysctl user\\.max_${kind}_namespaces=.*Simulate \\(null, loopback, pcapng, udp\\)`,
      );

      test.each([
        ['lab'],
        ...['af_packet', 'af_xdp', 'tap', 'udp'].map((name) => [
          'send',
          '--backend',
          name,
          '--lab',
          '--hex',
          HEX,
        ]),
        ['run', join(dir, 'plan.json'), '--lab', '--json'],
      ])('packet-lab %s %s %s', async (...words) => {
        const { status, stdout, stderr } = await without(cli, ...words);
        expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
        expect(stderr).toMatch(names);
        expect(stderr.trim().split('\n')).toHaveLength(1);
      });

      test('the lab of the window', async () => {
        const { stdout, stderr } = await without(program, 'held');
        const { told, problem } = JSON.parse(stdout || stderr) as { told: string; problem: string };
        expect(told).toMatch(names);
        expect(problem).toBe(told);
      });

      test('Simulate works there', async () => {
        const { status, stdout } = await without(
          cli,
          'send',
          '--backend',
          'loopback',
          '--hex',
          HEX,
          '--json',
        );
        expect(status).toBe(0);
        expect(JSON.parse(stdout)).toMatchObject({ taken: 1, received: 1 });
      });
    },
  );
});

test('no frame of a lab is seen by anybody outside of it', async (context) => {
  context.skip(!isRoot || which('tcpdump') === null, 'needs root and tcpdump');
  const watch = start(
    self,
    'tcpdump',
    '-i',
    'any',
    '--immediate-mode',
    '-n',
    '-U',
    '-w',
    '-',
    `ether proto 0x${MARK}`,
  );
  let heard = 0;
  let words = '';
  watch.stdout?.on('data', (chunk: Buffer) => {
    heard += chunk.length;
  });
  watch.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    words += chunk;
  });
  await until('tcpdump', () => words.includes('listening'));
  const { stdout } = await said(self, process.execPath, program);
  expect(stdout).toContain('a frame sent on a arrives on b');
  const gone = once(watch, 'close');
  watch.kill('SIGINT');
  await gone;
  expect(words).toMatch(/\b0 packets captured/);
  expect(heard).toBeLessThanOrEqual(24); // the file header of pcap
}, 180_000);
