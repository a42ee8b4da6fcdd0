import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../package.json';
import { scratch } from '../cli/cli';
import { manExamples, npmInText, shellBlocks } from './commands';

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md'].filter((name) => existsSync(name));

/** Commands that cannot run inside a test: the file that runs what they run, and the words there that show it. */
const ELSEWHERE: Readonly<Record<string, readonly [file: string, words: string]>> = {
  'npm test': ['.ci/run', 'main/dev/test.mjs'],
  'npm run dist': ['test/dist/package.test.ts', 'pack'],
  'xvfb-run -a -s "-screen 0 1440x900x24" npm start': ['test/e2e/app.ts', 'electron.launch'],
};

const blocks = [...DOCUMENTS.flatMap(shellBlocks), ...manExamples('main/packaging/packet-lab.1')];
/** A folder of its own for each document, where its commands find what they name. */
const folders = new Map(
  [...new Set(blocks.map(({ document }) => document))].map((name) => [name, scratch()]),
);
for (const dir of folders.values()) {
  for (const name of ['dist', 'main', 'node_modules', 'package.json'])
    symlinkSync(resolve(name), join(dir, name));
  copyFileSync('test/fixtures/captures/http.pcap', join(dir, 'in.pcap'));
}
writeFileSync(
  join(folders.get('README.md') ?? '', 'plan.json'),
  /```json\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '',
);

function shell(script: string, cwd: string): Promise<{ status: number | null; text: string }> {
  const env = { ...process.env };
  for (const name of ['DISPLAY', 'WAYLAND_DISPLAY']) Reflect.deleteProperty(env, name);
  return new Promise((done) => {
    const child = execFile(
      'bash',
      ['-ec', script],
      { cwd, env, timeout: 120_000 },
      (_error, stdout, stderr) => done({ status: child.exitCode, text: `${stdout}${stderr}` }),
    );
  });
}

test('the documents have commands', () => {
  expect(blocks.flatMap((block) => block.commands).length).toBeGreaterThan(12);
});

test.each(blocks)(
  '$document:$line: every command runs',
  async ({ document, commands }) => {
    for (const command of commands) {
      const elsewhere = ELSEWHERE[command];
      if (elsewhere) {
        expect(readFileSync(elsewhere[0], 'utf8'), command).toContain(elsewhere[1]);
        continue;
      }
      // `npm start` finds everything built and, without a display, runs the demo.
      const { status, text } = await shell(
        command,
        command.startsWith('npm') ? resolve('.') : (folders.get(document) ?? ''),
      );
      expect(status, `${command}\n${text}`).toBe(0);
    }
  },
  180_000,
);

test.each(DOCUMENTS)('%s: every npm command in its text is one that the package has', (document) => {
  for (const command of npmInText(document)) {
    const [, name = ''] = /^npm (?:run )?([\w:-]+)/.exec(command) ?? [];
    expect([...Object.keys(packageJson.scripts), 'ci', 'audit'], command).toContain(name);
  }
});
