import { describe, expect, test } from 'vitest';
import {
  failed,
  fromPlaywright,
  fromTap,
  passed,
  skipped,
  summary,
  withEnd,
} from '../../main/dev/outcomes.mjs';

const well = { code: 0, timedOut: false };

/** States of outcomes, in order. */
function states(outcomes: readonly { state: string }[]): string[] {
  return outcomes.map((outcome) => outcome.state);
}

describe('TAP', () => {
  test('is counted with the reasons of skips', () => {
    const text =
      '1..4\nok 1 - first\n# a_test.c:9: got 1\n# and 2 more\nnot ok 2 - second\nnot ok 3 - next\nok 4 - third # SKIP no kernel support\n';
    expect(fromTap('a_test', text, { code: 1, timedOut: false })).toEqual([
      passed('a_test: first'),
      failed('a_test: second', 'a_test.c:9: got 1'),
      failed('a_test: next', 'see above'),
      skipped('a_test: third', 'no kernel support'),
    ]);
  });
  test('of a crash counts as a failed test', () => {
    expect(states(fromTap('a', 'ok 1 - first\n', { code: 134, timedOut: false }))).toEqual([
      'passed',
      'failed',
    ]);
  });
  test('of a failure is not counted twice', () => {
    expect(states(fromTap('a', 'not ok 1 - first\n', { code: 1, timedOut: false }))).toEqual(['failed']);
  });
  test('of a hang counts as a failed test', () => {
    expect(states(fromTap('a', 'ok 1 - first\n', { code: 143, timedOut: true }))).toEqual([
      'passed',
      'failed',
    ]);
  });
  test('without tests is a failure', () => expect(states(fromTap('a', '', well))).toEqual(['failed']));
  test('with fewer tests than promised is a failure', () => {
    expect(states(fromTap('a', '1..2\nok 1 - first\n', well))).toEqual(['passed', 'failed']);
  });
  test('may skip everything with a reason', () => {
    expect(fromTap('a', '1..0 # SKIP not on this system\n', well)).toEqual([
      skipped('a', 'not on this system'),
    ]);
  });
  test('takes other lines for what they are', () => {
    expect(fromTap('a', 'okay then\n  ok 1 - inner\nok - no number\n', well)).toEqual([
      passed('a: no number'),
    ]);
  });
});

describe("Playwright's report", () => {
  test('is counted with the reasons of skips', () => {
    const test = (status: string, description?: string) => ({
      status,
      annotations: description === undefined ? [] : [{ type: 'skip', description }],
    });
    const report = {
      suites: [
        {
          title: 'a.spec.ts',
          specs: [{ title: 'one', tests: [test('expected')] }],
          suites: [
            {
              title: 'group',
              specs: [
                { title: 'two', tests: [test('unexpected')] },
                { title: 'three', tests: [test('skipped', 'no device')] },
                { title: 'four', tests: [test('flaky')] },
              ],
            },
          ],
        },
      ],
    };
    expect(fromPlaywright(report)).toEqual([
      passed('a.spec.ts > one'),
      failed('a.spec.ts > group > two', 'see above'),
      skipped('a.spec.ts > group > three', 'no device'),
      failed('a.spec.ts > group > four', 'passed only when repeated'),
    ]);
  });
  test('says what failed first, in one line without colours', () => {
    const message =
      '\u001b[31mError: \u001b[39mexpect(received).toBe(expected)\n\nExpected: 5\nReceived: 4\n\n  at x';
    const test = { status: 'unexpected', results: [{}, { error: { message, location: { line: 34 } } }] };
    const report = { suites: [{ title: 'a.spec.ts', specs: [{ title: 'one', tests: [test] }] }] };
    expect(fromPlaywright(report)).toEqual([
      failed('a.spec.ts > one', 'Error: expect(received).toBe(expected) Expected: 5 Received: 4 (line 34)'),
    ]);
  });
  test('with errors outside tests has failed', () => {
    expect(fromPlaywright({ errors: [{ message: 'Error: no such file\nat x' }] })).toEqual([
      failed('playwright', 'Error: no such file'),
    ]);
  });
});

describe('a runner', () => {
  test('that left no report has failed', () => expect(states(withEnd('r', null, well))).toEqual(['failed']));
  test('that found no test has failed', () => expect(states(withEnd('r', [], well))).toEqual(['failed']));
  test('that ended badly without a failed test has failed', () => {
    expect(states(withEnd('r', [passed('a')], { code: 1, timedOut: false }))).toEqual(['passed', 'failed']);
  });
  test('that was ended for its time has failed', () => {
    expect(states(withEnd('r', [passed('a')], { code: 143, timedOut: true }))).toEqual(['passed', 'failed']);
  });
  test('that ended well is counted as it is', () => {
    expect(withEnd('r', [passed('a'), skipped('b', 'c')], well)).toEqual([passed('a'), skipped('b', 'c')]);
    expect(withEnd('r', [failed('a', 'b')], { code: 1, timedOut: false })).toEqual([failed('a', 'b')]);
  });
});

test('the summary ends with the count', () => {
  expect(summary([failed('f', 'why'), passed('a'), skipped('s', 'no device'), passed('b')])).toEqual([
    'SKIP s: no device',
    'FAIL f: why',
    '2 passed, 1 failed, 1 skipped',
  ]);
});
