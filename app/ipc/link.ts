/** The one Electron channel: the page's preload asks on it, main answers with a private port. */
export const LINK_CHANNEL = 'packet-lab:link';

/** The name under which the preload exposes the bridge to the page. */
export const BRIDGE_NAME = 'packetLab';

/** The page's own origin; nothing else is ever loaded. */
export const PAGE_SCHEME = 'app';
export const PAGE_ORIGIN = `${PAGE_SCHEME}://packet-lab`;
