import { expect, test } from 'vitest';
import { HEX, packetLab } from './cli';

test.each([
  [['--pairs', '0'], '--pairs is a whole number from 1 to 16; “0” is not'],
  [['--pairs', '17'], '--pairs is a whole number'],
  [['--pairs', 'two'], '“two” is not'],
  [['--pairs=-1'], '“-1” is not'],
  [['--pairs', '1.5'], '“1.5” is not'],
  [['--pairs', ''], '--pairs is a whole number'],
  [['--pairs'], 'argument missing'],
  [['--pairs', '1', '--pairs', '2'], 'given twice'],
  [['--mtu', '67'], '--mtu is a whole number from 68 to 65,521; “67” is not'],
  [['--mtu', '65522'], '“65522” is not'],
  [['--mtu', 'big'], '“big” is not'],
  [['--peer', '1'], "Unknown option '--peer'; the known ones are --pairs, --mtu, --json"],
  [['eth0'], "Unexpected argument 'eth0'"],
])('lab %j is a usage error of one sentence', async (words, part) => {
  const { status, stdout, stderr } = await packetLab('lab', ...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(part);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test.each([
  ['send', ['--hex', HEX, '--count', '1']],
  ['doctor', []],
] as const)(
  '%s on a pair that the lab has not got is a usage error, and no lab is made',
  async (command, words) => {
    const on = ['--backend', 'af_packet', '--lab', 'pairs=2', '--opt', 'pair=2'];
    const { status, stdout, stderr } = await packetLab(command, ...on, ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'packet-lab: --opt pair: There is no pair 2: the lab has pairs 0 to 1. More are made with --lab pairs=3.\n',
    );
  },
);
