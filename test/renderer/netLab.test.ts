import { expect, test } from 'vitest';
import { needsLab, pairNeedsLab, usableBackends } from '../../app/lab/pair';
import { type LabPortInfo, type NetLabInfo, NO_NET_LAB } from '../../app/lab/state';
import { defaultSettings } from '../../app/run/settings';
import { afPacketBackend } from '../../main/backends/afPacket';
import { udpBackend } from '../../main/backends/udp';
import { checkSettings } from '../../renderer/store/checks';
import { intent } from '../../renderer/store/intent';
import { labNews, labTrouble, queueWords } from '../../renderer/store/labNews';
import { uncounted } from '../../renderer/store/labPreflight';
import { LAB_PROBLEM, refusedUnseen } from '../../renderer/store/netLab';
import { preflight } from '../../renderer/store/preflight';
import { FakeLab } from './fakeLab';

const settings = { ...defaultSettings(), backend: 'af_packet' };
const instance = new FakeLab(settings).add(settings);
const port = (change: Partial<LabPortInfo> = {}): LabPortInfo => ({
  name: 'pl0a',
  ifindex: 2,
  up: true,
  carrier: true,
  mtu: 1500,
  address: '198.18.0.1',
  mac: '02:00:c6:12:00:01',
  qdisc: 'noqueue',
  queue: null,
  ...change,
});
const lab = (a: LabPortInfo | null): NetLabInfo => ({
  phase: 'open',
  mtu: 1500,
  helper: 7,
  problem: null,
  possible: true,
  pairs: [{ a, b: a && port({ name: 'pl0b' }), tap: null }],
});
const lines = (a: LabPortInfo | null, options: Record<string, string> = {}) =>
  preflight(
    { ...settings, options: { af_packet: options } },
    instance,
    usableBackends([afPacketBackend], lab(port()))[0],
    [],
    lab(a),
  ).map(({ level, text }) => `${level}: ${text}`);

test('without a lab the run is not offered, and what would help is', () => {
  const backends = usableBackends([afPacketBackend], NO_NET_LAB);
  const problems = checkSettings(settings, instance, backends);
  expect(problems).toEqual({ backend: needsLab('af_packet') });
  expect(intent(settings, instance, problems)).toBe('open a lab first');
  expect(preflight(settings, instance, backends[0])).toEqual([
    { level: 'stop', text: needsLab('af_packet'), needsLab: true },
  ]);
  expect(checkSettings(settings, instance, usableBackends(backends, lab(port())))).toEqual({});
});

test.each([
  [port(), 'good: 60 B fits MTU 1,500 + 14 = 1,514 B.'],
  [port(), 'good: pl0b counts what arrives.'],
])('before a run on %j: %s', (a, text) => {
  expect(lines(a).some((line) => line.startsWith(text))).toBe(true);
});

test.each([port({ up: false }), port({ carrier: false }), port({ qdisc: 'tbf', queue: 10 })])(
  'how the interface is the diagnosis says, and nothing here: %j',
  (a) => expect(lines(a)).toEqual(lines(port())),
);

test.each([
  [port(), null],
  [port({ qdisc: '' }), null],
  [port({ qdisc: 'tbf', queue: 1000 }), 'queue of 1,000'],
  [port({ qdisc: 'netem' }), 'queue netem'],
])('the lamp of the queue says what is there: %j', (a, words) => expect(queueWords(a)).toBe(words));

test('where no lab is possible the backends say which limit it is, and the run is not offered', () => {
  const refused = {
    ...NO_NET_LAB,
    possible: false,
    problem:
      'A lab is not possible for this user: user.max_user_namespaces is 0. An administrator can raise it.',
  };
  const backends = usableBackends([afPacketBackend, udpBackend], refused);
  expect(backends.map(({ unavailable }) => unavailable)).toEqual([
    'af_packet needs a lab. A lab is not possible for this user: user.max_user_namespaces is 0. Those of Simulate need none: null, loopback, pcapng, udp.',
    null,
  ]);
  expect(intent(settings, instance, checkSettings(settings, instance, backends))).toBe(
    'no lab is possible here',
  );
});

test('lamps that go on or off are told in words, a TAP device that comes with its run is not', () => {
  const before = lab(port());
  expect(labNews(NO_NET_LAB, before)).toBe('A lab is open.');
  expect(labNews(before, before)).toBeNull();
  expect(labNews(before, lab(port({ up: false, carrier: false })))).toBe('pl0a: down, no carrier.');
  expect(labNews(before, lab(port({ mtu: 576 })))).toBeNull();
  expect(labNews(before, lab(port({ qdisc: 'tbf', queue: 10 })))).toBe('pl0a: queue of 10.');
  expect(labNews(before, lab(null))).toBe('pl0a is deleted. pl0b is deleted.');
  expect(labNews(lab(null), before)).toBe('pl0a is there. pl0b is there.');
  const withTap = {
    ...before,
    pairs: [{ a: port(), b: port({ name: 'pl0b' }), tap: port({ name: 'pl0t' }) }],
  };
  expect(labNews(before, withTap)).toBeNull();
  expect(labNews(withTap, before)).toBeNull();
  expect(labNews(before, { ...NO_NET_LAB, problem: 'Its helper ended.' })).toBe('Its helper ended.');
  expect([before, withTap].map(labTrouble)).toEqual([null, null]);
  expect(labTrouble(lab(port({ up: false, carrier: false })))).toBe('pl0a down');
  expect(labTrouble(lab(null))).toBe('pair 0 deleted');
});

test('a change that was refused is told where the Lab page is not shown', () => {
  const problems = { [LAB_PROBLEM]: 'Setting pl0a up failed.' };
  const open = { phase: 'open' } as const;
  expect(refusedUnseen({ page: 'packet', problems }, open)).toBe('Setting pl0a up failed.');
  expect(refusedUnseen({ page: 'lab', problems }, open)).toBeNull();
  expect(refusedUnseen({ page: 'packet', problems }, { phase: 'closed' })).toBeNull();
  expect(refusedUnseen({ page: 'packet', problems: {} }, open)).toBeNull();
});

test('udp with a pair asks for a lab and takes the addresses of its pair', () => {
  const on = (pair: string, open: boolean) => {
    const asked = { ...settings, backend: 'udp', options: { udp: { pair } } };
    const backends = usableBackends([udpBackend, afPacketBackend], open ? lab(port()) : NO_NET_LAB);
    const problems = checkSettings(asked, instance, backends);
    const said = preflight(asked, instance, backends[0], [], open ? lab(port()) : NO_NET_LAB);
    return { problems, intent: intent(asked, instance, problems), said };
  };
  expect(on('none', false).problems).toEqual({});
  expect(on('0', false)).toMatchObject({
    problems: { 'options.pair': pairNeedsLab(0) },
    intent: 'open a lab first',
    said: expect.arrayContaining([{ level: 'stop', text: pairNeedsLab(0), needsLab: true }]),
  });
  expect(on('0', true).problems).toEqual({});
  expect(on('0', true).said.map(({ text }) => text)).toContain('pl0b counts what arrives.');
  expect(on('0', true).said.flatMap(({ fix }) => fix?.label ?? [])).toEqual(['Use 198.18.0.2']);
  expect(on('none', true).said.flatMap(({ fix }) => fix?.label ?? [])).toEqual(['Use 127.0.0.1']);
});

test.each([
  ['never', {}, 'receives on pl0b until stopped'],
  ['once', {}, 'receives on pl0b until stopped'],
  ['10s', { pair: '3' }, 'receives on pl3b for 10 s'],
  ['1000 packets', { pair: '' }, 'receives on pl0b until 1,000 frames have come'],
  ['1 packet', {}, 'receives on pl0b until 1 frame has come'],
])('what a run will do that only receives, %s %j: %s', (stop, more, words) => {
  const asked = { ...settings, stop, signature: true, options: { af_packet: { role: 'receive', ...more } } };
  const backends = usableBackends([afPacketBackend], lab(port()));
  const problems = checkSettings(asked, instance, backends);
  expect(problems, 'the packet is not sent, so that it need not hold a signature').toEqual({});
  expect(intent(asked, instance, problems)).toBe(words);
});

test('before a run that only receives nothing is said of a packet', () => {
  expect(lines(port(), { role: 'receive' })).toEqual([
    'good: Sends nothing: counts what another instance with role=send sends on pair 0 and pl0b receives.',
    'note: Packet, rate, batch, flush and stages are not used.',
  ]);
  expect(lines(port(), { role: 'send' })).toContain('good: Nothing counts what arrives.');
  expect(uncounted({ ...settings, options: { af_packet: { role: 'send' } } }, afPacketBackend)).toBe(
    'role=send counts nothing.',
  );
  expect(uncounted(settings, afPacketBackend)).toBeNull();
  const udp = { ...settings, backend: 'udp' };
  expect(uncounted(udp, udpBackend)).toBe('udp has no receiver that counts.');
  expect(uncounted({ ...udp, options: { udp: { pair: '0' } } }, udpBackend)).toBeNull();
});

test('a frame fits no interface that is deleted', () => {
  expect(lines(null).filter((line) => line.startsWith('good'))).toEqual([]);
});

test('a small MTU and a pair that is not there are said before the run', () => {
  const large = preflight(
    { ...settings, hex: '00'.repeat(200) },
    instance,
    usableBackends([afPacketBackend], lab(port()))[0],
    [],
    lab(port({ mtu: 68 })),
  );
  expect(large.map(({ text }) => text)).toContain(
    '200 B is over MTU 68 + 14 = 82 B: af_packet answers INVAL.',
  );
  expect(lines(port(), { pair: '1' })).toContain('stop: There is no pair 1: the lab has pair 0 only.');
});
