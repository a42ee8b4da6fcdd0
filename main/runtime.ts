import { app } from 'electron';

/**
 * Which Electron runtime this is: 'official', or why not. Scripts that start the app tell what they found; a package made
 * on another runtime has a version with a mark, such as 0.1.0-dev.
 */
export function runtimeKind(): string {
  if (app.isPackaged) return app.getVersion().includes('-') ? 'development' : 'official';
  return process.env.PACKET_LAB_RUNTIME ?? 'unknown';
}

const NOT_RELEASED: Readonly<Record<string, string>> = {
  fallback: 'This is the fallback runtime for development and tests; it is older than the one released with.',
  development: 'This is a development build, not for distribution: its runtime is not the one released with.',
};

/** What the app runs on, as the About box says it. */
export function runtimeSentence(): string {
  const { electron, chrome, node } = process.versions;
  const on = `Electron ${electron}, Chromium ${chrome}, Node ${node}, ${process.platform} ${process.arch}.`;
  const note = NOT_RELEASED[runtimeKind()];
  return note ? `${on}\n${note}` : on;
}
