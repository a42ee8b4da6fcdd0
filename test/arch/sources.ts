// The repository's own sources, read from disk, and their syntax trees. Rules are functions over a list of sources, so
// that each can be shown a small breach in memory.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'vite';

export interface Source {
  /** Path from the repository root with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const SKIPPED = new Set(['node_modules', 'dist', 'release', 'test-results', 'playwright-report', '.git']);

/** Paths of all files below a folder of the repository, sorted. */
export function filesIn(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...filesIn(path));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort();
}

/** Sources with one of these endings in these folders; a folder that is not there yet has none. */
export function readSources(folders: readonly string[], endings: readonly string[]): Source[] {
  const top = readdirSync(ROOT);
  return folders
    .filter((folder) => top.includes(folder.split('/')[0] ?? ''))
    .flatMap(filesIn)
    .filter((path) => endings.includes(extname(path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

export const SCRIPT_ENDINGS = ['.ts', '.tsx', '.mts', '.mjs', '.js', '.cjs'] as const;

/** Every TypeScript and JavaScript source of the repository, settings of tools included. */
export function allScripts(): Source[] {
  const top = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isFile() && SCRIPT_ENDINGS.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => ({ path: entry.name, text: readFileSync(join(ROOT, entry.name), 'utf8') }));
  return [...top, ...readSources(['app', 'main', 'renderer', 'test'], SCRIPT_ENDINGS)];
}

/** Walks a source's syntax tree. A source that does not parse is an error: a rule must not pass by not seeing it. */
export function walk(source: Source, visitor: ConstructorParameters<typeof Visitor>[0]): void {
  const lang = source.path.endsWith('.tsx') ? 'tsx' : /\.[cm]?ts$/.test(source.path) ? 'ts' : 'js';
  const result = parseSync(source.path, source.text, { lang, sourceType: 'module' });
  const error = result.errors[0];
  if (error !== undefined) throw new Error(`${source.path} does not parse: ${error.message}`);
  new Visitor(visitor).visit(result.program);
}

/** 1-based line of an offset, for messages. */
export function lineOf(source: Source, offset: number): number {
  return source.text.slice(0, offset).split('\n').length;
}

/** `path:line`, for messages. */
export function at(source: Source, node: { readonly start: number }): string {
  return `${source.path}:${lineOf(source, node.start)}`;
}

/** C text with comments and literals blanked out, line breaks kept. */
export function bareC(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, (match) =>
    match.replace(/[^\n]/g, ' '),
  );
}
