import { z } from 'zod';
import { instanceIdSchema } from '../../app/ipc/contract';
import { settingsSchema } from '../../app/run/plan';
import { planStreamSchema } from '../../app/run/planDocument';
import { defaultSettings } from '../../app/run/settings';
import { KeptFile } from './keptFile';

/** What is kept of the window between two starts: everything a person did, nothing that ran. */

const path = z.string().min(1).max(8192).nullable();

const keptInstanceSchema = z.object({
  id: instanceIdSchema,
  /** The file of the plan that was opened or saved last. */
  plan: path,
  /** A setting that was not there yet when the file was written has its default. */
  settings: z.preprocess(
    (kept) => (typeof kept === 'object' && kept !== null ? { ...defaultSettings(), ...kept } : kept),
    settingsSchema,
  ),
  capture: path,
  outputs: z.object({ file: path, peer: path, tee: path }),
  /** Streams behind the first of an opened plan. */
  more: z.array(planStreamSchema).max(64),
});
export type KeptInstance = z.infer<typeof keptInstanceSchema>;

export const keptSessionSchema = z.object({
  version: z.literal(1),
  selected: instanceIdSchema.nullable(),
  instances: z
    .array(keptInstanceSchema)
    .min(1)
    .max(64)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'an instance is there twice'),
});
export type KeptSession = z.infer<typeof keptSessionSchema>;

/** Changes within this time are written as one, in ms. */
const WRITE_AFTER_MS = 1000;

/** Keeps the session in its file: a moment after the last change, and when the app quits. */
export class SessionKeeper {
  private timer: NodeJS.Timeout | null = null;
  private ended = false;
  private readonly file: KeptFile<KeptSession>;

  constructor(path: string | null, tell: (sentence: string) => void) {
    this.file = new KeptFile(path, keptSessionSchema, 'The last session', tell);
  }

  read(): Promise<KeptSession | null> {
    return this.file.read();
  }

  /** Something has changed; `now` says what there is when the time has come. */
  changed(now: () => KeptSession): void {
    if (this.ended) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.file.write(now());
    }, WRITE_AFTER_MS);
  }

  /** The last word: written at once, later changes are those of closing and not kept. */
  async end(last: KeptSession): Promise<void> {
    this.ended = true;
    if (this.timer) clearTimeout(this.timer);
    this.file.write(last);
    await this.file.settled();
  }
}
