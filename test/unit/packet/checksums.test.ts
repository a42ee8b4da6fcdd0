import { describe, expect, it } from 'vitest';
import { decode } from '../../../app/packet/decode';
import { encode, specError } from '../../../app/packet/encode';
import type { FieldValue, LayerSpec } from '../../../app/packet/spec';
import { hexOf } from '../../../app/packet/value';

const layer = (proto: string, fields: Record<string, FieldValue> = {}): LayerSpec => ({ proto, fields });
const checksum = (...layers: LayerSpec[]) => {
  const { layers: views } = encode({ layers: [layer('eth'), ...layers] });
  return views.at(-2)?.fields.find(({ name }) => name === 'udp.checksum')?.value;
};
const udp = [layer('udp'), layer('data', { 'data.data': '616263' })];
const END = '2001:db8::99';
const VIA = '2001:db8::55';
const VIA4 = '192.0.2.8';
/** What the datagram has without any header between. */
const straight = (fields: Record<string, FieldValue>) => checksum(layer('ipv6', fields), ...udp);

describe('the checksum of a datagram', () => {
  it.each<[string, LayerSpec]>([
    [
      'a source route',
      layer('ipv6.routing', { 'ipv6.routing.segleft': 1, 'ipv6.routing.src.addr': [VIA, END] }),
    ],
    [
      'mobile IPv6',
      layer('ipv6.routing', {
        'ipv6.routing.type': 2,
        'ipv6.routing.segleft': 1,
        'ipv6.routing.mipv6.home_address': END,
      }),
    ],
    [
      'an RPL route',
      layer('ipv6.routing', {
        'ipv6.routing.type': 3,
        'ipv6.routing.segleft': 2,
        'ipv6.routing.rpl.address': ['20010db8000000000000000000000055', '20010db8000000000000000000000099'],
      }),
    ],
    [
      'segments, listed backwards',
      layer('ipv6.routing', {
        'ipv6.routing.type': 4,
        'ipv6.routing.segleft': 1,
        'ipv6.routing.srh.addr': [END, VIA],
      }),
    ],
  ])('goes by where %s ends', (_, route) => {
    expect(checksum(layer('ipv6'), route, ...udp)).toBe(straight({ 'ipv6.dst': END }));
    const arrived = layer(route.proto, { ...route.fields, 'ipv6.routing.segleft': 0 });
    expect(checksum(layer('ipv6'), arrived, ...udp)).toBe(straight({}));
    const { bytes } = encode({ layers: [layer('eth'), layer('ipv6'), route, ...udp] });
    expect(decode(bytes).problems).toEqual([]);
  });

  it('goes by the home address of a mobile node', () => {
    const home = layer('ipv6.dstopts', { 'ipv6.opt.mipv6.home_address': END });
    expect(checksum(layer('ipv6'), home, ...udp)).toBe(straight({ 'ipv6.src': END }));
  });

  it('goes by the last address of an IPv4 source route', () => {
    const route = { 'ip.opt.type': 131, 'ip.src_rt': ['192.0.2.8', '192.0.2.9'] };
    expect(checksum(layer('ip', route), ...udp)).toBe(
      checksum(layer('ip', { 'ip.dst': '192.0.2.9' }), ...udp),
    );
    // Once all are passed, the destination of the header is the last one.
    const passed = { 'ip.opt.type': 131, 'ip.opt.ptr': 12, 'ip.rec_rt': ['192.0.2.8', '192.0.2.9'] };
    expect(checksum(layer('ip', passed), ...udp)).toBe(checksum(layer('ip'), ...udp));
  });

  it('knows nothing of the headers of an outer packet', () => {
    const route = layer('ipv6.routing', { 'ipv6.routing.segleft': 1, 'ipv6.routing.src.addr': END });
    const piece = layer('ipv6.fraghdr', { 'ipv6.fraghdr.more': 1 });
    expect(checksum(layer('ipv6'), route, layer('ipv6'), ...udp)).toBe(straight({}));
    expect(checksum(layer('ipv6'), piece, layer('ipv6'), ...udp)).toBe(straight({}));
    expect(checksum(layer('ipv6'), piece, ...udp)).toBe(0);
  });

  it('is not judged where bytes are missing, nor are lengths that count them', () => {
    for (const proto of ['udp', 'tcp']) {
      const { bytes } = encode({
        layers: [layer('eth'), layer('ip'), layer(proto), layer('data', { 'data.len': 200 })],
      });
      const cut = bytes.subarray(0, 80);
      expect(decode(cut, 1, bytes.length).problems).toEqual([]);
      expect(decode(cut).problems[0]).toMatchObject({ field: 'ip.len' });
    }
    const { bytes } = encode({ layers: [layer('eth'), layer('ip'), layer('udp', { 'udp.length': 100 })] });
    expect(decode(bytes).problems).toMatchObject([{ field: 'udp.length' }]);
  });
});

describe('what a header announces', () => {
  it('is missed when nothing is there', () => {
    const { bytes } = encode({ layers: [layer('eth', { 'eth.type': 0x0800 })] });
    expect(decode(bytes).problems).toEqual([
      { layer: 0, field: null, sentence: 'IPv4 is missing: no byte is left for its header.' },
    ]);
  });

  it('of options ends at the end: zeros behind it are padding', () => {
    const spec = { layers: [layer('eth'), layer('ip', { 'ip.opt.type': [7], 'ip.opt.ptr': 4 })] };
    const { bytes } = encode(spec);
    expect(hexOf(bytes.subarray(34))).toBe('07030400');
    const odd = decode(encode({ layers: [layer('eth'), layer('ip', { 'ip.opt.type': [1, 0] })] }).bytes);
    expect(odd.layers[1]?.fields).toMatchObject({ 'ip.opt.type': [1, 0], 'ip.opt.padding': '00:00' });
  });

  it.each([
    ['::1.2.3.4', '::1.2.3.4'],
    ['::0.5.0.0', '::0.5.0.0'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
  ])('as address %s is %s', (text, shown) => {
    const { layers } = encode({ layers: [layer('ipv6', { 'ipv6.src': text })] });
    const field = layers[0]?.fields.find(({ name }) => name === 'ipv6.src');
    expect(field).toMatchObject({ value: shown, error: null });
  });
});

describe('a number changed to a wrong one', () => {
  it.each<[string, FieldValue, LayerSpec[]]>([
    ['arp.hw.type', 7, [layer('arp')]],
    ['arp.hw.size', 5, [layer('arp')]],
    ['arp.proto.size', 3, [layer('arp')]],
    [
      'ipv6.routing.type',
      5,
      [
        layer('ipv6'),
        layer('ipv6.routing', { 'ipv6.routing.type': 4, 'ipv6.routing.srh.addr': [END, VIA] }),
        ...udp,
      ],
    ],
    [
      'ip.opt.ptr',
      4,
      [layer('ip', { 'ip.opt.type': 7, 'ip.opt.ptr': 8, 'ip.rec_rt': VIA4, 'ip.empty_rt': VIA4 })],
    ],
    [
      'ip.opt.flag',
      0,
      [layer('ip', { 'ip.opt.type': 68, 'ip.opt.flag': 3, 'ip.opt.time_stamp_addr': VIA4 })],
    ],
  ])('%s leaves every other byte where it was', (name, value, layers) => {
    const { bytes } = encode({ layers: [layer('eth'), ...layers] });
    const changed = decode(bytes).layers.map(({ proto, fields }) =>
      layer(proto, Object.hasOwn(fields, name) ? { ...fields, [name]: value } : fields),
    );
    expect(specError({ layers: changed })).toBeNull();
    const after = encode({ layers: changed }).bytes;
    expect(after.length).toBe(bytes.length);
    expect([...after].filter((byte, i) => byte !== bytes[i]).length).toBe(1);
  });
});
