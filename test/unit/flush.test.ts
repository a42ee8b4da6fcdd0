import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type FlushPolicy,
  flushDueNs,
  flushSent,
  flushStart,
  flushWanted,
  formatFlush,
  parseFlush,
} from '../../app/run/flush';

interface VectorCase {
  readonly name: string;
  readonly steps: readonly string[];
}

/** The vectors that the C code is tested with too; the format is explained at the top of the file. */
function readVectors(): VectorCase[] {
  const text = readFileSync(join(import.meta.dirname, '..', 'vectors', 'flush.txt'), 'utf8');
  const cases: { name: string; steps: string[] }[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('case ')) cases.push({ name: line.slice(5), steps: [] });
    else cases.at(-1)?.steps.push(line);
  }
  return cases;
}

/** 0 stands for "not by that". */
function limit(text: string | undefined): number | null {
  return text === '0' ? null : Number(text);
}

function runSteps(steps: readonly string[]): void {
  let policy: FlushPolicy = { every: null, afterNs: null };
  let state = flushStart();
  for (const step of steps) {
    const [verb, a, b, c] = step.split(' ');
    if (verb === 'policy') {
      policy = { every: limit(a), afterNs: limit(b) };
      state = flushStart();
    } else if (verb === 'wanted') {
      expect(flushWanted(policy, state, Number(a), Number(b)), step).toBe(c === 'yes');
    } else if (verb === 'sent') {
      flushSent(state, Number(a), Number(b), c === 'yes');
    } else if (verb === 'due') {
      expect(flushDueNs(policy, state), step).toBe(a === 'never' ? null : Number(a));
    } else {
      expect.unreachable(`unknown step: ${step}`);
    }
  }
}

describe('the flush policy', () => {
  const cases = readVectors();
  test('has vectors', () => expect(cases.length).toBeGreaterThan(10));
  test.each(cases)('$name', ({ steps }) => runSteps(steps));
});

describe('the flush policy as it is typed', () => {
  test.each([
    ['every-batch', { every: 1, afterNs: null }],
    ['every batch', { every: 1, afterNs: null }],
    ['every:1', { every: 1, afterNs: null }],
    ['never', { every: null, afterNs: null }],
    ['every:64', { every: 64, afterNs: null }],
    ['EVERY:64', { every: 64, afterNs: null }],
    ['after:50us', { every: null, afterNs: 50_000 }],
    ['after:2ms', { every: null, afterNs: 2_000_000 }],
    ['every:64,after:50us', { every: 64, afterNs: 50_000 }],
    ['after:50us,every:64', { every: 64, afterNs: 50_000 }],
    [' every:64 , after:50us ', { every: 64, afterNs: 50_000 }],
    ['every:1,after:50us', { every: 1, afterNs: null }],
  ])('%s', (text, policy) => {
    expect(parseFlush(text)).toEqual({ ok: true, value: policy });
  });

  test.each([
    '',
    ',',
    'always',
    'every',
    'every:',
    'every:0',
    'every:-1',
    'every:1.5',
    'every:NaN',
    'every:9007199254740992',
    'after:',
    'after:50',
    'after:0us',
    'after:0.5us',
    'after:-5us',
    'after:2h',
    'every:4,every:5',
    'after:5us,after:6us',
    'every:4,',
    'never,every:4',
  ])('%j is refused in a sentence', (text) => {
    const result = parseFlush(text);
    expect(result.ok).toBe(false);
    expect(JSON.stringify(result)).toMatch(/\.["}\]]/);
  });

  test.each(['every-batch', 'never', 'every:64', 'after:50us', 'every:64,after:50us', 'after:1500us'])(
    '%s is printed as it is typed',
    (text) => {
      const parsed = parseFlush(text);
      expect(parsed.ok && formatFlush(parsed.value)).toBe(text);
    },
  );
});
