import { plain } from '../../app/quantity/parse';
import type { Terminal } from './send';
import { EXIT_DONE, EXIT_FAULT } from './usage';

/** Whether something that was printed is lost: the disk is full, or so. */
let lost = false;

/** A reader that goes away (packet-lab … | head) is no fault of ours; anything else is told, once. */
function lose({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE' || lost) return;
  lost = true;
  process.stderr.write(
    `packet-lab: Standard output cannot be written (${message}): what was to be printed is lost. Make room, or print elsewhere.\n`,
  );
}

/** What was printed last is out, or lost. */
let printed: Promise<void> = Promise.resolve();

/** Prints; answers whether there is room for more at once. */
function print(text: string): boolean {
  if (lost) return false;
  let room = true;
  printed = new Promise((done) => {
    try {
      room = process.stdout.write(text, () => done());
    } catch (error) {
      // Node 18 throws where a file takes no more.
      if (error instanceof Error) lose(error);
      done();
    }
  });
  return room;
}

/** Says a sentence on standard error, in one line whatever names are in it. */
export function say({ err }: Pick<Terminal, 'err'>, sentence: string): void {
  err(`packet-lab: ${plain(sentence)}\n`);
}

/** Standard output and standard error of this process. */
export const terminal: Terminal = {
  out: print,
  write: (text) => {
    if (!process.stdout.writable) return Promise.resolve(false);
    const room = print(text);
    if (room || lost) return Promise.resolve(!lost);
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

/** Call once. */
export function watchOutputs(): void {
  process.stdout.on('error', lose);
  // There is nobody left to tell.
  process.stderr.on('error', () => {});
}

/** Waits until what was printed is out; answers the exit status that leaves. */
export async function exitStatus(status: number): Promise<number> {
  await printed;
  return lost && status === EXIT_DONE ? EXIT_FAULT : status;
}
