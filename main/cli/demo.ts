import { BUILT_IN_HEX, parseHex } from '../../app/packet/hex';
import type { RunPlan } from '../../app/run/plan';
import { summary } from './report';
import { follow, type Terminal } from './send';
import { say } from './terminal';
import { EXIT_DONE, EXIT_FAULT } from './usage';

interface Act {
  readonly title: string;
  readonly seconds: number;
  readonly packet: Uint8Array;
  readonly ring: number;
  readonly drain: number | null;
  readonly mtu: number;
}

/** Three short runs on the in-memory loopback, ten seconds together: each shows one code. */
function acts(): Act[] {
  const hex = parseHex(BUILT_IN_HEX);
  const packet = hex.ok ? hex.value : new Uint8Array(60);
  const long = new Uint8Array(200);
  long.set(packet);
  return [
    {
      title: 'SUCCESS: the far end keeps up, every batch is accepted whole.',
      seconds: 4,
      packet,
      ring: 1024,
      drain: null,
      mtu: 4082,
    },
    {
      title: 'AGAIN: a ring of 64 slots drained at 20 kpps fills up; packets are offered again.',
      seconds: 4,
      packet,
      ring: 64,
      drain: 20_000,
      mtu: 4082,
    },
    {
      title: 'INVAL: frames of 200 B against an MTU of 100; each is refused, the run goes on.',
      seconds: 2,
      packet: long,
      ring: 1024,
      drain: null,
      mtu: 100,
    },
  ];
}

function planOfAct(act: Act): RunPlan {
  return {
    backend: { name: 'loopback', options: { ring: act.ring, drain: act.drain, mtu: act.mtu } },
    streams: [{ kind: 'frames', frames: [act.packet] }],
    batch: 64,
    rate: { kind: 'pps', pps: 100_000 },
    stop: { after: { kind: 'duration', ns: act.seconds * 1e9 }, until: null },
    flush: { every: 1, afterNs: null },
    again: 'retry',
    seed: 1,
    fault: null,
    tee: null,
    peerOut: null,
    force: false,
  };
}

/** `packet-lab demo`: live figures on a terminal, a line a second elsewhere; exit 0. */
export async function demo(terminal: Terminal): Promise<number> {
  const live = terminal.live === 'redraw' ? 'redraw' : 'lines';
  terminal.out('Packet Lab demo: 10 seconds on an in-memory loopback. Nothing leaves this computer.\n');
  for (const act of acts()) {
    const plan = planOfAct(act);
    terminal.out(`\n${act.title}\n`);
    const { last } = await follow(plan, { ...terminal, live });
    terminal.out(summary(plan, last));
    if (last.fault) {
      say(terminal, last.fault.sentence);
      return EXIT_FAULT;
    }
    if (last.stoppedBy === 'user') return EXIT_DONE;
  }
  return EXIT_DONE;
}
