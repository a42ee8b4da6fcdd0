import type { Terminal } from './send';
import { EXIT_DONE } from './usage';

/** Standard output and standard error of this process. */
export const terminal: Terminal = {
  out: (text) => process.stdout.write(text),
  write: (text) => {
    if (!process.stdout.writable) return Promise.resolve(false);
    if (process.stdout.write(text)) return Promise.resolve(true);
    return new Promise((done) => {
      const settle = () => {
        process.stdout.off('drain', settle);
        process.stdout.off('close', settle);
        process.stdout.off('error', settle);
        done(process.stdout.writable);
      };
      process.stdout.on('drain', settle);
      process.stdout.on('close', settle);
      process.stdout.on('error', settle);
    });
  },
  err: (text) => process.stderr.write(text),
  live: process.stderr.isTTY === true ? 'redraw' : 'none',
  columns: () => process.stderr.columns || 80,
};

/** Call once: a reader that goes away (packet-lab … | head) is no fault of ours. */
export function forgiveReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exitCode = EXIT_DONE;
  });
}
