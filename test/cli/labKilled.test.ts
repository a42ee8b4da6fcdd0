import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunResult } from '../../app/run/result';
import { hostInterfaces, isAlive, processesIn, spaceOf, until } from '../lab/netLabCases';
import { hexTo, noLab, noTap, WAYS, type Way } from '../lab/ways';
import { isRoot, makeUser, type Person, self } from '../ordinaryUser';
import { frames, packetLab, scratch, sizeOf } from './cli';
import { installFor, startAs, withTun } from './labRun';

// The command line and its helper, killed while a run is at full rate, in every way to send.

const dir = scratch();
const user = isRoot ? makeUser() : null;
afterAll(() => user?.remove());
beforeAll(() => installFor(dir));
const people: readonly Person[] = user ? [self, user] : [self];

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;
const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);

/** Begins a run as somebody that would go on for ten minutes. */
function startOn(person: Person, { backend, options }: Way, ...more: string[]) {
  const words = Object.entries(options).flatMap(([name, value]) => ['--opt', `${name}=${value}`]);
  const run = ['--hex', hexTo(0), '--rate', 'max', '--duration', '600s'];
  const who = backend === 'tap' ? withTun(person, dir) : person;
  return startAs(who, dir, 'send', '--backend', backend, '--lab', '--json', ...words, ...run, ...more);
}

/** The helper that a process has started; 0 before. */
function helperOf(parent: number): number {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8');
      } catch {
        return ''; // it has just ended
      }
    });
  const stat = stats.find(
    (text) => text.includes('(packet-lab-help') && text.split(') ')[1]?.split(' ')[1] === String(parent),
  );
  return Number.parseInt(stat ?? '0', 10);
}

const cases = people.flatMap((person) =>
  ways.map((way) => ({ way, name: way.name, person, who: person.name })),
);

describe.skipIf(forbidden !== null).each(cases)('$name as $who', ({ way, person, name, who }) => {
  const fileOf = (what: string) => join(dir, `${name}-${who}-${what}.pcapng`);

  test('the command line is killed: nothing is left, and its captures can be read', async () => {
    const host = hostInterfaces();
    const tee = fileOf('tee');
    const peer = fileOf('peer');
    const files = way.backend === 'udp' ? [tee] : [tee, peer];
    const run = startOn(person, way, '--tee', tee, ...(way.backend === 'udp' ? [] : ['--peer-out', peer]));
    await until('the captures', () => files.every((file) => sizeOf(file) > 1_000_000));
    const helper = helperOf(run.pid);
    expect(helper).toBeGreaterThan(0);
    const spaces = [spaceOf(helper)].filter((space) => space !== '');
    expect(spaces).not.toContain(readlinkSync('/proc/self/ns/net'));
    const killed = performance.now();
    process.kill(run.pid, 'SIGKILL');
    expect((await run.ended).status).toBeNull();
    await until('the end of the helper', () => !isAlive(helper));
    expect(processesIn(spaces)).toEqual([]);
    expect(hostInterfaces()).toEqual(host);
    const ms = performance.now() - killed;
    console.log(`${name} as ${who}: nothing left ${ms.toFixed()} ms after the kill`);
    // The bound is a second; a machine that does other things meanwhile is not what is tested.
    expect(ms).toBeLessThan(5000);
    for (const file of files) {
      const kept = await frames(file);
      // Whole blocks of 92 B, at most the last one cut.
      expect(kept).toBe(Math.floor((sizeOf(file) - 80) / 92));
      const again = await packetLab('send', '--backend', 'null', '--pcap', file, '--json');
      expect(JSON.parse(again.stdout)).toMatchObject({ taken: kept, refused: 0 });
    }
  });

  test('its helper is killed: exit 1, and a fault in what is printed', async () => {
    const tee = fileOf('helper');
    const run = startOn(person, way, '--tee', tee);
    await until('the capture', () => sizeOf(tee) > 1_000_000);
    const helper = helperOf(run.pid);
    expect(helper).toBeGreaterThan(0); // none would be this process and its whole group
    process.kill(helper, 'SIGKILL');
    const { status, stdout, stderr } = await run.ended;
    expect(status).toBe(1);
    const result = JSON.parse(stdout) as RunResult;
    expect(result).toMatchObject({ stoppedBy: 'fault', fault: { state: 'removed', step: 'helper' } });
    expect(result.taken + result.refused + result.unexamined).toBe(result.offered);
    expect(await frames(tee)).toBe(result.taken);
    expect(stderr).toContain("the lab's helper has ended");
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

if (forbidden !== null) test('runs in a lab', (context) => context.skip(forbidden));
else if (withoutTap !== null) test('tap', (context) => context.skip(withoutTap));
