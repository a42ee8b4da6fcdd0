import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const boundsSchema = z.object({
  x: z.number().int().optional(),
  y: z.number().int().optional(),
  width: z.number().int().min(640).max(16_384),
  height: z.number().int().min(480).max(16_384),
});

export interface Bounds {
  x?: number;
  y?: number;
  width: number;
  height: number;
}

const FIRST: Bounds = { width: 1440, height: 900 };

/** Where the window was when it was closed; a file that is missing or odd gives the first size. */
export function readBounds(file: string): Bounds {
  try {
    const { x, y, width, height } = boundsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return x === undefined || y === undefined ? { width, height } : { x, y, width, height };
  } catch {
    return FIRST;
  }
}

/** Keeps the bounds; losing them is not worth a word. */
export function writeBounds(file: string, bounds: Bounds): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, JSON.stringify(bounds));
    renameSync(`${file}.new`, file);
  } catch {
    // The window opens at its first size next time.
  }
}
