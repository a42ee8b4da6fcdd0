import type { NamespaceCause } from './namespaces';
import type { Role } from './role';

/** What a preflight looks at, as data. */

export interface RightsFacts {
  /** CapEff of the process (capabilities(7)). */
  readonly effective: bigint;
  readonly noNewPrivileges: boolean;
  /** In the initial user namespace. Capabilities in another one are rights over that one only. */
  readonly initial: boolean;
}

export type TunState = 'open' | 'forbidden' | 'absent';

/** What the kernel tells of an interface besides its state. */
export interface InterfaceDetails {
  /** As ethtool names it; null = not told. */
  readonly driver: string | null;
  /** The queue discipline; null = not told. */
  readonly qdisc: string | null;
  /** Packets that a pfifo of the queue discipline may hold; null = there is none. */
  readonly queueLimit: number | null;
  /** 0 = not told. */
  readonly txQueues: number;
  readonly rxQueues: number;
  readonly xdpAttached: boolean;
  /** Null = not told (before Linux 6.3). */
  readonly xdpNative: boolean | null;
  readonly xdpZeroCopy: boolean | null;
  readonly tso: boolean;
  readonly gso: boolean;
  readonly gro: boolean;
  readonly lro: boolean;
  /** NAPI polls on threads of its own; null = not told. */
  readonly threaded: boolean | null;
}

export interface InterfaceFacts {
  readonly name: string;
  readonly up: boolean;
  readonly carrier: boolean;
  /** In bytes, without the Ethernet header. */
  readonly mtu: number;
  /** Null = not told. */
  readonly details: InterfaceDetails | null;
}

/** Why there is no lab, or why nothing could be opened in it. */
export interface LabFailure {
  /** What forbids its namespaces, where that is it. */
  readonly forbidden: NamespaceCause | null;
  /** The driver does not send without copying, which was asked of it. */
  readonly noZeroCopy: boolean;
  /** The helper's step, as in "UMEM". */
  readonly step: string;
  readonly sentence: string;
}

/** Where the run would send. */
export type PlaceFacts =
  | {
      readonly kind: 'lab';
      readonly failure: LabFailure | null;
      /** Null where it is not there. For tap the peer is the TAP device, which receives what is written to it. */
      readonly sender: InterfaceFacts | null;
      readonly peer: InterfaceFacts | null;
      readonly names: { readonly sender: string; readonly peer: string };
      /** The pair of a lab that stays; null for one that was made to look at and is gone. */
      readonly pair: number | null;
      /**
       * What a command begins with that is to run where that interface is, as a person types it; null where it is not
       * known, or the lab is gone.
       */
      readonly enter: { readonly sender: string; readonly peer: string } | null;
    }
  /** Nowhere: no lab is open, or it has no such pair. */
  | { readonly kind: 'none'; readonly why: string }
  | {
      readonly kind: 'interface';
      readonly name: string;
      /** Null where there is none of that name. */
      readonly found: InterfaceFacts | null;
      /** Those that are there. */
      readonly known: readonly string[];
    };

export interface Facts {
  /** Why the settings are no plan that could run, or null. */
  readonly refused: string | null;
  readonly backend: {
    readonly name: string;
    /** Why it cannot be used, or null. */
    readonly unavailable: string | null;
    /** Sends on nothing but an interface that is given to it. */
    readonly device: boolean;
    /** Hands frames to the driver past the queue discipline. */
    readonly bypass: boolean;
  };
  readonly rights: RightsFacts | null;
  /** Bytes that af_xdp would lock; 0 for other backends. */
  readonly lockedBytes: number;
  /** af_xdp is asked to send without copying. */
  readonly zeroCopy: boolean;
  /** RLIMIT_MEMLOCK in bytes; Infinity = unlimited, null = not told. */
  readonly memlock: { readonly soft: number; readonly hard: number } | null;
  readonly tun: TunState;
  readonly role: Role;
  /** The run counts what arrives. */
  readonly counts: boolean;
  /** Null for a backend that needs no interface. */
  readonly place: PlaceFacts | null;
}
