import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultSpec } from '../../app/stage/fault';
import type { NativeLink, NativePort } from './link';
import type {
  NativeCalls,
  NativeFrames,
  NativeHistograms,
  NativeReading,
  NativeStreamHistograms,
} from './readings';

// The only loader of the native core. Everything here is what the addon says, unchanged;
// `main/lab` gives it meaning. The addon checks and copies every argument again itself.

declare const backendBrand: unique symbol;
declare const runBrand: unique symbol;
declare const labBrand: unique symbol;
declare const descriptorBrand: unique symbol;
/** An opened backend; close it with `closeBackend`. */
export interface NativeBackend {
  readonly [backendBrand]: true;
}
/** A started run; end it with `endRun`. */
export interface NativeRun {
  readonly [runBrand]: true;
}

/** An opened lab; close it with `closeLab`. It keeps the process alive. */
export interface NativeLab {
  readonly [labBrand]: true;
}
/** A descriptor that the lab's helper opened. It is closed with its lab unless a backend has taken it. */
export interface NativeDescriptor {
  readonly [descriptorBrand]: true;
}

/** A request as in `pl_lab.h`. */
export interface NativeLabRequest {
  readonly op: number;
  readonly pair: number;
  /** 0 a, 1 b. */
  readonly end: number;
  /** 0 the end of the pair, 1 the TAP device. */
  readonly device: number;
  readonly args: readonly number[];
}

export interface NativeBackendSpec {
  readonly name: string;
  /** Pairs of option name and value; null is "max". */
  readonly options: readonly (readonly [string, number | string | null])[];
  /** Whether an existing output file may be overwritten. */
  readonly force: boolean;
  /** The name others attach to its far end under; absent or null when none can. */
  readonly own?: string | null;
  /** The interface it sends on; absent or null for a backend that takes none. */
  readonly device?: NativeDevice | null;
}

/** An interface with the descriptors to work with (without `send` it only receives), which become the backend's, or are closed when it does not open. */
export interface NativeDevice {
  readonly lab: NativeLab;
  readonly port: NativePort;
  /** Whose namespace it is in, 0 for end a. */
  readonly end: number;
  readonly send: NativeDescriptor | null;
  /** af_packet: a second packet socket like `send`, for frames that one has no room for. */
  readonly tagged: NativeDescriptor | null;
  /** A packet socket on the peer, or the interface itself without `send`; null when nobody counts what arrives. */
  readonly receive: NativeDescriptor | null;
  readonly memory: NativeDescriptor | null;
}

/** One stream: a capture, or frames. */
export interface NativeStream {
  readonly capture: string | null;
  readonly frames: readonly Uint8Array[] | null;
}

/** `kind` is an index into `RATE_KINDS`; what a kind does not use is 0. */
export interface NativeRate {
  readonly kind: number;
  readonly value: number;
  readonly burst: number;
  readonly gapNs: number;
}

/** What may change while a run is on. */
export interface NativeTune {
  readonly batch: number;
  readonly rate: NativeRate;
  readonly flushEvery: number;
  readonly flushAfterNs: number;
}

/** Zero means "no such limit" (count, durationNs) or "not by this" (flushEvery, flushAfterNs). */
export interface NativeRunConfig extends NativeTune {
  readonly count: number;
  readonly durationNs: number;
  readonly once: boolean;
  readonly until: number | null;
  /** Whether packets are signed. */
  readonly signature: boolean;
  /** 0 retry, 1 drop, 2 stop. */
  readonly again: number;
  readonly stallNs: number;
}

/** Columns hold the first `listMax` frames; everything else is over all frames. */
export interface NativeScan {
  readonly format: 'pcap' | 'pcapng';
  readonly fileBytes: number;
  readonly frames: number;
  readonly bytes: number;
  readonly sendable: number;
  readonly oversize: number;
  readonly truncated: number;
  readonly seconds: number;
  readonly problem: string;
  readonly links: readonly { link: number; name: string; frames: number }[];
  readonly time: Float64Array;
  readonly offset: Float64Array;
  readonly caplen: Uint32Array;
  readonly origlen: Uint32Array;
  readonly link: Uint16Array;
}

export interface NativeOptionTable {
  readonly name: string;
  readonly kind: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly required: boolean;
  /** Of a choice; empty for other kinds. */
  readonly words: readonly string[];
}

/** The C core's own tables, so that a test can compare them with the TypeScript ones. */
export interface NativeTables {
  readonly success: number;
  readonly inval: number;
  readonly again: number;
  readonly strSuccess: string;
  readonly strInval: string;
  readonly strAgain: string;
  readonly bufMax: number;
  readonly align: number;
  readonly footprint: number;
  readonly batchMax: number;
  readonly calls: number;
  /** Last frames a receiver keeps, bytes kept of each, streams it knows. */
  readonly frames: number;
  readonly frameMax: number;
  readonly streams: number;
  readonly states: readonly string[];
  /** Whether this system reports errors of earlier datagrams. */
  readonly lateErrors: boolean;
  /** Absent where there is no lab. */
  readonly lab?: Readonly<
    Record<'pairsMax' | 'mtuMin' | 'mtuMax' | 'frameSize' | 'framesMax' | 'slotsMax' | 'queueMax', number>
  >;
  readonly backends: readonly {
    name: string;
    peer: boolean;
    mtu: boolean;
    device: 'none' | 'optional' | 'needed';
    options: readonly NativeOptionTable[];
  }[];
}

/** Promises reject with an Error that carries `step` and `errno`. */
export interface NativeAddon {
  tables(): NativeTables;
  /** `peer` and `tee` are pcapng files for what the far end received and the backend accepted. */
  openBackend(
    spec: NativeBackendSpec,
    peer: NativeBackendSpec | null,
    tee: NativeBackendSpec | null,
    fault: FaultSpec | null,
  ): Promise<NativeBackend>;
  closeBackend(backend: NativeBackend): Promise<void>;
  startRun(
    backend: NativeBackend,
    streams: readonly NativeStream[],
    config: NativeRunConfig,
    onEnd: () => void,
  ): Promise<NativeRun>;
  stopRun(run: NativeRun): void;
  flushRun(run: NativeRun): void;
  tuneRun(run: NativeRun, tune: NativeTune): void;
  readRun(run: NativeRun): NativeReading;
  readCalls(run: NativeRun, first: number, max: number): NativeCalls;
  readHistograms(run: NativeRun): NativeHistograms;
  readFrames(run: NativeRun): NativeFrames;
  readStream(run: NativeRun, id: number): NativeStreamHistograms;
  endRun(run: NativeRun): Promise<void>;
  scanCapture(path: string, listMax: number): Promise<NativeScan>;
  probeCapture(path: string): Promise<void>;
  /** `onDeath` is called once when the helper ends by itself; by then its descriptors are closed. */
  openLab(helper: string, pairs: number, mtu: number, onDeath: () => void): Promise<NativeLab>;
  labRequest(
    lab: NativeLab,
    request: NativeLabRequest,
  ): Promise<{ port: NativePort; descriptors: readonly NativeDescriptor[] }>;
  /** What the kernel tells of the interface that a request is about (`op` and `args` are 0 and none), or of an own one. */
  labLook(lab: NativeLab, request: NativeLabRequest): Promise<NativeLink>;
  linkFacts(name: string): Promise<NativeLink>;
  /** The helper's process id; 0 once it has ended. */
  labPid(lab: NativeLab): number;
  /** Ends the helper at once: requests under way fail, `onDeath` is not called. To be closed once none is. */
  endLab(lab: NativeLab): void;
  closeLab(lab: NativeLab): Promise<void>;
  /** The number by which /proc knows it; -1 once it is closed or taken. */
  descriptorNumber(descriptor: NativeDescriptor): number;
  closeDescriptor(descriptor: NativeDescriptor): Promise<void>;
  /** One turn of the event loop, from a script that is not itself called by the loop. Whether more can come. */
  turnLoop(): boolean;
}

const FILE = 'packet_lab.node';

/** The addon lies beside the bundles in `dist/`; tests run from the sources. */
function locate(): string {
  const places = [join(__dirname, 'native', FILE), join(__dirname, '..', '..', 'dist', 'native', FILE)];
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`The native core is not built: ${places[0]} is missing. Run npm run build.`);
  return found;
}

let loaded: NativeAddon | null = null;

/** Loads the addon at the first call. Throws one sentence when it is missing or does not fit. */
export function nativeAddon(): NativeAddon {
  if (loaded) return loaded;
  const holder: { exports: unknown } = { exports: {} };
  process.dlopen(holder, locate());
  // The addon and this file are built from one tree; a test compares its tables and functions.
  loaded = holder.exports as NativeAddon;
  return loaded;
}
