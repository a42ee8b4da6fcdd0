// Outcomes of tests, one form for every runner: compilers, linters, C programs (TAP), vitest and Playwright.

/**
 * @typedef {'passed' | 'failed' | 'skipped'} State
 * @typedef {{ name: string, state: State, reason?: string }} Outcome reason: of a skip, or a short one of a failure
 */

/** @returns {Outcome} */
export function passed(/** @type {string} */ name) {
  return { name, state: 'passed' };
}

/** @returns {Outcome} */
export function failed(/** @type {string} */ name, /** @type {string} */ reason) {
  return { name, state: 'failed', reason };
}

/** @returns {Outcome} */
export function skipped(/** @type {string} */ name, /** @type {string} */ reason) {
  return { name, state: 'skipped', reason };
}

/**
 * Outcomes in the output of a TAP program. A program that ended badly without a failed test, that promised another
 * number of tests, or that ran none, counts as a failed test of its own.
 * @param {string} program
 * @param {string} output
 * @param {{ code: number, timedOut: boolean }} end
 */
export function fromTap(program, output, end) {
  /** @type {Outcome[]} */
  const outcomes = [];
  let promised = null;
  /** The first check that failed in the test that is on: a program says it before the test's own line. */
  let why = '';
  for (const line of output.split('\n')) {
    if (line.startsWith('# ')) why ||= line.slice(2).trim();
    const plan = /^1\.\.(\d+)/.exec(line);
    if (plan) {
      promised = Number(plan[1]);
      const all = /#\s*SKIP\b\s*(.*)$/i.exec(line);
      if (promised === 0 && all) outcomes.push(skipped(program, all[1] || 'no reason given'));
    }
    const test = /^(not )?ok\b\s*\d*\s*(?:-\s*)?(.*)$/.exec(line);
    if (!test) continue;
    const [text = '', directive] = (test[2] ?? '').split(/\s+#\s*/, 2);
    const name = `${program}: ${text.trim()}`;
    const skip = directive === undefined ? null : /^SKIP\b[:\s]*(.*)$/i.exec(directive);
    if (test[1] !== undefined) outcomes.push(failed(name, why || 'see above'));
    else if (skip) outcomes.push(skipped(name, skip[1] || 'no reason given'));
    else outcomes.push(passed(name));
    why = '';
  }
  const ran = outcomes.length;
  if (end.timedOut) outcomes.push(failed(program, 'it did not end within its time'));
  else if (end.code !== 0 && !outcomes.some((outcome) => outcome.state === 'failed')) {
    outcomes.push(failed(program, `it ended with status ${end.code} although no test failed`));
  } else if (ran === 0) outcomes.push(failed(program, 'it ran no test'));
  else if (promised !== null && promised > 0 && promised !== ran) {
    outcomes.push(failed(program, `it promised ${promised} tests and ran ${ran}`));
  }
  return outcomes;
}

/**
 * @typedef {{ type: string, description?: string }} Annotation
 * @typedef {{ message?: string, location?: { line: number } }} PlaywrightError
 * @typedef {{ error?: PlaywrightError }} PlaywrightResult
 * @typedef {{ projectName?: string, status: string, expectedStatus?: string, annotations?: Annotation[], results?: PlaywrightResult[] }} PlaywrightTest
 * @typedef {{ title: string, file?: string, tests: PlaywrightTest[] }} PlaywrightSpec
 * @typedef {{ title: string, suites?: PlaywrightSuite[], specs?: PlaywrightSpec[] }} PlaywrightSuite
 * @typedef {{ suites?: PlaywrightSuite[], errors?: { message?: string }[] }} PlaywrightReport
 */

/** The colours that Playwright puts into its messages. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
const COLOUR = /\u001b\[\d*m/g;

/** What failed first in a Playwright test, in one line: the end of a long log may be all that is kept of it. */
function firstError(/** @type {PlaywrightTest} */ test) {
  const error = test.results?.find((result) => result.error)?.error;
  if (error?.message === undefined) return 'see above';
  const lines = error.message.replaceAll(COLOUR, '').split('\n');
  const told = lines
    .filter((line) => line.trim() !== '')
    .slice(0, 3)
    .map((line) => line.trim());
  const at = error.location ? ` (line ${error.location.line})` : '';
  return `${told.join(' ')}${at}`;
}

/** Outcomes in Playwright's JSON report. */
export function fromPlaywright(/** @type {PlaywrightReport} */ report) {
  /** @type {Outcome[]} */
  const outcomes = (report.errors ?? []).map((error) =>
    failed('playwright', error.message?.split('\n')[0] ?? 'error'),
  );
  const walk = (/** @type {PlaywrightSuite} */ suite, /** @type {string[]} */ above) => {
    const path = [...above, suite.title];
    for (const spec of suite.specs ?? []) {
      const name = [...path, spec.title].join(' > ');
      for (const test of spec.tests) {
        const reason = test.annotations?.find(
          (note) => note.type === 'skip' || note.type === 'fixme',
        )?.description;
        if (test.status === 'skipped') outcomes.push(skipped(name, reason ?? 'no reason given'));
        else if (test.status === 'expected') outcomes.push(passed(name));
        else
          outcomes.push(
            failed(name, test.status === 'flaky' ? 'passed only when repeated' : firstError(test)),
          );
      }
    }
    for (const inner of suite.suites ?? []) walk(inner, path);
  };
  for (const suite of report.suites ?? []) walk(suite, []);
  return outcomes;
}

/**
 * What a runner's report and its exit status say together: a crash counts as a failed test, and so does a run without
 * any test.
 * @param {string} runner
 * @param {Outcome[] | null} outcomes null when the runner left no report
 * @param {{ code: number, timedOut: boolean }} end
 * @returns {Outcome[]}
 */
export function withEnd(runner, outcomes, end) {
  if (end.timedOut)
    return [...(outcomes ?? []), failed(runner, 'it did not end within its time and was ended')];
  if (outcomes === null) return [failed(runner, `it ended with status ${end.code} and left no report`)];
  if (end.code !== 0 && !outcomes.some((outcome) => outcome.state === 'failed')) {
    return [...outcomes, failed(runner, `it ended with status ${end.code} although no test failed`)];
  }
  return outcomes.length === 0 ? [failed(runner, 'it found no test')] : outcomes;
}

/** The last lines of a test run: every skip with its reason, every failure, and the count as the very last. */
export function summary(/** @type {Outcome[]} */ outcomes) {
  const count = (/** @type {State} */ state) => outcomes.filter((outcome) => outcome.state === state).length;
  const lines = [];
  for (const { name, state, reason } of outcomes) {
    if (state === 'skipped') lines.push(`SKIP ${name}: ${reason}`);
  }
  for (const { name, state, reason } of outcomes) {
    if (state === 'failed') lines.push(`FAIL ${name}: ${reason}`);
  }
  lines.push(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
  return lines;
}
