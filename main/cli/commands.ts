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
import { EXIT_DONE, EXIT_FAULT, EXIT_USAGE, USAGE, UsageError } from './usage';

const COMMANDS = 'backends, send, run, decode, encode, recode, lab, doctor and demo';

async function command(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      throw new UsageError(`A command is needed: ${COMMANDS}. See packet-lab --help.`);
    case '--help':
    case '-h':
    case 'help':
      terminal.out(USAGE);
      return EXIT_DONE;
    case '--version':
      terminal.out(`${packageJson.version}\n`);
      return EXIT_DONE;
    case 'backends': {
      const unknown = rest.find((word) => word !== '--json');
      if (unknown !== undefined)
        throw new UsageError(`backends takes --json only; “${clip(unknown)}” is not known.`);
      terminal.out(listBackends(rest.includes('--json')));
      return EXIT_DONE;
    }
    case 'send': {
      if (rest.includes('--help')) {
        terminal.out(USAGE);
        return EXIT_DONE;
      }
      return await send(await readSend(rest), terminal);
    }
    case 'run': {
      if (rest.includes('--help')) {
        terminal.out(USAGE);
        return EXIT_DONE;
      }
      if (rest.includes('--schema')) {
        terminal.out(`${JSON.stringify(planJsonSchema(), null, 2)}\n`);
        return EXIT_DONE;
      }
      return await send(await readRun(rest), terminal);
    }
    case 'decode':
      return await decodeCommand(rest, terminal);
    case 'encode':
      return await encodeCommand(rest, terminal);
    case 'recode':
      return await recodeCommand(rest, terminal);
    case 'lab':
      if (rest.includes('--help')) {
        terminal.out(USAGE);
        return EXIT_DONE;
      }
      return await labCommand(rest, terminal);
    case 'doctor':
      if (rest.includes('--help')) {
        terminal.out(USAGE);
        return EXIT_DONE;
      }
      return await doctorCommand(rest, terminal);
    case 'demo':
    case '--demo':
      return await demo(terminal);
    default:
      throw new UsageError(`There is no command “${clip(name)}”; there are ${COMMANDS}.`);
  }
}

/** Carries out one call of the command line and answers its exit status; a mistake is one sentence on stderr. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command(argv, terminal);
  } catch (error) {
    const known = error instanceof UsageError || error instanceof LabError;
    terminal.err(
      `packet-lab: ${known || !(error instanceof Error) ? LabError.from(error).sentence : (error.stack ?? error.message)}\n`,
    );
    return known ? EXIT_USAGE : EXIT_FAULT;
  }
}
