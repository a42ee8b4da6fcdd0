import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BACKENDS } from '../../main/backends/table';
import { which } from '../../main/dev/exec.mjs';
import { packetLab } from './cli';

const FILE = resolve('main/packaging/packet-lab.1');
const page = readFileSync(FILE, 'utf8');

/** What a reader sees of the page's source: no requests, no escapes. */
const plain = page
  .replace(/^\.[A-Z]+ ?/gm, '')
  .replaceAll(/\\f[RBIP]|"/g, '')
  .replaceAll('\\-', '-');

/** Every option in a text. */
function options(text: string): string[] {
  return [...new Set(text.match(/(?<![\w-])--?[a-z][a-z-]*/g))].sort();
}

describe('the man page', () => {
  it('has every option and every command of --help, and no other', async () => {
    const help = (await packetLab('--help')).stdout;
    const own = ['--demo', '--help', '-h']; // said once for all, not with each command
    expect([...new Set([...options(help), ...own])].sort()).toEqual(options(plain));
    expect(options(help).length).toBeGreaterThan(20);
    const commands = [...help.matchAll(/^ {2}packet-lab ([a-z]+)/gm)].map((match) => match[1]);
    for (const command of commands) expect(plain, command).toMatch(new RegExp(`^${command}\\b`, 'm'));
  });

  it('--help behind a command is the part about it', async () => {
    const help = (await packetLab('--help')).stdout;
    const commands = [...help.matchAll(/^ {2}packet-lab ([a-z]+)/gm)].map((match) => match[1] ?? '');
    for (const command of commands) {
      const { status, stdout } = await packetLab(command, '--help');
      expect(status).toBe(0);
      const [first = '', ...rest] = stdout.split('\n');
      expect(first).toMatch(new RegExp(`^ {2}packet-lab ${command}\\b`));
      expect(help).toContain(rest.slice(0, -3).join('\n'));
      expect(rest.filter((line) => line.startsWith('  packet-lab '))).toEqual([]);
      expect(stdout).toContain('Exit status: 0 done');
    }
    expect((await packetLab('send', '-h')).stdout).toContain('--backend NAME');
  });

  it('explains each option in a paragraph of its own', () => {
    const section = page.slice(page.indexOf('.SH OPTIONS'), page.indexOf('.SH EXIT STATUS'));
    const tags = section.split(/^\.TP\n/m).slice(1);
    const told = tags.flatMap((tag) => options((tag.split('\n')[0] ?? '').replaceAll('\\-', '-')));
    expect([...told, '--demo'].sort()).toEqual(options(plain));
  });

  it('names every backend', () => {
    const [, section = ''] = /^--backend +NAME\n(The backend [\s\S]*?)^--opt/m.exec(plain) ?? [];
    for (const { name } of BACKENDS) expect(section).toMatch(new RegExp(`^${name}\\b`, 'm'));
  });

  it('has the version of the program', async () => {
    const { stdout } = await packetLab('--version');
    expect(page).toContain(`"Packet Lab ${stdout.trim()}"`);
  });

  it('is formatted without a warning', async (context) => {
    context.skip(which('groff') === null, 'groff is not installed');
    const said = await new Promise<string>((done, fail) =>
      execFile('groff', ['-man', '-Tutf8', '-ww', '-z', FILE], (error, stdout, stderr) =>
        error ? fail(error) : done(stdout + stderr),
      ),
    );
    expect(said).toBe('');
  });
});
