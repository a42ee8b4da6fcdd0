import { chmodSync, cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NetLab } from '../../main/lab/netLab';
import { startRun } from '../../main/lab/run';
import { scratch } from '../cli/cli';
import { bundle, startProgram, withTun } from '../cli/labRun';
import { isRoot, makeUser } from '../ordinaryUser';
import { balanced, deleted, helperKilled, linkDownUp } from './endureCases';
import { until } from './netLabCases';
import { noLab, noTap, planOn, WAYS } from './ways';

// What becomes of runs at full rate, in every way to send, when something happens to the lab below them.

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;
const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);

describe.skipIf(forbidden !== null).each(ways)('$name', (way) => {
  test('an interface deleted under a run: a fault; what is made again is new; another pair is not touched', () =>
    deleted(way));

  test(
    'the link down and up a hundred times: each time it is seen, and the run goes on',
    () => linkDownUp(way, 100),
    120_000,
  );

  test('the helper is killed: a typed fault, and every descriptor closed', async () => {
    const { told, closed } = await helperKilled(way);
    console.log(`${way.name}: fault ${told.toFixed()} ms, all closed ${closed.toFixed()} ms after the kill`);
  });
});

test.skipIf(forbidden !== null)(
  'a helper that stands still for 11 s: runs go on, requests wait, nothing is lost',
  async () => {
    const wide = await NetLab.open(ways.length, 1500);
    const rate = { kind: 'pps', pps: 5000 } as const;
    const runs = await Promise.all(
      ways.map((way, pair) => {
        const plan = planOn(way, pair, { rate });
        return startRun(plan, { device: () => wide.openRun(pair, plan.backend) });
      }),
    );
    await until('frames of all', () => runs.every((run) => run.snapshot().taken > 100));
    process.kill(wide.helper, 'SIGSTOP');
    let answered = false;
    const asked = wide.setMtu({ pair: 0, end: 'a' }, 1400).finally(() => {
      answered = true;
    });
    const before = runs.map((run) => run.snapshot().taken);
    try {
      // The kernel may hold it up for as long: all interfaces of all namespaces have one lock (RTNL).
      await new Promise((go) => setTimeout(go, 11_000));
      expect(answered).toBe(false);
      // Each has sent for these seconds as it did before.
      runs.forEach((run, i) => {
        expect(run.snapshot().taken - (before[i] ?? 0)).toBeGreaterThan(10_000);
      });
    } finally {
      process.kill(wide.helper, 'SIGCONT');
    }
    expect((await asked).mtu).toBe(1400);
    expect(wide.gone).toBeNull();
    for (const [i, run] of runs.entries()) {
      run.stop();
      const last = balanced(await run.done);
      expect(last).toMatchObject({ stoppedBy: 'user', fault: null, refused: 0, notice: null, state: 'up' });
      // Nobody listens at the port of the datagrams, which the kernel tells.
      if (ways[i]?.backend !== 'udp') expect(last.lateErrors).toBe(0);
      expect(last.received ?? last.taken).toBe(last.taken);
    }
    await wide.close();
  },
  120_000,
);

describe.skipIf(forbidden !== null || !isRoot)('as an ordinary user', () => {
  const dir = scratch();
  const user = isRoot ? makeUser() : null;
  afterAll(() => user?.remove());
  const names = [
    ...ways.flatMap(({ name }) => ['deleted', 'link', 'killed'].map((what) => `${name}: ${what}`)),
    'starts and stops',
    'all locked',
  ];
  const failures = new Map<string, string | null>();
  let end = { status: null as number | null, stderr: '' };

  beforeAll(async () => {
    if (!user) return;
    chmodSync(dir, 0o755);
    cpSync('dist/native', join(dir, 'native'), { recursive: true });
    bundle('test/lab/endureProgram.ts', join(dir, 'endures.cjs'));
    const { status, stdout, stderr } = await startProgram(withTun(user, dir), dir, 'endures.cjs').ended;
    end = { status, stderr };
    for (const line of stdout.trim().split('\n')) {
      const { name, failure } = JSON.parse(line) as { name: string; failure: string | null };
      failures.set(name, failure);
    }
  }, 240_000);

  test.each(names)('%s', (name) => {
    expect(failures.get(name), `status ${end.status}\n${end.stderr}`).toBeNull();
  });
});

if (forbidden !== null) test('runs in a lab', (context) => context.skip(forbidden));
else if (withoutTap !== null) test('tap', (context) => context.skip(withoutTap));
