import { execFileSync, type StdioOptions, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { tool } from '../oracle';
import { CAPTURES, HEX, packetLab, scratch, sendJson } from './cli';

const dir = scratch();
const send = ['send', '--backend', 'loopback', '--hex', HEX];

/** Exit 2, stdout empty, one line on stderr that holds the words. */
async function refuses(args: string[], words: string | RegExp) {
  const { status, stdout, stderr } = await packetLab(...args);
  expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: '' });
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(words);
}

test.each([
  [[], 'command'],
  [['fly'], 'fly'],
  [['send'], '--backend'],
  [['send', '--backend', 'warp', '--hex', HEX], 'null, loopback, pcapng, udp'],
  [['send', '--backend', 'null'], '--pcap FILE, --hex HEX or --packet SPEC.json'],
  [['send', '--backend', 'null', '--hex', 'xyz'], 'character 1'],
  [['send', '--backend', 'null', '--hex', 'abc'], '3 digits'],
  [['send', '--backend', 'null', '--hex', ''], 'empty'],
  [['send', '--backend', 'null', '--hex', HEX, '--pcap', 'x'], 'exclude each other'],
  [[...send, '--count', '1', '--duration', '1s'], 'exclude each other'],
  [[...send, '--nonsense'], '--nonsense'],
  [[...send, '--nonsense=1'], /the known ones are --backend, --opt, .*--force, --json/],
  [['decode', 'x', '--jsn'], 'the known ones are --json'],
  [[...send, '--count', '-1'], '--count=-1'],
  [[...send, '--seed', '--json'], '“--json”, which looks like an option'],
  [[...send, '--batch', '1', '--batch', '2'], '--batch is given twice'],
  [[...send, '--json', '--json'], '--json is given twice'],
  [[...send, 'stray'], 'stray'],
  [[...send, '--opt', 'ring'], 'K=V'],
  [[...send, '--opt', '=1'], 'K=V'],
  [[...send, '--opt', 'rings=1'], 'ring, drain, mtu'],
  [[...send, '--opt', '__proto__=1'], '__proto__'],
  [[...send, '--opt', 'constructor=1'], 'constructor'],
  [[...send, '--opt', 'ring=1', '--opt', 'ring=2'], 'twice'],
  [[...send, '--opt', 'attach=B'], '--opt attach joins instances of the window'],
  [[...send, '--opt', 'attach=7'], 'the letter of another instance'],
  [['send', '--backend', 'null', '--hex', HEX, '--opt', 'ring=1'], 'no options'],
  [['send', '--backend', 'null', '--hex', HEX, '--peer-out', 'x'], 'no far end'],
  [['send', '--backend', 'pcapng', '--hex', HEX], 'file'],
  [['backends', '--yaml'], '--yaml'],
])('%j', (args, words) => refuses(args, words));

const NOT_NUMBERS = [
  'NaN',
  '-1',
  '-0',
  '1e3',
  '0x10',
  '',
  ' ',
  '1.5',
  '9007199254740992',
  'Infinity',
  '1kk',
  '١',
];

test.each(NOT_NUMBERS)('“%s” is no ring, batch, count or seed', async (text) => {
  await refuses([...send, '--opt', `ring=${text}`], 'whole number from 1 to 65,536');
  await refuses([...send, `--batch=${text}`], 'whole number from 1 to 4,096');
  await refuses([...send, `--count=${text}`], 'whole number from 1 to 2^53');
  await refuses([...send, `--seed=${text}`], 'whole number from 0 to 4,294,967,295');
});

test.each([
  ['ring=0', '1 to 65,536'],
  ['ring=65537', '1 to 65,536'],
  ['mtu=4083', '1 to 4,082'],
  ['drain=-5', 'max, or packets per second'],
  ['drain=NaN', 'max, or packets per second'],
  ['loss=1.01', '0 to 1'],
  ['loss=NaN', '0 to 1'],
  ['duplicate=-0.1', '0 to 1'],
  ['delay=5', 'time from 0'],
  ['delay=11s', 'time from 0'],
  ['seed=4294967296', '0 to 4,294,967,295'],
])('option %s is out of range', (option, words) => refuses([...send, '--opt', option], words));

test.each([
  ['--rate', '0pps'],
  ['--rate', '10'],
  ['--rate', 'NaNpps'],
  ['--rate', '2Gpps'],
  ['--duration', '0s'],
  ['--duration', '5'],
  ['--duration', '10h'],
  ['--flush', 'sometimes'],
  ['--flush', 'every:0'],
  ['--flush', 'after:0us'],
  ['--flush', 'every:1,every:2'],
  ['--again', 'maybe'],
  ['--until', 'failure'],
])('%s %s', (flag, value) =>
  refuses([...send, `${flag}=${value}`], /is (a|max|every|retry|success|.* whole)|; “/),
);

test('an existing output is kept without --force and replaced with it', async () => {
  const file = join(dir, 'existing.pcapng');
  writeFileSync(file, 'precious');
  const args = ['send', '--backend', 'pcapng', '--opt', `file=${file}`, '--hex', HEX];
  await refuses(args, 'exists already');
  await refuses([...send, '--peer-out', file], 'exists already');
  expect(readFileSync(file, 'utf8')).toBe('precious');
  expect((await packetLab(...args, '--force')).status).toBe(0);
  expect(await tool('capinfos', '-c', '-M', file)).toMatch(/packets:\s+1\b/);
});

test('an output that is the input is always refused, also by another name', async () => {
  const input = join(dir, 'input.pcap');
  const bytes = readFileSync(join(CAPTURES, 'nano.pcap'));
  writeFileSync(input, bytes);
  linkSync(input, join(dir, 'hard.pcap'));
  symlinkSync(input, join(dir, 'soft.pcap'));
  for (const output of ['input.pcap', 'hard.pcap', 'soft.pcap']) {
    const path = join(dir, output);
    await refuses(
      ['send', '--backend', 'pcapng', '--opt', `file=${path}`, '--pcap', input, '--force'],
      'being sent',
    );
    await refuses(
      ['send', '--backend', 'loopback', '--peer-out', path, '--pcap', input, '--force'],
      'being sent',
    );
  }
  expect(readFileSync(input)).toEqual(bytes);
});

test('a damaged input never costs an existing output, even with --force', async () => {
  const file = join(dir, 'kept.pcapng');
  writeFileSync(file, 'precious');
  const args = ['--opt', `file=${file}`, '--pcap', join(CAPTURES, 'text.txt'), '--force'];
  await refuses(['send', '--backend', 'pcapng', ...args], 'neither pcap nor pcapng');
  expect(readFileSync(file, 'utf8')).toBe('precious');
});

test('an output that cannot be made: no folder, a folder, no permission', async () => {
  const to = (file: string) => ['send', '--backend', 'pcapng', '--opt', `file=${file}`, '--hex', HEX];
  await refuses(to(join(dir, 'no', 'such', 'folder.pcapng')), 'No such file or directory');
  await refuses(to(dir), 'Is a directory');
  await refuses([...send, '--peer-out', join(dir, 'no', 'such.pcapng')], 'No such file or directory');
});

test('an output folder without write permission', async (context) => {
  if (process.getuid?.() !== 0) context.skip('needs root to become an ordinary user');
  const locked = join(dir, 'locked');
  mkdirSync(locked, { mode: 0o555 });
  chmodSync(dir, 0o755);
  const args = [
    'dist/cli.cjs',
    'send',
    '--backend',
    'pcapng',
    '--opt',
    `file=${join(locked, 'x.pcapng')}`,
    '--hex',
    HEX,
  ];
  const cli = resolve('dist/cli.cjs');
  // Where an ordinary user may not read this tree, a copy that everybody can read is run.
  const copy = join(dir, 'copy');
  execFileSync('cp', ['-r', resolve('dist'), copy]);
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  expect(statSync(cli).isFile()).toBe(true);
  const done = spawnSync(process.execPath, [join(copy, 'cli.cjs'), ...args.slice(1)], {
    uid: 65534,
    gid: 65534,
    encoding: 'utf8',
  });
  expect({ status: done.status, stdout: done.stdout }).toEqual({ status: 2, stdout: '' });
  expect(done.stderr).toContain('Permission denied');
});

test('a full disk: the run ends with a fault, the file holds whole blocks', async (context) => {
  if (process.getuid?.() !== 0) context.skip('needs root to mount a small tmpfs');
  const script = `
    mount -t tmpfs -o size=256k tmpfs "$1" &&
    "$2" "$3" send --backend pcapng --opt file="$1/full.pcapng" --hex "$4" --count 100000 --json
    echo "status $?" && capinfos -c -M "$1/full.pcapng"`;
  const mount = join(dir, 'small');
  mkdirSync(mount);
  const args = ['-m', 'sh', '-c', script, 'sh', mount, process.execPath, resolve('dist/cli.cjs'), HEX];
  const done = spawnSync('unshare', args, { encoding: 'utf8' });
  const [json, status, ...capinfos] = done.stdout.split('\n');
  const result = JSON.parse(json ?? '');
  expect(status).toBe('status 1');
  expect(result).toMatchObject({ stoppedBy: 'fault', fault: { state: 'failed', step: 'write', errno: 28 } });
  expect(result.offered).toBe(result.taken + result.refused + result.unexamined);
  expect(result.notWritten).toBe(result.taken - result.completed);
  expect(capinfos.join('\n')).toMatch(new RegExp(`packets:\\s+${result.completed}\\b`));
  expect(done.stderr).toContain('No space left on device');
  expect(done.stderr.trim().split('\n')).toHaveLength(1);
});

test('/dev/full is a full disk', async () => {
  const result = await sendJson(
    '--backend',
    'pcapng',
    '--opt',
    'file=/dev/full',
    '--hex',
    HEX,
    '--count',
    '100',
  );
  expect(result).toMatchObject({
    status: 1,
    taken: 0,
    completed: 0,
    stoppedBy: 'fault',
    fault: { errno: 28 },
  });
});

test('a full disk at the peer: the run goes on, what is missing is counted, exit 1', async () => {
  const result = await sendJson(
    '--backend',
    'loopback',
    '--peer-out',
    '/dev/full',
    '--hex',
    HEX,
    '--count',
    '1000',
  );
  expect(result).toMatchObject({
    status: 1,
    taken: 1000,
    received: 1000,
    notCaptured: 1000,
    stoppedBy: 'count',
  });
  expect(result.stderr).toContain('No space left on device');
});

test('names with control characters are shown in one line', async () => {
  const odd = 'a\x1b[1m\nb';
  await refuses(
    [...send, '--peer-out', join(dir, odd, 'out.pcapng')],
    'a·[1m·b/out.pcapng cannot be written',
  );
  await refuses(['decode', join(dir, odd)], 'a·[1m·b cannot be opened');
});

test.skipIf(process.platform !== 'linux').each([
  [['send', '--backend', 'loopback', '--hex', HEX, '--json'], 1],
  [['doctor', '--backend', 'null'], 1],
  [['decode', join(CAPTURES, 'http.pcap')], 1],
  [['send', '--backend', 'warp', '--hex', HEX], 2],
])('%j prints to a full disk: exit %i and one sentence', async (args, status) => {
  const full = openSync('/dev/full', 'w');
  const stdio: StdioOptions = ['ignore', full, 'pipe'];
  const done = spawnSync(process.execPath, ['dist/cli.cjs', ...args], { stdio, encoding: 'utf8' });
  closeSync(full);
  expect(done.status).toBe(status);
  expect(done.stderr.trim().split('\n')).toHaveLength(1);
  if (status === 1) expect(done.stderr).toContain('Standard output cannot be written (ENOSPC');
});

test.skipIf(process.platform !== 'linux')('nobody can read stderr: the exit status is what it was', () => {
  const full = openSync('/dev/full', 'w');
  const stdio: StdioOptions = ['ignore', 'pipe', full];
  expect(spawnSync(process.execPath, ['dist/cli.cjs', 'fly'], { stdio }).status).toBe(2);
  closeSync(full);
});

test('a capture limit ends the run of pcapng without a fault', async () => {
  const file = join(dir, 'limited.pcapng');
  const args = ['--opt', `file=${file}`, '--opt', 'limit=10k', '--hex', HEX, '--count', '1000'];
  const result = await sendJson('--backend', 'pcapng', ...args);
  expect(result).toMatchObject({ status: 0, stoppedBy: 'limit', fault: null, notWritten: 0 });
  expect(statSync(file).size).toBeLessThanOrEqual(10_240);
  expect(await tool('capinfos', '-c', '-M', file)).toMatch(new RegExp(`packets:\\s+${result.taken}\\b`));
});

test('both outputs in one file are refused', async () => {
  const file = join(dir, 'both.pcapng');
  await refuses(
    ['send', '--backend', 'pcapng', '--opt', `file=${file}`, '--peer-out', file, '--hex', HEX],
    'no far end',
  );
});

test('an output that is the SPEC or the plan is refused whatever its name', async () => {
  const spec = join(dir, 'kept.json');
  const text = '{"layers":[{"proto":"eth"}]}';
  writeFileSync(spec, text);
  symlinkSync(spec, join(dir, 'soft.json'));
  linkSync(spec, join(dir, 'hard.json'));
  const plan = join(dir, 'kept.plan.json');
  const tee = { name: 'tee', options: { file: 'hard.plan.json' } };
  const document = { version: 1, backend: { name: 'loopback' }, streams: [{ hex: HEX }] };
  writeFileSync(plan, JSON.stringify({ ...document, stages: [tee] }));
  linkSync(plan, join(dir, 'hard.plan.json'));
  for (const name of ['kept.json', 'soft.json', 'hard.json']) {
    const packet = ['send', '--packet', spec, '--force', '--backend'];
    const out = join(dir, name);
    await refuses([...packet, 'loopback', '--tee', out], 'read from');
    await refuses([...packet, 'loopback', '--peer-out', out], 'read from');
    await refuses([...packet, 'pcapng', '--opt', `file=${out}`], 'read from');
  }
  await refuses(['run', plan, '--force'], 'read from');
  expect(readFileSync(spec, 'utf8')).toBe(text);
  expect(JSON.parse(readFileSync(plan, 'utf8'))).toEqual({ ...document, stages: [tee] });
});
