import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addValue, removeOption, setField, unsetField } from '../../../app/packet/edit';
import { encode } from '../../../app/packet/encode';
import type { FrameSpec, LayerSpec } from '../../../app/packet/spec';
import { TEMPLATES } from '../../../app/packet/templates';
import { hexOf } from '../../../app/packet/value';

const tcp = (fields: LayerSpec['fields'] = {}): FrameSpec => ({
  layers: [
    { proto: 'ip', fields: {} },
    { proto: 'tcp', fields },
  ],
});
const options = (spec: FrameSpec) => hexOf(encode(spec).bytes.subarray(40));
const at = (name: string, nth = 0) => ({ layer: 1, name, nth });

describe('one field', () => {
  test('is set and computed again', () => {
    const before = tcp();
    const set = setField(before, at('tcp.window_size_value'), '1000');
    expect(set.layers[1]?.fields).toEqual({ 'tcp.window_size_value': '1000' });
    expect(before).toEqual(tcp());
    expect(unsetField(set, at('tcp.window_size_value'))).toEqual(before);
  });

  test('of several keeps the others as they are', () => {
    const two = tcp({ 'tcp.option_kind': [2, 2], 'tcp.options.mss_val': 1000 });
    const set = setField(two, at('tcp.options.mss_val', 1), 1100);
    expect(set.layers[1]?.fields['tcp.options.mss_val']).toEqual([1000, 1100]);
    expect(options(unsetField(set, at('tcp.options.mss_val', 0)))).toBe('020405b40204044c');
  });

  test('any field of any template can be set to what it is, and nothing changes', () => {
    const packets = TEMPLATES.map(({ packet }) => packet);
    fc.assert(
      fc.property(fc.constantFrom(...packets), fc.nat(), fc.nat(), (packet, l, f) => {
        const { bytes, layers } = encode(packet);
        const layer = l % layers.length;
        const views = layers[layer]?.fields ?? [];
        const view = views[f % Math.max(1, views.length)];
        if (!view || Array.isArray(view.value)) return;
        const nth = views.slice(0, views.indexOf(view)).filter(({ name }) => name === view.name).length;
        const path = { layer, name: view.name, nth };
        expect(hexOf(encode(setField(packet, path, view.text)).bytes)).toBe(hexOf(bytes));
        expect(hexOf(encode(setField(packet, path, view.value)).bytes)).toBe(hexOf(bytes));
      }),
    );
  });
});

describe('data', () => {
  const bytes = (spec: FrameSpec) => hexOf(encode(spec).bytes);
  const at = (name: string) => ({ layer: 0, name, nth: 0 });
  test('are set as hex, as text or as a pattern, one instead of the other', () => {
    let spec: FrameSpec = { layers: [{ proto: 'data', fields: { 'data.data': '0102' } }] };
    spec = setField(spec, at('data.text'), 'ab');
    expect(bytes(spec)).toBe('6162');
    spec = setField(spec, at('data.pattern'), '0a0b');
    expect(bytes(spec)).toBe('0a0b');
    spec = setField(spec, at('data.len'), '5');
    expect(bytes(spec)).toBe('0a0b0a0b0a');
    const views = encode(spec).layers[0]?.fields.map(({ name, text, bitLength }) => [name, text, bitLength]);
    expect(views).toEqual([
      ['data.len', '5', 0],
      ['data.pattern', '0a:0b', 0],
      ['data.data', '0a0b0a0b0a', 40],
    ]);
    expect(encode(setField(spec, at('data.len'), 'x')).layers[0]?.fields[0]?.error).toContain('data.len');
    spec = setField(spec, at('data.data'), 'ff');
    expect(spec.layers[0]?.fields).toEqual({ 'data.data': 'ff' });
  });
});

describe('options', () => {
  test('are added by kind, and the header grows with them', () => {
    let spec = addValue(tcp(), 1, 'tcp.option_kind', 2);
    expect(options(spec)).toBe('020405b4');
    spec = addValue(spec, 1, 'tcp.option_kind', 3);
    expect(options(spec)).toBe('020405b403030000');
    spec = addValue(spec, 1, 'tcp.option_kind', 4);
    // What filled the header up after the third option was not meant and makes room.
    expect(options(spec)).toBe('020405b40303000402000000');
    expect(encode(spec).layers[1]?.length).toBe(32);
  });

  test('are added to those that are there because their value is set', () => {
    const spec = addValue(tcp({ 'tcp.options.mss_val': 1200 }), 1, 'tcp.option_kind', 4);
    expect(options(spec)).toBe('020404b004020000');
  });

  test('are taken out with their value', () => {
    const spec = tcp({
      'tcp.option_kind': [2, 3, 2],
      'tcp.options.mss_val': [1000, 1100],
      'tcp.options.wscale.shift': 7,
    });
    expect(options(removeOption(spec, at('tcp.option_kind', 0)))).toBe('0303070204044c00');
    expect(options(removeOption(spec, at('tcp.option_kind', 1)))).toBe('020403e80204044c');
    expect(removeOption(spec, at('tcp.option_kind', 9))).toBe(spec);
    expect(options(removeOption(tcp({ 'tcp.options.mss_val': 1 }), at('tcp.option_kind')))).toBe('');
  });

  test('are offered again while they are there', () => {
    const layer = encode(tcp({ 'tcp.option_kind': [2] })).layers[1];
    const offered = layer?.optional.find(({ name }) => name === 'tcp.option_kind');
    expect(offered?.choices?.map(({ value }) => value)).toContain(8);
    expect(layer?.fields.find(({ name }) => name === 'tcp.option_kind')?.many).toBe(true);
  });
});
