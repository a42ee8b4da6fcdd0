// A vitest reporter that writes what `npm test` counts. Vitest's own JSON report leaves out why a test was skipped.
import { relative } from 'node:path';
import { ROOT } from './paths.mjs';
import { writeWhole } from './stamps.mjs';

/**
 * The little of vitest's reported objects that is used here.
 * @typedef {{ state: string, note?: string | undefined, errors?: readonly { message: string }[] | undefined }} TestResult
 * @typedef {{ fullName: string, result: () => TestResult }} TestCase
 * @typedef {{ moduleId: string, children: { allTests: () => Iterable<TestCase> }, errors: () => readonly { message: string }[] }} TestModule
 */

export class OutcomeReporter {
  constructor(/** @type {string} */ file) {
    /** Where the outcomes go. */
    this.file = file;
  }

  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly { message: string }[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    /** @type {import('./outcomes.mjs').Outcome[]} */
    const outcomes = [];
    for (const module of modules) {
      const file = relative(ROOT, module.moduleId);
      for (const test of module.children.allTests()) {
        const name = `${file} > ${test.fullName}`;
        const result = test.result();
        if (result.state === 'passed') outcomes.push({ name, state: 'passed' });
        else if (result.state === 'skipped') {
          outcomes.push({ name, state: 'skipped', reason: result.note ?? 'no reason given' });
        } else {
          const reason = result.errors?.[0]?.message.split('\n')[0] ?? 'it did not end';
          outcomes.push({ name, state: 'failed', reason });
        }
      }
      for (const error of module.errors()) {
        outcomes.push({ name: file, state: 'failed', reason: error.message.split('\n')[0] ?? 'error' });
      }
    }
    for (const error of unhandled) {
      outcomes.push({
        name: 'vitest',
        state: 'failed',
        reason: error.message.split('\n')[0] ?? 'unhandled error',
      });
    }
    writeWhole(this.file, JSON.stringify(outcomes));
  }
}
