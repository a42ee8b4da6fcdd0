/** Bounds of a lab, those of `pl_lab.h`; a test compares them. */
export const LAB_LIMITS = Object.freeze({
  pairsMax: 16,
  /** The least an IPv4 link may have (RFC 791). */
  mtuMin: 68,
  /** The most that veth and TAP both take. */
  mtuMax: 65_521,
  /** Bytes of one frame of an AF_XDP UMEM. */
  frameSize: 4096,
  framesMax: 32_768,
  /** Slots of an AF_XDP ring; they are powers of two. */
  slotsMax: 16_384,
  /** Packets that a limited queue may hold. */
  queueMax: 1_000_000,
});

export const LAB_PAIRS_DEFAULT = 1;
export const LAB_MTU_DEFAULT = 1500;

/** Either end of a pair: all ends a are in one network namespace, all ends b in another one. */
export const LAB_ENDS = ['a', 'b'] as const;
export type LabEnd = (typeof LAB_ENDS)[number];

/** What a pair has: its ends, and the TAP device beside end a while a run of tap has made it. */
export const LAB_SPOTS = [...LAB_ENDS, 'tap'] as const;
export type LabSpot = (typeof LAB_SPOTS)[number];

/** The name of an interface, also while it is not there. */
export function portName(pair: number, spot: LabSpot): string {
  return `pl${pair}${spot === 'tap' ? 't' : spot}`;
}
