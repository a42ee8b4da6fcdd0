import { z } from 'zod';

/** What a page may have written to a file that a person chooses in main's dialog. */

export const EXPORT_KINDS = ['csv', 'json', 'png'] as const;
export type ExportKind = (typeof EXPORT_KINDS)[number];

/** Characters of content at most: text, or a picture as base64. */
export const EXPORT_MAX = 16 * 1024 * 1024;

export const exportSchema = z.object({
  kind: z.enum(EXPORT_KINDS),
  /** File name the dialog begins with: no folder, no extension. */
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 _-]{0,63}$/),
  /** The text; for a picture its bytes as base64. */
  content: z.string().min(1).max(EXPORT_MAX),
});
export type Export = z.infer<typeof exportSchema>;
