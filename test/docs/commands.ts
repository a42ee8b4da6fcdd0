import { readFileSync } from 'node:fs';

/** A fenced block of shell commands in a document. */
export interface ShellBlock {
  readonly document: string;
  /** Line of the fence, 1-based. */
  readonly line: number;
  readonly commands: readonly string[];
}

/** The ```sh blocks of a Markdown document; comments and empty lines are no commands. */
export function shellBlocks(document: string): ShellBlock[] {
  const blocks: ShellBlock[] = [];
  let open: { line: number; commands: string[] } | null = null;
  for (const [i, text] of readFileSync(document, 'utf8').split('\n').entries()) {
    if (open === null && text.trim() === '```sh') open = { line: i + 1, commands: [] };
    else if (open !== null && text.trim() === '```') {
      blocks.push({ document, ...open });
      open = null;
    } else if (open !== null) {
      const command = text.replace(/(^|\s)#.*$/, '').trim();
      if (command !== '') open.commands.push(command);
    }
  }
  return blocks;
}

/** The examples of a man page: what stands between .EX and .EE, with the program as it is called in a clone. */
export function manExamples(document: string): ShellBlock[] {
  const text = readFileSync(document, 'utf8');
  return [...text.matchAll(/^\.EX\n([\s\S]*?)^\.EE$/gm)].map((match) => ({
    document,
    line: text.slice(0, match.index).split('\n').length,
    commands: (match[1] ?? '')
      .replaceAll('\\-', '-')
      .trim()
      .split('\n')
      .map((command) => command.replace(/^packet-lab /, 'node dist/cli.cjs ')),
  }));
}

/** Commands of npm in running text: `npm run bench`, `npm test -- unit` … */
export function npmInText(document: string): string[] {
  const text = readFileSync(document, 'utf8');
  return [...new Set([...text.matchAll(/`(npm (?:run )?[^`]+)`/g)].map((match) => match[1] ?? ''))];
}
