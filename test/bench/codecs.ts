// The packet codecs under measurement: for each line on stdin a round of encoding or decoding, answered with the
// nanoseconds a frame took.
//
//   node codecs.cjs encode|decode ROUND_MS
import { createInterface } from 'node:readline';
import { decode } from '../../app/packet/decode';
import { encodeBytes } from '../../app/packet/encode';
import { TEMPLATES } from '../../app/packet/templates';

const [what, ms] = process.argv.slice(2);
const packet = TEMPLATES[0].packet;
const bytes = encodeBytes(packet);
const once = what === 'encode' ? () => encodeBytes(packet).length : () => decode(bytes).layers.length;
const roundNs = BigInt(Number(ms) * 1e6);

createInterface({ input: process.stdin }).on('line', () => {
  const start = process.hrtime.bigint();
  let frames = 0;
  let spent = 0n;
  while (spent < roundNs) {
    for (let i = 0; i < 100; i++) once();
    frames += 100;
    spent = process.hrtime.bigint() - start;
  }
  process.stdout.write(`${Number(spent) / frames}\n`);
});
