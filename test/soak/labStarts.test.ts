import { readdirSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { LabEnd } from '../../app/lab/limits';
import { NetLab } from '../../main/lab/netLab';
import { nativeAddon } from '../../main/native/addon';
import { startAndStop } from '../lab/endureCases';
import { hostInterfaces } from '../lab/netLabCases';
import { noLab, noTap, WAYS, type Way } from '../lab/ways';
import { family, held, mappedMiB } from './processes';

const RUNS = 1000;
/** Thread pools, arenas and V8's own spaces have their size after this many. */
const WARM_UP = 100;
const LABS = 50;
/**
 * What V8 and malloc map and unmap at will, in MiB. The least that a run of any way maps for itself is a ring of 1 MiB:
 * of a fifth of the runs, 200 MiB would be left.
 */
const MAPPED_MAX_MIB = 128;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const forbidden = await noLab();
const withoutTap = forbidden === null ? await noTap() : null;
const ways = WAYS.filter(({ backend }) => backend !== 'tap' || withoutTap === null);

/** Names of all interfaces in a namespace of the lab; null when another user may not look. */
async function interfacesOf(lab: NetLab, end: LabEnd): Promise<string[] | null> {
  // The helper goes into the namespace and stays there.
  await nativeAddon().closeDescriptor((await lab.openUdp({ pair: 0, end }, 'ipv4')).send);
  try {
    const lines = readFileSync(`/proc/${lab.helper}/net/dev`, 'utf8').trimEnd().split('\n').slice(2);
    return lines.map((line) => line.split(':')[0]?.trim() ?? '').sort();
  } catch {
    return null;
  }
}

/** How many descriptors the helper has; null when another user may not look. */
function helperHas(lab: NetLab): number | null {
  try {
    return readdirSync(`/proc/${lab.helper}/fd`).length;
  } catch {
    return null;
  }
}

async function left(lab: NetLab) {
  collect();
  const { mappings, ...own } = held('self');
  return {
    mappings,
    mapped: mappedMiB('self'),
    exact: {
      ...own,
      helper: helperHas(lab),
      processes: family(process.pid).length,
      a: await interfacesOf(lab, 'a'),
      b: await interfacesOf(lab, 'b'),
      host: hostInterfaces(),
    },
  };
}

describe.skipIf(forbidden !== null)('a lab', () => {
  test(`${RUNS} starts and stops of runs in every way over one leave nothing behind`, async () => {
    if (withoutTap !== null) console.log(`without tap: ${withoutTap}`);
    // Each way on a pair of its own at the same time, and on another pair each time.
    const lab = await NetLab.open(ways.length, 1500);
    let done = 0;
    const runs = async (count: number) => {
      for (const end = done + count; done < end; done += ways.length)
        await Promise.all(
          ways.map((way, i) => startAndStop(lab, way, (i + done / ways.length) % ways.length)),
        );
      return left(lab);
    };
    const before = await runs(WARM_UP);
    const after = await runs(RUNS);
    console.log(
      `${RUNS} runs: mappings ${before.mappings} -> ${after.mappings}, MiB ${before.mapped.toFixed()} -> ${after.mapped.toFixed()}, helper's descriptors ${after.exact.helper}`,
    );
    expect(after.exact).toEqual(before.exact);
    expect(Math.abs(after.mappings - before.mappings)).toBeLessThan(RUNS / 10);
    expect(after.mapped - before.mapped).toBeLessThan(MAPPED_MAX_MIB);
    const pairs = ways.map((_, pair) => pair);
    if (after.exact.a) {
      expect(after.exact.a).toEqual(['lo', ...pairs.map((pair) => `pl${pair}a`)]);
      expect(after.exact.b).toEqual(['lo', ...pairs.map((pair) => `pl${pair}b`)]);
    }
    await lab.close();
    expect(family(process.pid)).not.toContain(lab.helper);
  }, 300_000);

  test(`${LABS} labs opened, used in every way and closed leave nothing behind`, async () => {
    const other = await NetLab.open(1, 1500);
    const labs = async (count: number) => {
      for (let i = 0; i < count; i++) {
        const lab = await NetLab.open(2, 1500);
        await startAndStop(lab, ways[i % ways.length] as Way, i % 2);
        await lab.close();
      }
      return left(other);
    };
    const before = await labs(ways.length);
    const after = await labs(LABS);
    expect(after.exact).toEqual(before.exact);
    expect(Math.abs(after.mappings - before.mappings)).toBeLessThan(LABS / 2);
    expect(after.mapped - before.mapped).toBeLessThan(MAPPED_MAX_MIB);
    await other.close();
  }, 120_000);
});
if (forbidden !== null) test('a lab', (context) => context.skip(forbidden));
