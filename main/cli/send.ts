import { pairOf } from '../../app/lab/pair';
import type { LabSize } from '../../app/lab/parse';
import type { RunPlan } from '../../app/run/plan';
import { runResult } from '../../app/run/result';
import type { Snapshot } from '../../app/stats/snapshot';
import { NetLab } from '../lab/netLab';
import { NetLabError } from '../lab/netLabError';
import { type RunTuning, startRun } from '../lab/run';
import { liveLine, summary } from './report';
import type { SendCommand } from './sendArgs';
import { EXIT_DONE, EXIT_FAULT, EXIT_USAGE } from './usage';

/** How often a live line is redrawn on a terminal, and written where lines cannot be redrawn. */
const LIVE_MS = 250;
const LINE_MS = 1000;

/** What the command writes to; stdout carries results only, everything else goes to stderr. */
export interface Terminal {
  readonly out: (text: string) => void;
  /** As `out`, and waits for a slow reader; false once it is gone. */
  readonly write: (text: string) => Promise<boolean>;
  readonly err: (text: string) => void;
  /** Live figures: one line redrawn on stderr, a line a second on stdout, or none. */
  readonly live: 'redraw' | 'lines' | 'none';
  /** Columns of the terminal now; a redrawn line must not wrap. */
  readonly columns: () => number;
}

/**
 * Runs a plan to its end. `Ctrl-C` (SIGINT) and SIGTERM end it cleanly with its summary.
 * Returns the final totals. Rejects with a `LabError` when nothing was sent.
 */
export async function follow(
  plan: RunPlan,
  terminal: Terminal,
  tuning: Pick<RunTuning, 'device'> = {},
): Promise<Snapshot> {
  const run = await startRun(plan, tuning);
  const stop = () => run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let before: Snapshot | null = null;
  const show = () => {
    const now = run.snapshot();
    const line = liveLine(plan, before, now);
    if (terminal.live === 'redraw') terminal.err(`\r${line.slice(0, terminal.columns() - 1)}\x1b[K`);
    else terminal.out(`  ${line}\n`);
    before = now;
  };
  const every = terminal.live === 'redraw' ? LIVE_MS : LINE_MS;
  const timer = terminal.live === 'none' ? null : setInterval(show, every);
  try {
    return await run.done;
  } finally {
    if (timer) clearInterval(timer);
    if (terminal.live === 'redraw') terminal.err('\r\x1b[K');
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** The run in a lab of its own, which is gone afterwards. */
async function followInLab(plan: RunPlan, { pairs, mtu }: LabSize, terminal: Terminal): Promise<Snapshot> {
  const lab = await NetLab.open(pairs, mtu);
  try {
    return await follow(plan, terminal, { device: () => lab.openRun(pairOf(plan), plan.backend) });
  } finally {
    await lab.close();
  }
}

/** `packet-lab send`: exit 0 done, 1 fault or no lab, 2 when the input was damaged. */
export async function send({ plan, json, lab }: SendCommand, terminal: Terminal): Promise<number> {
  const quiet: Terminal = json ? { ...terminal, live: 'none' } : terminal;
  let last: Snapshot;
  try {
    last = lab === null ? await follow(plan, quiet) : await followInLab(plan, lab, quiet);
  } catch (error) {
    if (!(error instanceof NetLabError)) throw error;
    terminal.err(`packet-lab: ${error.sentence}\n`);
    return EXIT_FAULT;
  }
  terminal.out(json ? `${JSON.stringify(runResult(plan, last))}\n` : summary(plan, last));
  if (last.notice !== null) terminal.err(`packet-lab: ${last.notice}\n`);
  if (last.fault === null) return EXIT_DONE;
  terminal.err(`packet-lab: ${last.fault.sentence}\n`);
  return last.fault.step === 'read capture' ? EXIT_USAGE : EXIT_FAULT;
}
