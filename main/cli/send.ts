import type { RunPlan } from '../../app/run/plan';
import { runResult } from '../../app/run/result';
import type { Snapshot } from '../../app/stats/snapshot';
import { startRun } from '../lab/run';
import { liveLine, summary } from './report';
import { EXIT_DONE, EXIT_FAULT, EXIT_USAGE } from './usage';

const LIVE_MS = 250;

/** What the command writes to; stdout carries results only, everything else goes to stderr. */
export interface Terminal {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether a live line may be drawn (stderr is a terminal and stdout is not a machine's). */
  readonly live: boolean;
}

/**
 * Runs a plan to its end. `Ctrl-C` (SIGINT) and SIGTERM end it cleanly with its summary.
 * Returns the final totals. Rejects with a `LabError` when nothing was sent.
 */
export async function follow(plan: RunPlan, terminal: Terminal): Promise<Snapshot> {
  const run = await startRun(plan);
  const stop = () => run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let before: Snapshot | null = null;
  const timer = terminal.live
    ? setInterval(() => {
        const now = run.snapshot();
        terminal.err(`\r${liveLine(plan, before, now)}\x1b[K`);
        before = now;
      }, LIVE_MS)
    : null;
  try {
    return await run.done;
  } finally {
    if (timer) {
      clearInterval(timer);
      terminal.err('\r\x1b[K');
    }
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** `packet-lab send`: exit 0 done, 1 fault, 2 when the input was damaged. */
export async function send(plan: RunPlan, json: boolean, terminal: Terminal): Promise<number> {
  const last = await follow(plan, json ? { ...terminal, live: false } : terminal);
  terminal.out(json ? `${JSON.stringify(runResult(plan, last))}\n` : summary(plan, last));
  if (last.notice !== null) terminal.err(`packet-lab: ${last.notice}\n`);
  if (last.fault === null) return EXIT_DONE;
  terminal.err(`packet-lab: ${last.fault.sentence}\n`);
  return last.fault.step === 'read capture' ? EXIT_USAGE : EXIT_FAULT;
}
