import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode } from '../../app/packet/decode';
import { setField } from '../../app/packet/edit';
import { encode } from '../../app/packet/encode';
import { findProtocol } from '../../app/packet/protocols';
import { isNumber } from '../../app/packet/read';
import type { FrameSpec } from '../../app/packet/spec';
import { TEMPLATES } from '../../app/packet/templates';
import { hexOf, jsonOf, parseHexBytes } from '../../app/packet/value';
import { type Dissected, differences, dissect, dissectFrames } from './tshark';

const CAPTURES = 'test/fixtures/captures';
/** tshark gives no frame of these, or ends with an error. */
const DAMAGED =
  /^(bad-length|byte-order|frame-over-block|insane|no-interface|odd-length|truncated|unknown-iface)/;

/** Fields that decide what follows or would make a packet another one. */
const DECIDING =
  /version$|\.flags$|frag_offset$|segleft$|type$|code$|port$|^arp\.(hw|proto)\.|fraghdr\.(offset|more)$|^vxlan\.gbp$/;

/** Templates with random values in fields that are not computed. */
const variants = fc
  .tuple(
    fc.constantFrom(...TEMPLATES),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.bigInt(0n, 2n ** 128n - 1n))),
  )
  .map(([{ name, packet }, changes]) => {
    let spec = packet;
    for (const [l, f, bits] of changes) {
      const { layers } = encode(spec);
      const layer = l % layers.length;
      const free = (findProtocol(layers[layer]?.proto ?? '')?.header ?? []).filter(
        (field) => !field.auto && !field.sum && !DECIDING.test(field.name),
      );
      const field = free[f % Math.max(1, free.length)];
      if (!field) continue;
      const value = BigInt.asUintN(field.bits, bits);
      const hex = value.toString(16).padStart(field.bits / 4, '0');
      const bytes = parseHexBytes(hex.length % 2 === 0 ? hex : `0${hex}`) ?? new Uint8Array(0);
      spec = setField(
        spec,
        { layer, name: field.name, nth: 0 },
        isNumber(field) ? Number(value) : jsonOf(field, bytes),
      );
    }
    return { name, packet: spec };
  });

/** tshark shows the fields we wrote, nothing malformed, and good checksums. */
async function finds(packets: readonly { name: string; packet: FrameSpec }[]): Promise<void> {
  const frames = await dissectFrames(packets.map(({ packet }) => encode(packet).bytes));
  expect(frames.length).toBe(packets.length);
  for (const [i, frame] of frames.entries()) {
    const { name, packet } = packets[i] ?? TEMPLATES[0];
    const malformed = frame.protocols.filter((proto) => proto.startsWith('_ws'));
    expect({ name, hex: frame.hex, wrong: differences(frame), malformed, bad: badSums(frame) }).toEqual({
      name,
      hex: frame.hex,
      wrong: [],
      malformed: [],
      bad: [],
    });
    expect(frame.protocols.slice(0, packet.layers.length - 1)).toEqual(
      packet.layers.slice(0, -1).map(({ proto }) => proto),
    );
  }
}

function badSums({ fields }: Dissected): string[] {
  return [...fields].flatMap(([field, shown]) =>
    field.endsWith('checksum.status') && shown.includes('0') ? [field] : [],
  );
}

describe('tshark agrees', () => {
  const files = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name) && !DAMAGED.test(name));
  for (const name of files) {
    it(name, async () => {
      const frames = await dissect(join(CAPTURES, name));
      const wrong = frames.flatMap((frame, i) =>
        frame.fields.get('frame.encap_type')?.[0] === '1'
          ? differences(frame).map((text) => `${i + 1} ${text}`)
          : [],
      );
      expect(wrong.slice(0, 20)).toEqual([]);
    });
  }

  it('on every template, and finds nothing wrong with it', () => finds(TEMPLATES));

  it('on packets with any values in their fields, and finds nothing wrong with them', () => {
    const packets = fc.sample(variants, { numRuns: 400, seed: 3 });
    expect(new Set(packets.map(({ packet }) => hexOf(encode(packet).bytes))).size).toBeGreaterThan(300);
    return finds(packets);
  });

  it('that a checksum set wrong is bad, and nothing else is', async () => {
    const sums = TEMPLATES.flatMap(({ packet }) =>
      encode(packet).layers.flatMap(({ fields }, layer) =>
        fields
          .filter(({ name }) => name.endsWith('.checksum'))
          .map(({ name, value }) => ({
            packet,
            path: { layer, name, nth: 0 },
            wrong: Number(value) ^ 0x1111,
          })),
      ),
    );
    const frames = await dissectFrames(
      sums.map(({ packet, path, wrong }) => encode(setField(packet, path, wrong)).bytes),
    );
    for (const [i, frame] of frames.entries()) {
      expect(badSums(frame)).toEqual([`${sums[i]?.path.name}.status`]);
      expect(decode(parseHexBytes(frame.hex) ?? new Uint8Array(0)).problems).toEqual([
        expect.objectContaining({ field: sums[i]?.path.name }),
      ]);
    }
  });

  it('on odd frames', async () => {
    const lines = readFileSync('test/fixtures/frames.txt', 'utf8').split('\n');
    const frames = lines
      .filter((line) => line !== '' && !line.startsWith('#') && !line.includes('alone:'))
      .map((line) => parseHexBytes(line.split(' ', 1)[0] ?? '') ?? new Uint8Array(0));
    const dissected = await dissectFrames(frames);
    expect(dissected.flatMap((frame, i) => differences(frame).map((text) => `${i + 1} ${text}`))).toEqual([]);
  });
});
