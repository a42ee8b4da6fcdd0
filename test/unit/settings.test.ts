import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_HEX, formatHex, parseHex } from '../../app/packet/hex';
import { defaultSettings, NOTHING_CHOSEN, planOf } from '../../app/run/settings';
import { BACKENDS } from '../../main/backends/table';

const nothing = NOTHING_CHOSEN;
const plan = (change: object, chosen = nothing) =>
  planOf({ ...defaultSettings(), ...change }, BACKENDS, chosen);

describe('hex text', () => {
  test('bytes are read back from what is formatted', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        expect(parseHex(formatHex(bytes))).toEqual({ ok: true, value: bytes });
      }),
    );
  });

  test.each(['02:00:00', '0x020000', '02-00-00', ' 02 00\n00 '])('%j is three bytes', (text) =>
    expect(parseHex(text)).toEqual({ ok: true, value: Uint8Array.of(2, 0, 0) }),
  );

  test('any text gives bytes or a sentence', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const result = parseHex(text);
        if (!result.ok) expect(result.sentence).toMatch(/\.$/);
      }),
    );
  });

  test('the built-in packet is 60 bytes', () => {
    const result = parseHex(BUILT_IN_HEX);
    expect(result.ok && result.value.length).toBe(60);
  });
});

describe('settings to plan', () => {
  test('the defaults are a plan', () => {
    expect(plan({})).toMatchObject({
      ok: true,
      plan: { backend: { name: 'loopback', options: { ring: 1024, drain: null } } },
    });
  });

  test('stages are in the plan when they are on; the seed is the fault’s and the loopback’s', () => {
    const on = { faultOn: true, teeOn: true, seed: '7', fault: { drop: '0.01', delay: ' ' } };
    const chosen = { ...nothing, tee: 'tee.pcapng' };
    expect(plan(on, chosen)).toMatchObject({
      ok: true,
      plan: {
        fault: { drop: 0.01, delayNs: 0, seed: 7 },
        tee: 'tee.pcapng',
        backend: { options: { seed: 7 } },
      },
    });
    expect(plan({ ...on, faultOn: false, teeOn: false }, chosen)).toMatchObject({
      plan: { fault: null, tee: null },
    });
  });

  test.each([
    [{ backend: 'warp' }, 'backend'],
    [{ batch: '0' }, 'batch'],
    [{ batch: 'NaN' }, 'batch'],
    [{ flush: 'often' }, 'flush'],
    [{ rate: '10' }, 'rate'],
    [{ rate: 'capture' }, 'rate'],
    [{ stop: 'later' }, 'stop'],
    [{ hex: 'zz' }, 'hex'],
    [{ source: 'capture' }, 'capture'],
    [{ options: { loopback: { ring: '0' } } }, 'options.ring'],
    [{ options: { loopback: { drain: 'x' } } }, 'options.drain'],
    [{ backend: 'pcapng' }, 'options.file'],
    [{ seed: '-1' }, 'seed'],
    [{ faultOn: true, fault: { drop: '2' } }, 'fault.drop'],
    [{ faultOn: true, fault: { shake: '1' } }, 'fault.shake'],
    [{ teeOn: true }, 'tee'],
  ])('%j is refused at %s', (change, field) => expect(plan(change)).toMatchObject({ ok: false, field }));

  test('an emptied option means its default', () => {
    expect(plan({ options: { loopback: { ring: ' ' } } })).toMatchObject({
      plan: { backend: { options: { ring: 1024 } } },
    });
  });

  test('a typed file name is not trusted: files come from dialogs', () => {
    const typed = plan({ backend: 'pcapng', options: { pcapng: { file: '/etc/passwd' } } });
    expect(typed).toMatchObject({ ok: false, field: 'options.file' });
    const chosen = plan(
      { backend: 'pcapng', options: { pcapng: { file: '/etc/passwd' } } },
      { ...nothing, file: '/tmp/x' },
    );
    expect(chosen).toMatchObject({ ok: true, plan: { backend: { options: { file: '/tmp/x' } } } });
  });

  test('a peer is written only where there is one', () => {
    expect(plan({}, { ...nothing, peer: '/tmp/p' })).toMatchObject({ plan: { peerOut: '/tmp/p' } });
    expect(plan({ backend: 'null' }, { ...nothing, peer: '/tmp/p' })).toMatchObject({
      plan: { peerOut: null },
    });
  });
});
