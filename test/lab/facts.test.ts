import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseOptions } from '../../app/backend/descriptor';
import type { Facts } from '../../app/lab/facts';
import type { Finding } from '../../app/lab/finding';
import { findingsOf } from '../../app/lab/findings';
import { findBackend } from '../../main/backends/table';
import { type AskedBackend, gatherFacts, labFacts } from '../../main/lab/facts';
import { NetLab } from '../../main/lab/netLab';
import { NetLabError } from '../../main/lab/netLabError';

// What is found about a lab that is there, while its interfaces change; what its commands do: mendCase.ts. Nothing is sent.

const a = { pair: 0, end: 'a' } as const;
const b = { pair: 0, end: 'b' } as const;

let lab: NetLab | string = 'not opened yet';
beforeAll(async () => {
  try {
    lab = await NetLab.open(1, 1500);
  } catch (error) {
    if (!(error instanceof NetLabError) || !['forbidden', 'missing'].includes(error.code)) throw error;
    lab = error.sentence;
  }
});
beforeEach((context) => {
  if (typeof lab === 'string') context.skip(lab);
});
afterAll(async () => {
  if (typeof lab !== 'string') await lab.close();
});

function opened(): NetLab {
  if (typeof lab === 'string') throw new Error(lab);
  return lab;
}

function asked(name: string): AskedBackend {
  const descriptor = findBackend(name);
  if (descriptor === null) throw new Error(`no backend ${name}`);
  const options = parseOptions(descriptor, {});
  if (!options.ok) throw new Error(options.sentence);
  return { descriptor, options: options.value };
}

/** What is wrong now. */
async function wrong(name = 'af_packet'): Promise<Finding['id'][]> {
  const facts: Facts = {
    ...(await gatherFacts(asked(name), null)),
    place: await labFacts(opened(), 0, asked(name)),
  };
  return findingsOf(facts)
    .filter(({ level }) => level !== 'ok')
    .map(({ id }) => id);
}

test('nothing', async () => {
  expect(await wrong()).toEqual([]);
});

test('link down, and up again', async () => {
  await opened().setLink(a, false);
  expect(await wrong()).toEqual(['link']);
  await opened().setLink(a, true);
  expect(await wrong()).toEqual([]);
});

test('carrier off, and on again', async () => {
  await opened().setCarrier(a, false);
  expect(await wrong()).toEqual(['carrier']);
  await opened().setCarrier(a, true);
  expect(await wrong()).toEqual([]);
});

test('a peer that takes shorter frames', async () => {
  await opened().setMtu(b, 900);
  expect(await wrong()).toEqual(['mtu']);
  await opened().setMtu(b, 1500);
  expect(await wrong()).toEqual([]);
});

test('a TAP device is made by its run', async () => {
  expect(await wrong('tap')).toEqual([]);
});

test('the pair deleted, and made again', async () => {
  await opened().remove(a);
  expect(await wrong()).toEqual(['interface']);
  await opened().create(0, 1500);
  expect(await wrong()).toEqual([]);
});

test('a lab that is made for it is gone afterwards', async () => {
  const facts = await gatherFacts(asked('af_packet'), { kind: 'lab', size: { pairs: 1, mtu: 700 } });
  expect(facts.place).toMatchObject({ kind: 'lab', failure: null, sender: { mtu: 700 }, peer: { mtu: 700 } });
  expect(await wrong()).toEqual([]);
});
