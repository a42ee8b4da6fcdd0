import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../app/packet/decode';
import type { FieldScalar } from '../../app/packet/spec';
import { parseHexBytes } from '../../app/packet/value';
import { dissect, type Dissected } from './tshark';

const CAPTURES = 'test/fixtures/captures';

/** Fields tshark has no name for, or shows as something else. */
const OURS = /^(data\.data|ip\.opt\.data|icmpv6\.opt\.data|icmpv6\.opt\.(prefix|mtu)\.reserved|ipv6\.opt\.unknown|.*\.padding|.*\.rest)$/;

export function same(name: string, ours: FieldScalar, shown: string): boolean {
  if (typeof ours === 'string') return ours.replaceAll(':', '') === shown.replaceAll(':', '');
  return Number(ours) === (shown === 'True' ? 1 : shown === 'False' ? 0 : Number(shown));
}

/** What differs between our decoding and tshark's, a line each. */
export function differences(frame: Dissected): string[] {
  const bytes = parseHexBytes(frame.hex) ?? new Uint8Array(0);
  const { layers } = decode(bytes);
  const out: string[] = [];
  const values = new Map<string, FieldScalar[]>();
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.fields)) {
      values.set(name, [...(values.get(name) ?? []), ...(Array.isArray(value) ? value : [value])]);
    }
  }
  for (const [name, list] of values) {
    if (OURS.test(name)) continue;
    const shown = frame.fields.get(name) ?? [];
    for (const [i, ours] of list.entries()) {
      if (!same(name, ours, shown[i] ?? '(none)')) out.push(`${name}[${i}]: ${ours} and not ${shown[i]}`);
    }
    if (shown.length > list.length) out.push(`${name}: ${list.length} and not ${shown.length}`);
  }
  const names = layers.map(({ proto }) => proto);
  const known = names.at(-1) === 'data' ? names.slice(0, -1) : names;
  if (known.join(':') !== frame.protocols.slice(0, known.length).join(':')) {
    out.push(`layers ${names.join(':')} and not ${frame.protocols.join(':')}`);
  }
  return out;
}

describe('tshark agrees', () => {
  const files = readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name));
  for (const name of files) {
    it(name, async () => {
      const frames = await dissect(join(CAPTURES, name)).catch(() => []);
      const wrong = frames.flatMap((frame, i) =>
        frame.fields.get('frame.encap_type')?.[0] === '1' ? differences(frame).map((text) => `${i + 1} ${text}`) : [],
      );
      expect(wrong.slice(0, 20)).toEqual([]);
    });
  }
});
