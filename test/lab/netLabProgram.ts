// Runs the cases under plain Node and prints an object a line: which, and why it failed (null when it did not).
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

void main();
