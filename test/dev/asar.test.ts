import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAsar, writeAsar } from '../../main/dev/asar.mjs';
import { defaultAppArchive } from '../../main/dev/defaultApp.mjs';
import { folderWith } from './folder';

describe('asar archives', () => {
  test('come back as they were written', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join('/')}.txt`);
    fc.assert(
      fc.property(fc.dictionary(path, fc.string({ unit: 'grapheme' })), (files) => {
        expect(readAsar(writeAsar(files))).toEqual({ ...files });
      }),
    );
  });

  test("are read by Electron's own reader", () => {
    const file = join(folderWith(), 'a.asar');
    writeFileSync(file, writeAsar({ 'main.js': 'let ä;', 'lib/one.js': '1', 'lib/empty.js': '' }));
    expect(listPackage(file, { isPack: false }).sort()).toEqual([
      '/lib',
      '/lib/empty.js',
      '/lib/one.js',
      '/main.js',
    ]);
    expect(extractFile(file, 'main.js').toString()).toBe('let ä;');
    expect(extractFile(file, 'lib/one.js').toString()).toBe('1');
  });

  test('that are cut short or are something else are refused', () => {
    const whole = writeAsar({ 'main.js': '12345678' });
    expect(() => readAsar(whole.subarray(0, whole.length - 1))).toThrow(/cut short/);
    expect(() => readAsar(whole.subarray(0, 20))).toThrow(/cut short/);
    expect(() => readAsar(Buffer.from('something else entirely'))).toThrow(/not an asar/);
    expect(() => readAsar(Buffer.alloc(0))).toThrow(/not an asar/);
  });

  test.each(['', '/a', 'a//b', 'a/'])('refuse the path %j', (path) => {
    expect(() => writeAsar({ [path]: '' })).toThrow(/not a file path/);
  });

  test('hold the default app', () => {
    const files = readAsar(defaultAppArchive());
    expect(Object.keys(files).sort()).toEqual(['main.js', 'package.json']);
    expect(JSON.parse(files['package.json'] ?? '').main).toBe('main.js');
    expect(() => new Function('require', 'process', files['main.js'] ?? '')).not.toThrow();
  });
});
