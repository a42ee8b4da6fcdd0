import { type ParseArgsConfig, parseArgs } from 'node:util';
import { clip } from '../../app/quantity/parse';
import { UsageError } from './usage';

type Options = NonNullable<ParseArgsConfig['options']>;

/** Reads options and plain words; a mistake is a `UsageError` of one sentence. */
export function readWords<const T extends Options>(argv: readonly string[], options: T) {
  refuseOdd(argv, options);
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

/** What Node says less well or lets pass: unknown options, values that look like one, options given twice. */
function refuseOdd(argv: readonly string[], options: Options): void {
  const seen = new Set<string>();
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!option) {
      const known = Object.keys(options).map((name) => `--${name}`);
      throw new UsageError(
        `Unknown option '${clip(token.rawName)}'; the known ones are ${known.join(', ')}. See packet-lab --help.`,
      );
    }
    if (option.type === 'string' && token.inlineValue === false && /^-./.test(token.value)) {
      throw new UsageError(
        `${token.rawName} is followed by “${clip(token.value)}”, which looks like an option; a value that starts with a dash is written ${token.rawName}=${clip(token.value)}.`,
      );
    }
    if (option.multiple !== true && seen.has(token.name))
      throw new UsageError(`--${token.name} is given twice; once is enough.`);
    seen.add(token.name);
  }
}
