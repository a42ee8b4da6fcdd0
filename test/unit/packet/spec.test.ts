import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../app/packet/decode';
import { encode } from '../../../app/packet/encode';
import { BUILT_IN_HEX, parseHex } from '../../../app/packet/hex';
import { parseSpec } from '../../../app/packet/parseSpec';
import { relax } from '../../../app/packet/relax';
import { TEMPLATES } from '../../../app/packet/templates';
import { hexOf } from '../../../app/packet/value';

const one = (fields: Record<string, unknown>, proto = 'ip') =>
  JSON.stringify({ layers: [{ proto, fields }] });
const refusal = (text: string) => {
  const read = parseSpec(text);
  return read.ok ? 'accepted' : read.sentence;
};

describe('templates', () => {
  it('start with the built-in packet', () => {
    const built = parseHex(BUILT_IN_HEX);
    expect(built.ok && hexOf(built.value)).toBe(hexOf(encode(TEMPLATES[0].packet).bytes));
  });

  it.each(TEMPLATES.map((template) => [template.name, template] as const))(
    '%s is whole and right',
    (_, { packet }) => {
      const { bytes, layers, problems } = encode(packet);
      expect(layers.filter((layer) => layer.error || layer.fields.some((field) => field.error))).toEqual([]);
      expect(problems).toEqual([]);
      const decoded = decode(bytes);
      expect(decoded.problems).toEqual([]);
      expect(decoded.layers.map(({ proto }) => proto)).toEqual(packet.layers.map(({ proto }) => proto));
      expect(bytes.length).toBeLessThanOrEqual(4096);
    },
  );
});

describe('a SPEC', () => {
  it('is what decode prints', () => {
    const bytes = encode(TEMPLATES[6]?.packet ?? TEMPLATES[0].packet).bytes;
    const line = JSON.stringify({ no: 1, time: 2, len: bytes.length, ...decode(bytes) });
    const read = parseSpec(line);
    expect(read.ok && read.value.map((spec) => hexOf(encode(spec).bytes))).toEqual([hexOf(bytes)]);
    const lines = parseSpec(`${line}\n${line}\n`);
    expect(lines.ok && lines.value.length).toBe(2);
  });

  it.each([
    ['not JSON', 'The packet file is not JSON'],
    ['', 'The packet file is not JSON'],
    ['[]', 'holds no frames'],
    ['{"layers":[]}', 'layers: '],
    ['{"layer":[]}', ''],
    ['{"layers":[{"proto":"ipx"}]}', 'layers[0].proto: There is no protocol “ipx” here; did you mean “ip”?'],
    [one({ 'ip.tll': 3 }), 'layers[0].fields.ip.tll: IPv4 has no field “ip.tll”; did you mean “ip.ttl”?'],
    [
      one({ 'ip.ttl': 256 }),
      'layers[0].fields.ip.ttl: ip.ttl is a whole number from 0 to 255; “256” is not.',
    ],
    [one({ 'ip.ttl': -1 }), 'layers[0].fields.ip.ttl'],
    [one({ 'ip.ttl': 1.5 }), 'layers[0].fields.ip.ttl'],
    [one({ 'ip.ttl': null }), 'layers[0].fields.ip.ttl'],
    [
      one({ 'ip.ttl': [1, 2] }),
      'layers[0].fields.ip.ttl: ip.ttl has more values than this packet has places',
    ],
    ['{"layers":[{"proto":"quic"}]}', 'there are eth, vlan'],
    [one({ 'ip.src': '300.1.1.1' }), 'layers[0].fields.ip.src'],
    [one({ 'ip.hdr_len': 21 }), 'a multiple of 4'],
    [one({ 'ipv6.src': '2001:db8::1%eth0' }, 'ipv6'), 'layers[0].fields.ipv6.src'],
    [one({ 'data.data': 'abc' }, 'data'), 'layers[0].fields.data.data'],
    ['{"layers":[{"proto":"ip","fields":{"__proto__":{"a":1}}}]}', 'layers[0].fields.__proto__: “__proto__”'],
    ['[{"layers":[{"proto":"ip","fields":{"__proto__":1}}]}]', '[0].layers[0].fields.__proto__: '],
    [
      '{"layers":[{"proto":"ip","fields":{"ip.ttl":[1,{}]}}]}',
      'layers[0].fields.ip.ttl: a value is a number',
    ],
    ['{"layers":[{"proto":"__proto__"}]}', 'There is no protocol'],
    ['{"layers":[{"proto":"ip"}],"constructor":1}', '“constructor” is not known here'],
  ])('%s is refused in a sentence', (text, sentence) => {
    expect(refusal(text)).toContain(sentence);
  });

  it.each([0, 1, 65_535, 65_536, 262_144])('is what decode prints of %d bytes', (length) => {
    const bytes = new Uint8Array(length).fill(0x45);
    const read = parseSpec(JSON.stringify(decode(bytes)));
    expect(read.ok && read.value.map((spec) => encode(spec).bytes.length)).toEqual([length]);
  });

  it('names the frame of an array', () => {
    expect(refusal(`[${one({})},${one({ 'ip.ttl': 'x' })}]`)).toContain('[1].layers[0].fields.ip.ttl');
  });

  it('takes numbers in words, hex and bits', () => {
    const read = parseSpec(
      one({ 'tcp.flags.syn': true, 'tcp.flags.ack': 1, 'tcp.flags.fin': 0, 'tcp.dstport': '0x50' }, 'tcp'),
    );
    const fields = read.ok ? encode(read.value[0] ?? { layers: [] }).layers[0]?.fields : [];
    expect(fields?.find(({ name }) => name === 'tcp.flags')?.value).toBe(0x012);
    expect(fields?.find(({ name }) => name === 'tcp.dstport')?.value).toBe(80);
  });
});

describe('set and computed fields', () => {
  const udp = (fields: Record<string, number | string>) => ({
    layers: [
      { proto: 'eth', fields: {} },
      { proto: 'ip', fields: {} },
      { proto: 'udp', fields },
      { proto: 'data', fields: { 'data.data': '0102' } },
    ],
  });
  const field = (fields: Record<string, number | string>, name: string) =>
    encode(udp(fields)).layers[2]?.fields.find((f) => f.name === name);

  it('says which is which', () => {
    expect(field({}, 'udp.length')).toMatchObject({ state: 'auto', text: '10' });
    expect(field({ 'udp.length': 10 }, 'udp.length')).toMatchObject({ state: 'pinned', text: '10' });
    expect(field({ 'udp.length': 11 }, 'udp.length')).toMatchObject({
      state: 'purpose',
      text: '11',
      auto: '10',
    });
    expect(field({ 'udp.checksum': '0x1111' }, 'udp.checksum')).toMatchObject({
      state: 'purpose',
      text: '0x1111',
    });
  });

  it('keeps a wrong value and says what is wrong with it', () => {
    const encoded = encode(udp({ 'udp.checksum': 0x1111 }));
    expect(encoded.problems).toEqual([expect.objectContaining({ layer: 2, field: 'udp.checksum' })]);
    expect(hexOf(encoded.bytes)).toContain('1111');
  });

  it('has a zero checksum for none over IPv4', () => {
    expect(encode(udp({ 'udp.checksum': 0 })).problems).toEqual([]);
  });

  it('keeps text that is no value and computes instead', () => {
    expect(field({ 'udp.length': 'ten' }, 'udp.length')).toMatchObject({
      text: '10',
      error: expect.stringContaining('“ten” is not'),
    });
  });

  it('is computed again once a decoded packet is relaxed', () => {
    const relaxed = relax(decode(encode(udp({ 'udp.checksum': 0x1111 })).bytes));
    expect(relaxed.layers[2]?.fields).toEqual({ 'udp.checksum': 0x1111 });
    expect(relaxed.layers[1]?.fields).toEqual({});
  });
});

it('the worked example of CONTRIBUTING.md is the protocol itself', () => {
  const source = readFileSync('app/packet/protocol/vxlan.ts', 'utf8');
  expect(readFileSync('CONTRIBUTING.md', 'utf8')).toContain(`\`\`\`ts\n${source}\`\`\``);
});
