import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode } from '../../app/packet/encode';
import { TEMPLATES } from '../../app/packet/templates';
import { parseHexBytes } from '../../app/packet/value';
import { differences, dissect, dissectFrames } from './tshark';

const CAPTURES = 'test/fixtures/captures';
/** tshark gives no frame of these, or ends with an error. */
const DAMAGED =
  /^(bad-length|byte-order|frame-over-block|insane|no-interface|odd-length|truncated|unknown-iface)/;

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

  it('on every template, and finds nothing wrong with it', async () => {
    const frames = await dissectFrames(TEMPLATES.map(({ packet }) => encode(packet).bytes));
    for (const [i, frame] of frames.entries()) {
      const { name } = TEMPLATES[i] ?? TEMPLATES[0];
      expect({ name, wrong: differences(frame) }).toEqual({ name, wrong: [] });
      expect({ name, protocols: frame.protocols }).not.toEqual({
        name,
        protocols: expect.arrayContaining(['_ws.malformed']),
      });
      const bad = [...frame.fields].filter(
        ([field, shown]) => field.endsWith('checksum.status') && shown.includes('0'),
      );
      expect({ name, bad }).toEqual({ name, bad: [] });
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
