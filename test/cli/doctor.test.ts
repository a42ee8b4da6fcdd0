import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FINDING_IDS, type Finding } from '../../app/lab/finding';
import { which } from '../../main/dev/exec.mjs';
import { isRoot, makeUser, type Person, self } from '../ordinaryUser';
import { packetLab, scratch } from './cli';
import { installFor, noLab, startAs, withTun } from './labRun';

const dir = scratch();
const bare = scratch();
const user = isRoot ? makeUser() : null;
afterAll(() => user?.remove());
beforeAll(() => installFor(dir));
const people: readonly Person[] = user ? [self, user] : [self];
const forbidden = await noLab();

interface Told {
  readonly status: number | null;
  readonly stderr: string;
  readonly backend: string;
  readonly place: unknown;
  readonly ready: boolean;
  readonly findings: readonly Finding[];
}

function toldBy({ status, stdout, stderr }: { status: number | null; stdout: string; stderr: string }): Told {
  if (stdout === '') throw new Error(`nothing on stdout; stderr: ${stderr}`);
  return { ...(JSON.parse(stdout) as Told), status, stderr };
}

const doctor = async (person: Person, ...args: string[]) =>
  toldBy(await startAs(person, dir, 'doctor', '--json', ...args).ended);

/** The doctor in namespaces of its own, after a script that changes them as their root. */
async function doctorAfter(person: Person, script: string, ...args: string[]): Promise<Told> {
  const run = [
    `${script} && exec "$0" "$@"`,
    process.execPath,
    join(dir, 'cli.cjs'),
    'doctor',
    '--json',
    ...args,
  ];
  return toldBy(
    await new Promise((done) => {
      const options = { cwd: dir, timeout: 60_000, ...person.identity };
      const child = execFile(
        'unshare',
        ['-U', '-r', '-n', '-m', 'sh', '-c', ...run],
        options,
        (_error, stdout, stderr) => done({ status: child.exitCode, stdout, stderr }),
      );
    }),
  );
}

const problems = ({ findings }: Told) =>
  findings.filter(({ level }) => level === 'problem').map(({ id }) => id);
const one = ({ findings }: Told, id: string) => findings.find((finding) => finding.id === id);

test.each([
  [[], '--backend is needed: one of null, '],
  [['--backend', 'warp'], 'There is no backend “warp”; there are null, '],
  [['--backend', 'null', '--lab'], '--lab makes an interface to send on, and null takes none'],
  [['--backend', 'null', '--opt', 'ring=1'], 'null has no options'],
  [['--backend', 'null', 'now'], "Unexpected argument 'now'"],
  [['--backend', 'null', '--fix'], "Unknown option '--fix'"],
])('doctor %j is a usage error of one sentence', async (words, part) => {
  const { status, stdout, stderr } = await packetLab('doctor', ...words);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(part);
  expect(stderr.trim().split('\n')).toHaveLength(1);
});

test.each(['null', 'loopback', 'pcapng', 'udp'])('%s needs nothing that is not here', async (name) => {
  const { status, stdout, stderr } = await packetLab('doctor', '--backend', name);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^ok {7}.*\n[\s\S]*\nNothing that was looked at prevents the run\.\n$/);
});

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  test.each([
    [['--lab', '--if', 'lo'], '--lab and --if exclude each other'],
    [['--if', ''], '--if needs the name of an interface'],
    [['--lab', 'pairs=17'], '--lab pairs is a whole number'],
    [['--opt', 'ring=0'], 'af_packet option ring is a whole number'],
  ])('doctor --backend af_packet %j is a usage error', async (words, part) => {
    const { status, stdout, stderr } = await packetLab('doctor', '--backend', 'af_packet', ...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(part);
  });

  test('--if is for backends that send on an interface', async () => {
    const { status, stderr } = await packetLab('doctor', '--backend', 'udp', '--if', 'lo');
    expect(status).toBe(2);
    expect(stderr).toContain('--if names an interface to look at, and udp takes none');
  });

  test('for people: a line each, the command below it, the sum at the end', async () => {
    const { status, stdout, stderr } = await packetLab('doctor', '--backend', 'tap', '--if', 'no-such-if');
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    expect(stdout).toMatch(
      /^PROBLEM {2}There is no interface “no-such-if” here; there .*\blo\b.*\.\n {11}ip -brief link$/m,
    );
    expect(stdout).toMatch(/problems? prevents? the run\. No command shown was run\.\n$/);
  });

  describe.skipIf(forbidden !== null).each(people)('as $name', (person) => {
    test.each(['af_packet', 'af_xdp', 'udp'])('%s in a lab: nothing prevents the run', async (name) => {
      const told = await doctor(person, '--backend', name, '--lab', 'pairs=2,mtu=900');
      expect(told).toMatchObject({
        status: 0,
        stderr: '',
        backend: name,
        place: { kind: 'lab', pairs: 2, mtu: 900 },
        ready: true,
      });
      const ids = told.findings.map(({ id }) => id);
      expect(ids).toEqual(FINDING_IDS.filter((id) => ids.includes(id)));
      expect(ids).toEqual(expect.arrayContaining(['namespaces', 'lab', 'link', 'carrier', 'mtu', 'peer']));
      for (const finding of told.findings) {
        expect(Object.keys(finding)).toEqual(['id', 'level', 'sentence', 'fix']);
        expect(finding).toMatchObject({ level: 'ok', fix: null });
      }
      expect(one(told, 'mtu')?.sentence).toContain('900 B');
      // A lab is what is looked at when no place is named, or where the backend works without one.
      const place = name === 'udp' ? { kind: 'interface', name: 'lo' } : { kind: 'lab', pairs: 1, mtu: 1500 };
      expect((await doctor(person, '--backend', name)).place).toEqual(place);
    });

    test.each(['user', 'net'])('user.max_%s_namespaces is 0', async (kind) => {
      const script = `echo 0 > /proc/sys/user/max_${kind}_namespaces`;
      const told = await doctorAfter(person, script, '--backend', 'af_packet', '--lab');
      expect(told).toMatchObject({ status: 1, stderr: '', ready: false });
      expect(problems(told)).toEqual(['namespaces']);
      expect(one(told, 'namespaces')).toMatchObject({
        sentence: `A lab is not possible for this user: user.max_${kind}_namespaces is 0; the backends of Simulate (null, loopback, pcapng, udp) need none.`,
        fix: `sudo sysctl user.max_${kind}_namespaces=10000`,
      });
    });

    test('the pair is the one that the run would be on', async () => {
      for (const backend of ['af_packet', 'udp']) {
        const words = ['--backend', backend, '--opt', 'pair=1', '--lab', 'pairs=2'];
        const told = await doctor(person, ...words);
        expect(one(told, 'interface')?.sentence).toBe('pl1a is there, an interface of a private lab.');
        expect(one(told, 'peer')?.sentence).toBe('Its peer pl1b is there and up.');
      }
    });

    test('locked memory that does not hold the ring', async () => {
      // Root of a namespace of its own is nobody special to this limit, and no sender fits into it.
      const limited = (limit: string) => `ulimit ${limit} 64`;
      const hard = await doctorAfter(person, limited('-l'), '--backend', 'af_xdp');
      expect(hard.status).toBe(1);
      expect(problems(hard)).toEqual(['memlock']);
      expect(one(hard, 'memlock')).toMatchObject({
        sentence: expect.stringMatching(/asks for 4,194,304 B .* may lock 65,536 B \(RLIMIT_MEMLOCK\)/),
        fix: 'sudo prlimit --pid $$ --memlock=4194304',
      });
      const soft = await doctorAfter(person, limited('-S -l'), '--backend', 'af_xdp', '--opt', 'ring=20');
      expect(one(soft, 'memlock')?.fix).toBe('ulimit -l 80');
      const small = await doctorAfter(person, limited('-l'), '--backend', 'af_xdp', '--opt', 'ring=8');
      expect(small).toMatchObject({ status: 0, ready: true });
    });

    test('zero-copy on a veth pair', async () => {
      const told = await doctor(person, '--backend', 'af_xdp', '--opt', 'mode=zero-copy', '--lab');
      expect(told.status).toBe(1);
      expect(problems(told)).toEqual(['xdp']);
    });

    test('no /dev/net/tun', async () => {
      const told = await doctorAfter(person, 'mount -t tmpfs none /dev/net', '--backend', 'tap');
      expect(told.status).toBe(1);
      expect(problems(told)).toEqual(['tun']);
      expect(one(told, 'tun')?.fix).toBe('sudo modprobe tun');
    });

    test('an interface that is deleted, down, without carrier, up, in a namespace of its own', async (context) => {
      context.skip(which('ip') === null || which('tc') === null, 'needs ip and tc (iproute2)');
      const make = 'ip link add pl9a mtu 1400 numtxqueues 3 type veth peer name pl9b';
      const look = (script: string) =>
        doctorAfter(person, `${make} && ${script}`, '--backend', 'af_packet', '--if', 'pl9a');

      const gone = await look('ip link del pl9a');
      expect(problems(gone)).toEqual(['interface']);
      expect(one(gone, 'interface')?.sentence).toBe('There is no interface “pl9a” here; there are lo.');

      const down = await look('ip link set pl9b up');
      expect(down).toMatchObject({ status: 1, place: { kind: 'interface', name: 'pl9a' } });
      expect(problems(down)).toEqual(['link']);
      expect(one(down, 'link')?.fix).toBe('sudo ip link set dev pl9a up');

      const dark = await look('ip link set pl9a up');
      expect(problems(dark)).toEqual(['carrier']);

      const slow = 'tc qdisc add dev pl9a root tbf rate 8kbit burst 1600 limit 10000';
      const shaped = await look(`ip link set pl9a up && ip link set pl9b up && ${slow}`);
      expect(shaped).toMatchObject({ status: 0, ready: true });
      expect(problems(shaped)).toEqual([]);
      expect(one(shaped, 'qdisc')).toMatchObject({
        level: 'warning',
        sentence: expect.stringContaining('is tbf,'),
        fix: 'sudo tc qdisc del dev pl9a root',
      });
      expect(one(shaped, 'driver')?.sentence).toBe('The driver of pl9a is veth.');
      expect(one(shaped, 'queues')?.sentence).toMatch(/^pl9a has 3 send queues and \d+ receive queues?\.$/);
      expect(one(shaped, 'mtu')?.sentence).toContain('1,400 B');
      expect(one(shaped, 'rights')).toMatchObject({
        level: 'ok',
        sentence: expect.stringContaining('CAP_NET_RAW'),
      });
    });

    test('a name with control characters is shown in one line, and as one that can be typed', async (context) => {
      context.skip(which('ip') === null || which('bash') === null, 'needs ip (iproute2) and bash');
      const odd = 'a\x1b[1mb';
      const make = `ip link add '${odd}' type veth peer name pl9b`;
      const told = await doctorAfter(person, make, '--backend', 'af_packet', '--if', odd);
      expect(one(told, 'link')?.sentence).toBe('a·[1mb is down, so every send is refused.');
      const fix = one(told, 'link')?.fix?.replace(/^sudo /, '') ?? '';
      expect(fix).not.toContain('\x1b');
      const typed = `bash -c '${fix.replaceAll("'", "'\\''")}'`;
      const mended = await doctorAfter(person, `${make} && ${typed}`, '--backend', 'af_packet', '--if', odd);
      expect(one(mended, 'link')?.level).toBe('ok');
    });

    test('threads of its own', async (context) => {
      context.skip(which('ip') === null, 'needs ip (iproute2)');
      const script =
        'mount -t sysfs sys /sys && ip link add pl9a type veth peer name pl9b && ip link set pl9b up && ip link set pl9a up && { ethtool -K pl9a gro on; echo 1 > /sys/class/net/pl9a/threaded; cat /sys/class/net/pl9a/threaded >&2; }';
      const told = await doctorAfter(person, script, '--backend', 'af_packet', '--if', 'pl9a');
      context.skip(!told.stderr.endsWith('1\n'), `no threaded NAPI here: ${told.stderr.trim()}`);
      expect(one(told, 'napi')).toMatchObject({
        level: 'warning',
        fix: 'echo 0 | sudo tee /sys/class/net/pl9a/threaded',
      });
    });

    test('UDP where the loopback interface is down', async () => {
      const told = await doctorAfter(person, 'true', '--backend', 'udp');
      expect(told.status).toBe(1);
      expect(problems(told)).toEqual(['link']);
      expect(one(told, 'link')?.sentence).toBe('lo is down, so every send is refused.');
    });

    test('another namespace is not told by the /sys that was mounted here', async (context) => {
      const here = readdirSync('/sys/class/net').find(
        (name) => existsSync(`/sys/class/net/${name}/threaded`) && name !== 'lo',
      );
      if (here === undefined || which('ip') === null)
        return context.skip('needs ip and an interface besides lo');
      const index = Number(readFileSync(`/sys/class/net/${here}/ifindex`, 'utf8')) + 1000;
      const script = `ip link add name ${here} index ${index} type veth peer name pl9b`;
      const told = await doctorAfter(person, script, '--backend', 'tap', '--if', here);
      expect(one(told, 'driver')?.sentence).toContain('veth');
      expect(one(told, 'napi')?.level ?? 'ok').toBe('ok');
    });
  });

  test('an ordinary user has no right to an interface of this computer, nor perhaps to /dev/net/tun', async (context) => {
    const person = user ?? self;
    const told = await doctor(person, '--backend', 'af_packet', '--if', 'lo');
    expect(told.status).toBe(1);
    expect(problems(told)).toEqual(['rights']);
    expect(one(told, 'rights')).toMatchObject({
      sentence: expect.stringMatching(/CAP_NET_RAW.*CapEff 0000000000000000/),
      fix: 'packet-lab doctor --backend af_packet --lab',
    });
    const tap = await doctor(withTun(person, dir, '600'), '--backend', 'tap', '--lab');
    context.skip(one(tap, 'tun')?.level === 'ok', 'every user may open /dev/net/tun here');
    expect(tap.status).toBe(1);
    expect(problems(tap)).toEqual(['tun']);
    expect(one(tap, 'tun')?.fix).toBe('sudo chmod 666 /dev/net/tun');
  });

  test('the program of the lab is missing', async () => {
    installFor(bare);
    rmSync(join(bare, 'native', 'packet-lab-helper'));
    const told = toldBy(
      await startAs(self, bare, 'doctor', '--json', '--backend', 'af_packet', '--lab').ended,
    );
    expect(told).toMatchObject({ status: 1, ready: false });
    expect(told.findings.filter(({ level }) => level === 'problem')).toEqual([
      {
        id: 'lab',
        level: 'problem',
        fix: 'npm run build',
        sentence: expect.stringContaining('helper is missing;'),
      },
    ]);
  });

  test('NoNewPrivs is told', async (context) => {
    context.skip(which('setpriv') === null, 'needs setpriv (util-linux)');
    const command = [
      process.execPath,
      join(dir, 'cli.cjs'),
      'doctor',
      '--json',
      '--backend',
      'tap',
      '--if',
      'lo',
    ];
    const told = toldBy(
      await new Promise((done) => {
        const options = { cwd: dir, ...(user ?? self).identity };
        const child = execFile('setpriv', ['--no-new-privs', ...command], options, (_error, stdout, stderr) =>
          done({ status: child.exitCode, stdout, stderr }),
        );
      }),
    );
    expect(one(told, 'rights')).toMatchObject({
      level: 'problem',
      sentence: expect.stringMatching(
        /needs CAP_NET_ADMIN, .* NoNewPrivs 1\), and with NoNewPrivs no program/,
      ),
    });
  });

  test('a tap in a lab', async (context) => {
    let open = true;
    try {
      accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    } catch {
      open = false;
    }
    context.skip(!open || forbidden !== null, 'needs /dev/net/tun and a lab');
    const told = await doctor(self, '--backend', 'tap', '--lab');
    expect(told).toMatchObject({ status: 0, ready: true });
    expect(one(told, 'peer')?.sentence).toBe('pl0t itself receives what is written to it.');
  });
});
