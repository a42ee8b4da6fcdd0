// @ts-check
// Everything that is measured: what is compared with what, and the target.
import { tmpdir } from 'node:os';
import { codecRounds } from './codecs.mjs';
import { NIC_CASES } from './nic.mjs';
import { pairRounds } from './pairs.mjs';
import { startRounds } from './startUp.mjs';
import { appRounds, idleMemory, pageRounds } from './window.mjs';

/** @typedef {import('./judge.mjs').Round} Round */
/** @typedef {import('./judge.mjs').Target} Target */

/**
 * @typedef {object} Series one line of the table
 * @property {string} name
 * @property {string} ours what is measured
 * @property {string | null} bare what it is compared with
 * @property {string} unit of both
 * @property {Target | null} target
 * @property {Round[] | string} rounds a sentence where this machine cannot measure it
 * @property {string} [note]
 */

/**
 * @typedef {object} How
 * @property {number} rounds
 * @property {number} roundMs how long each side is measured in a round, at least
 * @property {boolean} quick
 */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {(how: How) => Promise<Series[]>} measure
 */

/** Files of the pcapng pair go to this tmpfs. */
const TMPFS = '/dev/shm';

/**
 * A case measured in C.
 * @param {{ name: string, pair: string, bytes?: number, batch?: number, folder?: string, ours: string, bare: string, target: Target }} of
 * @returns {Case}
 */
function inC({ name, pair, bytes = 64, batch = 64, folder = tmpdir(), ours, bare, target }) {
  return {
    name,
    measure: async (how) => {
      const made = await pairRounds({ pair, bytes, batch, folder }, how);
      const rounds = typeof made === 'string' ? made : made.rounds;
      return [{ name, ours, bare, unit: 'ns/packet', target, rounds }];
    },
  };
}

/** @returns {Case[]} */
function dispatch() {
  return [1, 8, 64, 256].map((batch) =>
    inC({
      name: `send-${batch}`,
      pair: 'send',
      batch,
      ours: `pl_aio_send to a sink, batch ${batch}`,
      bare: 'bare indirect call',
      target: { kind: 'time ratio', limit: 1.05 },
    }),
  );
}

/** @returns {Case[]} */
function runner() {
  return [
    { batch: 64, limit: 4 },
    { batch: 1, limit: 60 },
  ].map(({ batch, limit }) =>
    inC({
      name: `runner-${batch}`,
      pair: 'runner',
      batch,
      ours: `run on null, one template, batch ${batch}, statistics on`,
      bare: 'bare loop of calls',
      target: { kind: 'difference', limit },
    }),
  );
}

/** @returns {Case[]} */
function memoryAndFiles() {
  return [64, 1500].flatMap((bytes) => [
    inC({
      name: `loopback-${bytes}`,
      pair: 'loopback',
      bytes,
      ours: `loopback with copy, ${bytes} B`,
      bare: 'bare SPSC ring with memcpy',
      target: { kind: 'rate ratio', limit: 0.7 },
    }),
    inC({
      name: `pcapng-${bytes}`,
      pair: 'pcapng',
      bytes,
      folder: TMPFS,
      ours: `pcapng backend on tmpfs, ${bytes} B, batch 64`,
      bare: 'bare write loop, same blocks',
      target: { kind: 'rate ratio', limit: 0.8 },
    }),
    inC({
      name: `reader-${bytes}`,
      pair: 'reader',
      bytes,
      ours: `capture reader, cached pcapng of ${bytes} B frames`,
      bare: 'dd bs=1M of the same file',
      target: { kind: 'rate ratio', limit: 0.5 },
    }),
  ]);
}

/** @returns {Case[]} */
function codecs() {
  return /** @type {const} */ (['encode', 'decode']).map((what) => ({
    name: what,
    measure: async (how) => {
      const { rounds, note } = await codecRounds(what, how);
      return [
        {
          name: what,
          ours: `${what} a UDP frame`,
          bare: 'Scapy',
          unit: 'ns/frame',
          target: null,
          rounds,
          note,
        },
      ];
    },
  }));
}

/** @type {Case} */
const app = {
  name: 'app',
  measure: async (how) => [
    {
      name: 'app',
      ours: 'built-in plan in the app, charts live',
      bare: 'the same plan on the command line',
      unit: 'ns/packet',
      target: { kind: 'rate ratio', limit: 0.95 },
      rounds: await appRounds(how),
    },
  ],
};

/** @type {Case} */
const page = {
  name: 'page',
  measure: async (how) => {
    const made = await pageRounds({ ...how, warmMs: how.quick ? 3000 : 35_000 });
    const parts = /** @type {const} */ ([
      { name: 'page-renderer', ours: "the page's process", unit: '% of a core', limit: 35, of: 'page' },
      { name: 'page-main', ours: "main's JavaScript thread", unit: '% of a core', limit: 10, of: 'main' },
      { name: 'page-frames', ours: '95th percentile between frames', unit: 'ms', limit: 50, of: 'frames' },
    ]);
    /** @type {Series[]} */
    const series = parts.map(({ name, ours, unit, limit, of }) => ({
      name,
      ours: `${ours}, 2 instances at max and 2 at 100 kpps`,
      bare: null,
      unit,
      target: { kind: 'value', limit },
      rounds: typeof made === 'string' ? made : made[of],
    }));
    if (typeof made === 'string') return series;
    const memory = {
      name: 'memory-full',
      ours: 'memory (PSS) of all processes at that',
      bare: null,
      unit: 'MiB',
      target: null,
    };
    return [...series, { ...memory, rounds: [{ ours: made.memory }], note: made.note }];
  },
};

/** @type {Case} */
const memory = {
  name: 'memory-idle',
  measure: async () => {
    const mib = await idleMemory();
    const rounds = typeof mib === 'string' ? mib : [{ ours: mib }];
    return [
      {
        name: 'memory-idle',
        ours: 'memory (PSS) of all processes, idle',
        bare: null,
        unit: 'MiB',
        target: null,
        rounds,
      },
    ];
  },
};

/** @type {Case} */
const start = {
  name: 'start',
  measure: async ({ quick }) => [
    {
      name: 'start',
      ours: 'second npm start to a window that can be used',
      bare: null,
      unit: 's',
      target: null,
      rounds: await startRounds({ rounds: quick ? 1 : 7 }),
    },
  ],
};

export const CASES = Object.freeze([
  ...dispatch(),
  ...runner(),
  ...memoryAndFiles(),
  ...codecs(),
  app,
  page,
  memory,
  start,
  ...NIC_CASES,
]);
