import { clip } from '../../app/quantity/parse';
import { planJsonSchema } from '../../app/run/planDocument';
import packageJson from '../../package.json';
import { LabError } from '../lab/labError';
import { listBackends } from './backends';
import { decodeCommand, encodeCommand, recodeCommand } from './codecs';
import { demo } from './demo';
import { readRun } from './runArgs';
import { send, type Terminal } from './send';
import { readSend } from './sendArgs';
import { EXIT_DONE, EXIT_USAGE, USAGE, UsageError } from './usage';

const COMMANDS = 'backends, send, run, decode, encode, recode and demo';

/** The command line: the composition root that holds the wiring and nothing else. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [command, ...rest] = argv;
  switch (command) {
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
      const { plan, json } = await readSend(rest);
      return await send(plan, json, terminal);
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
      const { plan, json } = await readRun(rest);
      return await send(plan, json, terminal);
    }
    case 'decode':
      return await decodeCommand(rest, terminal);
    case 'encode':
      return await encodeCommand(rest, terminal);
    case 'recode':
      return await recodeCommand(rest, terminal);
    case 'demo':
    case '--demo':
      return await demo(terminal);
    default:
      throw new UsageError(`There is no command “${clip(command)}”; there are ${COMMANDS}.`);
  }
}

// A reader that goes away (packet-lab … | head) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = EXIT_DONE;
});

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  write: (text) => {
    if (!process.stdout.writable) return Promise.resolve(false);
    if (process.stdout.write(text)) return Promise.resolve(true);
    return new Promise((done) => {
      const settle = () => {
        process.stdout.off('drain', settle);
        process.stdout.off('close', settle);
        process.stdout.off('error', settle);
        done(process.stdout.writable);
      };
      process.stdout.on('drain', settle);
      process.stdout.on('close', settle);
      process.stdout.on('error', settle);
    });
  },
  err: (text) => process.stderr.write(text),
  live: process.stderr.isTTY === true ? 'redraw' : 'none',
  columns: () => process.stderr.columns || 80,
};

main(process.argv.slice(2), terminal).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    const known = error instanceof UsageError || error instanceof LabError;
    terminal.err(
      `packet-lab: ${known || !(error instanceof Error) ? LabError.from(error).sentence : (error.stack ?? error.message)}\n`,
    );
    process.exitCode = known ? EXIT_USAGE : 1;
  },
);
