import { clip } from '../../app/quantity/parse';
import packageJson from '../../package.json';
import { LabError } from '../lab/labError';
import { listBackends } from './backends';
import { demo } from './demo';
import { send, type Terminal } from './send';
import { readSend } from './sendArgs';
import { EXIT_DONE, EXIT_USAGE, USAGE, UsageError } from './usage';

/** The command line: the composition root that holds the wiring and nothing else. */
async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [command, ...rest] = argv;
  switch (command) {
    case undefined:
      throw new UsageError('A command is needed: backends, send or demo. See packet-lab --help.');
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
      const { plan, json } = readSend(rest);
      return await send(plan, json, terminal);
    }
    case 'demo':
    case '--demo':
      return await demo(terminal);
    default:
      throw new UsageError(`There is no command “${clip(command)}”; there are backends, send and demo.`);
  }
}

// A reader that goes away (packet-lab … | head) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exitCode = EXIT_DONE;
});

const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
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
