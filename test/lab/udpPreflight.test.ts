import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setField } from '../../app/packet/edit';
import { packetOf } from '../../app/packet/editBytes';
import { encodeBytes } from '../../app/packet/encode';
import { TEMPLATES } from '../../app/packet/templates';
import { startRun } from '../../main/lab/run';
import { udpLines } from '../../renderer/store/udpPreflight';
import { runPlan } from '../plans';

/** What the real backend answers to each of these frames, sent once. */
async function answers(frames: readonly Uint8Array[]): Promise<boolean[]> {
  const results: boolean[] = [];
  for (const frame of frames) {
    const plan = runPlan({
      backend: { name: 'udp', options: { sndbuf: 0 } },
      streams: [{ kind: 'frames', frames: [frame] }],
      batch: 1,
      stop: { after: { kind: 'once' }, until: null },
    });
    const run = await startRun(plan);
    results.push((await run.done).calls.inval === 0);
  }
  return results;
}

const promised = (frame: Uint8Array) =>
  udpLines(packetOf(frame), frame).every(({ level }) => level !== 'warning');

/** Port 9 of loopback addresses, and everything else refused. */
const LOCAL = [
  setField(TEMPLATES[1]?.packet ?? { layers: [] }, { layer: 2, name: 'udp.dstport', nth: 0 }, 9),
  ...TEMPLATES.filter(({ name }) => name.startsWith('IPv6')).map(({ packet }) =>
    setField(packet, { layer: 1, name: 'ipv6.dst', nth: 0 }, '::1'),
  ),
];

test('what is said before a run on udp is what the backend does, for every template', async () => {
  const frames = [...TEMPLATES.map(({ packet }) => packet), ...LOCAL].map(encodeBytes);
  expect(frames.map(promised)).toEqual(await answers(frames));
});

test('the same for loopback packets with bytes changed and cut', async () => {
  const frames = fc.sample(
    fc
      .record({
        packet: fc.constantFrom(...LOCAL),
        at: fc.integer({ min: 12, max: 50 }),
        value: fc.integer({ min: 0, max: 255 }),
        cut: fc.oneof(fc.constant(4096), fc.integer({ min: 1, max: 60 })),
      })
      // Whatever becomes of the destination: the backend sends to loopback addresses only.
      .map(({ packet, at, value, cut }) => {
        const bytes = encodeBytes(packet).slice(0, cut);
        if (at < bytes.length) bytes[at] = value;
        return bytes;
      }),
    { numRuns: 300, seed: 7 },
  );
  const got = await answers(frames);
  frames.forEach((frame, i) => {
    expect({ frame: Buffer.from(frame).toString('hex'), sent: promised(frame) }).toEqual({
      frame: Buffer.from(frame).toString('hex'),
      sent: got[i],
    });
  });
});

test('a destination elsewhere comes with the packet that would do', () => {
  const packet = TEMPLATES[0].packet;
  const [line] = udpLines(packet, encodeBytes(packet));
  expect(line?.text).toBe('198.19.0.1 is no loopback address: udp answers INVAL.');
  expect(line?.fix?.label).toBe('Use 127.0.0.1');
  const fixed = line?.fix?.packet ?? packet;
  expect(udpLines(fixed, encodeBytes(fixed))[0]).toEqual({
    level: 'good',
    text: 'Sends 18 B to 127.0.0.1, port 9.',
  });
});
