// Type check and lint. Every layer is checked with its own tsconfig.json: that is what keeps app/ pure.
//
//   node main/dev/check.mjs [types] [lint]
import { existsSync } from 'node:fs';
import { cores, inParallel } from './compile.mjs';
import { run } from './exec.mjs';
import { failed, passed, summary } from './outcomes.mjs';
import { bin, inRoot, isProgram, ROOT } from './paths.mjs';

/** Each layer's rules. */
export const PROJECTS = Object.freeze([
  'app/tsconfig.json',
  'main/tsconfig.json',
  'main/tsconfig.preload.json',
  'main/dev/tsconfig.json',
  'renderer/tsconfig.json',
  'test/tsconfig.json',
]);

/** Type checks every layer; one outcome in all. */
export async function checkTypes() {
  const missing = PROJECTS.filter((project) => !existsSync(inRoot(project)));
  if (missing.length > 0) return failed('type check', `${missing.join(', ')} is missing`);
  const results = await inParallel([...PROJECTS], cores(), async (project) => {
    const result = await run(bin('tsc'), ['--noEmit', '--pretty', 'false', '-p', project], {
      cwd: ROOT,
      limitMs: 180_000,
    });
    return { project, ...result };
  });
  const bad = results.filter((result) => result.code !== 0);
  for (const { project, stdout, stderr } of bad) process.stdout.write(`${project}:\n${stdout}${stderr}\n`);
  if (bad.length === 0) return passed('type check');
  return failed('type check', bad.map((result) => result.project).join(', '));
}

/** Lints and checks the format of everything; one outcome. */
export async function checkLint() {
  const args = ['check', '--error-on-warnings', '--max-diagnostics=50'];
  const result = await run(bin('biome'), args, { cwd: ROOT, output: 'show', limitMs: 120_000 });
  return result.code === 0
    ? passed('lint')
    : failed('lint', 'see above; `npm run format` mends what can be mended');
}

if (isProgram(import.meta.url)) {
  const chosen = process.argv.slice(2);
  const outcomes = [];
  if (chosen.length === 0 || chosen.includes('types')) outcomes.push(await checkTypes());
  if (chosen.length === 0 || chosen.includes('lint')) outcomes.push(await checkLint());
  process.stdout.write(`${summary(outcomes).join('\n')}\n`);
  process.exitCode = outcomes.some((outcome) => outcome.state === 'failed') ? 1 : 0;
}
