import { z } from 'zod';
import { LAB_LIMITS, LAB_SPOTS } from './limits';

/** What the page knows of the lab of interfaces, and what it may ask of it. */

/** An interface as it was last read. */
export const labPortSchema = z.object({
  name: z.string(),
  /** Another number after the interface was made again. */
  ifindex: z.number(),
  /** Set up, as by ip link set up. */
  up: z.boolean(),
  /** Whether the cable is plugged: a veth has a carrier while both ends are up, a TAP device while it is switched on. */
  carrier: z.boolean(),
  mtu: z.number(),
  /** IPv4 and Ethernet address; a TAP device has no IPv4 address, and it is empty. */
  address: z.string(),
  mac: z.string(),
  /** The queue discipline as the kernel names it, as in "noqueue"; empty = not told, as of a TAP device. */
  qdisc: z.string(),
  /** Packets that a pfifo of it may hold; null = there is none. */
  queue: z.number().nullable(),
});
export type LabPortInfo = z.infer<typeof labPortSchema>;

export const LAB_PHASES = ['closed', 'opening', 'open', 'closing'] as const;

export const netLabSchema = z.object({
  phase: z.enum(LAB_PHASES),
  /** MTU it was opened with, which a pair that is made again has. */
  mtu: z.number(),
  /** Process id of the helper that holds it; null while it is not open. */
  helper: z.number().nullable(),
  /** Why there is none: it could not be opened, or it ended by itself. Null otherwise. */
  problem: z.string().nullable(),
  /** False when it was tried and this system makes none for this user; the problem names what forbids it. */
  possible: z.boolean(),
  /** The ends of each pair and its TAP device; null where the interface is not there. */
  pairs: z.array(
    z.object({ a: labPortSchema.nullable(), b: labPortSchema.nullable(), tap: labPortSchema.nullable() }),
  ),
});
export type NetLabInfo = z.infer<typeof netLabSchema>;

export const labSizeSchema = z.strictObject({
  pairs: z.number().int().min(1).max(LAB_LIMITS.pairsMax),
  mtu: z.number().int().min(LAB_LIMITS.mtuMin).max(LAB_LIMITS.mtuMax),
});

/** What can be done to an interface, also while a run sends on it. */
export const labChangeSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('link'), up: z.boolean() }),
  z.strictObject({ what: z.literal('carrier'), on: z.boolean() }),
  z.strictObject({
    what: z.literal('mtu'),
    mtu: z.number().int().min(LAB_LIMITS.mtuMin).max(LAB_LIMITS.mtuMax),
  }),
  z.strictObject({
    what: z.literal('queue'),
    packets: z.number().int().min(1).max(LAB_LIMITS.queueMax).nullable(),
  }),
  /** The whole pair goes and comes: neither end of a veth is without the other. A TAP device only goes. */
  z.strictObject({ what: z.literal('delete') }),
  z.strictObject({ what: z.literal('create') }),
]);
export type LabChange = z.infer<typeof labChangeSchema>;

export const labPortInputSchema = z.strictObject({
  pair: z
    .number()
    .int()
    .min(0)
    .max(LAB_LIMITS.pairsMax - 1),
  end: z.enum(LAB_SPOTS),
  change: labChangeSchema,
});
export type LabPortInput = z.infer<typeof labPortInputSchema>;

export const NO_NET_LAB: NetLabInfo = {
  phase: 'closed',
  mtu: 0,
  helper: null,
  problem: null,
  possible: true,
  pairs: [],
};
