// @ts-check
// The real app on a virtual display, driven by Playwright.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron as electron } from 'playwright';
import { build } from '../../main/dev/build.mjs';
import { startVirtualDisplay, virtualDisplayLacks } from '../../main/dev/display.mjs';
import { Problem, run } from '../../main/dev/exec.mjs';
import { DIST, ROOT } from '../../main/dev/paths.mjs';
import { electronCommand, resolveRuntime } from '../../main/dev/runtime.mjs';
import { processNs, processTree, pssMib, threadNs } from './machine.mjs';

/** @typedef {import('./judge.mjs').Round} Round */
/** @typedef {{ rounds: number, roundMs: number }} How */

/** The tiles show the end of a run within this time. */
const PAINTED_MS = 500;

const pause = (/** @type {number} */ ms) => new Promise((go) => setTimeout(go, ms));

/** The app with a profile of its own. */
async function open() {
  const [failure] = await build();
  if (failure !== undefined) throw failure;
  const display = await startVirtualDisplay();
  const profile = mkdtempSync(join(tmpdir(), 'packet-lab-bench-'));
  const call = electronCommand(await resolveRuntime(), ROOT, [`--user-data-dir=${profile}`]);
  /** @type {Record<string, string>} */
  const env = {};
  for (const [name, value] of Object.entries({ ...call.env, ...display.env }))
    if (value !== undefined) env[name] = value;
  const app = await electron.launch({ executablePath: call.command, args: call.args, env });
  const page = await app.firstWindow();
  const button = (/** @type {string} */ name) => page.getByRole('button', { name, exact: true });
  await button('Run').waitFor();
  const counters = page.getByRole('region', { name: 'Counters' });
  return {
    app,
    page,
    profile,
    button,
    async set(/** @type {string} */ field, /** @type {string} */ text) {
      const input = page.getByLabel(field, { exact: true });
      await input.fill(text);
      await input.press('Tab');
    },
    async figure(/** @type {string} */ name) {
      return Number(await counters.locator(`[data-figure="${name}"]`).getAttribute('data-value'));
    },
    /** Waits until the run has ended. */
    async ended() {
      for (let i = 0; i < 1200; i++) {
        if ((await button('Run').getAttribute('aria-disabled')) !== 'true') return;
        await pause(50);
      }
      throw new Problem('A run in the window did not end within a minute.');
    },
    async close() {
      await app.close();
      display.stop();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Opens the app, has something measured and closes it; answers the reason where no window can be opened.
 * @template T
 * @param {(lab: Awaited<ReturnType<typeof open>>) => Promise<T>} work
 * @returns {Promise<T | string>}
 */
async function inWindow(work) {
  const lacks = virtualDisplayLacks();
  if (lacks !== null) return lacks;
  const lab = await open();
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

/**
 * The built-in plan (batch 64, rate max) through the app with charts live, saved by it, and through the command line in
 * turns: ns per packet over runs of the same length, long enough for charts to be drawn.
 * @param {How} how
 * @param {(lab: Awaited<ReturnType<typeof open>>) => Promise<void>} prepare
 * @param {readonly string[]} options of the command line
 */
function besideTerminal({ rounds, roundMs }, prepare, options) {
  const seconds = Math.max(3, roundMs / 1000);
  return inWindow(async (lab) => {
    await prepare(lab);
    const plan = join(lab.profile, 'bench.plan.json');
    await lab.set('Rate', 'max');
    await lab.set('Stop after', `${seconds}s`);
    await lab.app.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath });
    }, plan);
    await lab.button('Save plan').click();
    for (let i = 0; i < 200 && !existsSync(plan); i++) await pause(50);
    const inApp = async () => {
      await lab.button('Run').click();
      await pause(seconds * 1000);
      await lab.ended();
      await pause(PAINTED_MS);
      return (seconds * 1e9) / (await lab.figure('taken'));
    };
    const inTerminal = async () => {
      const result = await run(process.execPath, [join(DIST, 'cli.cjs'), 'run', plan, '--json', ...options], {
        limitMs: 60_000,
      });
      if (result.code !== 0) throw new Problem('The plan does not run on the command line.', result.stderr);
      return (seconds * 1e9) / /** @type {{ taken: number }} */ (JSON.parse(result.stdout)).taken;
    };
    await inApp(); // both are warm
    await inTerminal();
    /** @type {Round[]} */
    const done = [];
    for (let i = 0; i < rounds; i++) {
      const first = i % 2 === 0 ? await inApp() : await inTerminal();
      const second = i % 2 === 0 ? await inTerminal() : await inApp();
      done.push(i % 2 === 0 ? { ours: first, bare: second } : { ours: second, bare: first });
    }
    return done;
  });
}

/** On loopback. */
export function appRounds(/** @type {How} */ how) {
  return besideTerminal(how, async () => {}, []);
}

/** On af_packet, each in a lab of its own; a reason where no lab can be opened. */
export function labAppRounds(/** @type {How} */ how) {
  if (process.getuid?.() !== 0) return Promise.resolve('It is measured as root, as all of these are.');
  const prepare = async (/** @type {Awaited<ReturnType<typeof open>>} */ lab) => {
    await lab.page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
    await lab.button('Open a lab').click();
    await lab.page.getByRole('region', { name: 'Lab', exact: true }).getByText('linked').first().waitFor();
  };
  return besideTerminal(how, prepare, ['--lab']);
}

/** Two instances at full rate and two at 100 kpps, all running; the first one, at full rate, is shown. */
async function fourRunning(/** @type {Awaited<ReturnType<typeof open>>} */ lab) {
  for (const [i, rate] of ['max', 'max', '100kpps', '100kpps'].entries()) {
    if (i > 0) await lab.button('Add instance').click();
    await lab.set('Rate', rate);
    await lab.set('Stop after', 'never');
    await lab.button('Run').click();
    await lab.page.waitForTimeout(300);
  }
  await lab.page.getByRole('region', { name: 'Instances', exact: true }).getByRole('row').first().click();
}

/** How often each chart of the page was redrawn within that time, and how often two of them at once. */
function redraws(/** @type {Awaited<ReturnType<typeof open>>} */ lab, /** @type {number} */ ms) {
  return lab.page.evaluate(async (time) => {
    const charts = [...document.querySelectorAll('.chart')];
    const counts = charts.map(() => 0);
    let together = 0;
    const observer = new MutationObserver((records) => {
      const touched = charts.flatMap((chart, i) =>
        records.some(({ target }) => chart.contains(target) && target instanceof SVGElement) ? [i] : [],
      );
      for (const i of touched) counts[i] = (counts[i] ?? 0) + 1;
      if (touched.length > 1) together += 1;
    });
    for (const chart of charts) observer.observe(chart, { subtree: true, childList: true, attributes: true });
    await new Promise((go) => setTimeout(go, time));
    observer.disconnect();
    return { perSecond: counts.map((n) => (n * 1000) / time), together };
  }, ms);
}

/** The 95th percentile of the times between frames over that long, in ms. */
function frames95(/** @type {Awaited<ReturnType<typeof open>>} */ lab, /** @type {number} */ ms) {
  return lab.page.evaluate(
    (time) =>
      new Promise((/** @type {(p95: number) => void} */ done) => {
        /** @type {number[]} */
        const gaps = [];
        const start = performance.now();
        let last = start;
        const frame = (/** @type {number} */ now) => {
          gaps.push(now - last);
          last = now;
          if (now - start < time) requestAnimationFrame(frame);
          else done(gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.95)] ?? Number.NaN);
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );
}

/**
 * The page with four instances running: processor time of the page's process and of main's JavaScript thread (the first
 * thread of its process) from /proc/PID/task/TID/schedstat, in percent of a core, and then the times between frames.
 * Frames are asked for in a time of their own, because asking for every frame makes the page draw every frame.
 * @param {How & { warmMs: number, quick: boolean }} how
 */
export function pageRounds({ rounds, roundMs, warmMs, quick }) {
  return inWindow(async (lab) => {
    await fourRunning(lab);
    await pause(warmMs); // until the charts are full
    const main = lab.app.process().pid ?? 0;
    const page =
      (await lab.app.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
      )) ?? 0;
    /** @type {{ page: Round[], main: Round[], frames: Round[], memory: number }} */
    const made = { page: [], main: [], frames: [], memory: 0 };
    // A round holds several redraws of each chart.
    const windowMs = Math.max(quick ? 1000 : 3000, roundMs);
    for (let i = 0; i < rounds; i++) {
      const before = { at: process.hrtime.bigint(), page: processNs(page), main: threadNs(main, main) };
      await pause(windowMs);
      const ns = Number(process.hrtime.bigint() - before.at);
      made.page.push({ ours: (100 * (processNs(page) - before.page)) / ns });
      made.main.push({ ours: (100 * (threadNs(main, main) - before.main)) / ns });
    }
    made.memory = processTree(main).reduce((sum, pid) => sum + pssMib(pid), 0);
    const drawn = await redraws(lab, windowMs * 5);
    for (let i = 0; i < rounds; i++) made.frames.push({ ours: await frames95(lab, windowMs) });
    await lab.button('Stop all').click();
    const note =
      `${drawn.perSecond.length} charts on the page, those of the selected instance, redrawn ` +
      `${drawn.perSecond.map((n) => n.toFixed(1)).join(' and ')} times a second, ` +
      `${drawn.together === 0 ? 'never two at once' : `two at once ${drawn.together} times`}.`;
    return { ...made, note };
  });
}

/** Memory (PSS) of all processes of the app that does nothing, in MiB, 10 s after its start. */
export function idleMemory() {
  return inWindow(async (lab) => {
    await pause(10_000);
    return processTree(lab.app.process().pid ?? 0).reduce((sum, pid) => sum + pssMib(pid), 0);
  });
}
