import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FindingId } from '../../app/lab/finding';
import type { LabChange } from '../../app/lab/state';
import type { Settings } from '../../app/run/plan';
import { which } from '../../main/dev/exec.mjs';
import { noLab } from './ways';
import { at, found, gone, hexOf, inLab, labOf, live, set, threaded, until, within } from './why';

// Every cause of nothing, or of far too little, is really made, on the loopback model, over UDP to this computer and in
// private labs; what is found names it and goes when it is mended. Runs are bounded by their duration.

const forbidden = await noLab();

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

describe.skipIf(forbidden !== null)('in a lab', () => {
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
    const lab = await inLab(settings);
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
    const lab = await inLab();
    await lab.get('A').start();
    await at(lab, 'a', { what: 'delete' });
    expect(await until('its end', () => live(lab)?.id === 'interface' && live(lab))).toMatchObject({
      level: 'problem',
      action: { change: { what: 'create' } },
    });
  });

  test('frames the interface does not take', async () => {
    const lab = await inLab({ hex: hexOf(1600) });
    expect((await found(lab, 'inval')).sentence).toMatch(
      /because frame of 1600 B is over the limit of 1514 B/,
    );
  });

  test('a small socket buffer in front of a slow queue', async () => {
    const lab = await inLab({ options: { af_packet: { sndbuf: '4608' } }, rate: 'max' });
    await lab.get('A').start();
    await at(lab, 'a', { what: 'queue', packets: 1000 });
    const finding = await found(lab, 'qdisc');
    expect(finding.sentence).toContain('room for 1,000 packets');
  });

  describe('changed from outside', () => {
    const missing = ['nsenter', 'ip'].filter((tool) => which(tool) === null);
    beforeEach((context) => context.skip(missing.length > 0, `needs ${missing.join(', ')}`));

    test('an XDP program on the peer', async (context) => {
      context.skip(which('python3') === null, 'needs python3');
      const lab = await inLab();
      await lab.get('A').start();
      await within(lab, 'b', 'python3 test/fixtures/xdp-drop.py pl0b');
      const { fix, ...finding } = await found(lab, 'xdp');
      expect(finding).toMatchObject({
        level: 'warning',
        sentence: 'An XDP program is on pl0b and may take or drop what comes in.',
      });
      expect(fix).toMatch(/^nsenter .* ip link set dev pl0b xdp off$/);
      await promisify(execFile)('sh', ['-c', fix ?? '']);
      await gone(lab);
    });

    test('a queue on the peer, which the lamp tells', async (context) => {
      context.skip(which('tc') === null, 'needs tc');
      const lab = await inLab();
      const lamp = () => lab.held.info().pairs[0]?.b;
      expect(lamp()).toMatchObject({ qdisc: 'noqueue', queue: null });
      await within(lab, 'b', 'tc qdisc replace dev pl0b root pfifo limit 7');
      await expect.poll(lamp).toMatchObject({ qdisc: 'pfifo', queue: 7 });
      await within(lab, 'b', 'tc qdisc del dev pl0b root');
      await expect.poll(lamp).toMatchObject({ qdisc: 'noqueue', queue: null });
    });

    test('threads of the peer are told before a run', async (context) => {
      context.skip(which('ethtool') === null, 'needs ethtool');
      const lab = await inLab();
      await threaded(lab);
      await lab.diagnoses.now('A');
      expect(lab.diagnoses.of('A').preflight).toContainEqual(
        expect.objectContaining({
          id: 'napi',
          level: 'warning',
          sentence: expect.stringContaining('pl0b receives on threads'),
        }),
      );
    });
  });
});

if (forbidden !== null) test('causes in a lab', (context) => context.skip(forbidden));

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
