// Progress of long steps, on stderr so that stdout stays free for results. On a terminal one line is rewritten;
// elsewhere a step prints a line when it starts, when it ends, and every 15 s between.

/** @type {Map<string, { since: number, detail: string }>} */
const active = new Map();
const out = process.stderr;
/** @type {NodeJS.Timeout | null} */
let ticker = null;
let ticks = 0;

function seconds(/** @type {number} */ since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function clearLine() {
  if (out.isTTY) out.write('\r\x1b[2K');
}

function draw() {
  ticks += 1;
  if (out.isTTY) {
    const parts = [];
    for (const [name, step] of active)
      parts.push(`${name} ${seconds(step.since)}${step.detail ? `: ${step.detail}` : ''}`);
    const line = `  ${parts.join('  |  ')}`.slice(0, Math.max(20, (out.columns || 80) - 1));
    out.write(`\r\x1b[2K${line}`);
  } else if (ticks % 150 === 0) {
    for (const [name, step] of active) out.write(`  ${name}: still going, ${seconds(step.since)}\n`);
  }
}

/**
 * Shows a step while its work is going on. Call it only for steps that really do something: what is up to date says
 * nothing.
 * @template T
 * @param {string} name
 * @param {(detail: (text: string) => void) => Promise<T>} work gets a function that shows what the step is at
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const mine = { since: Date.now(), detail: '' };
  active.set(name, mine);
  if (!out.isTTY) out.write(`  ${name} ...\n`);
  if (ticker === null) {
    ticks = 0;
    ticker = setInterval(draw, 100);
    ticker.unref();
  }
  let outcome = 'failed after';
  try {
    const result = await work((text) => {
      mine.detail = (text.trim().split('\n').pop() ?? '').trim();
    });
    outcome = 'done in';
    return result;
  } finally {
    active.delete(name);
    clearLine();
    out.write(`  ${name}: ${outcome} ${seconds(mine.since)}\n`);
    if (active.size === 0 && ticker !== null) {
      clearInterval(ticker);
      ticker = null;
    }
  }
}

/** Prints a line without disturbing a progress line. */
export function say(/** @type {string} */ text) {
  clearLine();
  out.write(`${text}\n`);
}
