import { type ParseArgsConfig, parseArgs } from 'node:util';
import { clip } from '../../app/quantity/parse';
import { UsageError } from './usage';

/** Reads options and plain words; a mistake is a `UsageError` of one sentence. */
export function readWords<const T extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: true });
  } catch (error) {
    // Node's sentence names the argument; what follows the first one is advice about its own API.
    const said = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `${clip(said.split(/(?<=[^.])\. |\n/)[0] ?? said, 200).replace(/\.$/, '')}. See packet-lab --help.`,
    );
  }
}
