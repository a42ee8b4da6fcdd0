import { execFile } from 'node:child_process';

/** Runs another tool as an oracle; rejects when it fails, with what it has printed as `stdout` of the error. */
export function tool(command: string, ...args: string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile(command, args, { maxBuffer: 256 * 1024 * 1024 }, (error, stdout) =>
      error ? fail(Object.assign(error, { stdout })) : done(stdout),
    );
  });
}

/** The bytes of every Ethernet frame in order as hex digits, judged by tshark and not by our own reader. */
export async function tsharkBytes(file: string): Promise<string[]> {
  const json = await tool('tshark', '-r', file, '-Y', 'frame.encap_type == 1', '-T', 'jsonraw', '-n', '-x');
  const packets = JSON.parse(json) as { _source: { layers: { frame_raw: [string, ...unknown[]] } } }[];
  return packets.map((packet) => packet._source.layers.frame_raw[0]);
}
