import { LAB_ENDS, LAB_LIMITS, LAB_MTU_DEFAULT, type LabEnd, portName } from '../../app/lab/limits';
import { noPair, roleOf } from '../../app/lab/pair';
import { group } from '../../app/quantity/parse';
import type { RunPlan } from '../../app/run/plan';
import {
  type NativeDescriptor,
  type NativeDevice,
  type NativeLab,
  type NativeLabRequest,
  nativeAddon,
} from '../native/addon';
import { helperPath } from '../native/helper';
import type { NativeLink, NativePort } from '../native/link';
import { NetLabError, netLabError, noLab } from './netLabError';

/** The requests of `pl_lab.h`, by number. */
const OP = {
  port: 2,
  packet: 3,
  xdp: 4,
  tap: 5,
  udp: 6,
  link: 7,
  remove: 8,
  create: 9,
  mtu: 10,
  carrier: 11,
  queue: 12,
} as const;

/** Address families as Linux numbers them. */
const FAMILY = { ipv4: 2, ipv6: 10 } as const;

/** ETH_P_ALL: every frame, whatever its EtherType. */
const EVERY_FRAME = 3;

/** An interface of a lab: an end of a pair, or the TAP device beside it. */
export interface LabPlace {
  readonly pair: number;
  readonly end: LabEnd;
  readonly tap?: boolean;
}

/** An interface as it is; null when it is not there. */
export type LabPort = NativePort;

/** An open interface and the descriptors to work with. They belong to the lab until a backend takes them. */
export interface LabDevice {
  readonly port: LabPort;
  readonly send: NativeDescriptor;
  /** The memory of an AF_XDP socket. */
  readonly memory: NativeDescriptor | null;
}

export interface XdpSize {
  readonly frames: number;
  readonly slots: number;
  readonly zeroCopy?: boolean;
}

/** The name it has, also while it is not there. */
export function nameOf({ pair, end, tap }: LabPlace): string {
  return portName(pair, tap ? 'tap' : end);
}

/**
 * A lab: veth pairs between two private network namespaces that a helper program holds. No frame of it can reach an
 * interface of this computer, and nothing of it is left when it is closed, or when this process or the helper dies.
 * Requests are answered one after the other. What fails is a `NetLabError`.
 */
export class NetLab {
  #native: NativeLab;
  #last: Promise<unknown> = Promise.resolve();
  #gone: NetLabError | null = null;
  #closed: Promise<void> | null = null;
  readonly #listeners = new Set<(why: NetLabError) => void>();
  /** The helper's process id. */
  readonly helper: number;

  private constructor(
    native: NativeLab,
    readonly pairs: number,
  ) {
    this.#native = native;
    this.helper = nativeAddon().labPid(native);
  }

  /** Opens a lab. Rejects with a `NetLabError` whose sentence says what forbids it; then nothing is left. */
  static async open(pairs: number, mtu: number): Promise<NetLab> {
    checkWhole('pairs', pairs, 1, LAB_LIMITS.pairsMax);
    checkWhole('MTU', mtu, LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax);
    if (process.platform !== 'linux') throw noLab('it is made of network namespaces, which only Linux has.');
    const program = helperPath();
    if (program === null)
      throw noLab('its helper program packet-lab-helper is missing; npm run build makes it.');
    let died = () => {};
    try {
      const lab = new NetLab(await nativeAddon().openLab(program, pairs, mtu, () => died()), pairs);
      died = () => lab.#died();
      return lab;
    } catch (error) {
      throw netLabError('be opened', error);
    }
  }

  /** Why the lab is no more; null while it is there. */
  get gone(): NetLabError | null {
    return this.#gone;
  }

  /** Calls back once, when the helper ends by itself. By then the lab's descriptors are closed. */
  onGone(listener: (why: NetLabError) => void): void {
    this.#listeners.add(listener);
  }

  #died(): void {
    if (this.#gone) return;
    this.#gone = new NetLabError(
      'gone',
      'helper',
      0,
      `The lab's helper (process ${this.helper}) has ended, and the lab with its interfaces is gone. What was received is kept; open another lab.`,
    );
    // What this process still holds keeps the namespaces alive, whether anybody closes the lab or not.
    void this.#end();
    for (const listener of this.#listeners) listener(this.#gone);
  }

  #end(): Promise<void> {
    this.#closed ??= this.#last.then(() => nativeAddon().closeLab(this.#native));
    return this.#closed;
  }

  /** Ends the helper and every descriptor that no backend has taken; requests under way fail. Safe to call twice. */
  close(): Promise<void> {
    if (!this.#closed) nativeAddon().endLab(this.#native);
    this.#gone ??= new NetLabError('gone', 'close', 0, 'The lab is closed; open another one.');
    return this.#end();
  }

  /** Has something asked of the helper once all before it is answered; `words` makes an error one of ours. */
  #inTurn<T>(pair: number, ask: () => Promise<T>, words: (error: unknown) => unknown): Promise<T> {
    if (!(Number.isInteger(pair) && pair >= 0 && pair < this.pairs))
      return Promise.reject(new NetLabError('invalid', 'pair', 0, noPair(pair, this.pairs)));
    const turn = async () => {
      if (this.#gone) throw this.#gone;
      try {
        return await ask();
      } catch (error) {
        // The last word about a helper that has ended is the lab's own.
        throw this.#gone ?? words(error);
      }
    };
    const answer = this.#last.then(turn, turn);
    this.#last = answer.catch(() => {});
    return answer;
  }

  #ask(what: string, op: number, place: LabPlace, args: readonly number[] = []) {
    return this.#inTurn(
      place.pair,
      () => nativeAddon().labRequest(this.#native, requestOf(op, place, args)),
      (error) => netLabError(what, error, op === OP.xdp ? args[0] : 0),
    );
  }

  async #device(what: string, op: number, place: LabPlace, args: readonly number[]): Promise<LabDevice> {
    const { port, descriptors } = await this.#ask(what, op, place, args);
    const [send, memory = null] = descriptors;
    if (!send)
      throw new NetLabError('failed', 'descriptor', 0, `The lab cannot ${what}: nothing was handed over.`);
    return { port, send, memory };
  }

  /** The interface as it is now; null when it is not there. */
  async port(place: LabPlace): Promise<LabPort | null> {
    const { port } = await this.#ask(`look at ${nameOf(place)}`, OP.port, place);
    return port.name === '' ? null : port;
  }

  /** What the kernel tells of the interface, as of one of this computer; `ifindex` 0 when it is not there. */
  look(place: LabPlace): Promise<NativeLink> {
    return this.#inTurn(
      place.pair,
      () => nativeAddon().labLook(this.#native, requestOf(0, place)),
      (error) => netLabError(`look at ${nameOf(place)}`, error),
    );
  }

  /** An AF_PACKET socket bound to the interface, for sending only. */
  openSender(place: LabPlace): Promise<LabDevice> {
    return this.#device(`open AF_PACKET on ${nameOf(place)}`, OP.packet, place, [0]);
  }

  /** An AF_PACKET socket that receives every frame which comes to the interface, and none that leaves it. */
  openReceiver(place: LabPlace): Promise<LabDevice> {
    return this.#device(`open AF_PACKET on ${nameOf(place)}`, OP.packet, place, [EVERY_FRAME]);
  }

  /** An AF_XDP socket on the interface's queue, with its memory and four rings. Rings hold a power of two. */
  async openXdp(place: LabPlace, { frames, slots, zeroCopy = false }: XdpSize): Promise<LabDevice> {
    checkWhole('frames', frames, 1, LAB_LIMITS.framesMax);
    checkWhole('slots', slots, 2, LAB_LIMITS.slotsMax);
    if ((slots & (slots - 1)) !== 0) {
      throw new NetLabError(
        'invalid',
        'slots',
        0,
        `The slots of an AF_XDP ring are a power of two, such as 64, not ${slots}. Nothing was changed.`,
      );
    }
    return this.#device(`open AF_XDP on ${nameOf(place)}`, OP.xdp, place, [frames, slots, zeroCopy ? 1 : 0]);
  }

  /** Makes the TAP device of that end. It goes when its descriptor is closed. */
  async openTap(place: LabPlace, mtu: number): Promise<LabDevice> {
    checkWhole('MTU', mtu, LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax);
    return this.#device(`make a TAP device beside ${nameOf(place)}`, OP.tap, place, [mtu]);
  }

  /** A datagram socket in the namespace of that end. */
  openUdp(place: LabPlace, family: keyof typeof FAMILY): Promise<LabDevice> {
    return this.#device('open a UDP socket', OP.udp, place, [FAMILY[family]]);
  }

  /** What a run that only receives takes: a packet socket, whatever its backend (AF_XDP cannot receive in a lab). */
  async #listen(place: LabPlace): Promise<NativeDevice> {
    const { port, send: receive } = await this.openReceiver(place);
    const end = LAB_ENDS.indexOf(place.end);
    return { lab: this.#native, port, end, send: null, tagged: null, receive, memory: null };
  }

  /** What a run of a backend on a pair takes: end a to send on, and a receiver that counts what arrives. All of it or nothing. */
  async openRun(pair: number, backend: RunPlan['backend']): Promise<NativeDevice> {
    const opened: LabDevice[] = [];
    const keep = async (opening: Promise<LabDevice>) => {
      const device = await opening;
      opened.push(device);
      return device;
    };
    try {
      return await this.#openRun(pair, backend, keep);
    } catch (error) {
      const descriptors = opened.flatMap(({ send, memory }) => [send, memory ?? []].flat());
      // Those of a lab that is gone are closed already.
      await Promise.allSettled(descriptors.map(async (one) => nativeAddon().closeDescriptor(one)));
      throw error;
    }
  }

  async #openRun(
    pair: number,
    { name, options }: RunPlan['backend'],
    keep: (opening: Promise<LabDevice>) => Promise<LabDevice>,
  ): Promise<NativeDevice> {
    const place: LabPlace = { pair, end: 'a' };
    let counted: LabPlace = { pair, end: 'b' };
    const role = roleOf({ backend: { name, options } });
    if (role === 'receive') return this.#listen(counted);
    let tagged: NativeDescriptor | null = null;
    let device: LabDevice;
    switch (name) {
      case 'af_xdp':
        device = await keep(this.openXdp(place, xdpSize(Number(options.ring), options.mode === 'zero-copy')));
        break;
      case 'tap':
        // What is written to a TAP device is received by the device itself.
        counted = { ...place, tap: true };
        device = await keep(this.openTap(place, (await this.port(place))?.mtu ?? LAB_MTU_DEFAULT));
        break;
      case 'udp':
        device = await keep(this.openUdp(place, 'ipv4'));
        break;
      default:
        device = await keep(this.openSender(place));
        tagged = (await keep(this.openSender(place))).send;
    }
    const receive = role === 'send' ? null : (await keep(this.openReceiver(counted))).send;
    return { ...device, lab: this.#native, end: LAB_ENDS.indexOf(place.end), tagged, receive };
  }

  async #change(what: string, op: number, place: LabPlace, value: number): Promise<LabPort> {
    return (await this.#ask(what, op, place, [value])).port;
  }

  /** Sets the interface up or down, as by ip link set. */
  setLink(place: LabPlace, up: boolean): Promise<LabPort> {
    return this.#change(`set ${nameOf(place)} ${up ? 'up' : 'down'}`, OP.link, place, up ? 1 : 0);
  }

  /** Pulls or plugs the cable: a veth loses its carrier when its peer is down. */
  setCarrier(place: LabPlace, on: boolean): Promise<LabPort> {
    return this.#change(`switch the carrier of ${nameOf(place)}`, OP.carrier, place, on ? 1 : 0);
  }

  /** Sets the MTU of this interface; the other end keeps its own, and drops what is over it. */
  async setMtu(place: LabPlace, mtu: number): Promise<LabPort> {
    checkWhole('MTU', mtu, LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax);
    return this.#change(`set the MTU of ${nameOf(place)}`, OP.mtu, place, mtu);
  }

  /** Has the interface send a packet a second or so, with room for that many more; null takes the queue away. */
  async limitQueue(place: LabPlace, packets: number | null): Promise<LabPort> {
    if (packets !== null) checkWhole('queue limit', packets, 1, LAB_LIMITS.queueMax);
    return this.#change(`limit the queue of ${nameOf(place)}`, OP.queue, place, packets ?? 0);
  }

  /** Deletes the pair (both ends), or the TAP device. */
  async remove(place: LabPlace): Promise<void> {
    await this.#ask(`delete ${nameOf(place)}`, OP.remove, place);
  }

  /** Makes a deleted pair again: the same names and addresses, but other interfaces. */
  async create(pair: number, mtu: number): Promise<LabPort> {
    checkWhole('MTU', mtu, LAB_LIMITS.mtuMin, LAB_LIMITS.mtuMax);
    return this.#change(`make pair ${pair} again`, OP.create, { pair, end: 'a' }, mtu);
  }
}

function requestOf(op: number, { pair, end, tap }: LabPlace, args: readonly number[] = []): NativeLabRequest {
  return { op, pair, end: LAB_ENDS.indexOf(end), device: tap ? 1 : 0, args };
}

/** Rings have at least so many slots: with fewer their number cannot be told from the mapping (`net/xsk.h`). */
const XDP_SLOTS_MIN = 256;

/** A socket for so many frames at a time, in rings of the next power of two. */
function xdpSize(frames: number, zeroCopy: boolean): XdpSize {
  return { frames, slots: Math.max(XDP_SLOTS_MIN, 2 ** Math.ceil(Math.log2(frames))), zeroCopy };
}

/** Refuses what the helper would refuse, in words that name the setting. */
function checkWhole(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new NetLabError(
    'invalid',
    what,
    0,
    `The ${what} of a lab is a whole number from ${group(min)} to ${group(max)}, not ${value}. Nothing was changed.`,
  );
}
