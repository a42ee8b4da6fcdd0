import type { PlaceFacts } from '../../app/lab/facts';
import { LAB_SPOTS, type LabSpot, portName } from '../../app/lab/limits';
import { needsLab, noPair, pairNeedsLab, pairOf, pairTaken, sharePair } from '../../app/lab/pair';
import type { LabSize } from '../../app/lab/parse';
import {
  type LabChange,
  type LabPortInfo,
  type LabPortInput,
  type NetLabInfo,
  NO_NET_LAB,
} from '../../app/lab/state';
import { group } from '../../app/quantity/parse';
import type { RunPlan } from '../../app/run/plan';
import { findBackend } from '../backends/table';
import type { NativeDevice } from '../native/addon';
import { type AskedBackend, labFacts } from './facts';
import { LabError } from './labError';
import { type LabPlace, NetLab } from './netLab';
import { type NetLabCode, NetLabError } from './netLabError';

/** What a held lab tells. */
export interface HeldLabEvents {
  /** Something of `info()` changed. At most every `TELL_MS`. */
  changed(info: NetLabInfo): void;
  journal(level: 'info' | 'warning' | 'fault', text: string): void;
}

/** Between two readings of all interfaces, in ms: a carrier follows its peer by itself. */
const READ_MS = 500;

/** Refusals that another try will not change. */
const NOWHERE: readonly NetLabCode[] = ['forbidden', 'missing'];

/** Changes of this time are told together, in ms. */
const TELL_MS = 50;

/** A run that sends on the lab. */
export interface RunOnLab {
  readonly id: string;
  readonly plan: RunPlan;
}

interface Open {
  readonly net: NetLab;
  readonly size: LabSize;
}

/**
 * The lab of interfaces that the window has, at most one: opened and closed by a person, read at a bounded rate.
 * What is asked of it is a promise; nothing here waits for the helper otherwise.
 */
export class HeldLab {
  private open: Open | null = null;
  private state: NetLabInfo = NO_NET_LAB;
  private told = JSON.stringify(NO_NET_LAB);
  private reading: NodeJS.Timeout | null = null;
  private telling: NodeJS.Timeout | null = null;
  private ending: Promise<void> = Promise.resolve();
  private starting: Promise<void> | null = null;

  constructor(private readonly events: HeldLabEvents) {}

  info(): NetLabInfo {
    return this.state;
  }

  /** Opens a lab. Rejects with a `LabError` that says what forbids it; the page keeps the sentence. */
  async start(size: LabSize): Promise<NetLabInfo> {
    const { phase } = this.state;
    if (phase !== 'closed') {
      throw new LabError(
        phase === 'open'
          ? 'A lab is open already; close it to open another one.'
          : `A lab is ${phase} at this moment; wait for it.`,
      );
    }
    this.set({ ...NO_NET_LAB, phase: 'opening' });
    this.starting = this.make(size);
    try {
      await this.starting;
    } finally {
      this.starting = null;
    }
    return this.state;
  }

  private async make(size: LabSize): Promise<void> {
    try {
      const net = await NetLab.open(size.pairs, size.mtu);
      const open = { net, size };
      this.open = open;
      net.onGone((why) => this.lost(open, why.sentence));
      await this.readAll(open);
      if (net.gone) throw net.gone;
      this.set({ ...this.state, phase: 'open', mtu: size.mtu, helper: net.helper });
    } catch (error) {
      const { sentence } = LabError.from(error);
      const half = this.open;
      this.open = null;
      await half?.net.close();
      // The lab may have come and gone meanwhile, which it has told.
      const possible = !(error instanceof NetLabError && NOWHERE.includes(error.code));
      if (this.state.phase === 'opening') this.set({ ...NO_NET_LAB, problem: sentence, possible });
      throw error;
    }
    const count = size.pairs === 1 ? 'one pair' : `${size.pairs} pairs`;
    this.events.journal('info', `Opened a lab with ${count}, MTU ${group(size.mtu)}.`);
    this.again();
  }

  /** Ends the lab and everything of it, one that is being opened included; does nothing when there is none. */
  async close(): Promise<NetLabInfo> {
    if (this.starting) await this.starting.catch(() => undefined);
    const { open } = this;
    if (!open) {
      await this.ending;
      return this.state;
    }
    this.open = null;
    this.stopReading();
    this.set({ ...NO_NET_LAB, phase: 'closing' });
    this.ending = open.net.close();
    await this.ending;
    this.set(NO_NET_LAB);
    this.events.journal('info', 'Closed the lab; nothing of it is left.');
    return this.state;
  }

  /** Ends what would still be told; for a window that goes. */
  async dispose(): Promise<void> {
    await this.close();
    if (this.telling) clearTimeout(this.telling);
    this.telling = null;
  }

  async change({ pair, end, change }: LabPortInput): Promise<NetLabInfo> {
    const open = this.opened();
    const { net, size } = open;
    const place = placeOf(pair, end);
    switch (change.what) {
      case 'link':
        await net.setLink(place, change.up);
        break;
      case 'carrier':
        await net.setCarrier(place, change.on);
        break;
      case 'mtu':
        await net.setMtu(place, change.mtu);
        break;
      case 'queue':
        await net.limitQueue(place, change.packets);
        break;
      case 'delete':
        await net.remove(place);
        break;
      case 'create':
        if (end === 'tap')
          throw new LabError(`${portName(pair, end)} is made by a run of tap on pair ${pair}; start one.`);
        await net.create(pair, size.mtu);
        break;
    }
    this.events.journal('info', wordsOf(pair, end, change));
    await this.readAll(open);
    return this.state;
  }

  /** The interface a run takes; `others` are the active runs on it. */
  async device(plan: RunPlan, others: readonly RunOnLab[]): Promise<NativeDevice> {
    const { net, pair } = this.pairFor(plan, others);
    return net.openRun(pair, plan.backend);
  }

  /** What is known of the interfaces a run would take, or why there is none for it. */
  async look(asked: AskedBackend, others: readonly RunOnLab[]): Promise<PlaceFacts> {
    const { name } = asked.descriptor;
    if (!this.open && this.state.problem !== null) return { kind: 'none', why: this.state.problem };
    try {
      const { net, pair } = this.pairFor({ backend: { name, options: asked.options } }, others);
      return await labFacts(net, pair, asked);
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      return { kind: 'none', why: error.sentence };
    }
  }

  /** The pair of a run; a `LabError` when there is none for it. */
  private pairFor(
    plan: Pick<RunPlan, 'backend'>,
    others: readonly RunOnLab[],
  ): { net: NetLab; pair: number } {
    const pair = pairOf(plan);
    const { net } = this.opened(plan);
    const taken = others.find((other) => pairOf(other.plan) === pair && !sharePair(plan, other.plan));
    if (taken) throw new LabError(pairTaken(pair, plan, taken.id, taken.plan), 'options.pair');
    if (pair >= net.pairs) throw new LabError(noPair(pair, net.pairs), 'options.pair');
    return { net, pair };
  }

  /** What a run's lab is made of; null while none is open. */
  size(): LabSize | null {
    return this.open?.size ?? null;
  }

  private opened(plan?: Pick<RunPlan, 'backend'>): Open {
    if (this.open) return this.open;
    if (!plan) throw new LabError('No lab is open; open one first.');
    const { name } = plan.backend;
    throw findBackend(name)?.capabilities.device === 'optional'
      ? new LabError(pairNeedsLab(pairOf(plan)), 'options.pair')
      : new LabError(needsLab(name), 'backend');
  }

  /** The helper has ended by itself. Runs on the lab end with a fault of their own. */
  private lost(open: Open, sentence: string): void {
    if (this.open !== open) return;
    this.open = null;
    this.stopReading();
    this.ending = open.net.close();
    this.set({ ...NO_NET_LAB, problem: sentence });
    this.events.journal('fault', sentence);
  }

  private again(): void {
    const { open } = this;
    if (!open || this.reading) return;
    this.reading = setTimeout(() => {
      this.reading = null;
      this.readAll(open).then(
        () => this.again(),
        // A lab that is no more has told so by itself.
        (error: unknown) => {
          if (this.open !== open) return;
          this.events.journal('warning', LabError.from(error).sentence);
          this.again();
        },
      );
    }, READ_MS);
    this.reading.unref();
  }

  private stopReading(): void {
    if (this.reading) clearTimeout(this.reading);
    this.reading = null;
  }

  private async readAll(open: Open): Promise<void> {
    const pairs = Array.from({ length: open.size.pairs }, async (_, pair) => {
      const [a = null, b = null, tap = null] = await Promise.all(
        LAB_SPOTS.map(async (spot) => read(open.net, placeOf(pair, spot))),
      );
      return { a, b, tap };
    });
    const now = await Promise.all(pairs);
    if (this.open === open) this.set({ ...this.state, pairs: now });
  }

  private set(state: NetLabInfo): void {
    this.state = state;
    if (this.telling || JSON.stringify(state) === this.told) return;
    this.telling = setTimeout(() => {
      this.telling = null;
      const text = JSON.stringify(this.state);
      if (text === this.told) return;
      this.told = text;
      this.events.changed(this.state);
    }, TELL_MS);
    this.telling.unref();
  }
}

function placeOf(pair: number, spot: LabSpot): LabPlace {
  return spot === 'tap' ? { pair, end: 'a', tap: true } : { pair, end: spot };
}

/** An interface and what queues on it, whoever set that; null when it is not there. */
async function read(net: NetLab, place: LabPlace): Promise<LabPortInfo | null> {
  const port = await net.port(place);
  if (!port) return null;
  const { name, ifindex, up, carrier, mtu, address, mac } = port;
  // What is written to a TAP device passes no queue. Any other may have been made again between the two.
  const link = place.tap ? null : await net.look(place);
  const { qdisc, queueLimit } = link?.ifindex === ifindex ? link : { qdisc: '', queueLimit: 0 };
  return {
    name,
    ifindex,
    up,
    carrier,
    mtu,
    address,
    mac,
    qdisc,
    queue: queueLimit === 0 ? null : queueLimit,
  };
}

function wordsOf(pair: number, spot: LabSpot, change: LabChange): string {
  const name = portName(pair, spot);
  switch (change.what) {
    case 'link':
      return `Set ${name} ${change.up ? 'up' : 'down'}.`;
    case 'carrier':
      if (spot === 'tap') return `Switched the carrier of ${name} ${change.on ? 'on' : 'off'}.`;
      return change.on
        ? `Switched the carrier of ${name} on: its peer is up.`
        : `Switched the carrier of ${name} off: its peer is down.`;
    case 'mtu':
      return `Set the MTU of ${name} to ${group(change.mtu)}.`;
    case 'queue':
      return change.packets === null
        ? `Took the queue of ${name} away.`
        : `Limited the queue of ${name} to ${group(change.packets)} packets; one leaves about each second.`;
    case 'delete':
      if (spot === 'tap') return `Deleted ${name}: the run that made it ends.`;
      return `Deleted pair ${pair}: pl${pair}a and pl${pair}b are gone.`;
    case 'create':
      return `Made pair ${pair} again: the same names, other interfaces.`;
  }
}
