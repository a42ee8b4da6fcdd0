import { z } from 'zod';
import { type LabPortInput, labPortInputSchema } from './state';

/** What is said about a run, before it and while it is on: one sentence each, and what would change it. */

/** A problem prevents the run or lets none of it arrive; a warning may explain what is seen; ok is no fault. */
export const FINDING_LEVELS = ['ok', 'warning', 'problem'] as const;
export type FindingLevel = (typeof FINDING_LEVELS)[number];

/** What a preflight looks at, in the order in which it is told. */
export const FINDING_IDS = [
  'plan',
  'backend',
  'rights',
  'namespaces',
  'lab',
  'memlock',
  'tun',
  'interface',
  'link',
  'carrier',
  'mtu',
  'queues',
  'driver',
  'xdp',
  'qdisc',
  'offloads',
  'napi',
  'peer',
  'receiver',
] as const;

/** What only a run can show. */
export const CAUSE_IDS = [
  'pace',
  'flush',
  'inval',
  'capture',
  'fault',
  'loss',
  'delay',
  'drain',
  'ring',
  'socket',
  'device',
  'file',
  'attach',
  'late',
  'overrun',
  'again',
  'unknown',
] as const;

export const findingSchema = z.object({
  id: z.enum([...FINDING_IDS, ...CAUSE_IDS]),
  level: z.enum(FINDING_LEVELS),
  /** One sentence. */
  sentence: z.string(),
  /** The command that would change it, or null where no command does. Shown, never run. */
  fix: z.string().nullable(),
  /** The same as a change of the window's lab, where it is one. */
  action: labPortInputSchema.nullable(),
});
export type Finding = z.infer<typeof findingSchema>;
export type FindingId = Finding['id'];

/** The most likely cause of nothing, or far too little, while it lasts and after a run that ended so. */
export const liveFindingSchema = findingSchema.extend({
  /** Number of the run. */
  run: z.number(),
  /** When it began, wall clock, ms since the epoch. */
  since: z.number(),
});
export type LiveFinding = z.infer<typeof liveFindingSchema>;

/** Why it is zero, or may become so: of one instance. */
export const diagnosisSchema = z.object({
  /** The instance. */
  id: z.string(),
  /** Of the plan as it stands now, where it would run; empty until it was looked at. */
  preflight: z.array(findingSchema),
  /** Null while packets go and arrive as they should. */
  live: liveFindingSchema.nullable(),
});
export type Diagnosis = z.infer<typeof diagnosisSchema>;

export const ok = (id: FindingId, sentence: string): Finding => ({
  id,
  level: 'ok',
  sentence,
  fix: null,
  action: null,
});

/** `action` is what the window's lab would do in place of the command. */
export const warning = (
  id: FindingId,
  sentence: string,
  fix: string | null,
  action: LabPortInput | null = null,
): Finding => ({
  id,
  level: 'warning',
  sentence,
  fix,
  action,
});

export const problem = (
  id: FindingId,
  sentence: string,
  fix: string | null,
  action: LabPortInput | null = null,
): Finding => ({
  id,
  level: 'problem',
  sentence,
  fix,
  action,
});

/** The first sentence; what follows is advice. */
export function firstOf(text: string): string {
  return /^.*?\.(?= \p{Lu})/u.exec(text)?.[0] ?? text;
}
