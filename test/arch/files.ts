// Rules about files: their size, their names, and what C sources may contain.
import { bareC, type Source } from './sources';

/** A source should be read in one sitting. */
export const MAX_LINES = 400;

export interface SizeException {
  readonly path: string;
  readonly reason: string;
}

/** Number of lines, not counting the end of the last one as another. */
export function lines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}

/** Files over the limit that are not excepted, and exceptions that are not needed any more. */
export function sizeBreaches(sources: readonly Source[], exceptions: readonly SizeException[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    const count = lines(source.text);
    const excepted = exceptions.some((exception) => exception.path === source.path);
    if (count > MAX_LINES && !excepted) breaches.push(`${source.path}: ${count} lines, at most ${MAX_LINES}`);
    if (count <= MAX_LINES && excepted) breaches.push(`${source.path}: needs no exception any more`);
  }
  for (const { path, reason } of exceptions) {
    if (!sources.some((source) => source.path === path)) breaches.push(`${path}: excepted, but not there`);
    if (reason.trim() === '') breaches.push(`${path}: excepted without a reason`);
  }
  return breaches;
}

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = /^(utils?|helpers|common|misc)(\.|$)/;

/** Folders and files whose name says nothing. */
export function emptyNames(paths: readonly string[]): string[] {
  return paths.filter((path) => path.split('/').some((part) => EMPTY_NAMES.test(part)));
}

/** Headers of Node in the C core, which must build and run without it. */
export function nodeHeaders(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    source.text.split('\n').forEach((line, index) => {
      if (/^\s*#\s*include\s*[<"](js_native_api|node_api|node|uv|v8)[\w/]*\.h[>"]/.test(line)) {
        breaches.push(`${source.path}:${index + 1}: ${line.trim()}`);
      }
    });
  }
  return breaches;
}

/** Calls that end the process, which a library must leave to its caller. */
export function processEnders(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    bareC(source.text)
      .split('\n')
      .forEach((line, index) => {
        const call = /\b(abort|exit|_exit|_Exit|quick_exit|assert|__builtin_trap|raise)\s*\(/.exec(line);
        if (call) breaches.push(`${source.path}:${index + 1}: calls ${call[1]}`);
      });
  }
  return breaches;
}

/** Top-level entries that are not on the list, and listed ones that are not there. */
export function topLevelBreaches(
  entries: readonly string[],
  needed: readonly string[],
  allowed: readonly string[],
): string[] {
  const stray = entries.filter((entry) => !needed.includes(entry) && !allowed.includes(entry));
  const missing = needed.filter((entry) => !entries.includes(entry));
  return [
    ...stray.map((entry) => `${entry}: not one of the top-level entries`),
    ...missing.map((entry) => `${entry}: missing`),
  ];
}
