// Rules about what is written inside TypeScript and JavaScript sources.
import { at, type Source, walk } from './sources';

const SETTINGS_FILE = /^[\w.-]+\.config\.m?ts$/;

/** Default exports outside the settings of tools, which ask for them. */
export function defaultExports(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    if (SETTINGS_FILE.test(source.path)) continue;
    walk(source, {
      ExportDefaultDeclaration: (node) => void breaches.push(`${at(source, node)}: default export`),
      ExportSpecifier: (node) => {
        const name = node.exported.type === 'Identifier' ? node.exported.name : node.exported.value;
        if (name === 'default') breaches.push(`${at(source, node)}: default export`);
      },
    });
  }
  return breaches;
}

/** Uses of `any`, in types and in the type comments of scripts. */
export function anyTypes(sources: readonly Source[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    walk(source, { TSAnyKeyword: (node) => void breaches.push(`${at(source, node)}: any`) });
    if (!/\.[cm]?js$/.test(source.path)) continue;
    source.text.split('\n').forEach((line, index) => {
      if (/@\w+ \{[^}]*\bany\b/.test(line)) breaches.push(`${source.path}:${index + 1}: any`);
    });
  }
  return breaches;
}

/** Checks that are switched off: they hide what the rules are there to show. */
export function silencedChecks(sources: readonly Source[]): string[] {
  // Put together here, so that this file does not silence anything itself.
  const ofTypeScript = /@ts-(ignore|nocheck)\b/;
  const ofBiome = new RegExp(`biome-${'ignore'}`);
  const withReason = new RegExp(`biome-${'ignore'}(-all|-start|-end)? [\\w/]+: \\S`);
  const breaches: string[] = [];
  for (const source of sources) {
    source.text.split('\n').forEach((line, index) => {
      const silenced = ofTypeScript.test(line) || (ofBiome.test(line) && !withReason.test(line));
      if (silenced) breaches.push(`${source.path}:${index + 1}: ${line.trim()}`);
    });
  }
  return breaches;
}

/** Methods of Electron whose first argument is the name of a channel. */
const CHANNEL_METHODS = new Set([
  'handle',
  'handleOnce',
  'invoke',
  'on',
  'once',
  'postMessage',
  'removeHandler',
  'send',
  'sendSync',
  'sendToHost',
]);

/** Objects of Electron that speak over channels. */
const CHANNEL_OBJECTS = new Set(['ipcMain', 'ipcRenderer', 'ipc']);

/**
 * Names of channels written as text outside app/ipc. Two things are forbidden: any literal where Electron takes the
 * name of a channel, and a request's name anywhere but where the compiler checks it against the contract: as an
 * argument of a call or as the key of a table of handlers.
 */
export function channelLiterals(sources: readonly Source[], requestNames: readonly string[]): string[] {
  const breaches: string[] = [];
  for (const source of sources) {
    if (source.path.startsWith('app/ipc/') || source.path.startsWith('test/')) continue;
    const checked = new Set<number>();
    walk(source, {
      CallExpression: (node) => {
        for (const argument of node.arguments) checked.add(argument.start);
        const first = node.arguments[0];
        const literal = first?.type === 'Literal' || first?.type === 'TemplateLiteral';
        if (first === undefined || !literal) return;
        const { callee } = node;
        if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') {
          const { object } = callee;
          const owner =
            object.type === 'Identifier'
              ? object.name
              : object.type === 'MemberExpression' && object.property.type === 'Identifier'
                ? object.property.name
                : '';
          const method = callee.property.name;
          const toPage = owner === 'webContents' && (method === 'send' || method === 'postMessage');
          if (toPage || (CHANNEL_OBJECTS.has(owner) && CHANNEL_METHODS.has(method))) {
            breaches.push(`${at(source, first)}: a channel's name outside app/ipc`);
          }
        }
      },
      Property: (node) => void checked.add(node.key.start),
      // A type that names a request is checked by the compiler as well.
      TSLiteralType: (node) => void checked.add(node.literal.start),
      Literal: (node) => {
        if (typeof node.value !== 'string' || !requestNames.includes(node.value) || checked.has(node.start))
          return;
        breaches.push(`${at(source, node)}: '${node.value}' outside app/ipc`);
      },
    });
  }
  return breaches;
}

/** Ways to load native code that appear outside main/native, and files inside it that load. */
export function addonLoaders(sources: readonly Source[]): {
  readonly loaders: string[];
  readonly breaches: string[];
} {
  const loaders = new Set<string>();
  const breaches: string[] = [];
  for (const source of sources) {
    const inside = source.path.startsWith('main/native/');
    // Scripts name the file they build and tests may look at it; neither is part of the app.
    if (source.path.startsWith('main/dev/') || source.path.startsWith('test/')) continue;
    const note = (node: { readonly start: number }, what: string) => {
      const breach = `${at(source, node)}: ${what} outside main/native`;
      if (inside) loaders.add(source.path);
      else if (!breaches.includes(breach)) breaches.push(breach);
    };
    walk(source, {
      Literal: (node) => {
        if (typeof node.value === 'string' && node.value.endsWith('.node'))
          note(node, 'the name of an addon');
      },
      TemplateElement: (node) => {
        if (node.value.raw.endsWith('.node')) note(node, 'the name of an addon');
      },
      Identifier: (node) => {
        if (node.name === 'createRequire' || node.name === 'dlopen') note(node, node.name);
      },
    });
  }
  return { loaders: [...loaders], breaches };
}
