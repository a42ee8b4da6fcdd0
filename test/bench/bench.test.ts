import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { which } from '../../main/dev/exec.mjs';
import { DIST } from '../../main/dev/paths.mjs';
import { isAlive } from '../lab/netLabCases';
import { judge, median, medianInterval } from './judge.mjs';
import { processTree } from './machine.mjs';

const PROGRAM = 'test/bench/bench.mjs';

describe('the interval of a median', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  // Ends from tables of the sign test: W. J. Conover, Practical Nonparametric Statistics.
  test.each([
    [6, 1, 6],
    [9, 2, 8],
    [15, 4, 12],
    [20, 6, 15],
    [21, 6, 16],
    [50, 18, 33],
  ])('%i values: the %i. to the %i.', (n, low, high) => {
    expect(medianInterval(upTo(n).reverse())).toEqual([low, high]);
  });
  test('few values: all of them', () => expect(medianInterval([3, 1, 2])).toEqual([1, 3]));
  test('the median itself', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('a reading', () => {
  /** Fifteen rounds in which ours takes that many times as long as bare, which drifts. */
  const rounds = (times: readonly number[]) =>
    Array.from({ length: 15 }, (_, i) => ({ ours: (10 + i) * (times[i % times.length] ?? 1), bare: 10 + i }));
  test('met when the interval beats the target, or includes it', () => {
    expect(judge(rounds([1.02]), { kind: 'time ratio', limit: 1.05 }).reading).toBe('met');
    expect(judge(rounds([1.04, 1.06, 1.08]), { kind: 'time ratio', limit: 1.05 }).reading).toBe('met');
    expect(judge(rounds([1.25]), { kind: 'rate ratio', limit: 0.8 }).reading).toBe('met');
    expect(
      judge(
        [...rounds([1])].map(({ bare }) => ({ ours: bare + 3.9, bare })),
        { kind: 'difference', limit: 4 },
      ).reading,
    ).toBe('met');
  });
  test('missed when the whole interval is beyond it', () => {
    expect(judge(rounds([1.06]), { kind: 'time ratio', limit: 1.05 }).reading).toBe('missed');
    expect(judge(rounds([1.3]), { kind: 'rate ratio', limit: 0.8 }).reading).toBe('missed');
    expect(
      judge(
        Array.from({ length: 15 }, () => ({ ours: 36 })),
        { kind: 'value', limit: 35 },
      ).reading,
    ).toBe('missed');
  });
  test('not resolved when the interval is wider than 10 %, on whichever side', () => {
    expect(judge(rounds([0.9, 1.2]), { kind: 'rate ratio', limit: 0.1 }).reading).toBe('not resolved');
    expect(judge(rounds([0.9, 1.2]), { kind: 'rate ratio', limit: 9 }).reading).toBe('not resolved');
    // A figure without a reference is met when all of its interval is below the limit.
    const values = (...ours: number[]) =>
      Array.from({ length: 21 }, (_, i) => ({ ours: ours[i % ours.length] ?? 0 }));
    expect(judge(values(16, 33), { kind: 'value', limit: 50 }).reading).toBe('met');
    expect(judge(values(16, 66), { kind: 'value', limit: 50 }).reading).toBe('not resolved');
    expect(judge(values(66), { kind: 'value', limit: 50 }).reading).toBe('missed');
  });
  test('nothing without enough rounds or without a target', () => {
    expect(judge(rounds([1]).slice(1), { kind: 'rate ratio', limit: 0.5 }).reading).toBe('not judged');
    expect(judge(rounds([2]), null)).toMatchObject({ reading: 'no target', median: 0.5 });
  });
});

describe('npm run bench', () => {
  beforeEach((context) => context.skip(process.platform !== 'linux', 'the measurements need Linux'));

  test('its quick form prints a table with the bare reference and writes the same as JSON', () => {
    const dir = mkdtempSync(join(tmpdir(), 'packet-lab-bench-'));
    try {
      const file = join(dir, 'bench.json');
      const text = execFileSync(process.execPath, [PROGRAM, '--quick', 'send-64', '--json', file], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(text).toMatch(/^case +ours +bare +unit +compared, 95 % interval +target +reading +steal$/m);
      expect(text).toMatch(
        /^send-64 +[\d.]+ +[\d.]+ +ns\/packet +[\d.]+ × \[.*\] .*≤ 1.05 × the time +not judged +[\d.]+ %$/m,
      );
      expect(text).toContain(file);
      const made = JSON.parse(readFileSync(file, 'utf8'));
      expect(made).toMatchObject({
        how: { quick: true },
        lines: [{ name: 'send-64', judgement: { reading: 'not judged' } }],
      });
      const [line] = made.lines;
      expect(line.rounds).toHaveLength(made.how.rounds);
      for (const { ours, bare } of line.rounds) {
        expect(ours).toBeGreaterThan(0);
        expect(bare).toBeGreaterThan(0);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 120_000);

  test('backends on interfaces: each case works, or says in a line why it is skipped; nothing is left', () => {
    const dir = mkdtempSync(join(tmpdir(), 'packet-lab-bench-'));
    try {
      const file = join(dir, 'bench.json');
      const names = ['nic-af_packet', 'nic-af_xdp', 'nic-tap', 'nic-udp', 'nic-receive'];
      const text = execFileSync(process.execPath, [PROGRAM, '--quick', ...names, '--json', file], {
        encoding: 'utf8',
        env: { ...process.env, TMPDIR: dir },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { lines } = JSON.parse(readFileSync(file, 'utf8'));
      expect(lines).toHaveLength(16);
      for (const { name, rounds, bare } of lines) {
        if (typeof rounds === 'string') {
          expect(text).toContain(`${name}: skipped: ${rounds}\n`);
          continue;
        }
        expect(rounds, name).toHaveLength(3);
        for (const round of rounds)
          expect(bare === null ? round.ours + 1 : round.ours * round.bare).toBeGreaterThan(0);
      }
      expect(readdirSync(dir)).toEqual(['bench.json']);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }, 180_000);

  test('killed while another program sends for it, it leaves no process', async (context) => {
    context.skip(process.getuid?.() !== 0, 'it needs root');
    context.skip(which('trafgen') === null, 'trafgen is not installed');
    const dir = mkdtempSync(join(tmpdir(), 'packet-lab-bench-'));
    const helper = join(DIST, 'native', 'packet-lab-helper');
    // The case before this one has built the program.
    const child = spawn(
      join(DIST, 'bench', 'measure'),
      ['nic:tx-ring-bypass,trafgen', '60', '64', '400', '40', dir, helper],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      await once(child.stdout, 'data'); // a round was measured: trafgen runs
      const started = processTree(child.pid ?? 0).slice(1);
      expect(started.length).toBeGreaterThanOrEqual(2);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await expect.poll(() => started.filter(isAlive), { timeout: 15_000 }).toEqual([]);
    } finally {
      child.kill('SIGKILL');
      rmSync(dir, { recursive: true });
    }
  }, 60_000);

  test('what it does not know is said in one sentence', () => {
    for (const [args, words] of [
      [['sent'], "There is no measurement 'sent'; there are send-1,"],
      [['--slow'], "'--slow' is not known"],
      [['--json'], '--json needs the name of a file'],
    ] as const) {
      const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
      expect(status).not.toBe(0);
      expect(stderr).toContain(words);
    }
  });
});
