import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach } from 'vitest';
import type { Diagnosis, FindingId, LiveFinding } from '../../app/lab/finding';
import type { LabEnd } from '../../app/lab/limits';
import type { LabChange } from '../../app/lab/state';
import type { Settings } from '../../app/run/plan';
import { Lab } from '../../main/lab/lab';
import { labEntrances } from '../../main/lab/procFacts';

// What the tests of causes share: a lab as the window has it, and waiting for what is found. Runs are bounded by their
// duration.

const run = promisify(execFile);

const open: Lab[] = [];
afterEach(async () => {
  for (const lab of open.splice(0)) await lab.close();
});

export function labOf(): { lab: Lab; heard: Diagnosis[] } {
  const lab = new Lab();
  const heard: Diagnosis[] = [];
  lab.listen({ diagnoses: (changed) => heard.push(...changed) });
  open.push(lab);
  return { lab, heard };
}

/** Waits for what nobody here can hasten. */
export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (let i = 0; i < 1500; i++) {
    const seen = look();
    if (seen) return seen;
    await new Promise((go) => setTimeout(go, 20));
  }
  throw new Error(`waited in vain: ${what}`);
}

/** A frame that udp takes, too; `bytes` long, to 127.0.0.1 port 9. */
export function hexOf(bytes = 60, to = '7f000001'): string {
  const ip = (bytes - 14).toString(16).padStart(4, '0');
  const udp = (bytes - 34).toString(16).padStart(4, '0');
  const head = `0200c612000202000000000108004500${ip}0000000040110000${to}${to}00090009${udp}0000`;
  return head + '41'.repeat(bytes - 42);
}

export function set(lab: Lab, change: Partial<Settings>, id = 'A'): void {
  const instance = lab.get(id);
  const base = { hex: hexOf(), rate: '1 kpps', stop: '60s' };
  instance.configure({ ...instance.draft.settings, ...base, ...change });
}

export const live = (lab: Lab, id = 'A'): LiveFinding | null => lab.diagnoses.of(id).live;

/** Starts and waits for what is found. */
export async function found(lab: Lab, id: FindingId): Promise<LiveFinding> {
  if (!lab.get('A').active) await lab.get('A').start();
  try {
    return await until(id, () => (live(lab)?.id === id ? live(lab) : null));
  } catch (error) {
    throw new Error(`${String(error)}; found: ${JSON.stringify(live(lab))} ${JSON.stringify(lab.live())}`);
  }
}

export async function gone(lab: Lab): Promise<void> {
  await until(`nothing is found any more: ${JSON.stringify(live(lab))}`, () => live(lab) === null);
}

/** A lab with a pair; only where there can be one. */
export async function inLab(change: Partial<Settings> = {}): Promise<Lab> {
  const { lab } = labOf();
  await lab.held.start({ pairs: 1, mtu: 1500 });
  set(lab, { backend: 'af_packet', ...change });
  return lab;
}

/** Changes an end of the pair as its buttons do. */
export const at = (lab: Lab, end: LabEnd, change: LabChange) => lab.held.change({ pair: 0, end, change });

/** Runs a command in the namespace of an end of the pair, as its root. */
export async function within(lab: Lab, end: LabEnd, command: string): Promise<string> {
  const by = labEntrances(lab.held.info().helper ?? 0);
  if (!by) throw new Error('the helper holds no namespace');
  const { stdout } = await run('sh', ['-c', by[end] + command]);
  return stdout;
}

/**
 * Has the peer of the pair receive on threads of its own (threaded NAPI). A veth leaves its frames to them only where the
 * other end does not segment (TSO off).
 */
export async function threaded(lab: Lab): Promise<void> {
  await within(lab, 'a', 'ethtool -K pl0a tso off');
  await within(lab, 'b', 'ethtool -K pl0b gro on');
  const on = 'mount -t sysfs sys /sys && echo 1 > /sys/class/net/pl0b/threaded';
  await within(lab, 'b', `unshare -m sh -c '${on}'`);
}
