import type { Finding, FindingId } from '../../app/lab/finding';
import { pairOf } from '../../app/lab/pair';
import type { LabSize } from '../../app/lab/parse';
import type { RunPlan } from '../../app/run/plan';
import { runResult } from '../../app/run/result';
import type { Snapshot } from '../../app/stats/snapshot';
import { labFacts } from '../lab/facts';
import { LiveWatch } from '../lab/liveWatch';
import { NetLab } from '../lab/netLab';
import { NetLabError } from '../lab/netLabError';
import { type Look, liveFactsOf } from '../lab/preflight';
import { type RunTuning, startRun } from '../lab/run';
import { liveLine, summary } from './report';
import type { SendCommand } from './sendArgs';
import { say } from './terminal';
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

/** How often a run is read to see whether packets go and arrive. */
const WATCH_MS = 100;

/** A run that has ended, and why it sent nothing or little of it arrived. */
export interface Followed {
  readonly last: Snapshot;
  readonly cause: Finding | null;
}

interface Following extends Pick<RunTuning, 'device'> {
  /** Whether somebody reads why nothing is sent or arrives. */
  readonly why?: boolean;
  /** The lab that it sends on. */
  readonly look?: Look;
}

/**
 * Runs a plan to its end. `Ctrl-C` (SIGINT) and SIGTERM end it cleanly with its summary.
 * Returns the final totals. Rejects with a `LabError` when nothing was sent.
 */
export async function follow(
  plan: RunPlan,
  terminal: Terminal,
  { why = false, look, ...tuning }: Following = {},
): Promise<Followed> {
  const run = await startRun(plan, tuning);
  const stop = () => run.stop();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  let before: Snapshot | null = null;
  const clear = terminal.live === 'redraw' ? '\r\x1b[K' : '';
  const show = () => {
    const now = run.snapshot();
    const line = liveLine(plan, before, now);
    if (terminal.live === 'redraw') terminal.err(`\r${line.slice(0, terminal.columns() - 1)}\x1b[K`);
    else terminal.out(`  ${line}\n`);
    before = now;
  };
  const told = new Set<FindingId>();
  const watch = new LiveWatch(
    () => liveFactsOf(plan, look ?? null),
    (found) => {
      if (!found || told.has(found.id)) return;
      told.add(found.id);
      terminal.err(clear);
      say(terminal, found.sentence);
    },
  );
  const every = terminal.live === 'redraw' ? LIVE_MS : LINE_MS;
  const timers = [
    ...(terminal.live === 'none' ? [] : [setInterval(show, every)]),
    ...(why ? [setInterval(() => watch.look(run.snapshot()), WATCH_MS)] : []),
  ];
  try {
    const last = await run.done;
    for (const timer of timers) clearInterval(timer);
    return { last, cause: why ? await watch.end(last) : null };
  } finally {
    for (const timer of timers) clearInterval(timer);
    terminal.err(clear);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** The run in a lab of its own, which is gone afterwards. */
async function followInLab(
  plan: RunPlan,
  { pairs, mtu }: LabSize,
  terminal: Terminal,
  why: boolean,
): Promise<Followed> {
  const lab = await NetLab.open(pairs, mtu);
  const pair = pairOf(plan);
  try {
    return await follow(plan, terminal, {
      why,
      device: () => lab.openRun(pair, plan.backend),
      look: async (asked) => ({ ...(await labFacts(lab, pair, asked)), pair: null, enter: null }),
    });
  } finally {
    await lab.close();
  }
}

/** What is said about a run besides its figures: what it leaves behind, why little arrived, its fault. */
function remarks({ last: { notice, fault }, cause }: Followed): string[] {
  const said = [notice, fault?.sentence ?? null].filter((one) => one !== null);
  // Both tell of the same frames.
  const known = notice !== null && (cause?.id === 'carrier' || cause?.id === 'overrun');
  if (!cause || known || (fault && fault.step !== 'stalled')) return said;
  const fix = cause.fix === null ? '' : ` (${cause.fix})`;
  return [`Why: ${cause.sentence}${fix}`, ...said];
}

/** `packet-lab send`: exit 0 done, 1 fault or no lab, 2 when the input was damaged. */
export async function send({ plan, json, lab }: SendCommand, terminal: Terminal): Promise<number> {
  const quiet: Terminal = json ? { ...terminal, live: 'none' } : terminal;
  let ended: Followed;
  try {
    const why = !json;
    ended = lab === null ? await follow(plan, quiet, { why }) : await followInLab(plan, lab, quiet, why);
  } catch (error) {
    if (!(error instanceof NetLabError)) throw error;
    say(terminal, error.sentence);
    return EXIT_FAULT;
  }
  const { last } = ended;
  terminal.out(json ? `${JSON.stringify(runResult(plan, last))}\n` : summary(plan, last));
  for (const remark of remarks(ended)) say(terminal, remark);
  if (last.fault === null) return EXIT_DONE;
  return last.fault.step === 'read capture' ? EXIT_USAGE : EXIT_FAULT;
}
