// Runs the cases under plain Node and prints an object a line: which, and why it failed (null when it did not). With the
// argument "held" it opens the window's lab instead, and prints what is told of it.
import { HeldLab } from '../../main/lab/heldLab';
import { LabError } from '../../main/lab/labError';
import { CASES } from './netLabCases';

async function main(): Promise<void> {
  for (const [name, run] of Object.entries(CASES)) {
    let failure: string | null = null;
    try {
      await run();
    } catch (error) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    process.stdout.write(`${JSON.stringify({ name, failure })}\n`);
  }
}

async function held(): Promise<void> {
  const lab = new HeldLab({ changed: () => {}, journal: () => {} });
  const told = await lab.start({ pairs: 1, mtu: 1500 }).then(
    () => null,
    (error: unknown) => LabError.from(error).sentence,
  );
  process.stdout.write(JSON.stringify({ told, problem: lab.info().problem }));
  await lab.dispose();
}

void (process.argv[2] === 'held' ? held() : main());
