import type { Decoded, DecodedLayer } from '../../app/packet/decode';
import { findProtocol } from '../../app/packet/protocols';
import type { FieldValue } from '../../app/packet/spec';
import { group } from '../../app/quantity/parse';
import type { CapturedPacket } from '../lab/captureFile';

/** Hex of data is cut here: the tree is for reading, `--json` has everything. */
const DATA_SHOWN = 64;

/** A frame for people: a line, its layers with their fields, and what is wrong with it. */
export function describe(no: number, packet: CapturedPacket, { layers, problems }: Decoded): string {
  const cut = packet.originalLength > packet.bytes.length ? ` of ${group(packet.originalLength)} B` : '';
  const names = layers.map(({ proto }) => proto).join(':');
  const lines = [`Frame ${no}  ${timeText(packet.timeNs)}  ${group(packet.bytes.length)} B${cut}  ${names}`];
  for (const [index, layer] of layers.entries()) {
    lines.push(`  ${findProtocol(layer.proto)?.label ?? layer.proto}  (${layer.offset}, ${layer.length} B)`);
    for (const [name, value] of Object.entries(layer.fields))
      lines.push(`    ${name} = ${shown(layer, name, value)}`);
    for (const problem of problems) if (problem.layer === index) lines.push(`    ! ${problem.sentence}`);
  }
  for (const problem of problems) if (problem.layer >= layers.length) lines.push(`  ! ${problem.sentence}`);
  return `${lines.join('\n')}\n\n`;
}

function timeText(timeNs: bigint | null): string {
  if (timeNs === null) return 'no time';
  const milliseconds = Number(timeNs / 1_000_000n);
  // Times beyond what a calendar holds are shown as seconds.
  if (Math.abs(milliseconds) > 8.64e15) return `${timeNs / 1_000_000_000n} s`;
  const date = new Date(milliseconds).toISOString();
  return `${date.slice(0, -5)}.${String(((timeNs % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n).padStart(9, '0')}Z`;
}

function shown({ proto }: DecodedLayer, name: string, value: FieldValue): string {
  const protocol = findProtocol(proto);
  const field = [...(protocol?.header ?? []), ...(protocol?.more ?? [])].find((f) => f.name === name);
  const one = (scalar: string | number | boolean): string => {
    if (typeof scalar !== 'number') {
      const text = String(scalar);
      return text.length > DATA_SHOWN ? `${text.slice(0, DATA_SHOWN)}… (${group(text.length / 2)} B)` : text;
    }
    const number =
      field?.kind === 'hex'
        ? `0x${scalar.toString(16).padStart(Math.ceil(field.bits / 4), '0')}`
        : String(scalar);
    const choice = field?.choices?.[scalar];
    return choice ? `${number} (${choice})` : number;
  };
  return Array.isArray(value) ? value.map(one).join(', ') : one(value);
}
