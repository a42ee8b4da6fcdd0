import fc from 'fast-check';
import { encodeBytes } from '../../../app/packet/encode';
import { formatHex, parseHex } from '../../../app/packet/hex';
import { TEMPLATES } from '../../../app/packet/templates';
import type { Settings } from '../../../app/run/plan';
import { type Chosen, defaultSettings, NOTHING_CHOSEN } from '../../../app/run/settings';
import { unsignable } from '../../../app/run/signature';

/** Drafts that can be run, with everything a person may have typed, and what was chosen in dialogs. */

const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined, freq: 2 });
const share = fc.integer({ min: 0, max: 1_000_000 }).map((n) => String(n / 1e6));
const whole = (min: number, max: number) =>
  fc.integer({ min, max }).chain((n) => fc.constantFrom(String(n), n.toLocaleString('en-US'), ` ${n} `));
const plainWhole = (min: number, max: number) => fc.integer({ min, max }).map(String);
const time = (max: number) =>
  fc
    .tuple(fc.integer({ min: 1, max }), fc.constantFrom('us', 'ms', 'µs'), fc.constantFrom('', ' '))
    .map(([n, unit, gap]) => `${n}${gap}${unit}`);

const loopback = fc.record({
  ring: some(plainWhole(1, 65_536)),
  drain: some(fc.oneof(fc.constantFrom('max', '0', '10k', '1.5Mpps', ' '), plainWhole(0, 1e9))),
  mtu: some(fc.oneof(plainWhole(1, 4082), fc.constant(''))),
  loss: some(share),
  duplicate: some(share),
  reorder: some(share),
  delay: some(fc.oneof(fc.constantFrom('0', '1.5ms', '10s'), time(10_000))),
  seed: some(plainWhole(0, 2 ** 31)),
  attach: some(fc.constantFrom('B', 'AA', ' ', '')),
});
const pcapng = fc.record({
  snaplen: some(plainWhole(1, 4096)),
  limit: some(fc.constantFrom('1k', '1G', '12M', '123456')),
});
const udp = fc.record({ sndbuf: some(fc.constantFrom('0', '64k', '100000')) });

export const faultTexts = fc.record({
  drop: some(share),
  duplicate: some(share),
  reorder: some(share),
  corrupt: some(share),
  delay: some(time(10_000)),
  seed: some(plainWhole(0, 2 ** 31)),
  'again-every': some(plainWhole(1, 1e9)),
  'again-at': some(plainWhole(0, 1e9)),
  'inval-every': some(plainWhole(1, 1e9)),
  'inval-at': some(fc.constantFrom('0', '2k', ' ')),
});

const given = (record: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));

const rate = fc.oneof(
  fc.constantFrom('max', '100 kpps', '10kpps', '1.5Mpps', '100Mbps:l1', '2.5Gbps : l2', 'burst:32@1000us'),
  fc.integer({ min: 1, max: 1_000_000_000 }).map((n) => `${n}pps`),
  fc.integer({ min: 1, max: 1_000_000_000 }).map((n) => `${n / 1000} kpps`),
  fc.integer({ min: 1, max: 1e9 }).map((n) => `${n}bps:l2`),
  fc
    .tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1000, max: 2e9 }))
    .map(([n, ns]) => `burst:${n}@${ns}ns`),
);

const after = fc.oneof(
  fc.constantFrom('never', 'once', '1 packet', '1,000 packets', '10k', '10s', '2m', '1.5s', '12.345678 ms'),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map((n) => `${n.toLocaleString('en-US')} packets`),
  fc.integer({ min: 1e6, max: 2e9 }).map((n) => `${n}ns`),
  fc.integer({ min: 1, max: 43_200 }).map((n) => `${n}m`),
);
const stop = fc
  .tuple(after, fc.constantFrom('', '', 'success', 'INVAL', 'again'))
  .map(([text, code]) => (code === '' ? text : `${text} or first ${code}`));

const flush = fc.oneof(
  fc.constantFrom('every-batch', 'every batch', 'never', 'every:64', 'after:50us', 'every:64,after:50us'),
  fc
    .tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1000, max: 2e9 }))
    .map(([n, ns]) => `every ${n} packets, after ${ns}ns`),
);

const source = fc.oneof(
  fc.constantFrom(...TEMPLATES).map(({ packet }) => ({ packet, hex: formatHex(encodeBytes(packet)) })),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => ({
    packet: TEMPLATES[0].packet,
    hex: formatHex(bytes),
  })),
);

function bytesOf(hex: string): Uint8Array {
  const bytes = parseHex(hex);
  return bytes.ok ? bytes.value : new Uint8Array(0);
}

export const settingsArbitrary: fc.Arbitrary<Settings> = fc
  .record({
    backend: fc.constantFrom('null', 'loopback', 'pcapng', 'udp'),
    options: fc
      .record({ loopback, pcapng, udp })
      .map((all) => Object.fromEntries(Object.entries(all).map(([name, texts]) => [name, given(texts)]))),
    batch: whole(1, 4096),
    flush,
    rate,
    stop,
    again: fc.constantFrom('retry', 'drop', 'stop'),
    seed: whole(0, 2 ** 31),
    faultOn: fc.boolean(),
    fault: faultTexts.map(given),
    teeOn: fc.boolean(),
    signature: fc.boolean(),
    source: fc.constantFrom('hex', 'hex', 'capture'),
    from: source,
  })
  .map(({ from, ...rest }): Settings => {
    const room = rest.source === 'capture' || unsignable(bytesOf(from.hex)) === null;
    return { ...defaultSettings(), ...rest, ...from, signature: rest.signature && room };
  })
  .chain((settings) =>
    settings.source === 'capture'
      ? fc.constantFrom(settings.rate, 'capture').map((text): Settings => ({ ...settings, rate: text }))
      : fc.constant(settings),
  );

/** Names of files with everything a file system allows. */
export const pathArbitrary = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((name) => !/[/\0]/.test(name) && name !== '.' && name !== '..')
  .map((name) => `/some/${name}`);

export const chosenArbitrary: fc.Arbitrary<Chosen> = fc
  .record({ capture: pathArbitrary, file: pathArbitrary, tee: pathArbitrary })
  .map((files): Chosen => ({ ...NOTHING_CHOSEN, ...files }));
