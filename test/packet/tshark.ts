import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from '../../app/packet/decode';
import type { FieldScalar } from '../../app/packet/spec';
import { parseHexBytes } from '../../app/packet/value';
import { tool } from '../oracle';

/** What tshark says of one frame. */
export interface Dissected {
  /** Layers as in frame.protocols, without the pseudo-layer ethertype. */
  protocols: string[];
  /** Layers with where they start and how long their own bytes are. */
  layers: { name: string; pos: number; size: number }[];
  /** Values by field name, in order, as shown. */
  fields: Map<string, string[]>;
  hex: string;
}

const PREFERENCES = [
  'ip.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'tcp.relative_sequence_numbers:FALSE',
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
].flatMap((preference) => ['-o', preference]);

/** Dissects a capture; one entry a frame. */
export async function dissect(file: string): Promise<Dissected[]> {
  const xml = await tool('tshark', '-r', file, '-n', '-T', 'pdml', ...PREFERENCES);
  const raw = await tool('tshark', '-r', file, '-n', '-T', 'jsonraw', '-x');
  const hex = (JSON.parse(raw) as { _source: { layers: { frame_raw: [string] } } }[]).map(
    (packet) => packet._source.layers.frame_raw[0],
  );
  return xml
    .split('<packet>')
    .slice(1)
    .map((packet, i) => one(packet, hex[i] ?? ''));
}

function one(packet: string, hex: string): Dissected {
  const fields = new Map<string, string[]>();
  const layers: Dissected['layers'] = [];
  for (const [, tag, text] of packet.matchAll(/<(field|proto) ([^>]*)>/g)) {
    const attributes = new Map(
      [...(text ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, k, v]) => [k, v ?? '']),
    );
    const name = attributes.get('name') ?? '';
    if (tag === 'proto') {
      layers.push({ name, pos: Number(attributes.get('pos')), size: Number(attributes.get('size')) });
      continue;
    }
    const all = fields.get(name) ?? [];
    all.push(attributes.get('show') ?? '');
    fields.set(name, all);
  }
  const protocols = (fields.get('frame.protocols')?.[0] ?? '')
    .split(':')
    .filter((name) => name !== 'ethertype');
  return { protocols, layers, fields, hex };
}

/** Dissects frames of one link type through a capture of their own. */
export async function dissectFrames(frames: readonly Uint8Array[], linkType = 1): Promise<Dissected[]> {
  const dir = mkdtempSync(join(tmpdir(), 'packet-lab-oracle-'));
  try {
    const file = join(dir, 'frames.pcap');
    writeFileSync(file, pcap(frames, linkType));
    return await dissect(file);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A classic capture, little-endian, with microseconds (draft-ietf-opsawg-pcap). */
function pcap(frames: readonly Uint8Array[], linkType: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262_144, 16);
  header.writeUInt32LE(linkType, 20);
  const records = frames.map((frame, i) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + i, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

/** Fields tshark has no name for, or shows as something else. */
const OURS =
  /^(data\.data|ip\.opt\.data|icmpv6\.opt\.data|icmpv6\.opt\.(prefix|mtu|rdnss)\.reserved|ipv6\.opt\.unknown|ip\.opt\.padding|tcp\.options\.padding|.*\.rest)$/;

/** Layers whose size tshark gives with what they carry. */
const WITH_PAYLOAD = /^(icmp|icmpv6|ipv6)$/;

const bare = (hex: string) => hex.replaceAll(':', '');

function same(ours: FieldScalar, shown: string): boolean {
  if (typeof ours === 'string') return bare(ours) === bare(shown);
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
      if (!same(ours, shown[i] ?? '(none)')) out.push(`${name}[${i}]: ${ours} and not ${shown[i]}`);
    }
    if (shown.length > list.length) out.push(`${name}: ${list.length} and not ${shown.length}`);
  }
  let from = 0;
  for (const { proto, offset, length } of layers) {
    const index = frame.layers.findIndex(({ name }, i) => i >= from && name === proto);
    const there = frame.layers[index];
    if (!there) continue;
    from = index + 1;
    if (there.pos !== offset) out.push(`${proto} at ${offset} and not ${there.pos}`);
    if (there.size !== length && !WITH_PAYLOAD.test(proto)) {
      out.push(`${proto} of ${length} B and not ${there.size}`);
    }
  }
  const names = layers.map(({ proto }) => proto);
  const known = names.at(-1) === 'data' ? names.slice(0, -1) : names;
  if (known.join(':') !== frame.protocols.slice(0, known.length).join(':')) {
    out.push(`layers ${names.join(':')} and not ${frame.protocols.join(':')}`);
  }
  // tshark takes the time that ping writes at its start for a field of its own.
  const [data] = frame.fields.get('data.data') ?? [];
  const own = String(layers.at(-1)?.fields['data.data']);
  if (data !== undefined && names.join(':') === frame.protocols.join(':') && !own.endsWith(bare(data))) {
    out.push(`data.data ${own} and not ${data}`);
  }
  return out.map((line) => line.slice(0, 300));
}
