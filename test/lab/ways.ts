import { parseOptions } from '../../app/backend/descriptor';
import { BUILT_IN_HEX, parseHex } from '../../app/packet/hex';
import type { RunPlan } from '../../app/run/plan';
import { findBackend } from '../../main/backends/table';
import { NetLab } from '../../main/lab/netLab';
import { NetLabError } from '../../main/lab/netLabError';
import { runPlan } from '../plans';

/** A way to send on an interface of a lab: a backend and its mode. */
export interface Way {
  readonly name: string;
  readonly backend: string;
  readonly options: Readonly<Record<string, string>>;
}

export const WAYS: readonly Way[] = [
  { name: 'af_packet, sendmmsg', backend: 'af_packet', options: { mode: 'sendmmsg' } },
  { name: 'af_packet, tx-ring', backend: 'af_packet', options: { mode: 'tx-ring' } },
  { name: 'af_xdp', backend: 'af_xdp', options: {} },
  { name: 'tap', backend: 'tap', options: {} },
  { name: 'udp', backend: 'udp', options: {} },
];

/** A frame of 60 B to the peer's address of that pair: udp sends to no other. */
export function hexTo(pair: number): string {
  return BUILT_IN_HEX.replaceAll(/\s/g, '').replace(
    'c6130001',
    `c612${pair.toString(16).padStart(2, '0')}02`,
  );
}

/** A run at full rate that goes on until it is stopped. */
export function planOn({ backend, options }: Way, pair = 0, change: Partial<RunPlan> = {}): RunPlan {
  const descriptor = findBackend(backend);
  const hex = parseHex(hexTo(pair));
  if (!descriptor || !hex.ok) throw new Error(`there is no ${backend}`);
  const read = parseOptions(descriptor, options);
  if (!read.ok) throw new Error(read.sentence);
  return runPlan({
    backend: { name: backend, options: read.value },
    streams: [{ kind: 'frames', frames: [hex.value] }],
    stop: { after: { kind: 'duration', ns: 600e9 }, until: null },
    ...change,
  });
}

/** Why there can be no lab here, or null. */
export async function noLab(): Promise<string | null> {
  try {
    await (await NetLab.open(1, 1500)).close();
    return null;
  } catch (error) {
    if (error instanceof NetLabError && (error.code === 'forbidden' || error.code === 'missing'))
      return error.sentence;
    throw error;
  }
}

/** Why there can be no TAP device here, or null. */
export async function noTap(): Promise<string | null> {
  const lab = await NetLab.open(1, 1500);
  try {
    await lab.openTap({ pair: 0, end: 'a' }, 1500);
    return null;
  } catch (error) {
    if (error instanceof NetLabError && error.code === 'rights') return error.sentence;
    throw error;
  } finally {
    await lab.close();
  }
}
