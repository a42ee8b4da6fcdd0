// @ts-check
// Backends on kernel interfaces, on the veth pair of a lab that each measurement makes and that ends with it. A buffer of
// 60 B is the shortest Ethernet frame: 64 B with its check sequence. Needs root; everything else is a line that is skipped.
import { tmpdir } from 'node:os';
import { which } from '../../main/dev/exec.mjs';
import { ROUNDS_MIN } from './judge.mjs';
import { pairRounds } from './pairs.mjs';
import { labAppRounds } from './window.mjs';

/** @typedef {import('./cases.mjs').Case} Case */
/** @typedef {import('./cases.mjs').How} How */
/** @typedef {import('./judge.mjs').Round} Round */

const BYTES = 60;

/** Rounds are so many times those of other cases: what the kernel takes for a frame varies by a tenth from moment to moment. */
const ROUNDS_TIMES = 2;

/** A signature needs 24 B of payload behind Ethernet, IPv4 and UDP. */
const SIGNED_BYTES = 66;

/**
 * Runs one measurement of test/bench/pairs that needs a lab.
 * @param {string} pair
 * @param {number} bytes
 * @param {How} how
 */
function labRounds(pair, bytes, how) {
  const rounds = how.quick ? how.rounds : how.rounds * ROUNDS_TIMES;
  return pairRounds({ pair, bytes, batch: 64, folder: tmpdir(), lab: true }, { ...how, rounds });
}

/**
 * A run against a bare loop or another program.
 * @param {{ name: string, of: string, ours: string, bare: string, limit: number, program?: string }} of
 * @returns {Case}
 */
function against({ name, of, ours, bare, limit, program }) {
  return {
    name: `nic-${name}`,
    measure: async (how) => {
      const missing =
        program !== undefined && which(program) === null ? `${program} is not installed.` : null;
      const made = missing === null ? await labRounds(`nic:${of}`, BYTES, how) : missing;
      return [
        {
          name: `nic-${name}`,
          ours,
          bare,
          unit: 'ns/packet',
          target: { kind: 'rate ratio', limit },
          rounds: typeof made === 'string' ? made : made.rounds,
        },
      ];
    },
  };
}

/** @returns {Case[]} */
function bareLoops() {
  const ways = [
    ['af_packet-sendmmsg', 'sendmmsg', 'af_packet, sendmmsg'],
    ['af_packet-sendmmsg-bypass', 'sendmmsg-bypass', 'af_packet, sendmmsg, qdisc-bypass'],
    ['af_packet-ring', 'tx-ring', 'af_packet, tx-ring'],
    ['af_packet-ring-bypass', 'tx-ring-bypass', 'af_packet, tx-ring, qdisc-bypass'],
    ['af_xdp-copy', 'af_xdp', 'af_xdp, copy'],
    ['tap-write', 'tap', 'tap'],
    ['udp-sendmmsg', 'udp', 'udp, gso=off'],
    ['udp-segments', 'udp-gso', 'udp, gso=on'],
  ];
  return ways.map(([name = '', of = '', ours = '']) =>
    against({
      name,
      of: `${of},${of}`,
      ours: `${ours}, batch 64, statistics on`,
      bare: 'bare loop of the same calls',
      limit: 0.95,
    }),
  );
}

/** @returns {Case[]} */
function otherSenders() {
  return [
    against({
      name: 'af_packet-trafgen',
      of: 'tx-ring-bypass,trafgen',
      ours: 'af_packet, tx-ring, qdisc-bypass',
      bare: 'trafgen, one static packet, one CPU',
      program: 'trafgen',
      limit: 1,
    }),
    against({
      name: 'af_packet-tcpreplay',
      of: 'tx-ring-bypass-capture,tcpreplay',
      ours: 'af_packet, tx-ring, qdisc-bypass, a capture',
      bare: 'tcpreplay --topspeed --preload-pcap of the same capture',
      program: 'tcpreplay',
      limit: 1,
    }),
    against({
      name: 'af_xdp-trafgen',
      of: 'af_xdp,trafgen',
      ours: 'af_xdp, copy',
      bare: 'trafgen, one static packet, one CPU',
      program: 'trafgen',
      limit: 1.5,
    }),
    against({
      name: 'af_xdp-testpmd',
      of: 'af_xdp,testpmd',
      ours: 'af_xdp, copy',
      bare: 'testpmd txonly on net_af_xdp',
      program: 'dpdk-testpmd',
      limit: 1,
    }),
    against({
      name: 'udp-gain-read',
      of: 'udp-gso,udp,read',
      ours: 'udp, gso=on, the peer reads',
      bare: 'sendmmsg of datagrams',
      limit: 4,
    }),
    against({
      name: 'udp-gain-drop',
      of: 'udp-gso,udp',
      ours: 'udp, gso=on, the peer drops',
      bare: 'sendmmsg of datagrams',
      limit: 2.5,
    }),
  ];
}

/** @type {Case} */
const app = {
  name: 'nic-app',
  measure: async (how) => [
    {
      name: 'nic-app',
      ours: 'af_packet, sendmmsg, in a lab of the app, charts live',
      bare: 'the same plan on the command line, --lab',
      unit: 'ns/packet',
      target: { kind: 'rate ratio', limit: 0.95 },
      rounds: await labAppRounds({ ...how, rounds: Math.min(how.rounds, ROUNDS_MIN) }), // of three seconds a side
    },
  ],
};

/** @returns {Case[]} */
function receivers() {
  return /** @type {const} */ (['plain', 'signed']).map((kind) => ({
    name: `nic-receive-${kind}`,
    measure: async (how) => {
      const made = await labRounds(`receive:${kind}`, kind === 'signed' ? SIGNED_BYTES : BYTES, how);
      const series = {
        name: `nic-receive-${kind}`,
        ours: `frames lost by our own receiver (${kind}) at 0.9 × the best rate of the sender, two CPUs`,
        bare: null,
        unit: 'frames',
        target: /** @type {const} */ ({ kind: 'value', limit: 0 }),
      };
      if (typeof made === 'string') return [{ ...series, rounds: made }];
      const rounds = made.rounds.map(({ ours }) => ({ ours })); // beside it: the rate, in thousands a second
      const rate = made.rounds[0]?.bare?.toFixed(0);
      return [{ ...series, rounds, note: `At ${rate} kpps. ${made.note}` }];
    },
  }));
}

export const NIC_CASES = Object.freeze([...bareLoops(), ...otherSenders(), ...receivers(), app]);
