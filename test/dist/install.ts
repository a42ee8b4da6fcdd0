import { execFile, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot } from '../ordinaryUser';

/** Why the app cannot be packed here, or null. */
export const lacks =
  process.platform !== 'linux' || process.arch !== 'x64' ? 'packages are made on Linux x64 only' : null;

/** Somebody who starts the installed app. */
export interface Person {
  readonly name: string;
  /** Null is whoever runs the tests. */
  readonly uid: number | null;
  readonly home: string;
}

/** A clean folder with the package in it, as it would lie on a system. */
export interface Installed {
  readonly root: string;
  readonly command: string;
  readonly app: string;
  /** A folder that belongs to this person alone. */
  homeOf(name: string, uid: number | null): Person;
  /** Takes the package away again, by dpkg if that installed it. */
  uninstall(): void;
  end(): void;
}

function dpkg(root: string, ...args: string[]): void {
  const own = [`--instdir=${root}`, `--admindir=${root}/var/lib/dpkg`, '--force-script-chrootless'];
  execFileSync('dpkg', [...own, '--force-depends', `--log=${root}/dpkg.log`, ...args], { stdio: 'pipe' });
}

/** Installs with dpkg and the package's own scripts; without root the package is only unpacked. */
export function install(deb: string): Installed {
  const root = mkdtempSync(join(tmpdir(), 'packet-lab-installed-'));
  chmodSync(root, 0o755);
  if (isRoot) {
    for (const folder of ['updates', 'info'])
      mkdirSync(join(root, 'var/lib/dpkg', folder), { recursive: true });
    execFileSync('touch', [join(root, 'var/lib/dpkg/status')]);
    dpkg(root, '--install', deb);
  } else execFileSync('dpkg-deb', ['--extract', deb, root]);
  return {
    root,
    command: join(root, 'usr/bin/packet-lab'),
    app: join(root, 'opt/Packet Lab'),
    homeOf: (name, uid) => {
      const home = join(root, 'home', name);
      mkdirSync(home, { recursive: true });
      if (uid !== null) chownSync(home, uid, uid);
      return { name, uid, home };
    },
    uninstall: () => (isRoot ? dpkg(root, '--purge', 'packet-lab') : undefined),
    end: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** How a person starts a program: their identity, their home, nothing of this process's Electron. */
export function asPerson(person: Person, more: NodeJS.ProcessEnv = {}): SpawnOptions {
  const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: person.home, LANG: 'C.UTF-8', ...more };
  return { cwd: person.home, env, ...(person.uid === null ? {} : { uid: person.uid, gid: person.uid }) };
}

export interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the installed command to its end, without a display unless `env` names one. */
export function runAs(
  person: Person,
  command: string,
  args: string[],
  env?: NodeJS.ProcessEnv,
): Promise<Said> {
  const how = asPerson(person, env);
  return new Promise((done) => {
    const options = { timeout: 60_000, cwd: person.home, env: how.env, uid: how.uid, gid: how.gid };
    const child = execFile(command, args, options, (_error, stdout, stderr) =>
      done({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
}

/** The installed window, driven over Chromium's pipe: the fuses leave Playwright no other way in. */
export class OpenWindow {
  private readonly waiting = new Map<number, (answer: { result?: unknown; error?: unknown }) => void>();
  private last = 0;
  private session: string | undefined;
  /** What it said on stderr. */
  noise = '';

  private constructor(private readonly child: ReturnType<typeof spawn>) {
    let text = '';
    child.stderr?.on('data', (chunk) => {
      this.noise += String(chunk);
    });
    child.stdio[4]?.on('data', (chunk: Buffer) => {
      const parts = (text + String(chunk)).split('\0');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const message = JSON.parse(part);
        this.waiting.get(message.id)?.(message);
      }
    });
  }

  /** Opens the window as this person and waits for its page. */
  static async open(
    person: Person,
    command: string,
    display: string,
    ...args: string[]
  ): Promise<OpenWindow> {
    const stdio: SpawnOptions['stdio'] = ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'];
    const how = { ...asPerson(person, { DISPLAY: display }), stdio, detached: true };
    const open = new OpenWindow(spawn(command, ['--remote-debugging-pipe', ...args], how));
    await open.attach();
    return open;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  private ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = ++this.last;
    const pipe = this.child.stdio[3] as NodeJS.WritableStream;
    pipe.write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((done, fail) =>
      this.waiting.set(id, ({ result, error }) => {
        if (error) fail(new Error(`${method}: ${JSON.stringify(error)}`));
        else done(result as Record<string, unknown>);
      }),
    );
  }

  private async attach(): Promise<void> {
    for (;;) {
      const { targetInfos } = (await this.ask('Target.getTargets', {})) as {
        targetInfos: { targetId: string; type: string; url: string }[];
      };
      const page = targetInfos.find((target) => target.type === 'page' && target.url.startsWith('app://'));
      if (page) {
        const answer = await this.ask('Target.attachToTarget', { targetId: page.targetId, flatten: true });
        this.session = String(answer.sessionId);
        return;
      }
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** Evaluates an expression in the page until it is true, and answers that value. A page that loads has no answer yet. */
  async until(expression: string): Promise<unknown> {
    for (;;) {
      const params = { expression, returnByValue: true, awaitPromise: true };
      const answer = await this.ask('Runtime.evaluate', params).catch(() => ({ result: {} }));
      const { value } = answer.result as { value?: unknown };
      if (value) return value;
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** Ends the app as its last window would; its exit status. */
  close(): Promise<number | null> {
    const ended = new Promise<number | null>((done) => this.child.on('exit', done));
    process.kill(this.pid, 'SIGTERM');
    return ended;
  }
}
