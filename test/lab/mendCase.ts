import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { parseOptions } from '../../app/backend/descriptor';
import type { Finding } from '../../app/lab/finding';
import { findingsOf } from '../../app/lab/findings';
import { afPacketBackend } from '../../main/backends/afPacket';
import { which } from '../../main/dev/exec.mjs';
import { gatherFacts, labFacts } from '../../main/lab/facts';
import type { NetLab } from '../../main/lab/netLab';

const a = { pair: 0, end: 'a' } as const;
const b = { pair: 0, end: 'b' } as const;

/** What is wrong with the lab's first pair, for a run of af_packet. */
async function wrong(lab: NetLab): Promise<Finding[]> {
  const options = parseOptions(afPacketBackend, {});
  assert.ok(options.ok);
  const asked = { descriptor: afPacketBackend, options: options.value };
  const place = await labFacts(lab, 0, asked);
  return findingsOf({ ...(await gatherFacts(asked, null)), place }).filter(({ level }) => level !== 'ok');
}

/** What goes wrong at either end, and what the finding's command does there. */
const WRONGS: readonly (readonly [string, (lab: NetLab) => Promise<unknown>, RegExp])[] = [
  ['link', (lab) => lab.setLink(a, false), /^nsenter .*\/fd\/\d+ ip link set dev pl0a up$/],
  ['carrier', (lab) => lab.setLink(b, false), /^nsenter .*\/fd\/\d+ ip link set dev pl0b up$/],
  ['mtu', (lab) => lab.setMtu(b, 900), /^nsenter .*\/fd\/\d+ ip link set dev pl0b mtu 1500$/],
  ['qdisc', (lab) => lab.limitQueue(a, 4), /^nsenter .*\/fd\/\d+ tc qdisc del dev pl0a root$/],
];

/** Whoever opened the lab types the command of each finding as it is shown, and it is mended. */
export async function commandsMend(lab: NetLab): Promise<void> {
  const missing = ['nsenter', 'ip', 'tc'].filter((tool) => which(tool) === null);
  if (missing.length > 0) {
    process.stderr.write(`SKIP the commands of findings: there is no ${missing.join(', ')}\n`);
    return;
  }
  assert.deepEqual(await wrong(lab), []);
  for (const [id, make, command] of WRONGS) {
    await make(lab);
    const [finding, ...more] = await wrong(lab);
    assert.deepEqual([finding?.id, more], [id, []]);
    assert.match(finding?.fix ?? '', command);
    execFileSync('sh', ['-c', finding?.fix ?? '']);
    assert.deepEqual(await wrong(lab), []);
  }
}
