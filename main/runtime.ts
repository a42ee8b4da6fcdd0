/** What the app runs on, as the About box says it. */
export function runtimeSentence(): string {
  const { electron, chrome, node } = process.versions;
  const on = `Electron ${electron}, Chromium ${chrome}, Node ${node}, ${process.platform} ${process.arch}.`;
  return process.env.PACKET_LAB_RUNTIME === 'fallback'
    ? `${on}\nThis is the fallback runtime for development and tests; it is older than the one released with.`
    : on;
}
