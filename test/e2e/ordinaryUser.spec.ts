import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { _electron as electron, expect, type Page, test } from '@playwright/test';
import { startVirtualDisplay, virtualDisplayLacks } from '../../main/dev/display.mjs';
import { hostInterfaces, isAlive, processesIn, spaceOf } from '../lab/netLabCases';
import { isRoot, makeUser, self } from '../ordinaryUser';
import { family } from '../soak/processes';

// The app of an ordinary user, with Chromium's sandbox on and a lab open: who has which rights, and what is left of it all.

/**
 * Starts app and runtime from a folder that everybody may read, as that person. Playwright adds --no-sandbox when it runs as
 * root; what it starts takes that away again and becomes the other user.
 */
function launchAs(identity: { uid?: number; gid?: number }, dir: string, display: string) {
  const runtime = process.env.PACKET_LAB_ELECTRON ?? '';
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'app'));
  for (const part of ['dist', 'package.json']) cpSync(part, join(dir, 'app', part), { recursive: true });
  execFileSync('cp', ['-a', dirname(runtime), join(dir, 'runtime')]);
  chmodSync(join(dir, 'runtime'), 0o755);
  const home = join(dir, 'home');
  mkdirSync(home);
  const { uid, gid = uid } = identity;
  if (uid !== undefined && gid !== undefined) chownSync(home, uid, gid);
  const become = uid === undefined ? '' : `setpriv --reuid ${uid} --regid ${gid} --clear-groups`;
  const program = join(dir, 'start');
  writeFileSync(
    program,
    `#!/bin/sh
for word do shift; [ "$word" = --no-sandbox ] || set -- "$@" "$word"; done
exec ${become} "${join(dir, 'runtime', basename(runtime))}" "$@"
`,
    { mode: 0o755 },
  );
  const args = [join(dir, 'app'), `--user-data-dir=${join(home, 'profile')}`];
  const env = { PATH: process.env.PATH ?? '', HOME: home, DISPLAY: display, LANG: 'C.UTF-8' };
  return electron.launch({ executablePath: program, args, cwd: home, env, timeout: 25_000 });
}

/** Every process of the app, by kind, with its rights and whether it is in this user namespace. */
function processesOf(pid: number) {
  const own = readlinkSync('/proc/self/ns/user');
  return family(pid).flatMap((one) => {
    try {
      const status = readFileSync(`/proc/${one}/status`, 'utf8');
      const words = readFileSync(`/proc/${one}/cmdline`, 'utf8').split(/[\0 ]/);
      if (words[0] === '') return []; // it has ended and waits to be reaped: it has no memory that its words could be in
      const line = (name: string) => new RegExp(`^${name}:\\s*(\\w+)$`, 'm').exec(status)?.[1] ?? '';
      let users = '';
      try {
        users = readlinkSync(`/proc/${one}/ns/user`);
      } catch {
        // Of a process in its sandbox only root may know.
      }
      const helper = words[0] === 'packet-lab-helper';
      const kind = helper ? 'helper' : (words.find((word) => word.startsWith('--type='))?.slice(7) ?? 'main');
      return [
        { pid: one, kind, rights: line('CapEff'), noNew: line('NoNewPrivs'), initial: users === own, users },
      ];
    } catch {
      return []; // it ended meanwhile
    }
  });
}

const figure = async (page: Page, name: string) =>
  Number(
    await page
      .getByRole('region', { name: 'Counters' })
      .locator(`[data-figure="${name}"]`)
      .getAttribute('data-value'),
  );

async function openLab(page: Page): Promise<void> {
  const lab = page.getByRole('region', { name: 'Lab', exact: true });
  await lab.getByRole('button', { name: 'Open lab', exact: true }).click();
  await expect(lab.getByRole('button', { name: 'Link down', exact: true })).toBeVisible();
}

/** Runs on the lab and answers its helper, once frames have arrived. */
async function runOn(page: Page, pid: number): Promise<number> {
  const button = page.getByRole('button', { name: 'Run', exact: true });
  const before = (await button.getAttribute('data-run')) ?? '';
  await button.click();
  await expect(button).not.toHaveAttribute('data-run', before); // the figures of the run before are gone
  await expect.poll(() => figure(page, 'received')).toBeGreaterThan(10_000);
  const helpers = processesOf(pid).filter(({ kind }) => kind === 'helper');
  expect(helpers).toHaveLength(1);
  return helpers[0]?.pid ?? 0;
}

test('an ordinary user, the sandbox on, a lab open and a run on it: nobody has a right; the helper is killed, then the app', async () => {
  test.skip(process.platform !== 'linux', 'a lab is made of network namespaces, which only Linux has');
  const lacks = virtualDisplayLacks();
  test.skip(lacks !== null, lacks ?? '');
  const user = isRoot ? makeUser() : null;
  const identity = user?.identity ?? self.identity;
  const dir = mkdtempSync(join(tmpdir(), 'packet-lab-user-'));
  // Of its own: another user may not use the one the tests are on.
  const display = await startVirtualDisplay();
  let app: ChildProcess | null = null;
  try {
    const may = spawnSync('unshare', ['-U', '-n', 'true'], { ...identity, encoding: 'utf8' });
    test.skip(may.status !== 0, `user namespaces are forbidden here: ${may.stderr}`);
    const host = hostInterfaces();
    const launched = await launchAs(identity, dir, display.env.DISPLAY ?? '');
    app = launched.process();
    const page = await launched.firstWindow();
    const pid = app.pid ?? 0;
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
    await page.locator('[data-field="tier"]').click();
    await openLab(page);
    await page.getByLabel('Backend', { exact: true }).selectOption('af_packet');
    for (const [field, text] of [
      ['Rate', 'max'],
      ['Stop after', 'never'],
    ] as const) {
      await page.getByLabel(field, { exact: true }).fill(text);
      await page.getByLabel(field, { exact: true }).press('Tab');
    }
    const first = await runOn(page, pid);

    const all = processesOf(pid);
    console.log(
      all
        .map(({ kind, rights, initial }) => `${kind} ${rights} ${initial ? 'initial' : 'another'}`)
        .join('\n'),
    );
    const main = all.find(({ kind }) => kind === 'main');
    expect(main).toMatchObject({ pid, rights: '0000000000000000', initial: true });
    expect(all.some(({ kind }) => kind === 'renderer')).toBe(true);
    const strong = all.filter(({ rights }) => !/^0+$/.test(rights));
    expect([...new Set(strong.map(({ kind }) => kind))].sort()).toEqual(['helper', 'zygote']);
    expect(strong.filter(({ initial }) => initial)).toEqual([]);
    const elsewhere = all.filter(({ initial }) => !initial).map(({ kind }) => kind);
    expect(elsewhere.filter((kind) => !['helper', 'zygote', 'renderer'].includes(kind))).toEqual([]);
    expect(all.find(({ kind }) => kind === 'helper')?.noNew).toBe('1');
    if (isRoot) {
      expect(readFileSync(`/proc/${first}/environ`, 'utf8')).toBe('');
      // Nothing to read or write, the socket, and both namespaces with an rtnetlink socket each.
      expect(
        execFileSync('ls', [`/proc/${first}/fd`], { encoding: 'utf8' })
          .trim()
          .split('\n'),
      ).toHaveLength(8);
      const [{ users = '' } = {}] = all.filter(({ kind }) => kind === 'helper');
      expect(all.filter((one) => one.users === users).map(({ kind }) => kind)).toEqual(['helper']);
    }

    // The helper dies: the run has a fault, the page says so, and another lab works at once.
    process.kill(first, 'SIGKILL');
    const journal = page.getByRole('region', { name: 'Journal', exact: true });
    await expect(journal).toContainText("is gone: the lab's helper has ended");
    await expect(journal).toContainText(`The lab's helper (process ${first}) has ended`);
    await expect(page.getByRole('region', { name: 'Lab', exact: true })).toContainText('has ended');
    await openLab(page);
    const second = await runOn(page, pid);
    expect(second).not.toBe(first);

    // The app dies at full rate: nothing is left.
    const spaces = [spaceOf(second)].filter((space) => space !== '');
    const before = family(pid);
    const gone = once(app, 'exit');
    const killed = performance.now();
    app.kill('SIGKILL');
    expect(await gone).toEqual([null, 'SIGKILL']);
    await expect.poll(() => before.filter(isAlive), { intervals: [10] }).toEqual([]);
    console.log(`nothing left ${(performance.now() - killed).toFixed()} ms after the app was killed`);
    expect(processesIn(spaces)).toEqual([]);
    expect(hostInterfaces()).toEqual(host);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  } finally {
    const left = family(app?.pid ?? 0).filter((pid) => pid > 0);
    for (const pid of left) process.kill(pid, 'SIGKILL');
    await expect.poll(() => left.filter(isAlive)).toEqual([]);
    display.stop();
    user?.remove();
    rmSync(dir, { recursive: true, force: true });
  }
});
