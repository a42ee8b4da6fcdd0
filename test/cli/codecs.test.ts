import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decode } from '../../app/packet/decode';
import { encode } from '../../app/packet/encode';
import { TEMPLATES } from '../../app/packet/templates';
import { hexOf } from '../../app/packet/value';
import { tool, tsharkBytes } from '../oracle';
import { CAPTURES, HEX, packetLab, scratch, sendJson, start } from './cli';

const dir = scratch();
const spec = join(dir, 'spec.json');
writeFileSync(spec, JSON.stringify(TEMPLATES.map(({ packet }) => packet)));
const FRAMES = TEMPLATES.map(({ packet }) => hexOf(encode(packet).bytes));

describe('encode', () => {
  it('writes a capture that other tools read', async () => {
    const out = join(dir, 'made.pcapng');
    const { status, stdout } = await packetLab('encode', spec, '--out', out);
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${FRAMES.length} frames written to ${out}.\n` });
    expect(await tsharkBytes(out)).toEqual(FRAMES);
    expect(await tool('capinfos', '-c', '-E', out)).toContain(String(FRAMES.length));
    const again = await packetLab('encode', spec, '--out', out);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain('exists; it is kept');
    expect((await packetLab('encode', spec, '--out', out, '--force')).status).toBe(0);
  });

  it('never writes over its input', async () => {
    const before = readFileSync(spec, 'utf8');
    const { status, stderr } = await packetLab('encode', spec, '--out', spec, '--force');
    expect(status).toBe(2);
    expect(stderr).toContain('is the input');
    expect(readFileSync(spec, 'utf8')).toBe(before);
  });
});

describe('decode', () => {
  it('prints a line a frame that is a packet again', async () => {
    const out = join(dir, 'decoded.pcapng');
    await packetLab('encode', spec, '--out', out);
    const { status, stdout } = await packetLab('decode', out, '--json');
    expect(status).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ no, len }) => [no, len])).toEqual(FRAMES.map((hex, i) => [i + 1, hex.length / 2]));
    expect(Object.keys(lines[0])).toEqual(['no', 'time', 'len', 'layers', 'problems']);
    const copy = join(dir, 'lines.jsonl');
    writeFileSync(copy, stdout);
    const made = join(dir, 'again.pcapng');
    expect((await packetLab('encode', copy, '--out', made)).status).toBe(0);
    expect(await tsharkBytes(made)).toEqual(FRAMES);
  });

  it('keeps all nine decimals of a time', async () => {
    const { stdout } = await packetLab('decode', join(CAPTURES, 'nano.pcap'), '--json');
    const times = stdout
      .trim()
      .split('\n')
      .map((line) => /"time":([\d.]+)/.exec(line)?.[1]);
    const theirs = await tool(
      'tshark',
      '-r',
      join(CAPTURES, 'nano.pcap'),
      '-T',
      'fields',
      '-e',
      'frame.time_epoch',
    );
    expect(times).toEqual(theirs.trim().split('\n'));
  });

  it('shows frames for people, with what is wrong', async () => {
    const bad = join(dir, 'bad.json');
    const out = join(dir, 'bad.pcapng');
    writeFileSync(
      bad,
      JSON.stringify({
        layers: [{ proto: 'eth' }, { proto: 'ip' }, { proto: 'udp', fields: { 'udp.checksum': '0x1111' } }],
      }),
    );
    expect((await packetLab('encode', bad, '--out', out)).status).toBe(0);
    const { stdout } = await packetLab('decode', out);
    expect(stdout).toContain('eth:ip:udp');
    expect(stdout).toContain('    ip.proto = 17 (UDP)\n');
    expect(stdout).toMatch(/ {4}! Checksum is 0x1111 and should be 0x[0-9a-f]{4}\.\n/);
    const verdict = await tool(
      'tshark',
      '-r',
      out,
      '-o',
      'udp.check_checksum:TRUE',
      '-T',
      'fields',
      '-e',
      'udp.checksum.status',
    );
    expect(verdict.trim()).toBe('0');
  });

  it('shows what comes before a damage, and exits 2', async () => {
    const { status, stdout, stderr } = await packetLab(
      'decode',
      join(CAPTURES, 'truncated-frame.pcap'),
      '--json',
    );
    expect(status).toBe(2);
    expect(stdout.trim().split('\n').length).toBe(2);
    expect(stderr).toContain('the 2 frames before it are kept');
  });

  it('has frames of other links as data', async () => {
    const { stdout } = await packetLab('decode', join(CAPTURES, 'cooked.pcap'), '--json');
    const layers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).layers.map((l: { proto: string }) => l.proto));
    expect(new Set(layers.flat())).toEqual(new Set(['data']));
  });

  it('ends quietly when its reader goes away', async () => {
    const child = start('decode', join(CAPTURES, 'http.pcap'), '--json');
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((done) => child.on('exit', done));
    expect({ status, said }).toEqual({ status: 0, said: '' });
  });
});

describe('recode', () => {
  const fields = ['frame.time_epoch', 'frame.cap_len', 'frame.len', 'frame.encap_type', 'frame.comment'];
  const facts = async (file: string, ...more: string[]) => [
    await tool('tshark', '-r', file, '-n', '-T', 'fields', ...[...fields, ...more].flatMap((f) => ['-e', f])),
    await tool('tshark', '-r', file, '-n', '-x'),
  ];

  for (const name of readdirSync(CAPTURES).filter((file) => /\.pcap(ng)?$/.test(file))) {
    it(`${name} keeps bytes, times, interfaces and comments`, async () => {
      const input = join(CAPTURES, name);
      const out = join(dir, `recoded-${name}`);
      const { status, stderr } = await packetLab('recode', input, '--out', out);
      expect([0, 2]).toContain(status);
      if (status === 2) {
        expect(stderr).toMatch(/^packet-lab: [^\n]+\.\n$/);
        return;
      }
      const more = name.endsWith('pcapng') ? ['frame.interface_name', 'frame.interface_description'] : [];
      expect(await facts(out, ...more)).toEqual(await facts(input, ...more));
    });
  }

  it('leaves nothing behind when the input is no capture', async () => {
    const out = join(dir, 'none.pcapng');
    const { status, stderr } = await packetLab('recode', join(CAPTURES, 'text.txt'), '--out', out);
    expect(status).toBe(2);
    expect(stderr).toContain('neither pcap nor pcapng');
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(dir).filter((file) => file.endsWith('.part'))).toEqual([]);
  });
});

describe('send --packet', () => {
  it('sends each packet of the file once, and more by count', async () => {
    expect(await sendJson('--backend', 'loopback', '--packet', spec)).toMatchObject({
      status: 0,
      offered: FRAMES.length,
      stoppedBy: 'end',
    });
    const one = join(dir, 'one.json');
    writeFileSync(one, JSON.stringify(TEMPLATES[0].packet));
    const out = join(dir, 'sent.pcapng');
    const run = await sendJson(
      '--backend',
      'pcapng',
      '--opt',
      `file=${out}`,
      '--packet',
      one,
      '--count',
      '3',
    );
    expect(run).toMatchObject({ status: 0, offered: 3, taken: 3 });
    expect(await tsharkBytes(out)).toEqual([HEX, HEX, HEX]);
  });
});

describe('bad input is refused in one sentence, with nothing on stdout', () => {
  const file = (name: string, text: string) => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  it.each<[string, string[], string]>([
    ['no file', ['decode'], 'decode needs a capture'],
    ['two files', ['decode', 'a', 'b'], 'one too many'],
    ['a file that is not there', ['decode', join(dir, 'gone')], 'No such file'],
    ['a folder', ['decode', dir], 'no regular file'],
    ['no --out', ['encode', spec], '--out'],
    ['an output in no folder', ['encode', spec, '--out', join(dir, 'no/such/file')], 'folder does not exist'],
    ['a spec that is not there', ['encode', join(dir, 'gone'), '--out', join(dir, 'x')], 'no such file'],
    ['a spec that is a folder', ['encode', dir, '--out', join(dir, 'x')], 'it is a folder'],
    ['JSON that is cut', ['encode', file('cut.json', '{"layers":['), '--out', join(dir, 'x')], 'not JSON'],
    [
      'an unknown field',
      [
        'encode',
        file('field.json', '{"layers":[{"proto":"ip","fields":{"ip.x":1}}]}'),
        '--out',
        join(dir, 'x'),
      ],
      'layers[0].fields.ip.x: IPv4 has no field “ip.x”',
    ],
    [
      'a number too large',
      [
        'send',
        '--backend',
        'null',
        '--packet',
        file('n.json', '{"layers":[{"proto":"ip","fields":{"ip.ttl":9007199254740993}}]}'),
      ],
      'layers[0].fields.ip.ttl',
    ],
    [
      'both --hex and --packet',
      ['send', '--backend', 'null', '--hex', '00', '--packet', spec],
      'exclude each other',
    ],
    ['an unknown option', ['decode', '--jsn', spec], "'--jsn'"],
    [
      'too many layers',
      [
        'encode',
        file('many.json', JSON.stringify({ layers: Array(65).fill({ proto: 'vlan' }) })),
        '--out',
        join(dir, 'x'),
      ],
      'layers: ',
    ],
  ])('%s', async (_, args, sentence) => {
    const { status, stdout, stderr } = await packetLab(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^packet-lab: [^\n]+\n$/);
    expect(stderr).toContain(sentence);
  });
});

it('decodes what it shows: a decoded frame has every byte in its layers', () => {
  for (const hex of FRAMES) {
    const { layers } = decode(Uint8Array.from(Buffer.from(hex, 'hex')));
    const headers = layers.reduce((sum, layer) => sum + layer.length, 0);
    expect(headers).toBe(hex.length / 2);
  }
});
