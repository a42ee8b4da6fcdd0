// The import table: which layer may import what (ARCHITECTURE.md). Types count like values: a type that comes from the
// wrong layer is a dependency too.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { at, type Source, walk } from './sources';

export interface Import {
  /** The text between the quotes; null when it is not a plain string. */
  readonly specifier: string | null;
  /** `path:line` of the import. */
  readonly where: string;
}

interface Literal {
  readonly type: string;
  readonly value?: unknown;
}

function plain(node: Literal | null | undefined): string | null {
  return node?.type === 'Literal' && typeof node.value === 'string' ? node.value : null;
}

/** Everything a source imports, in whatever way: import, export from, import(), require(), import types. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = [];
  const add = (node: { readonly start: number }, literal: Literal | null | undefined) =>
    found.push({ specifier: plain(literal), where: at(source, node) });
  walk(source, {
    ImportDeclaration: (node) => void add(node, node.source),
    ExportAllDeclaration: (node) => void add(node, node.source),
    ExportNamedDeclaration: (node) => void (node.source && add(node, node.source)),
    ImportExpression: (node) => void add(node, node.source),
    TSImportType: (node) => void add(node, node.source),
    TSExternalModuleReference: (node) => void add(node, node.expression),
    CallExpression: (node) => {
      const { callee } = node;
      const isRequire =
        (callee.type === 'Identifier' && callee.name === 'require') ||
        (callee.type === 'MemberExpression' &&
          callee.object.type === 'Identifier' &&
          callee.object.name === 'require' &&
          callee.property.type === 'Identifier' &&
          callee.property.name === 'resolve');
      if (isRequire) add(node, node.arguments[0]);
    },
  });
  return found;
}

/** Libraries that are pure and may be used in every layer. */
const PURE = ['zod', 'ipaddr.js'];

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0] ?? '');
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

/** Path in the repository that a relative import points to (without its ending). */
function target(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier.replace(/\?.*$/, '')));
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** True for files directly in main/: the Electron shell. */
function isShell(path: string): boolean {
  return isIn(path, 'main') && path.split('/').length === 2;
}

/** Why a layer may not import this, or null. */
function refusal(path: string, specifier: string): string | null {
  const relative = specifier.startsWith('.');
  const goal = relative ? target(path, specifier) : '';
  if (specifier.startsWith('/') || goal.startsWith('..')) return 'leads out of the repository';
  if (relative && isIn(goal, 'test') && !isIn(path, 'test')) return 'only tests import tests';
  if (isIn(path, 'test') || !path.includes('/')) return null;
  if (isIn(path, 'main/dev')) {
    if (relative) return isIn(goal, 'main/dev') ? null : 'scripts import only each other';
    return specifier.startsWith('node:') ? null : 'scripts use only what is built into Node, as node:…';
  }
  if (relative && isIn(goal, 'main/dev')) return 'scripts are not part of the app';
  if (isIn(path, 'app')) {
    if (relative) return isIn(goal, 'app') ? null : 'app imports only app';
    return PURE.includes(packageOf(specifier)) ? null : 'app imports only pure libraries';
  }
  if (isIn(path, 'main')) {
    if (relative) {
      if (isIn(goal, 'renderer')) return 'main never imports renderer';
      if (goal === 'package.json') return null; // where the version stands
      if (!isIn(goal, 'app') && !isIn(goal, 'main')) return 'main imports only app and main';
      return !isShell(path) && isShell(goal) ? 'nothing below imports the Electron shell' : null;
    }
    if (packageOf(specifier) === 'electron') return isShell(path) ? null : 'only main/*.ts imports electron';
    return isBuiltin(specifier) || PURE.includes(packageOf(specifier))
      ? null
      : 'main imports no such package';
  }
  if (isIn(path, 'renderer')) {
    if (!relative) {
      return isBuiltin(specifier) || packageOf(specifier) === 'electron'
        ? 'the page has neither Node nor Electron'
        : null;
    }
    if (!isIn(goal, 'app') && !isIn(goal, 'renderer')) return 'renderer imports only app and renderer';
    if (isIn(goal, 'renderer/view') && (isIn(path, 'renderer/store') || isIn(path, 'renderer/bridge.ts'))) {
      return 'view imports store, never the other way';
    }
    if (isIn(goal, 'renderer/store') && isIn(path, 'renderer/bridge.ts')) return 'the bridge knows no store';
  }
  return null;
}

/** Breaches of the import table. */
export function importBreaches(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    for (const { specifier, where } of importsOf(source)) {
      // What is computed cannot be judged; the loader of the addon, which must compute, is a rule of its own.
      if (specifier === null) {
        const free = isIn(source.path, 'test') || isIn(source.path, 'main/native');
        if (!free) breaches.push(`${where}: an import that is not a plain string`);
        continue;
      }
      const why = refusal(source.path, specifier);
      if (why !== null) breaches.push(`${where}: imports '${specifier}': ${why}`);
    }
  }
  return breaches;
}
