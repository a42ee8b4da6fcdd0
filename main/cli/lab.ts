import { LAB_ENDS, LAB_LIMITS, LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../../app/lab/limits';
import { clip, parseWhole } from '../../app/quantity/parse';
import { type LabPort, NetLab } from '../lab/netLab';
import { NetLabError } from '../lab/netLabError';
import { readWords } from './args';
import type { Terminal } from './send';
import { must } from './sendArgs';
import { say } from './terminal';
import { EXIT_DONE, EXIT_FAULT, UsageError } from './usage';

const OPTIONS = {
  pairs: { type: 'string' },
  mtu: { type: 'string' },
  json: { type: 'boolean' },
} as const;

interface Pair {
  readonly pair: number;
  readonly a: LabPort | null;
  readonly b: LabPort | null;
}

async function pairsOf(lab: NetLab): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let pair = 0; pair < lab.pairs; pair++) {
    const [a, b] = await Promise.all(LAB_ENDS.map((end) => lab.port({ pair, end })));
    pairs.push({ pair, a: a ?? null, b: b ?? null });
  }
  return pairs;
}

function endText(port: LabPort | null): string {
  return port ? `${port.name.padEnd(5)} ${port.address.padEnd(11)} ${port.mac}` : 'not there';
}

function describe(lab: NetLab, pairs: readonly Pair[]): string {
  const count = lab.pairs === 1 ? 'one pair' : `${lab.pairs} pairs`;
  const lines = [
    `A lab with ${count}, held by process ${lab.helper}. No frame of it reaches an interface of this computer.`,
    ...pairs.map(
      ({ pair, a, b }) =>
        `pair ${String(pair).padEnd(2)}  ${endText(a)}  <->  ${endText(b)}  MTU ${a?.mtu ?? 0}`,
    ),
    'It is gone at Ctrl-C or at the end of standard input.',
  ];
  return `${lines.join('\n')}\n`;
}

/** Waits for Ctrl-C, SIGTERM, a lost terminal, or the end of standard input; or for the end of the lab. */
function untilEnd(lab: NetLab): Promise<NetLabError | null> {
  return new Promise((done) => {
    const end = () => settle(null);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const settle = (why: NetLabError | null) => {
      for (const signal of signals) process.off(signal, end);
      process.stdin.destroy();
      done(why);
    };
    for (const signal of signals) process.on(signal, end);
    process.stdin.on('end', end).on('error', end).resume();
    lab.onGone(settle);
  });
}

/** `packet-lab lab`: holds a lab and prints it. Exit 1 when there can be none, or when it ends by itself. */
export async function labCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readWords(argv, OPTIONS);
  const [word] = positionals;
  if (word !== undefined)
    throw new UsageError(
      `Unexpected argument '${clip(word)}': lab takes options only. See packet-lab --help.`,
    );
  const pairs =
    values.pairs === undefined
      ? LAB_PAIRS_DEFAULT
      : must(parseWhole(values.pairs, '--pairs', 1, LAB_LIMITS.pairsMax));
  const mtu =
    values.mtu === undefined
      ? LAB_MTU_DEFAULT
      : must(parseWhole(values.mtu, '--mtu', LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax));
  try {
    const lab = await NetLab.open(pairs, mtu);
    try {
      const made = await pairsOf(lab);
      // Whoever reads the lab may end it at once.
      const end = untilEnd(lab);
      terminal.out(
        values.json ? `${JSON.stringify({ helper: lab.helper, mtu, pairs: made })}\n` : describe(lab, made),
      );
      const why = await end;
      if (why) throw why;
      return EXIT_DONE;
    } finally {
      await lab.close();
    }
  } catch (error) {
    if (!(error instanceof NetLabError)) throw error;
    say(terminal, error.sentence);
    return EXIT_FAULT;
  }
}
