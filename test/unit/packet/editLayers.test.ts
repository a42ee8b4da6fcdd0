import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { additionsTo } from '../../../app/packet/additions';
import { addValue } from '../../../app/packet/edit';
import {
  fieldAt,
  hexTextOf,
  packetBehind,
  packetOf,
  pathOf,
  setByte,
  setPart,
} from '../../../app/packet/editBytes';
import {
  addLayer,
  duplicateLayer,
  moveLayer,
  protocolsBehind,
  removeLayer,
} from '../../../app/packet/editLayers';
import { encode, encodeBytes, specError } from '../../../app/packet/encode';
import { PROTOCOLS } from '../../../app/packet/protocols';
import { TEMPLATES } from '../../../app/packet/templates';

const UDP = TEMPLATES[0].packet;
const protos = (spec: { layers: { proto: string }[] }) => spec.layers.map(({ proto }) => proto);
const template = fc.constantFrom(...TEMPLATES.map(({ packet }) => packet));

describe('layers', () => {
  it('are added behind one, removed, doubled and moved; the packet before stays as it was', () => {
    const before = structuredClone(UDP);
    expect(protos(addLayer(UDP, 0, 'vlan'))).toEqual(['eth', 'vlan', 'ip', 'udp', 'data']);
    expect(protos(addLayer(UDP, -1, 'eth'))).toEqual(['eth', 'eth', 'ip', 'udp', 'data']);
    expect(protos(removeLayer(UDP, 1))).toEqual(['eth', 'udp', 'data']);
    expect(protos(duplicateLayer(UDP, 2))).toEqual(['eth', 'ip', 'udp', 'udp', 'data']);
    expect(protos(moveLayer(UDP, 3, 1))).toEqual(['eth', 'data', 'ip', 'udp']);
    expect(protos(moveLayer(UDP, 0, 3))).toEqual(['ip', 'udp', 'data', 'eth']);
    expect(UDP).toEqual(before);
  });

  it('stay as they are where there is no such place', () => {
    expect(moveLayer(UDP, 0, 9)).toEqual(UDP);
    expect(moveLayer(UDP, 9, 0)).toEqual(UDP);
    expect(moveLayer(UDP, 0, -1)).toEqual(UDP);
    expect(duplicateLayer(UDP, 9)).toEqual(UDP);
    expect(removeLayer(UDP, 9)).toEqual(UDP);
  });

  it('a copy does not share what is changed in it', () => {
    const twice = duplicateLayer(TEMPLATES[1]?.packet ?? UDP, 1);
    expect(twice.layers[1]).toEqual(twice.layers[2]);
    expect(twice.layers[1]?.fields).not.toBe(twice.layers[2]?.fields);
  });

  it('are offered all, what fits first', () => {
    expect(protocolsBehind('ip').slice(0, 4)).toEqual(['icmp', 'icmpv6', 'udp', 'tcp']);
    expect(protocolsBehind('udp').slice(0, 2)).toEqual(['vxlan', 'data']);
    expect(protocolsBehind('eth').slice(0, 5)).toEqual(['vlan', 'ieee8021ad', 'arp', 'ip', 'ipv6']);
    for (const proto of [undefined, ...PROTOCOLS.map((p) => p.proto)]) {
      expect([...protocolsBehind(proto)].sort()).toEqual(PROTOCOLS.map((p) => p.proto).sort());
    }
  });

  it('any order of any protocols encodes, and what is said of it can be read back', () => {
    const any = fc.array(fc.constantFrom(...PROTOCOLS.map(({ proto }) => proto)), { maxLength: 8 });
    fc.assert(
      fc.property(any, (order) => {
        const { bytes, layers } = encode({ layers: order.map((proto) => ({ proto, fields: {} })) });
        expect(layers).toHaveLength(order.length);
        expect(encodeBytes(packetOf(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe('additions', () => {
  it('can all be added without an error', () => {
    for (const { packet } of TEMPLATES) {
      for (const layer of packet.layers.keys()) {
        for (const { name, value } of additionsTo(packet, layer)) {
          const more = addValue(packet, layer, name, value);
          expect(specError(more)).toBeNull();
          expect(encode(more).layers[layer]?.fields.some((view) => view.name === name)).toBe(true);
        }
      }
    }
  });

  it('name the kinds of options', () => {
    const tcp = TEMPLATES.find(({ name }) => name === 'TCP SYN')?.packet ?? UDP;
    expect(additionsTo(tcp, 2).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Option: Maximum segment size', 'Option: Window scale', 'Option: Timestamps']),
    );
    expect(additionsTo(UDP, 99)).toEqual([]);
  });
});

describe('bytes', () => {
  it('each belongs to one field, which covers it', () => {
    fc.assert(
      fc.property(template, fc.nat(2000), (packet, n) => {
        const encoded = encode(packet);
        const byte = n % encoded.bytes.length;
        const at = fieldAt(encoded, byte);
        const view = at && encoded.layers[at.layer]?.fields[at.field];
        expect(view && view.bitOffset < (byte + 1) * 8).toBe(true);
        expect(view && view.bitOffset + view.bitLength > byte * 8).toBe(true);
        expect(at && pathOf(encoded, at.layer, at.field)?.name).toBe(view?.name);
      }),
    );
    expect(fieldAt(encode(UDP), 60)).toBeNull();
  });

  it('typed over, a byte is what was typed, wherever its field is not made from it', () => {
    fc.assert(
      fc.property(template, fc.nat(2000), fc.nat(255), (packet, n, value) => {
        const byte = n % encodeBytes(packet).length;
        const changed = setByte(packet, byte, value);
        expect(specError(changed)).toBeNull();
        expect(encodeBytes(changed)[byte]).toBe(value);
      }),
    );
    expect(setByte(UDP, 60, 1)).toEqual(UDP);
  });

  it('parts are set inside their field and leave the others', () => {
    const tcp = TEMPLATES.find(({ name }) => name === 'TCP SYN')?.packet ?? UDP;
    const path = { layer: 2, name: 'tcp.flags', nth: 0 };
    const both = setPart(tcp, path, 'tcp.flags.ack', 1);
    const flags = (spec: typeof tcp) =>
      encode(spec).layers[2]?.fields.find(({ name }) => name === 'tcp.flags')?.value;
    expect([flags(tcp), flags(both), flags(setPart(both, path, 'tcp.flags.syn', 0))]).toEqual([2, 18, 16]);
    expect(setPart(tcp, path, 'tcp.flags.none', 1)).toEqual(tcp);
  });

  it('hex text and packet say the same; the packet is kept while they do', () => {
    fc.assert(
      fc.property(template, (packet) => {
        expect(packetBehind(hexTextOf(packet), packet)).toBe(packet);
        expect(encodeBytes(packetBehind(hexTextOf(packet), { layers: [] }))).toEqual(encodeBytes(packet));
      }),
    );
  });
});
