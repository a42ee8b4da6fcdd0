import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXPORT_MAX } from '../../app/ipc/export';
import { Lab } from '../../main/lab/lab';
import { TestPage } from './page';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let dir = '';
let target: string | null = null;
let asked: [string, string][] = [];
let capture: string | null = null;
let lab: Lab;
let page: TestPage;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
  target = join(dir, 'view.csv');
  asked = [];
  lab = new Lab();
  page = new TestPage(lab, {
    chooseCapture: async () => capture,
    chooseExport: async (name, kind) => {
      asked.push([name, kind]);
      return target;
    },
  });
});
afterEach(async () => {
  page.close();
  await lab.close();
  rmSync(dir, { recursive: true, force: true });
});

const save = (content: string, kind: 'csv' | 'json' | 'png' = 'csv', name = 'view') =>
  page.request('export.save', { id: 'A', kind, name, content });

test('what the page shows is written where the person says, and journalled', async () => {
  expect(await save('a,b\r\n1,2\r\n')).toBe(target);
  expect(readFileSync(join(dir, 'view.csv'), 'utf8')).toBe('a,b\r\n1,2\r\n');
  expect(asked).toEqual([['view', 'csv']]);
  expect(page.journal().at(-1)).toBe(`Exported what is shown as CSV to ${target}.`);
  target = join(dir, 'view.png');
  await save(PNG, 'png');
  expect(readFileSync(target).subarray(1, 4).toString()).toBe('PNG');
  expect(readdirSync(dir).sort()).toEqual(['view.csv', 'view.png']);
});

test('a dialog that was cancelled writes nothing', async () => {
  target = null;
  expect(await save('a')).toBeNull();
  expect(readdirSync(dir)).toEqual([]);
});

test('an existing file is replaced as a whole, a link is followed', async () => {
  writeFileSync(join(dir, 'old.csv'), 'a much longer text than the new one');
  symlinkSync(join(dir, 'old.csv'), join(dir, 'view.csv'));
  await save('new');
  expect(readFileSync(join(dir, 'old.csv'), 'utf8')).toBe('new');
  expect(readdirSync(dir).sort()).toEqual(['old.csv', 'view.csv']);
});

test('what cannot be written leaves one sentence and nothing else', async () => {
  mkdirSync(join(dir, 'folder'));
  for (const [path, sentence] of [
    [join(dir, 'folder'), 'is no regular file'],
    [join(dir, 'no', 'view.csv'), 'the folder does not exist'],
    ['/dev/full', 'is no regular file'],
  ] as const) {
    target = path;
    await expect(save('a')).rejects.toMatchObject({
      code: 'BAD_INPUT',
      sentence: expect.stringContaining(sentence),
    });
  }
  expect(readdirSync(dir)).toEqual(['folder']);
});

test('the capture an instance has open is not replaced', async () => {
  capture = join(dir, 'frames.pcap');
  const bytes = readFileSync(resolve('test/fixtures/captures/nano.pcap'));
  writeFileSync(capture, bytes);
  await page.request('capture.open', { id: 'A' });
  target = capture;
  await expect(save('a')).rejects.toMatchObject({
    sentence: expect.stringContaining('belongs to an instance'),
  });
  expect(readFileSync(capture)).toEqual(bytes);
});

test('content that is not what it is said to be never reaches the dialog', async () => {
  for (const [content, kind] of [
    ['not a picture', 'png'],
    ['aGVsbG8=', 'png'],
    ['{"a":', 'json'],
    ['a\0b', 'csv'],
  ] as const) {
    await expect(save(content, kind)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  }
  for (const name of ['../up', '/abs', '.hidden', '', 'a'.repeat(65), 'con.csv', 'a\0'])
    await expect(save('a', 'csv', name)).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(save('x'.repeat(EXPORT_MAX + 1))).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  await expect(save('')).rejects.toMatchObject({ code: 'BAD_MESSAGE' });
  expect(asked).toEqual([]);
});

test('whatever is sent is refused with a sentence or written', async () => {
  target = null;
  const field = fc.oneof(fc.string(), fc.anything({ withTypedArray: true, withNullPrototype: true }));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.record({
          id: fc.constantFrom('A', 'Z', '__proto__'),
          kind: fc.oneof(fc.constantFrom('csv', 'json', 'png', 'toString'), field),
          name: field,
          content: field,
        }),
        fc.anything(),
      ),
      async (input) => {
        try {
          expect(await page.raw('export.save', input)).toBeNull();
        } catch (error) {
          expect(error).toMatchObject({ sentence: expect.stringMatching(/\.$/) });
        }
      },
    ),
    { numRuns: 300 },
  );
});
