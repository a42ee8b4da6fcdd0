import { describe, expect, it } from 'vitest';
import type { InstanceInfo } from '../../app/ipc/contract';
import { setField } from '../../app/packet/edit';
import { encodeBytes } from '../../app/packet/encode';
import { BUILT_IN_HEX, formatHex } from '../../app/packet/hex';
import type { Settings } from '../../app/run/plan';
import { udpBackend } from '../../main/backends/udp';
import { bitRates, ending, lastPlace, lateText, noticeOf, remedy } from '../../renderer/store/account';
import { checkSettings, isUnchosen } from '../../renderer/store/checks';
import { intent } from '../../renderer/store/intent';
import { preflight } from '../../renderer/store/preflight';
import { FAKE_BACKENDS } from './fakeBackends';
import { FAKE_CAPTURE, FakeLab } from './fakeLab';
import { startFakeRun } from './fakeRun';

function instance(settings: Partial<Settings> = {}, patch: Partial<InstanceInfo> = {}): InstanceInfo {
  const [first] = new FakeLab(settings).instances;
  if (!first) throw new Error('the fake lab is empty');
  return { ...first, ...patch };
}

const BACKENDS = [...FAKE_BACKENDS, udpBackend];
const backend = (name: string) => BACKENDS.find((b) => b.name === name);
const checked = (i: InstanceInfo) => checkSettings(i.settings, i, FAKE_BACKENDS);
const intended = (i: InstanceInfo) => intent(i.settings, i, checked(i));
const lines = (i: InstanceInfo) =>
  preflight(i.settings, i, backend(i.settings.backend)).map((l) => `${l.level}: ${l.text}`);

describe('what Run will do', () => {
  it.each([
    [{ stop: 'once' }, '1 packet on loopback'],
    [{ stop: '1000' }, '1,000 packets on loopback'],
    [{ stop: '1 packet', backend: 'null' }, '1 packet on null'],
    [{ stop: '10s' }, 'this packet on loopback for 10 s'],
    [{ stop: 'never' }, 'this packet on loopback until Stop'],
    [{ stop: 'first again' }, 'this packet on loopback until the first AGAIN'],
    [{ stop: '9 packets or first again' }, '9 packets on loopback or the first AGAIN'],
    [{ rate: 'fast' }, 'one setting to mend first'],
    [{ rate: 'fast', batch: '0' }, '2 settings to mend first'],
    [{ hex: '' }, 'mend the packet first'],
    [{ source: 'capture' }, 'open a capture first'],
    [{ backend: 'pcapng' }, 'choose a file to write first'],
  ] as [Partial<Settings>, string][])('%j', (settings, words) => {
    expect(intended(instance(settings))).toBe(words);
  });

  it('names the capture', () => {
    const capture = { ...FAKE_CAPTURE, name: 'frames.pcap' };
    const at = (settings: Partial<Settings>) =>
      intended(instance({ source: 'capture', backend: 'null', ...settings }, { capture }));
    expect(at({ stop: 'once' })).toBe('frames.pcap once on null');
    expect(at({ stop: '50' })).toBe('50 packets of frames.pcap on null');
  });
});

describe('checks', () => {
  it('say what is wrong with each field, with its name and range', () => {
    const wrong = instance({
      batch: '5000',
      rate: 'fast',
      stop: 'soon',
      flush: 'sometimes',
      hex: '0g',
      options: { loopback: { ring: '1', loss: '2' } },
    });
    const problems = checked(wrong);
    expect(Object.keys(problems)).toEqual([
      'hex',
      'options.ring',
      'options.loss',
      'batch',
      'flush',
      'rate',
      'stop',
    ]);
    expect(problems.batch).toMatch(/from 1 to 4,096; “5000” is not/);
  });

  it('take an emptied option for its default', () => {
    expect(checked(instance({ options: { loopback: { ring: ' ' } } }))).toEqual({});
  });

  it('know a backend that is not there', () => {
    expect(checked(instance({ backend: 'warp' }))).toHaveProperty('backend');
  });

  it('do not mark what is only not chosen yet', () => {
    const empty = instance({ backend: 'pcapng', source: 'capture' });
    expect(Object.keys(checked(empty))).toEqual(['capture', 'options.file']);
    for (const field of Object.keys(checked(empty)))
      expect(isUnchosen(field, empty, backend('pcapng'))).toBe(true);
    expect(isUnchosen('rate', empty, backend('pcapng'))).toBe(false);
    expect(
      checked(instance({ backend: 'pcapng' }, { outputs: { file: '/tmp/x', peer: null, tee: null } })),
    ).toEqual({});
  });
});

describe('before you run', () => {
  it('compares the packet with the MTU, with room for a VLAN tag', () => {
    expect(lines(instance())).toEqual(['good: 60 B fits MTU 4,082 + 14 = 4,096 B.']);
    expect(lines(instance({ options: { loopback: { mtu: '40' } } }))[0]).toBe(
      'warning: 60 B is over MTU 40 + 14 = 54 B: loopback answers INVAL.',
    );
    const tagged = `${'02'.repeat(12)}8100${'00'.repeat(44)}`;
    expect(lines(instance({ hex: tagged, options: { loopback: { mtu: '40' } } }))[0]).toMatch(
      /MTU 40 \+ 18 = 58 B/,
    );
  });

  it('says what becomes of the packet on each backend, and what is wrong with it', () => {
    expect(lines(instance({ backend: 'null' }))[0]).toBe('good: 60 B: counted, its bytes are not touched.');
    const file = { outputs: { file: '/tmp/x', peer: null, tee: null } };
    expect(lines(instance({ backend: 'pcapng' }, file))[0]).toBe(
      'good: 60 B: written to the file as they are.',
    );
    expect(lines(instance({ backend: 'pcapng', options: { pcapng: { snaplen: '40' } } }, file))[0]).toBe(
      'warning: The first 40 B of 60 B are written: snaplen cuts the rest.',
    );
    const wrong = `${BUILT_IN_HEX.slice(0, 72)}ff${BUILT_IN_HEX.slice(74)}`;
    expect(lines(instance({ hex: wrong })).join('\n')).toMatch(
      /note: .*checksum is 0x[0-9a-f]{4} and should be/i,
    );
  });

  it('names a wrong field as its row does, without a path into the packet', () => {
    const known = instance().settings.packet;
    const packet = setField(known, { layer: 2, name: 'udp.dstport', nth: 0 }, '70000');
    const said = lines(instance({ packet, hex: formatHex(encodeBytes(packet)) }));
    expect(said[0]).toMatch(/^stop: udp\.dstport is a whole number from 0 to 65535/);
  });

  it('says which frames of a capture udp refuses and snaplen cuts', () => {
    const said = (settings: Partial<Settings>) =>
      lines(instance({ source: 'capture', ...settings }, { capture: FAKE_CAPTURE })).join('\n');
    const refused = 'note: Frames that are no UDP datagram to a loopback address get INVAL.';
    expect(said({ backend: 'udp' })).toContain(refused);
    expect(said({ backend: 'null' })).not.toContain(refused);
    const cut = said({ backend: 'pcapng', options: { pcapng: { snaplen: '96' } } });
    expect(cut).toContain('note: Frames over 96 B are cut: snaplen.');
    expect(said({ backend: 'pcapng' })).not.toContain('are cut');
  });

  it('counts the frames of a capture that will not be sent', () => {
    const said = lines(instance({ source: 'capture', backend: 'null' }, { capture: FAKE_CAPTURE })).join(
      '\n',
    );
    expect(said).toContain('7 frames on Linux cooked v1 will not be sent');
    expect(said).toContain('2 frames over 4,096 B: refused');
    expect(said).toContain('5 frames cut by the snap length');
    expect(said).toContain('12,471 frames of dns-and-http.pcapng can be sent');
  });

  it('says what prevents a run first, and what a run without end costs', () => {
    expect(lines(instance({ backend: 'pcapng' }))[0]).toBe('stop: Choose the file that pcapng writes.');
    const endless = lines(instance({ stop: 'never', flush: 'never' })).join('\n');
    expect(endless).toContain('one core busy, until you press Stop');
    expect(endless).toContain('press Flush now');
  });
});

describe('accounts of a run', () => {
  const loopback = FAKE_BACKENDS[0];
  if (!loopback) throw new Error('no fake backend');

  function ran(settings: Partial<Settings>, ticks: number) {
    const run = startFakeRun(instance(settings), loopback as NonNullable<typeof loopback>);
    for (let i = 0; i < ticks; i++) run.advance(0.1);
    return run.snapshot;
  }

  it('balance in the fake as in the real one', () => {
    for (const settings of [
      { stop: 'never' },
      { stop: 'never', options: { loopback: { ring: '64', drain: '1k' } } },
    ]) {
      const s = ran(settings, 20);
      expect(s.offered).toBe(s.taken + s.refused + s.unexamined);
      expect(s.taken).toBeGreaterThanOrEqual(s.completed);
    }
  });

  it('give L1 and L2 only where each packet has the same known length', () => {
    const snapshot = { ...ran({ rate: '10kpps', stop: 'never' }, 10), running: false };
    const view = { run: 1, snapshot, rates: null, limiter: null };
    expect(bitRates(view, 60)).toEqual({
      payload: expect.closeTo(4.8e6, -2),
      l2: expect.closeTo(5.12e6, -2),
      l1: expect.closeTo(6.72e6, -2),
    });
    expect(bitRates(view, 61)).toMatchObject({ l1: null, l2: null });
    expect(bitRates(view, null)).toMatchObject({ l1: null, l2: null });
    expect(bitRates(undefined, 60)).toBeNull();
  });

  it('say what came back late', () => {
    expect(lateText(1, 'It came back.')).toBe('It came back. 1 late error so far; the packets stay taken.');
    expect(lateText(1200, 'Back.')).toBe('Back. 1,200 late errors so far; the packets stay taken.');
  });

  it('say how a run ended', () => {
    const done = ran({ rate: '10kpps', stop: '1000' }, 5);
    expect(ending(done)).toBe('1,000 of 1,000 taken in 100 ms. The whole plan was offered.');
    expect(ending(ran({ stop: 'never' }, 5))).toBeNull();
    expect(ending({ ...done, role: 'receive', received: 990 })).toBe(
      '990 frames received in 100 ms. All that it waited for came.',
    );
  });

  it('say what a run lost once: the diagnosis while it is on, its notice afterwards', () => {
    const lost = { ...ran({ stop: 'never' }, 5), notice: 'No carrier.', noCarrier: 7 };
    expect(lost.running).toBe(true);
    expect(noticeOf(lost, null)).toBeNull();
    expect(noticeOf({ ...lost, running: false }, null)).toBe('No carrier.');
    expect(noticeOf({ ...lost, running: false }, { id: 'carrier' })).toBeNull();
    expect(noticeOf({ ...lost, running: false }, { id: 'pace' })).toBe('No carrier.');
    expect(noticeOf({ ...lost, noCarrier: 0, receiverLoss: 1 }, null)).toBeNull();
    expect(noticeOf({ ...lost, noCarrier: 0 }, { id: 'carrier' })).toBe('No carrier.');
  });

  it('name the place of a refusal and a remedy for a fault', () => {
    const reason = {
      code: 'again' as const,
      sentence: '',
      lastSentence: '',
      count: 1,
      firstOrdinal: 0,
      lastOrdinal: 41,
      firstCall: 0,
      lastCall: 412,
      firstIndex: 0,
      lastIndex: 32,
    };
    expect(lastPlace(reason)).toBe('call 412, index 32');
    expect(lastPlace({ ...reason, lastCall: 0 })).toBe('before any call, packet 41');
    const fault = { state: 'failed' as const, step: 'write', errno: 28, sentence: '' };
    expect(remedy(fault, 'pcapng')).toMatch(/Free space/);
    expect(remedy({ ...fault, step: 'stalled', errno: 0 }, 'loopback')).toMatch(/Lower the rate/);
    expect(remedy({ ...fault, errno: 5 }, 'pcapng')).toMatch(/another file/);
    expect(remedy({ ...fault, errno: 5 }, 'tap'), 'a TAP device is no file').toMatch(/Mend the cause/);
    const removed = { ...fault, state: 'removed' as const, errno: 6 };
    expect(remedy({ ...removed, step: 'sendmmsg' }, 'af_packet')).toMatch(/Re-create on the Lab page/);
    expect(remedy(removed, 'tap')).toMatch(/^Press Run: it makes/);
    expect(remedy({ ...removed, step: 'helper' }, 'af_xdp')).toMatch(/^Open a lab again/);
  });
});
