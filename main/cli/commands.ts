import { clip } from '../../app/quantity/parse';
import { planJsonSchema } from '../../app/run/planDocument';
import packageJson from '../../package.json';
import { LabError } from '../lab/labError';
import { listBackends } from './backends';
import { decodeCommand, encodeCommand, recodeCommand } from './codecs';
import { demo } from './demo';
import { doctorCommand } from './doctor';
import { labCommand } from './lab';
import { readRun } from './runArgs';
import { send, type Terminal } from './send';
import { readSend } from './sendArgs';
import { say } from './terminal';
import { EXIT_DONE, EXIT_FAULT, EXIT_USAGE, USAGE, UsageError, usageOf } from './usage';

type Command = (rest: readonly string[], terminal: Terminal) => number | Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'backends',
    (rest, terminal) => {
      const unknown = rest.find((word) => word !== '--json');
      if (unknown !== undefined)
        throw new UsageError(`backends takes --json only; “${clip(unknown)}” is not known.`);
      terminal.out(listBackends(rest.includes('--json')));
      return EXIT_DONE;
    },
  ],
  ['send', async (rest, terminal) => send(await readSend(rest), terminal)],
  [
    'run',
    async (rest, terminal) => {
      if (!rest.includes('--schema')) return send(await readRun(rest), terminal);
      terminal.out(`${JSON.stringify(planJsonSchema(), null, 2)}\n`);
      return EXIT_DONE;
    },
  ],
  ['decode', decodeCommand],
  ['encode', encodeCommand],
  ['recode', recodeCommand],
  ['lab', labCommand],
  ['doctor', doctorCommand],
  ['demo', (_, terminal) => demo(terminal)],
]);

const NAMES = [...COMMANDS.keys()].join(', ').replace(/, (?=\w+$)/, ' and ');

function isHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h';
}

async function command(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined) throw new UsageError(`A command is needed: ${NAMES}. See packet-lab --help.`);
  if (isHelp(name) || name === 'help') {
    terminal.out(USAGE);
    return EXIT_DONE;
  }
  if (name === '--version') {
    terminal.out(`${packageJson.version}\n`);
    return EXIT_DONE;
  }
  const known = name === '--demo' ? 'demo' : name;
  const run = COMMANDS.get(known);
  if (!run) throw new UsageError(`There is no command “${clip(name)}”; there are ${NAMES}.`);
  if (rest.some(isHelp)) {
    terminal.out(usageOf(known));
    return EXIT_DONE;
  }
  return run(rest, terminal);
}

/** Carries out one call of the command line and answers its exit status; a mistake is one sentence on stderr. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command(argv, terminal);
  } catch (error) {
    const known = error instanceof UsageError || error instanceof LabError;
    if (known || !(error instanceof Error)) say(terminal, LabError.from(error).sentence);
    else terminal.err(`packet-lab: ${error.stack ?? error.message}\n`);
    return known ? EXIT_USAGE : EXIT_FAULT;
  }
}
