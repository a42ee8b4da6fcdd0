import { type Decoded, decode } from '../../app/packet/decode';
import { encodeBytes } from '../../app/packet/encode';
import { parseSpec } from '../../app/packet/parseSpec';
import { clip, group, plain } from '../../app/quantity/parse';
import packageJson from '../../package.json';
import { openCaptureFile } from '../lab/captureFile';
import { FileBeside, interfaceBlock, packetBlock, sectionHeader } from '../lab/captureWriter';
import { LabError } from '../lab/labError';
import { readWords } from './args';
import { readText } from './readText';
import type { Terminal } from './send';
import { say } from './terminal';
import { describe } from './tree';
import { EXIT_DONE, EXIT_USAGE, UsageError } from './usage';

const ETHERNET = 1;
const SNAP_LENGTH = 262_144;
const OUTPUT = { out: { type: 'string' }, force: { type: 'boolean' } } as const;

/** `decode FILE [--json]`: what is in a capture, frame by frame. */
export async function decodeCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readWords(argv, { json: { type: 'boolean' } });
  const path = onlyFile(positionals, 'decode', 'a capture: packet-lab decode FILE');
  const capture = await openCaptureFile(path);
  let no = 0;
  try {
    for await (const { packet } of capture.blocks()) {
      if (!packet) continue;
      no++;
      const decoded = decode(packet.bytes, packet.linkType, packet.originalLength);
      const text = values.json
        ? jsonLine(no, packet.timeNs, packet.bytes.length, decoded)
        : describe(no, packet, decoded);
      // A reader that is gone ends the work; a slow one is waited for.
      if (!(await terminal.write(text))) return EXIT_DONE;
    }
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    say(terminal, error.sentence);
    return EXIT_USAGE;
  } finally {
    await capture.close();
  }
  return EXIT_DONE;
}

/** Seconds since the epoch with all nine decimals: a double would lose the last two. */
function seconds(timeNs: bigint | null): string {
  if (timeNs === null) return 'null';
  const whole = timeNs < 0n ? -timeNs : timeNs;
  return `${timeNs < 0n ? '-' : ''}${whole / 1_000_000_000n}.${String(whole % 1_000_000_000n).padStart(9, '0')}`;
}

function jsonLine(no: number, timeNs: bigint | null, len: number, { layers, problems }: Decoded): string {
  return `{"no":${no},"time":${seconds(timeNs)},"len":${len},"layers":${JSON.stringify(layers)},"problems":${JSON.stringify(problems)}}\n`;
}

/** `encode SPEC.json --out FILE.pcapng`: the frames of a SPEC as a capture. */
export async function encodeCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readWords(argv, OUTPUT);
  const path = onlyFile(positionals, 'encode', 'a packet: packet-lab encode SPEC.json --out FILE.pcapng');
  const out = outputOf(values.out, 'encode');
  const specs = parseSpec(await readText(path, 'encode'));
  if (!specs.ok) throw new UsageError(`${clip(path, 100)}: ${specs.sentence}`);
  await writeWhole(out, path, values.force ?? false, async (file) => {
    const now = BigInt(Date.now()) * 1_000_000n;
    await file.write(sectionHeader(`Packet Lab ${packageJson.version}`));
    await file.write(interfaceBlock(ETHERNET, SNAP_LENGTH, 9));
    for (const [i, spec] of specs.value.entries()) {
      const bytes = encodeBytes(spec);
      // A nanosecond apart, so that their order is in their times, too.
      await file.write(packetBlock(now + BigInt(i), bytes, bytes.length));
    }
  });
  terminal.out(
    `${group(specs.value.length)} ${specs.value.length === 1 ? 'frame' : 'frames'} written to ${plain(out)}.\n`,
  );
  return EXIT_DONE;
}

/** `recode IN --out OUT.pcapng`: decodes every frame and writes it again, with all that is around it. */
export async function recodeCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readWords(argv, OUTPUT);
  const path = onlyFile(positionals, 'recode', 'a capture: packet-lab recode IN --out OUT.pcapng');
  const out = outputOf(values.out, 'recode');
  const capture = await openCaptureFile(path);
  let frames = 0;
  let damage: LabError | null = null;
  try {
    await writeWhole(out, path, values.force ?? false, async (file) => {
      const units = capture.pcap?.nanoseconds === false ? 1000n : 1n;
      if (capture.pcap) {
        await file.write(sectionHeader(`Packet Lab ${packageJson.version}`));
        await file.write(
          interfaceBlock(capture.pcap.linkType, capture.pcap.snapLength, units === 1n ? 9 : 6),
        );
      }
      try {
        for await (const { block, packetAt, packet } of capture.blocks()) {
          if (packet) frames++;
          const bytes = packet && encodeBytes(decode(packet.bytes, packet.linkType));
          if (block) await file.write(bytes ? withPacket(block, packetAt, bytes) : block);
          else if (packet && bytes)
            await file.write(packetBlock((packet.timeNs ?? 0n) / units, bytes, packet.originalLength));
        }
      } catch (error) {
        if (!(error instanceof LabError) || frames === 0) throw error;
        damage = error;
      }
    });
  } finally {
    await capture.close();
  }
  terminal.out(`${group(frames)} ${frames === 1 ? 'frame' : 'frames'} written to ${out}.\n`);
  return damaged(damage, terminal);
}

function damaged(damage: LabError | null, terminal: Terminal): number {
  if (!damage) return EXIT_DONE;
  say(terminal, damage.sentence);
  return EXIT_USAGE;
}

/** The block with its packet's bytes replaced by as many others. */
function withPacket(block: Buffer, at: number, bytes: Uint8Array): Buffer {
  const copy = Buffer.from(block);
  copy.set(bytes, at);
  return copy;
}

/** Writes beside the target; a failure leaves the target as it was. */
async function writeWhole(
  out: string,
  input: string,
  force: boolean,
  write: (file: FileBeside) => Promise<void>,
): Promise<void> {
  const file = await FileBeside.create(out, input === '-' ? [] : [input], force);
  try {
    await write(file);
    await file.finish();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function onlyFile(words: readonly string[], command: string, what: string): string {
  const [path, second] = words;
  if (path === undefined) throw new UsageError(`${command} needs ${what}.`);
  if (second !== undefined)
    throw new UsageError(`${command} takes one file; “${clip(second)}” is one too many.`);
  return path;
}

function outputOf(out: string | undefined, command: string): string {
  if (!out) throw new UsageError(`${command} needs --out with the name of a file to write.`);
  return out;
}
