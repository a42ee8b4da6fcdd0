import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setField } from '../../app/packet/edit';
import { setByte } from '../../app/packet/editBytes';
import { formatHex, parseHex } from '../../app/packet/hex';
import { TEMPLATES } from '../../app/packet/templates';
import { bytesOf, craftedOf, createCraft, frameTooLong, viewAt } from '../../renderer/store/craft';
import { createDraft } from '../../renderer/store/draft';
import { FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function made() {
  const draft = createDraft(
    async () => {},
    () => 0,
  );
  draft.adopt(new FakeLab().instances);
  const craft = createCraft(draft);
  const settings = () => {
    const now = draft.store.getState().settings.A;
    if (!now) throw new Error('no draft');
    return now;
  };
  const crafted = () => craftedOf(settings());
  return { draft, craft, settings, crafted, place: () => craft.store.getState().A };
}

const PORT = { layer: 2, name: 'udp.dstport', nth: 0 };

describe('crafting', () => {
  it('changes the bytes with a field, and what is computed from it', () => {
    const { craft, crafted, settings } = made();
    const before = crafted().encoded;
    craft.change('A', setField(crafted().spec, PORT, 53), 'port');
    const bytes = parseHex(settings().hex);
    expect(bytes.ok && bytes.value.subarray(36, 38)).toEqual(Uint8Array.of(0, 53));
    const sum = { layer: 2, name: 'udp.checksum', nth: 0 };
    expect(viewAt(crafted().encoded, sum)?.text).not.toBe(viewAt(before, sum)?.text);
    expect(viewAt(crafted().encoded, sum)?.state).toBe('auto');
  });

  it('lights the bytes of a field and finds the field of a byte', () => {
    const { craft, crafted, place } = made();
    craft.selectField('A', crafted().encoded, PORT);
    expect(place()).toEqual({ layer: 2, field: PORT, byte: 36 });
    expect(bytesOf(crafted().encoded, PORT)).toEqual({ first: 36, end: 38 });
    craft.selectByte('A', crafted().encoded, 22);
    expect(place()).toEqual({ layer: 1, field: { layer: 1, name: 'ip.ttl', nth: 0 }, byte: 22 });
    craft.selectByte('A', crafted().encoded, 37);
    expect(place()).toMatchObject({ field: PORT, byte: 37 });
  });

  it('keeps layers for hex text that says the same, decodes another, and keeps the last good packet for a wrong one', () => {
    const { craft, crafted, settings } = made();
    craft.change('A', setField(crafted().spec, { layer: 1, name: 'ip.checksum', nth: 0 }, 0x1234), 'sum');
    const kept = crafted().spec;
    craft.typeHex('A', settings().hex.replaceAll(/\s/g, ''));
    expect(crafted().spec).toEqual(kept);
    craft.typeHex('A', '02 00 0g');
    expect(settings().hex).toBe('02 00 0g');
    expect(crafted().spec).toEqual(kept);
    craft.typeHex('A', formatHex(new Uint8Array(14).fill(0xff)));
    expect(crafted().encoded.layers.map(({ proto }) => proto)).toEqual(['eth']);
    expect(crafted().encoded.bytes).toEqual(new Uint8Array(14).fill(0xff));
  });

  it('typing over a byte sets its field, on purpose where that is wrong', () => {
    const { craft, crafted } = made();
    craft.change('A', setByte(crafted().spec, 24, 0xff), 'byte');
    const view = viewAt(crafted().encoded, { layer: 1, name: 'ip.checksum', nth: 0 });
    expect(view).toMatchObject({ state: 'purpose', text: '0xff97' });
    expect(crafted().encoded.problems).toMatchObject([{ field: 'ip.checksum' }]);
  });

  it('takes a frame of a capture with its layers, byte for byte', () => {
    const { craft, crafted, settings, draft } = made();
    draft.edit('A', { source: 'capture' });
    const frame = craftedOf({ hex: '', packet: TEMPLATES[6]?.packet ?? { layers: [] } }).encoded.bytes;
    craft.takeBytes('A', frame);
    expect(settings().source).toBe('hex');
    expect(crafted().encoded.bytes).toEqual(frame);
    expect(crafted().encoded.layers.map(({ proto }) => proto)).toEqual(['eth', 'ip', 'tcp']);
    expect(frameTooLong(frame)).toBeNull();
    expect(frameTooLong(new Uint8Array(30_000))).toMatch(/^This frame has 30,000 B; .*kept\.$/);
  });

  it('leads to the field that can’t be encoded', () => {
    const { craft, crafted, place } = made();
    craft.change('A', setField(crafted().spec, PORT, '70000'), 'port');
    craft.selectLayer('A', 0);
    craft.selectWrong('A');
    expect(place()).toMatchObject({ layer: 2, field: PORT });
  });
});
