/** What the kernel tells anybody of an interface: texts are empty, numbers 0, XDP and threads null where it does not. */
export interface NativeLink {
  /** 0 when there is no such interface. */
  readonly ifindex: number;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly qdisc: string;
  readonly driver: string;
  readonly txQueues: number;
  readonly rxQueues: number;
  readonly xdpAttached: boolean;
  readonly xdpNative: boolean | null;
  readonly xdpZeroCopy: boolean | null;
  /** NAPI polls on threads of its own. */
  readonly threaded: boolean | null;
  /** Packets that a pfifo of its queue discipline may hold; 0 = there is none. */
  readonly queueLimit: number;
  readonly tso: boolean;
  readonly gso: boolean;
  readonly gro: boolean;
  readonly lro: boolean;
}

/** One end of a pair, or a TAP device; `name` is empty when it is not there. */
export interface NativePort {
  readonly name: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  /** IPv4; empty for a TAP device. */
  readonly address: string;
  readonly peerAddress: string;
  readonly mac: string;
  readonly peerMac: string;
}
