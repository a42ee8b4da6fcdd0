import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { frames, HEX, packetLab, scratch, sizeOf, start, written } from './cli';

const dir = scratch();

/** Starts, waits until the file holds this many bytes, and kills with SIGKILL. */
async function killedAt(bytes: number, file: string, ...args: string[]): Promise<void> {
  const child = start('send', ...args);
  const end = once(child, 'exit');
  await written(child, file, bytes);
  child.kill('SIGKILL');
  expect(await end).toEqual([null, 'SIGKILL']);
}

// At 1 kpps the 64 KiB buffer takes 0.7 s to fill; nothing but the flush of each second writes less than that.
test.each([
  ['tee', '1kpps', 'never'],
  ['tee', '50kpps', 'never'],
  ['peer-out', '20pps', 'every-batch'],
  ['peer-out', '200kpps', 'never'],
])(
  'killed during a capture by %s at %s: what each second wrote is there and readable',
  async (how, rate, flush) => {
    const file = join(dir, `${how}-${rate}.pcapng`);
    const args = [
      '--backend',
      'loopback',
      '--hex',
      HEX,
      '--rate',
      rate,
      '--duration',
      '60s',
      '--flush',
      flush,
    ];
    await killedAt(1000, file, ...args, `--${how}`, file);
    const kept = await frames(file);
    expect(kept).toBeGreaterThan(9);
    // Nothing of what is in the file is lost to a reader: whole blocks of 92 B, at most the last one cut.
    expect(kept).toBe(Math.floor((sizeOf(file) - 80) / 92));
    // Our own reader says the same, and the file goes on being useful.
    const again = await packetLab('send', '--backend', 'null', '--pcap', file, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ taken: kept, refused: 0 });
  },
);

test('the pcapng backend: killed between two flushes, every flushed block is there', async () => {
  const file = join(dir, 'backend.pcapng');
  const args = [
    '--backend',
    'pcapng',
    '--opt',
    `file=${file}`,
    '--hex',
    HEX,
    '--rate',
    '2kpps',
    '--duration',
    '60s',
  ];
  await killedAt(5000, file, ...args, '--flush', 'after:1000us');
  expect(readFileSync(file).length % 92).toBe(80);
  expect(await frames(file)).toBe((sizeOf(file) - 80) / 92);
});
