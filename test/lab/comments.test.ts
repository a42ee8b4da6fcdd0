import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { OpenCapture } from '../../main/lab/openCapture';
import { tool } from '../oracle';

/** Comments of frames, as the window lists them; tshark knows them, too. */

const CAPTURES = resolve('test/fixtures/captures');
const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function comments(path: string): Promise<(string | null)[]> {
  const capture = await OpenCapture.open(path);
  const rows = await capture.rows(0, 200);
  await capture.close();
  return rows.map(({ comment }) => comment);
}

test('each frame has its own, without control characters and not too long', async () => {
  const path = join(CAPTURES, 'comments.pcapng');
  const found = await comments(path);
  const said = (
    await tool('tshark', '-r', path, '-T', 'fields', '-e', 'frame.comment', '-E', 'separator=;')
  ).split('\n');
  expect(found).toHaveLength(3);
  expect(found[0]).toMatch(/ · ·right to left/);
  expect(said[0]).toContain(found[0]?.split(' · ')[0]?.slice(0, 8));
  expect(found[1]).toBeNull();
  expect(found[2]).toMatch(/^(long ){60}…$/);
});

test('in the other byte order, too', async () => {
  const bytes = readFileSync(join(CAPTURES, 'ping6-be.pcapng'));
  // The first packet block, with a comment put in front of its end.
  let at = 0;
  while (bytes.readUInt32BE(at) !== 6) at += bytes.readUInt32BE(at + 4);
  const size = bytes.readUInt32BE(at + 4);
  const padded = Math.ceil(bytes.readUInt32BE(at + 20) / 4) * 4;
  const comment = Buffer.from('0001000668656c6c6f210000' + '00000000', 'hex');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(28 + padded + comment.length + 4);
  const path = join(dir, 'be.pcapng');
  writeFileSync(
    path,
    Buffer.concat([
      bytes.subarray(0, at + 4),
      length,
      bytes.subarray(at + 8, at + 28 + padded),
      comment,
      length,
      bytes.subarray(at + size),
    ]),
  );
  const found = await comments(path);
  expect(found[0]).toBe('hello!');
  expect(found.slice(1).every((one) => one === null)).toBe(true);
});

test.each([
  'http.pcap',
  'ping6.pcapng',
  'spb.pcapng',
  'obsolete-pb.pcapng',
  'two-sections.pcapng',
  'zero-frame.pcap',
])('%s has none', async (name) => {
  expect(new Set(await comments(join(CAPTURES, name)))).toEqual(new Set([null]));
});
