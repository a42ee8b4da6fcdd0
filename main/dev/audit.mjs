// npm run audit: known vulnerabilities of the packages that ship, as the npm registry knows them. It fails on high and
// critical ones. Where the registry answers no audit (a mirror, a machine without a network) it says so and checks nothing:
// what is not known is no failure of this project, so it is a command of its own and no part of npm test.
//
//   node main/dev/audit.mjs
import { shippedPackages } from './dependencies.mjs';
import { npm, report, run } from './exec.mjs';
import { isProgram, ROOT } from './paths.mjs';

/** @typedef {{ severity: string, via: (string | { title?: string, url?: string })[] }} Vulnerability */

/**
 * What an answer of `npm audit --json` says about these packages.
 * @param {string} text
 * @param {readonly string[]} shipped
 * @returns {{ answered: false, reason: string } | { answered: true, severe: string[], other: string[] }}
 */
export function readAudit(text, shipped) {
  /** @type {{ vulnerabilities?: Record<string, Vulnerability>, message?: string, error?: { summary?: string } }} */
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    return { answered: false, reason: 'npm audit gave no answer' };
  }
  if (!answer.vulnerabilities) {
    return { answered: false, reason: answer.message ?? answer.error?.summary ?? 'npm audit gave no answer' };
  }
  /** @type {{ answered: true, severe: string[], other: string[] }} */
  const found = { answered: true, severe: [], other: [] };
  for (const [name, { severity, via }] of Object.entries(answer.vulnerabilities)) {
    const why = via.map((v) =>
      typeof v === 'string' ? `through ${v}` : `${v.title ?? ''} ${v.url ?? ''}`.trim(),
    );
    const line = `${name}: ${severity}: ${why.join('; ')}`;
    const severe = shipped.includes(name) && (severity === 'high' || severity === 'critical');
    (severe ? found.severe : found.other).push(line);
  }
  return found;
}

/** Answers the exit status: 0 also where nobody could be asked, which is said. */
async function audit() {
  const shipped = (await shippedPackages()).map(({ name }) => name);
  const { command, args } = npm('audit', '--json');
  const { stdout } = await run(command, args, { cwd: ROOT, limitMs: 120_000 });
  const result = readAudit(stdout, shipped);
  if (!result.answered) {
    process.stdout.write(`SKIP audit: the registry answers none (${result.reason}); nothing was checked.\n`);
    return 0;
  }
  for (const line of result.other) process.stdout.write(`note: ${line}\n`);
  for (const line of result.severe) process.stdout.write(`FAIL ${line}\n`);
  const { length } = shipped;
  process.stdout.write(
    result.severe.length === 0
      ? `None of the ${length} packages that ship has a known vulnerability that is high or critical.\n`
      : `${result.severe.length} of the ${length} packages that ship have to be replaced.\n`,
  );
  return result.severe.length === 0 ? 0 : 1;
}

if (isProgram(import.meta.url)) {
  try {
    process.exitCode = await audit();
  } catch (error) {
    process.exitCode = report(error);
  }
}
