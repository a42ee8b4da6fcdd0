import { app } from 'electron';
import { runCommand } from './cli/commands';
import { exitStatus, terminal, watchOutputs } from './cli/terminal';
import { nativeAddon } from './native/addon';

/** Options that are commands of their own. */
const OPTIONS: readonly string[] = ['--help', '-h', '--version', '--demo'];

/** The one switch of Chromium's that root has to give, wherever it stands. */
const NO_SANDBOX = '--no-sandbox';

/**
 * The words for the command line among the arguments of the app; null when a window is asked for. Chromium's
 * switches come first; an app that is not packaged has its folder as the first plain word.
 */
export function commandWords(argv: readonly string[], packaged: boolean): string[] | null {
  const words = argv.slice(1).filter((word) => word !== NO_SANDBOX);
  const isStart = (word: string) => OPTIONS.includes(word) || !word.startsWith('-');
  if (!packaged) words.splice(0, words.findIndex(isStart) + 1);
  const at = words.findIndex(isStart);
  return at < 0 ? null : words.slice(at);
}

/**
 * Runs the command line in Electron's main process, without a window and without a display: the event loop is turned
 * here, while the app's first script is still running, and the process ends before Chromium's user interface starts.
 */
export function obey(words: readonly string[]): void {
  let status: number | null = null;
  watchOutputs();
  runCommand(words, terminal)
    .then(exitStatus)
    .then((answer) => {
      status = answer;
      app.exit(answer);
    });
  // Turns of a loop within a script leave promises to their caller.
  const settle = (process as { _tickCallback?: () => void })._tickCallback;
  if (!settle) return; // Chromium's loop goes on with it, which takes a display.
  for (let more = true; ; more = nativeAddon().turnLoop()) {
    settle();
    if (status !== null) return;
    if (!more) throw new Error('The command waits for something that cannot come.');
  }
}
