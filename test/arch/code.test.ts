import { describe, expect, test } from 'vitest';
import { requests } from '../../app/ipc/contract';
import { addonLoaders, anyTypes, channelLiterals, defaultExports, silencedChecks } from './code';
import { allScripts } from './sources';

const sources = allScripts();

describe('default exports', () => {
  test('there are none', () => expect(defaultExports(sources)).toEqual([]));
  test('are seen', () => {
    expect(defaultExports([{ path: 'app/a.ts', text: 'const a = 1;\nexport default a;' }])).toHaveLength(1);
    expect(
      defaultExports([{ path: 'app/a.ts', text: 'const a = 1;\nexport { a as default };' }]),
    ).toHaveLength(1);
    expect(defaultExports([{ path: 'app/x.config.ts', text: 'export default 1;' }])).toHaveLength(1);
  });
  test('are allowed in the settings of tools', () => {
    expect(defaultExports([{ path: 'vite.config.mts', text: 'export default 1;' }])).toEqual([]);
  });
});

describe('any', () => {
  test('is nowhere', () => expect(anyTypes(sources)).toEqual([]));
  test('is seen', () => {
    expect(anyTypes([{ path: 'app/a.ts', text: 'const a: any = 1;' }])).toEqual(['app/a.ts:1: any']);
    expect(anyTypes([{ path: 'app/a.ts', text: 'const a = x as Record<string, any>;' }])).toHaveLength(1);
    expect(anyTypes([{ path: 'main/dev/a.mjs', text: '/** @type {any} */\nlet a;' }])).toHaveLength(1);
  });
  test('is a word in texts', () =>
    expect(anyTypes([{ path: 'app/a.ts', text: "const any = 'any'; // any" }])).toEqual([]));
});

describe('silenced checks', () => {
  test('there are none without a reason', () => expect(silencedChecks(sources)).toEqual([]));
  test('are seen', () => {
    expect(silencedChecks([{ path: 'app/a.ts', text: `// @ts-${'ignore'}\nlet a;` }])).toHaveLength(1);
    expect(
      silencedChecks([{ path: 'app/a.ts', text: `// biome-${'ignore'} lint/x/y\nlet a;` }]),
    ).toHaveLength(1);
    expect(silencedChecks([{ path: 'app/a.ts', text: `// biome-${'ignore'} lint/x/y: because\n` }])).toEqual(
      [],
    );
  });
});

describe('names of channels', () => {
  const names = Object.keys(requests);
  test('are in app/ipc only', () => {
    expect(names.length).toBeGreaterThan(5);
    expect(channelLiterals(sources, names)).toEqual([]);
  });
  test.each([
    "ipcMain.handle('x', run);",
    "ipcRenderer.on('port', take);",
    'ipcRenderer.invoke(`x`);',
    "window.webContents.send('x', 1);",
    "this.window.webContents.postMessage('port', null, [port]);",
    "if (name === 'run.start') go();",
    "const name = 'run.start';",
  ])('are seen in %s', (text) => {
    expect(channelLiterals([{ path: 'main/x.ts', text }], ['run.start'])).toHaveLength(1);
  });
  test.each([
    'ipcMain.handle(PORT_CHANNEL, run);',
    "window.on('closed', run);",
    "client.request('run.start', { id });",
    "const handlers = { 'run.start': start };",
    "type Start = RequestInput<'run.start'>;",
    'window.webContents.send(channel, 1);',
  ])('are not seen in %s', (text) => {
    expect(channelLiterals([{ path: 'main/x.ts', text }], ['run.start'])).toEqual([]);
  });
});

describe('the addon', () => {
  test('is loaded in one file, in main/native', () => {
    const { loaders, breaches } = addonLoaders(sources);
    expect(breaches).toEqual([]);
    expect(loaders).toHaveLength(1);
  });
  test.each([
    "const addon = require('./packet_lab.node');",
    'const path = `/somewhere/packet_lab.node`;',
    "process.dlopen(module, 'x');",
    "import { createRequire } from 'node:module';",
  ])('is seen being loaded in %s', (text) => {
    expect(addonLoaders([{ path: 'main/lab/x.ts', text }]).breaches).toHaveLength(1);
    expect(addonLoaders([{ path: 'main/native/x.ts', text }])).toEqual({
      loaders: ['main/native/x.ts'],
      breaches: [],
    });
  });
});
