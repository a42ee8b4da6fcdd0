import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HEX, packetLab, scratch, sizeOf, start, written } from './cli';

const dir = scratch();

const PACED = ['--backend', 'null', '--hex', HEX, '--rate'];

test('a run that was stopped says for how long it stood still', async () => {
  const tee = join(dir, 'tee.pcapng');
  const child = start('send', ...PACED, '1kpps', '--duration', '60s', '--tee', tee);
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const end = once(child, 'exit');
  // What it captured is in the file once the run is well on.
  await written(child, tee, 1000);
  child.kill('SIGSTOP');
  await new Promise((go) => setTimeout(go, 1500));
  child.kill('SIGCONT');
  await written(child, tee, sizeOf(tee) + 1); // it goes on
  child.kill('SIGINT');
  expect(await end).toEqual([0, null]);
  expect(said).toMatch(/^ {2}stood still {2}(?:once|\d+ times), \d\.\d+ s of that time: held by the system/m);
});

test('a run that waits for its rate does not stand still', async () => {
  const { stdout } = await packetLab('send', ...PACED, '0.4pps', '--count', '2');
  expect(stdout).toMatch(/^ {2}taken {8}2 /m);
  expect(stdout).not.toContain('stood still');
});
