import { describe, expect, test } from 'vitest';
import type { Facts, InterfaceDetails, InterfaceFacts, LabFailure, PlaceFacts } from '../../app/lab/facts';
import { FINDING_IDS, type Finding } from '../../app/lab/finding';
import { findingsOf, isReady } from '../../app/lab/findings';
import { namespaceCause } from '../../app/lab/namespaces';

const MANY = (1n << 40n) - 1n;
const CAP_NET_ADMIN = 1n << 12n;
const CAP_NET_RAW = 1n << 13n;
const CAP_IPC_LOCK = 1n << 14n;

const plain: InterfaceDetails = {
  driver: 'e1000e',
  qdisc: 'fq_codel',
  queueLimit: null,
  txQueues: 2,
  rxQueues: 1,
  xdpAttached: false,
  xdpNative: true,
  xdpZeroCopy: true,
  tso: true,
  gso: false,
  gro: true,
  lro: false,
  threaded: false,
};

const port = (change: Partial<InterfaceFacts> = {}): InterfaceFacts => ({
  name: 'pl0a',
  up: true,
  carrier: true,
  mtu: 1500,
  details: null,
  ...change,
});

type Lab = PlaceFacts & { kind: 'lab' };
const inLab = (change: Partial<Lab> = {}): Lab => ({
  kind: 'lab',
  failure: null,
  sender: port(),
  peer: port({ name: 'pl0b' }),
  names: { sender: 'pl0a', peer: 'pl0b' },
  pair: null,
  enter: { sender: 'in-a ', peer: 'in-b ' },
  ...change,
});

const onHost = (
  change: Partial<InterfaceFacts> = {},
  details: Partial<InterfaceDetails> = {},
): PlaceFacts => ({
  kind: 'interface',
  name: 'net9',
  found: port({ name: 'net9', details: { ...plain, ...details }, ...change }),
  known: [],
});

const failure = (change: Partial<LabFailure>): Lab =>
  inLab({
    failure: { forbidden: null, noZeroCopy: false, step: 'veth', sentence: 'It failed.', ...change },
    sender: null,
    peer: null,
  });

/** What is found, by id; `name` is the backend. */
function found(
  name: string,
  change: Partial<Facts> = {},
): { all: Finding[]; of: (id: string) => Finding | undefined } {
  const all = findingsOf({
    refused: null,
    backend: { name, unavailable: null, device: !['null', 'udp'].includes(name), bypass: name === 'af_xdp' },
    rights: { effective: 0n, noNewPrivileges: false, initial: true },
    lockedBytes: name === 'af_xdp' ? 4_194_304 : 0,
    zeroCopy: false,
    memlock: { soft: 8_388_608, hard: 8_388_608 },
    tun: 'open',
    role: 'both',
    counts: !['null', 'udp'].includes(name),
    place: inLab(),
    ...change,
  });
  return { all, of: (id) => all.find((one) => one.id === id) };
}

test.each(['null', 'udp', 'af_packet', 'af_xdp', 'tap'])(
  '%s: nothing is found where nothing is wrong',
  (name) => {
    const { all } = found(name, name === 'null' || name === 'udp' ? { place: null } : {});
    expect(all.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(isReady(all)).toBe(true);
  },
);

const pair = (level: string, part: RegExp, fix: string | null) => ({
  level,
  fix,
  sentence: expect.stringMatching(part),
});

describe('rights and limits', () => {
  test('a backend that cannot be used', () => {
    const backend = {
      name: 'x',
      unavailable: 'Backend x needs a newer kernel.',
      device: true,
      bypass: false,
    };
    expect(found('x', { backend }).of('backend')).toMatchObject(pair('problem', /newer kernel/, null));
  });

  test.each([
    ['af_packet', CAP_NET_RAW, 'CAP_NET_RAW'],
    ['af_xdp', CAP_NET_RAW, 'CAP_NET_RAW'],
    ['tap', CAP_NET_ADMIN, 'CAP_NET_ADMIN'],
  ])('%s on an interface of this computer needs its capability', (name, bit, word) => {
    const rights = (effective: bigint, noNewPrivileges = false) =>
      found(name, { place: onHost(), rights: { effective, noNewPrivileges, initial: true } }).of('rights');
    expect(rights(bit)).toMatchObject(pair('ok', new RegExp(`has ${word} \\(CapEff`), null));
    const fix = `packet-lab doctor --backend ${name} --lab`;
    expect(rights(MANY ^ bit)).toMatchObject(pair('problem', new RegExp(`${word}.*CapEff 0+ff`), fix));
    expect(rights(0n)?.sentence).not.toContain('no program it starts');
    expect(rights(0n, true)?.sentence).toMatch(/NoNewPrivs 1\), and with NoNewPrivs no program it starts/);
  });

  test('a lab needs none, and rights that are not told are not judged', () => {
    expect(found('af_packet').of('rights')).toMatchObject(pair('ok', /No right is needed/, null));
    expect(found('af_packet', { rights: null, place: onHost() }).of('rights')).toBeUndefined();
  });

  const open = { maxUser: 9, maxNet: 9, unprivilegedClone: null, apparmor: null };
  test.each([
    [
      'user',
      'limit',
      { ...open, maxUser: 0 },
      /: user\.max_user_namespaces is 0; .*Simulate .* need none\.$/,
      'user.max_user_namespaces=10000',
    ],
    [
      'net',
      'limit',
      { ...open, maxNet: 0 },
      /user\.max_net_namespaces is 0/,
      'user.max_net_namespaces=10000',
    ],
    [
      'user',
      'limit',
      { ...open, maxUser: 1234 },
      /\(1,234 here,.*is used up/,
      'user.max_user_namespaces=10000',
    ],
    ['user', 'limit', { ...open, maxUser: null }, /\(unknown here/, 'user.max_user_namespaces=10000'],
    [
      'user',
      'rule',
      { ...open, unprivilegedClone: 0 },
      /userns_clone is 0/,
      'kernel.unprivileged_userns_clone=1',
    ],
    ['user', 'rule', { ...open, apparmor: 1 }, /AppArmor/, 'kernel.apparmor_restrict_unprivileged_userns=0'],
    ['user', 'kernel', open, /built without user namespaces/, null],
    ['user', 'rule', open, /container or a security module/, null],
  ] as const)('no %s namespace by %s', (kind, by, settings, part, fix) => {
    const { all, of } = found('af_packet', {
      place: failure({ forbidden: namespaceCause({ kind, by }, settings) }),
    });
    expect(of('namespaces')).toMatchObject(pair('problem', part, fix && `sudo sysctl ${fix}`));
    expect(all.map(({ id }) => id)).toEqual(['backend', 'rights', 'namespaces']);
  });

  test('a lab that fails otherwise', () => {
    const missing = { step: 'start helper', sentence: 'No helper is there; npm run build makes it. Go on.' };
    expect(found('tap', { place: failure(missing) }).of('lab')).toEqual({
      id: 'lab',
      level: 'problem',
      action: null,
      sentence: 'No helper is there; npm run build makes it.',
      fix: 'npm run build',
    });
    expect(found('tap', { place: failure({}) }).of('lab')).toMatchObject(
      pair('problem', /^It failed\.$/, null),
    );
    // One cause, one finding; but a failure is never passed over.
    const tun = failure({ step: 'open /dev/net/tun' });
    expect(found('tap', { place: tun, tun: 'absent' }).of('lab')).toBeUndefined();
    expect(isReady(found('tap', { place: tun, tun: 'open' }).all)).toBe(false);
    expect(isReady(found('af_xdp', { place: failure({ step: 'UMEM' }) }).all)).toBe(false);
  });

  test('locked memory', () => {
    const of = (change: Partial<Facts>) => found('af_xdp', change).of('memlock');
    expect(of({})).toMatchObject(pair('ok', /4,194,304 B.*8,388,608 B/, null));
    expect(of({ memlock: { soft: Infinity, hard: Infinity } })).toMatchObject(pair('ok', /any amount/, null));
    const small = { soft: 65_536, hard: 65_536 };
    const raise = 'sudo prlimit --pid $$ --memlock=4194304';
    expect(of({ memlock: small })).toMatchObject(
      pair('problem', /may lock 65,536 B \(RLIMIT_MEMLOCK\)/, raise),
    );
    expect(of({ memlock: { soft: 65_536, hard: Infinity } })?.fix).toBe('ulimit -l 4096');
    // The capability lifts the limit in the initial user namespace only.
    const rights = (initial: boolean) => ({ effective: CAP_IPC_LOCK, noNewPrivileges: false, initial });
    expect(of({ memlock: small, rights: rights(true) })).toMatchObject(pair('ok', /CAP_IPC_LOCK/, null));
    expect(of({ memlock: small, rights: rights(false) })?.level).toBe('problem');
    expect(of({ place: failure({ step: 'UMEM' }) })).toMatchObject(
      pair('problem', /other programs/, 'packet-lab doctor --backend af_xdp --opt ring=64 --lab'),
    );
    expect(of({ memlock: null })).toBeUndefined();
    expect(found('af_packet', { memlock: small }).of('memlock')).toBeUndefined();
  });

  test('/dev/net/tun', () => {
    expect(found('tap').of('tun')?.level).toBe('ok');
    expect(found('tap', { tun: 'absent' }).of('tun')).toMatchObject(
      pair('problem', /no \/dev\/net\/tun/, 'sudo modprobe tun'),
    );
    expect(found('tap', { tun: 'forbidden' }).of('tun')).toMatchObject(
      pair('problem', /may not open/, 'sudo chmod 666 /dev/net/tun'),
    );
    expect(found('af_packet', { tun: 'absent' }).of('tun')).toBeUndefined();
  });
});

describe('who counts what arrives', () => {
  test.each(['null', 'udp'])('%s has no receiver', (name) => {
    const { all, of } = found(name, { place: null });
    expect(of('receiver')).toMatchObject(
      pair('ok', new RegExp(`^Backend ${name} has no receiver here: .* not known to be delivered`), null),
    );
    expect(all.at(-1)?.id).toBe('receiver');
    expect(found(name, { counts: true }).of('receiver')).toBeUndefined();
  });

  test('by its role', () => {
    const of = (change: Partial<Facts>) => found('af_packet', change).of('receiver');
    expect(of({})).toBeUndefined();
    expect(of({ role: 'send', counts: false })).toMatchObject(pair('ok', /no receiver \(role=send\)/, null));
    expect(of({ role: 'receive' })).toMatchObject(pair('ok', /only receives/, null));
    // Who is behind an interface of this computer is told there.
    expect(of({ place: onHost({}, {}), counts: false })).toBeUndefined();
  });

  test('an instance that only receives is told of its own end of the pair', () => {
    const at = (change: Partial<Lab>) =>
      found('af_packet', { role: 'receive', place: inLab({ pair: 0, ...change }) });
    expect(at({}).all.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(at({}).of('interface')?.sentence).toMatch(/^pl0b is there/);
    expect(at({}).of('qdisc')).toBeUndefined();
    const down = port({ name: 'pl0b', up: false, carrier: false });
    expect(at({ peer: down }).all.filter(({ level }) => level !== 'ok')).toEqual([
      {
        id: 'link',
        level: 'problem',
        sentence: 'pl0b is down, so nothing arrives.',
        fix: 'in-b ip link set dev pl0b up',
        action: { pair: 0, end: 'b', change: { what: 'link', up: true } },
      },
    ]);
    const cut = { sender: port({ up: false, carrier: false }), peer: port({ name: 'pl0b', carrier: false }) };
    expect(at(cut).all.filter(({ level }) => level !== 'ok')).toEqual([
      {
        id: 'carrier',
        level: 'problem',
        sentence: 'pl0b has no carrier because its other end pl0a is down, so nothing arrives.',
        fix: 'in-a ip link set dev pl0a up',
        action: { pair: 0, end: 'a', change: { what: 'link', up: true } },
      },
    ]);
    expect(at({ peer: port({ name: 'pl0b', mtu: 300 }) }).of('mtu')).toMatchObject(
      pair('warning', /pl0b takes 300 B/, 'in-b ip link set dev pl0b mtu 1500'),
    );
    const dropping = port({ name: 'pl0b', details: { ...plain, xdpAttached: true } });
    expect(at({ peer: dropping }).of('xdp')).toMatchObject(
      pair('warning', /XDP program is on pl0b/, 'in-b ip link set dev pl0b xdp off'),
    );
    expect(at({ sender: null, peer: null }).of('interface')).toMatchObject({
      ...pair('problem', /^pl0b is not there/, null),
      action: { pair: 0, end: 'b', change: { what: 'create' } },
    });
  });
});

describe('in a lab', () => {
  const lab = (change: Partial<Lab>, name = 'af_packet') => found(name, { place: inLab(change) });

  test('link down', () => {
    const { of } = lab({ sender: port({ up: false, carrier: false }) });
    expect(of('link')).toMatchObject(pair('problem', /pl0a is down/, 'in-a ip link set dev pl0a up'));
    expect(of('carrier')).toBeUndefined();
  });

  test('no carrier: the peer that is down is told once', () => {
    const { all, of } = lab({ sender: port({ carrier: false }), peer: port({ name: 'pl0b', up: false }) });
    expect(of('carrier')).toMatchObject(pair('problem', /peer pl0b is down/, 'in-b ip link set dev pl0b up'));
    expect(all.filter(({ level }) => level === 'problem')).toHaveLength(1);
  });

  test('the peer', () => {
    const down = lab({
      sender: port({ up: false, carrier: false }),
      peer: port({ name: 'pl0b', up: false }),
    });
    expect(down.of('peer')).toMatchObject(pair('problem', /is down/, 'in-b ip link set dev pl0b up'));
    expect(lab({ peer: null }).of('peer')).toMatchObject(pair('problem', /not there/, null));
  });

  test('the interface deleted', () => {
    const { all, of } = lab({ sender: null, peer: null });
    expect(of('interface')).toMatchObject(pair('problem', /pl0a is not there/, null));
    expect(all.at(-1)?.id).toBe('interface');
  });

  test('a peer that takes less', () => {
    const { of } = lab({ peer: port({ name: 'pl0b', mtu: 900 }) });
    expect(of('mtu')).toMatchObject(
      pair('warning', /1,500 B .* pl0b takes 900 B/, 'in-b ip link set dev pl0b mtu 1500'),
    );
    expect(lab({}).of('mtu')).toMatchObject(pair('ok', /1,514 B, with a VLAN tag 1,518 B/, null));
  });

  test('no zero-copy', () => {
    const step = { forbidden: null, noZeroCopy: true, step: 'bind', sentence: 'No.' };
    const { all, of } = lab({ failure: step }, 'af_xdp');
    const fix = 'packet-lab doctor --backend af_xdp --opt mode=copy --lab';
    expect(of('xdp')).toMatchObject(pair('problem', /zero-copy/, fix));
    expect(all.filter(({ level }) => level === 'problem')).toHaveLength(1);
  });

  test('of a lab that is gone no command is shown', () => {
    const sick = {
      sender: port({ up: false, carrier: false }),
      peer: port({ name: 'pl0b', up: false, mtu: 900 }),
    };
    const { all } = lab({ ...sick, enter: null });
    expect(all.filter(({ level }) => level !== 'ok').map(({ id, fix }) => [id, fix])).toEqual([
      ['link', null],
      ['mtu', null],
      ['peer', null],
    ]);
  });

  test('tap is its own peer', () => {
    const tap = {
      sender: port({ name: 'pl0t' }),
      peer: port({ name: 'pl0t' }),
      names: { sender: 'pl0t', peer: 'pl0t' },
    };
    expect(lab(tap, 'tap').of('peer')).toMatchObject(pair('ok', /itself receives/, null));
  });
});

describe('on an interface of this computer', () => {
  const host = (
    change: Partial<InterfaceFacts>,
    details: Partial<InterfaceDetails> = {},
    name = 'af_packet',
  ) => found(name, { place: onHost(change, details) });

  test('it is said that nothing is sent there', () => {
    const fix = 'packet-lab doctor --backend af_packet --lab';
    expect(host({}).of('interface')).toMatchObject(pair('warning', /only looked at/, fix));
  });

  test('unknown', () => {
    const place = { kind: 'interface' as const, name: 'eht0', found: null, known: ['eth0', 'lo'] };
    expect(found('af_packet', { place }).of('interface')).toMatchObject(
      pair('problem', /no interface “eht0” here; there are eth0, lo/, 'ip -brief link'),
    );
    expect(found('tap', { place: { ...place, known: [] } }).of('interface')?.sentence).toContain(
      'there is none',
    );
  });

  test('down, and without a carrier', () => {
    expect(host({ up: false }).of('link')?.fix).toBe('sudo ip link set dev net9 up');
    expect(host({ carrier: false }).of('carrier')).toMatchObject(
      pair('problem', /no cable/, 'ip -details link show dev net9'),
    );
    expect(host({ name: "a'$(b)", up: false }).of('link')?.fix).toBe("sudo ip link set dev 'a'\\''$(b)' up");
  });

  test('queues and driver', () => {
    expect(host({}).of('queues')?.sentence).toBe('net9 has 2 send queues and 1 receive queue.');
    expect(host({}, { txQueues: 0 }).of('queues')).toBeUndefined();
    expect(host({}).of('driver')?.sentence).toContain('e1000e');
    expect(host({}, { driver: null }).of('driver')).toBeUndefined();
  });

  test('tap asks for a TAP device', () => {
    const tap = (driver: string | null) => found('tap', { place: onHost({}, { driver }) });
    const fix = 'packet-lab doctor --backend tap --lab';
    expect(tap('veth').of('driver')).toMatchObject(
      pair('problem', /no TAP device \(its driver is veth\)/, fix),
    );
    expect(tap(null).of('driver')).toMatchObject(pair('problem', /net9 is no TAP device, and/, fix));
    expect(isReady(tap('veth').all)).toBe(false);
    expect(tap('tun').of('driver')).toMatchObject(pair('ok', /is tun/, null));
  });

  test('XDP', () => {
    const xdp = (details: Partial<InterfaceDetails>, zeroCopy = false) =>
      found('af_xdp', { place: onHost({}, details), zeroCopy }).of('xdp');
    expect(xdp({})?.sentence).toContain('also without copying');
    expect(xdp({ xdpZeroCopy: false })).toMatchObject(pair('ok', /with copying only/, null));
    expect(xdp({ xdpZeroCopy: false }, true)?.level).toBe('problem');
    expect(xdp({ xdpNative: false })).toMatchObject(pair('warning', /not run XDP itself/, 'ethtool -i net9'));
    expect(xdp({ xdpNative: null })).toMatchObject(pair('ok', /does not tell/, null));
    const off = 'sudo ip link set dev net9 xdp off';
    expect(host({}, { xdpAttached: true }).of('xdp')).toMatchObject(pair('warning', /XDP program/, off));
    expect(host({}).of('xdp')).toBeUndefined();
  });

  test('the queue discipline', () => {
    expect(host({}).of('qdisc')?.level).toBe('ok');
    expect(host({}, { qdisc: null }).of('qdisc')).toBeUndefined();
    expect(host({}, { qdisc: 'tbf' }).of('qdisc')).toMatchObject(
      pair('warning', /is tbf, which may delay/, 'sudo tc qdisc del dev net9 root'),
    );
    expect(host({}, { qdisc: 'tbf' }, 'af_xdp').of('qdisc')).toMatchObject(pair('ok', /does not pass/, null));
  });

  test('offloads and threaded NAPI', () => {
    expect(host({}).of('offloads')?.sentence).toContain('TSO, GRO;');
    expect(host({}, { tso: false, gro: false }).of('offloads')?.sentence).toContain('none;');
    expect(host({}, { lro: true }).of('offloads')).toMatchObject(
      pair('warning', /LRO/, 'sudo ethtool -K net9 lro off'),
    );
    expect(host({}).of('napi')?.level).toBe('ok');
    expect(host({}, { threaded: null }).of('napi')).toBeUndefined();
    const fix = 'echo 0 | sudo tee /sys/class/net/net9/threaded';
    expect(host({}, { threaded: true }).of('napi')).toMatchObject(pair('warning', /threaded NAPI/, fix));
  });
});

test('findings come in the order of their ids, each one sentence and once', () => {
  for (const name of ['null', 'udp', 'af_packet', 'af_xdp', 'tap'])
    for (const place of [
      null,
      inLab(),
      onHost(),
      onHost({ up: false }, { xdpAttached: true }),
      failure({}),
    ]) {
      const { all } = found(name, { place, tun: 'absent', memlock: { soft: 1, hard: 1 } });
      const order: readonly string[] = FINDING_IDS;
      const at = all.map(({ id }) => order.indexOf(id));
      expect(at).toEqual([...new Set(at)].sort((a, b) => a - b));
      for (const { sentence } of all) expect(sentence).toMatch(/^[^\n]*\.$/);
      for (const { sentence } of all) expect(sentence).not.toMatch(/\. \p{Lu}/u);
    }
});
