import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import type { Diagnosis, FindingId, LiveFinding } from '../../app/lab/finding';
import type { LabChange } from '../../app/lab/state';
import type { Settings } from '../../app/run/plan';
import { which } from '../../main/dev/exec.mjs';
import { Lab } from '../../main/lab/lab';
import { LabError } from '../../main/lab/labError';
import { isRoot } from '../ordinaryUser';

// Every cause of nothing, or of far too little, is really made, on the loopback model, over UDP to this computer and in
// private labs; what is found names it and goes when it is mended. Runs are bounded by their duration.

const run = promisify(execFile);

const open: Lab[] = [];
afterEach(async () => {
  for (const lab of open.splice(0)) await lab.close();
});

function labOf(): { lab: Lab; heard: Diagnosis[] } {
  const lab = new Lab();
  const heard: Diagnosis[] = [];
  lab.listen({ diagnoses: (changed) => heard.push(...changed) });
  open.push(lab);
  return { lab, heard };
}

/** Waits for what nobody here can hasten. */
async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (let i = 0; i < 750; i++) {
    const seen = look();
    if (seen) return seen;
    await new Promise((go) => setTimeout(go, 20));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A frame that udp takes, too; `bytes` long, to 127.0.0.1 port 9. */
function hexOf(bytes = 60, to = '7f000001'): string {
  const ip = (bytes - 14).toString(16).padStart(4, '0');
  const udp = (bytes - 34).toString(16).padStart(4, '0');
  const head = `0200c612000202000000000108004500${ip}0000000040110000${to}${to}00090009${udp}0000`;
  return head + '41'.repeat(bytes - 42);
}

function set(lab: Lab, change: Partial<Settings>, id = 'A'): void {
  const instance = lab.get(id);
  const base = { hex: hexOf(), rate: '1 kpps', stop: '60s' };
  instance.configure({ ...instance.draft.settings, ...base, ...change });
}

const live = (lab: Lab, id = 'A'): LiveFinding | null => lab.diagnoses.of(id).live;

/** Starts and waits for what is found. */
async function found(lab: Lab, id: FindingId): Promise<LiveFinding> {
  if (!lab.get('A').active) await lab.get('A').start();
  try {
    return await until(id, () => (live(lab)?.id === id ? live(lab) : null));
  } catch (error) {
    throw new Error(`${String(error)}; found: ${JSON.stringify(live(lab))} ${JSON.stringify(lab.live())}`);
  }
}

async function gone(lab: Lab): Promise<void> {
  await until(`nothing is found any more: ${JSON.stringify(live(lab))}`, () => live(lab) === null);
}

describe('on the loopback model', () => {
  test.each<[FindingId, string, Partial<Settings>, RegExp]>([
    ['drain', 'warning', { rate: 'max', options: { loopback: { drain: '0' } } }, /takes nothing: drain is 0/],
    ['drain', 'warning', { rate: 'max', options: { loopback: { drain: '1' } } }, /takes 1\S* pps only/],
    ['delay', 'ok', { options: { loopback: { delay: '10s', ring: '65536' } } }, /spends 10\S* s in the ring/],
    ['loss', 'warning', { options: { loopback: { loss: '0.9' } } }, /loss is 0\.9/],
    [
      'flush',
      'warning',
      { rate: '10 pps', flush: 'never' },
      /packets wait for a flush by hand: the flush policy is never/,
    ],
    ['pace', 'ok', { rate: '0.01 pps' }, /^Nothing is due yet: at .*no fault\.$/],
    [
      'inval',
      'problem',
      { options: { loopback: { mtu: '20' } } },
      /refused, the latest because frame of 60 B .*limit of 34 B/,
    ],
    ['fault', 'warning', { faultOn: true, fault: { drop: '1' } }, /fault stage drops/],
    ['fault', 'warning', { faultOn: true, fault: { 'inval-every': '1' } }, /fault stage refuses .*INVAL/],
    [
      'fault',
      'warning',
      { faultOn: true, fault: { 'again-every': '1' }, again: 'drop' },
      /fault stage refuses .*AGAIN/,
    ],
    [
      'delay',
      'ok',
      { faultOn: true, fault: { delay: '10s' }, rate: '10 pps' },
      /fault stage holds each packet for 10/,
    ],
  ])('%s (%s): %j', async (id, level, change, sentence) => {
    const { lab } = labOf();
    set(lab, change);
    const before = Date.now();
    const finding = await found(lab, id);
    expect(finding).toMatchObject({ level, sentence: expect.stringMatching(sentence), run: 1, action: null });
    expect(finding.sentence).toMatch(/^[^\n]*\.$/);
    expect(finding.since).toBeGreaterThanOrEqual(before - 1500);
    expect(finding.since).toBeLessThanOrEqual(Date.now());
  });

  test('a flush by hand lets them go, and the page is told both', async () => {
    const { lab, heard } = labOf();
    set(lab, { rate: '10 pps', flush: 'never' });
    await found(lab, 'flush');
    await until('told', () => heard.at(-1)?.live?.id === 'flush');
    set(lab, { rate: '10 pps', flush: 'every-batch' });
    await gone(lab);
    await until('told', () => heard.at(-1)?.live === null);
  });

  test('another instance receives in its place', async () => {
    const { lab } = labOf();
    const other = lab.add();
    other.configure({
      ...other.draft.settings,
      rate: '1 kpps',
      stop: '60s',
      options: { loopback: { attach: 'A' } },
    });
    set(lab, {});
    await lab.get('A').start();
    await other.start();
    expect((await found(lab, 'attach')).sentence).toContain('Instance B is attached to the far end');
    await other.stop();
    await gone(lab);
  });

  test('a run that does what it should is left alone, and so is its end', async () => {
    const { lab, heard } = labOf();
    set(lab, { stop: '2s', rate: '10 pps' });
    await lab.get('A').start();
    await until('the end', () => !lab.get('A').active);
    await lab.diagnoses.now('A');
    expect(live(lab)).toBeNull();
    expect(heard.filter((one) => one.live)).toEqual([]);
  });

  test('what a run ended with stays until the next one starts', async () => {
    const { lab } = labOf();
    set(lab, { options: { loopback: { mtu: '20' } }, stop: '3' });
    await lab.get('A').start();
    expect(await until('the end', () => live(lab))).toMatchObject({ id: 'inval', run: 1 });
    set(lab, { stop: '1' });
    await lab.get('A').start();
    await gone(lab);
  });
});

test('udp to a port where nobody listens', async () => {
  const { lab } = labOf();
  set(lab, { backend: 'udp', rate: '50 pps' });
  expect(await found(lab, 'late')).toMatchObject({
    level: 'problem',
    sentence: expect.stringMatching(
      /^Nobody listens there.*127\.0\.0\.1 port 9 came back: Connection refused\.$/,
    ),
  });
});

test('udp to a destination that is not this computer', async () => {
  const { lab } = labOf();
  set(lab, { backend: 'udp', hex: hexOf(60, 'c6120002'), rate: '50 pps' });
  expect((await found(lab, 'inval')).sentence).toContain('its destination is not in 127.0.0.0/8');
});

describe.skipIf(process.platform !== 'linux')('in a lab', () => {
  /** A lab with a pair, or why there is none. */
  async function inLab(change: Partial<Settings> = {}): Promise<{ lab: Lab; none: string | null }> {
    const { lab } = labOf();
    try {
      await lab.held.start({ pairs: 1, mtu: 1500 });
    } catch (error) {
      return { lab, none: LabError.from(error).sentence };
    }
    set(lab, { backend: 'af_packet', ...change });
    return { lab, none: null };
  }

  const at = (lab: Lab, end: 'a' | 'b', change: LabChange) => lab.held.change({ pair: 0, end, change });

  test.each<[FindingId, 'a' | 'b', LabChange, LabChange, Partial<Settings>, RegExp]>([
    ['link', 'a', { what: 'link', up: false }, { what: 'link', up: true }, {}, /^pl0a is down/],
    [
      'carrier',
      'a',
      { what: 'carrier', on: false },
      { what: 'carrier', on: true },
      {},
      /^pl0a has no carrier because its peer pl0b is down/,
    ],
    [
      'carrier',
      'a',
      { what: 'carrier', on: false },
      { what: 'carrier', on: true },
      { backend: 'af_xdp' },
      /no carrier/,
    ],
    [
      'carrier',
      'a',
      { what: 'carrier', on: false },
      { what: 'carrier', on: true },
      { options: { af_packet: { mode: 'tx-ring' } } },
      /no carrier/,
    ],
    [
      'mtu',
      'b',
      { what: 'mtu', mtu: 300 },
      { what: 'mtu', mtu: 1500 },
      { hex: hexOf(1000) },
      /^pl0b takes frames of at most 318 B .*frames of 1,000 B are lost there/,
    ],
    [
      'qdisc',
      'a',
      { what: 'queue', packets: 4 },
      { what: 'queue', packets: null },
      {},
      /is tbf with room for 4 packets/,
    ],
    [
      'qdisc',
      'a',
      { what: 'queue', packets: 4 },
      { what: 'queue', packets: null },
      { options: { af_packet: { mode: 'tx-ring', ring: '16' } } },
      /is tbf with room for 4 packets/,
    ],
  ])('%s: %s %j is found, and mended by its action', async (id, end, change, mend, settings, sentence) => {
    const { lab, none } = await inLab(settings);
    if (none !== null) return console.log(`SKIP ${none}`);
    await lab.get('A').start();
    await at(lab, end, change);
    const { action, ...finding } = await found(lab, id);
    expect(finding.sentence).toMatch(sentence);
    expect(finding.level).not.toBe('ok');
    expect(action).toMatchObject({ pair: 0, change: mend });
    if (action) await lab.held.change(action);
    await gone(lab);
  });

  test('the interface is deleted: the run ends, and it can be made again', async () => {
    const { lab, none } = await inLab();
    if (none !== null) return console.log(`SKIP ${none}`);
    await lab.get('A').start();
    await at(lab, 'a', { what: 'delete' });
    expect(await found(lab, 'interface')).toMatchObject({
      level: 'problem',
      action: { change: { what: 'create' } },
    });
  });

  test('frames the interface does not take', async () => {
    const { lab, none } = await inLab({ hex: hexOf(1600) });
    if (none !== null) return console.log(`SKIP ${none}`);
    expect((await found(lab, 'inval')).sentence).toMatch(
      /because frame of 1600 B is over the limit of 1514 B/,
    );
  });

  test('a small socket buffer in front of a slow queue', async () => {
    const { lab, none } = await inLab({ options: { af_packet: { sndbuf: '4608' } }, rate: 'max' });
    if (none !== null) return console.log(`SKIP ${none}`);
    await lab.get('A').start();
    await at(lab, 'a', { what: 'queue', packets: 1000 });
    const finding = await found(lab, 'qdisc');
    expect(finding.sentence).toContain('room for 1,000 packets');
  });

  describe.skipIf(!isRoot || which('nsenter') === null || which('ip') === null)(
    'changed from outside',
    () => {
      /** Runs a command in the namespace of the pair's far end, as its root. */
      async function atPeer(lab: Lab, ...command: string[]): Promise<string> {
        const { helper } = lab.held.info();
        const spaces = readdirSync(`/proc/${helper}/fd`)
          .map((fd) => `/proc/${helper}/fd/${fd}`)
          .filter((path) => path.startsWith('/proc/') && isSpace(path));
        const last = spaces.at(-1);
        if (last === undefined) throw new Error('the helper holds no namespace');
        const { stdout } = await run('nsenter', [`--net=${last}`, ...command]);
        return stdout;
      }

      /** Whether a descriptor is a namespace: those have a device of their own, as /proc/self/ns/net has. */
      function isSpace(path: string): boolean {
        return statSync(path).dev === statSync('/proc/self/ns/net').dev && statSync(path).isFile();
      }

      test('an XDP program on the peer', async (context) => {
        context.skip(which('python3') === null, 'needs python3');
        const { lab, none } = await inLab();
        if (none !== null) return console.log(`SKIP ${none}`);
        await lab.get('A').start();
        await atPeer(lab, 'python3', 'test/fixtures/xdp-drop.py', 'pl0b');
        expect(await found(lab, 'xdp')).toMatchObject({
          level: 'warning',
          sentence: 'An XDP program is on pl0b and may take or drop what comes in.',
          fix: 'ip link set dev pl0b xdp off',
        });
        await atPeer(lab, 'ip', 'link', 'set', 'dev', 'pl0b', 'xdp', 'off');
        await gone(lab);
      });

      test('a queue on the peer, which the lamp tells', async (context) => {
        context.skip(which('tc') === null, 'needs tc');
        const { lab, none } = await inLab();
        if (none !== null) return console.log(`SKIP ${none}`);
        const lamp = () => lab.held.info().pairs[0]?.b;
        expect(lamp()).toMatchObject({ qdisc: 'noqueue', queue: null });
        await atPeer(lab, 'tc', 'qdisc', 'replace', 'dev', 'pl0b', 'root', 'pfifo', 'limit', '7');
        await expect.poll(lamp).toMatchObject({ qdisc: 'pfifo', queue: 7 });
        await atPeer(lab, 'tc', 'qdisc', 'del', 'dev', 'pl0b', 'root');
        await expect.poll(lamp).toMatchObject({ qdisc: 'noqueue', queue: null });
      });

      test('threads of the peer are told before a run', async (context) => {
        context.skip(which('ethtool') === null, 'needs ethtool');
        const { lab, none } = await inLab();
        if (none !== null) return console.log(`SKIP ${none}`);
        const threads = 'mount -t sysfs sys /sys && echo 1 > /sys/class/net/pl0b/threaded';
        await atPeer(lab, 'ethtool', '-K', 'pl0b', 'gro', 'on');
        await atPeer(lab, 'unshare', '-m', 'sh', '-c', threads);
        await lab.diagnoses.now('A');
        expect(lab.diagnoses.of('A').preflight).toContainEqual(
          expect.objectContaining({
            id: 'napi',
            level: 'warning',
            sentence: expect.stringContaining('pl0b receives on threads'),
          }),
        );
      });
    },
  );
});

test('every sentence of an AGAIN in the native core is known to the diagnosis', async () => {
  const { againSays } = await import('../../app/lab/diagnosis');
  const folder = 'native/src/backend';
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  const said = sources.flatMap((text) =>
    [
      ...text.matchAll(
        /"((?:Transmit ring full|Ring full|Socket buffer full|qdisc full|No carrier|The driver|The pipe has|The (?:loopback )?interface is down|The peer drops)[^"]*)/g,
      ),
    ].map(([, one]) => one ?? ''),
  );
  expect(said.length).toBeGreaterThan(9);
  expect(said.filter((sentence) => againSays(sentence) === 'again')).toEqual([]);
});
