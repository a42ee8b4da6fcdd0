import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureSchema, type IpcFailure, type RequestName, requests } from '../../app/ipc/contract';
import { defaultSettings } from '../../app/run/settings';
import { Lab } from '../../main/lab/lab';
import { settingsArbitrary } from '../unit/plan/arbitrary';
import { junk, NASTY, spoil } from './junk';
import { DirectPage } from './page';

/** Every request of the contract, whatever is sent: one reply, one sentence, and nothing changes by a refusal. */

const dir = mkdtempSync(join(tmpdir(), 'packet-lab-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const NAMES = Object.keys(requests) as RequestName[];
/** What dialogs answer with, in turn. */
const FILES = [
  null,
  resolve('test/fixtures/captures/http.pcap'),
  resolve('test/fixtures/captures/text.txt'),
  join(dir, 'not there'),
  dir,
  '',
  `${dir}/\0`,
];

let lab: Lab;
let page: DirectPage;
let turn = 0;

beforeEach(() => {
  lab = new Lab();
  turn = 0;
  const open = async () => FILES[turn++ % FILES.length] ?? null;
  // Nothing is written but into this folder.
  const save = async () => (turn++ % 3 === 0 ? null : join(dir, `out-${turn % 2}`));
  page = new DirectPage(lab, {
    chooseCapture: open,
    choosePlan: open,
    chooseOutput: save,
    chooseExport: save,
    choosePlanTarget: save,
  });
});

afterEach(async () => {
  page.close();
  await lab.close();
});

function oneSentence(reply: unknown): IpcFailure {
  const failure = failureSchema.parse(reply);
  expect(failure.sentence).toMatch(/^[^\p{Cc}]+\.$/u);
  expect(failure.sentence.length).toBeLessThan(700);
  return failure;
}

interface Reply {
  readonly refused: boolean;
}

/** Sends and checks the reply, whichever it is. */
async function ask(name: string, input: unknown): Promise<Reply> {
  const before = JSON.stringify([lab.list(), lab.kept()]);
  const known =
    typeof name === 'string' && Object.hasOwn(requests, name) ? requests[name as RequestName] : null;
  const reply = await page.raw(name, input).then(
    (output) => ({ refused: false, output, failure: null }),
    (failure: unknown) => ({ refused: true, output: null, failure }),
  );
  if (!reply.refused) {
    expect(known?.output.safeParse(reply.output).success, `the answer to ${name} fits the contract`).toBe(
      true,
    );
    return { refused: false };
  }
  expect(oneSentence(reply.failure).code).not.toBe('INTERNAL');
  expect(JSON.stringify([lab.list(), lab.kept()]), 'a refusal changes nothing').toBe(before);
  return { refused: true };
}

/** One reply for each request, also when all is over. */
async function oneReplyEach(): Promise<void> {
  await page.request('lab.hello', null);
  expect(new Set(page.replies.values())).toEqual(new Set([1]));
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(lab.list().some(({ id }) => id === 'A')).toBe(true);
}

/** All members any request has, so that a new channel finds its own here or says that it does not. */
const FULL = {
  id: 'A',
  settings: { ...defaultSettings(), options: { loopback: { ring: '64' } }, fault: { drop: '0.1' } },
  which: 'peer',
  first: 0,
  count: 10,
  max: 10,
  index: 0,
  key: 0,
  stream: 0,
  kind: 'csv',
  name: 'calls',
  content: 'time,packets',
  pairs: 1,
  mtu: 1500,
  pair: 0,
  end: 'a',
  change: { what: 'link', up: true },
};
/** Of these members those that a request has; null where it has none. */
function membersOf(name: RequestName, all: object): Record<string, unknown> | null {
  const { input } = requests[name];
  if (!('shape' in input)) return null;
  return Object.fromEntries(Object.entries(all).filter(([key]) => Object.hasOwn(input.shape, key)));
}
const rightInput = (name: RequestName) => membersOf(name, FULL);

describe.each(NAMES)('%s', (name) => {
  test('there is a right input to spoil; a member too many is refused', async () => {
    const right = rightInput(name);
    expect(requests[name].input.safeParse(right).success).toBe(true);
    for (const more of ['path', 'file', 'filePath', 'x']) {
      expect(await ask(name, { ...right, [more]: '/etc/passwd' }), more).toEqual({ refused: true });
    }
    expect(turn, 'nobody was asked for a file').toBe(0);
  });

  test('junk in place of the input', async () => {
    await fc.assert(
      fc.asyncProperty(junk, async (input) => {
        await ask(name, input);
        for (const { id } of lab.list()) if (id !== 'A') await lab.remove(id);
        await lab.stopAll();
      }),
      { numRuns: 40 },
    );
    await oneReplyEach();
  });

  test('junk in place of a member', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), junk, async (pick, value) => {
        await ask(name, spoil(rightInput(name), pick, value));
        for (const { id } of lab.list()) if (id !== 'A') await lab.remove(id);
        await lab.stopAll();
      }),
      { numRuns: 60 },
    );
    await oneReplyEach();
  });

  test('what is large, deep or strange in place of the input and of each of its members', async () => {
    for (const [what, make] of Object.entries(NASTY)) {
      if (what === 'null') continue;
      expect(await ask(name, make()), what).toEqual({ refused: true });
      for (const key of Object.keys(rightInput(name) ?? {})) {
        const spoilt = { ...rightInput(name), [key]: make() };
        const right = key !== 'id' && requests[name].input.safeParse(spoilt).success;
        const reply = await ask(name, spoilt);
        if (!right) expect(reply, `${what} as ${key}`).toEqual({ refused: true });
      }
      await lab.stopAll();
      for (const { id } of lab.list()) if (id !== 'A') await lab.remove(id);
    }
    await oneReplyEach();
  });

  test('ids of nobody', async () => {
    for (const id of ['B', 'ZZZ', 'a', 'AAAA', '', 'A ', 'constructor', '__proto__', 'A\n']) {
      const reply = await ask(name, rightInput(name) === null ? { id } : { ...rightInput(name), id });
      expect(reply, id).toEqual({ refused: true });
    }
    await oneReplyEach();
  });
});

test('settings with too many or too large members are refused', async () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`n${i}`, 'x']));
  for (const change of [
    { options: { loopback: many } },
    { options: Object.fromEntries(Object.keys(many).map((n) => [n, {}])) },
    { fault: many },
    { hex: 'x'.repeat(65_537) },
    { rate: 'x'.repeat(65) },
    { packet: { layers: new Array(65).fill({ proto: 'eth', fields: {} }) } },
    { packet: { layers: [{ proto: 'eth', fields: { a: new Array(1_000_000).fill(0) } }] } },
  ]) {
    const input = { id: 'A', settings: { ...defaultSettings(), ...change } };
    expect(await ask('instance.configure', input)).toEqual({ refused: true });
  }
});

test('any order of right requests is answered or refused with one sentence', async () => {
  const id = fc.constantFrom('A', 'A', 'B', 'C');
  const right: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    settings: settingsArbitrary.map((s) => ({ ...s, stop: '20 packets', rate: 'max' })),
    which: fc.constantFrom('file', 'peer', 'tee'),
    first: fc.nat(100),
    count: fc.integer({ min: 1, max: 200 }),
    max: fc.integer({ min: 1, max: 4096 }),
    index: fc.nat(100),
    key: fc.nat(3),
    kind: fc.constantFrom('csv', 'json', 'png'),
    name: fc.constantFrom('calls', 'a b-c_1'),
    content: fc.string({ minLength: 1 }),
    pairs: fc.constantFrom(1, 2),
    mtu: fc.constantFrom(68, 1500),
    pair: fc.nat(2),
    end: fc.constantFrom('a', 'b'),
    change: fc.constantFrom(
      { what: 'link', up: false },
      { what: 'carrier', on: true },
      { what: 'mtu', mtu: 68 },
      { what: 'queue', packets: null },
      { what: 'delete' },
      { what: 'create' },
    ),
  };
  const step = fc
    .tuple(fc.constantFrom(...NAMES), fc.record({ id, ...right }))
    .map(([name, input]) => ({ name, input: membersOf(name, input) }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      for (const { name, input } of steps) {
        await page.raw(name, input).then(
          (output) => expect(requests[name].output.safeParse(output).success, name).toBe(true),
          (failure: unknown) => expect(oneSentence(failure).code).not.toBe('INTERNAL'),
        );
      }
      await lab.stopAll();
      for (const instance of lab.list().slice(1)) await lab.remove(instance.id);
    }),
    { numRuns: 25 },
  );
  expect(new Set(page.replies.values())).toEqual(new Set([1]));
});

test('messages that are no requests', async () => {
  for (const [what, make] of Object.entries(NASTY)) {
    page.post(make());
    page.post({ type: 'request', id: make(), name: 'lab.hello', input: null });
    page.post({ type: 'painted', seq: make() });
    page.post({ type: make(), id: 1, name: 'lab.hello', input: null });
    if (what !== '__proto__') expect(await ask(make() as string, null), what).toEqual({ refused: true });
  }
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'lab.hello ', 'LAB.HELLO']) {
    expect(await ask(name, null), name).toEqual({ refused: true });
  }
  await fc.assert(
    fc.asyncProperty(junk, async (message) => {
      page.post(message);
      expect((await page.request('lab.hello', null)).instances).toHaveLength(1);
    }),
    { numRuns: 100 },
  );
});
