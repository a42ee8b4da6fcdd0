import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RecentPlan } from '../../app/ipc/contract';
import { createClient } from '../../renderer/bridge';
import { commandsNow, SHORTCUTS, shortcutOf } from '../../renderer/store/commands';
import { createSession, type Session } from '../../renderer/store/session';
import { FAKE_SETTINGS, FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const PLANS: RecentPlan[] = [
  { key: 4, name: 'dns.plan.json', folder: '/home/ada' },
  { key: 2, name: '<b>.json', folder: '/tmp' },
];

async function connected(lab = new FakeLab()) {
  const session: Session = createSession(createClient(lab), {
    memory: { getItem: () => null, setItem: () => {} },
    roomy: true,
    afterPaint: (done) => done(),
    now: () => Date.now(),
  });
  const end = session.connect();
  await settle();
  return { lab, session, end };
}

const names = (lab: FakeLab) => lab.heard.map(({ name }) => name);

describe('plans in the page', () => {
  it('main gets the latest edits before a plan is saved or a command copied', async () => {
    const { lab, session, end } = await connected();
    session.draft.edit('A', { rate: '5 kpps' });
    await session.plans.save('A');
    session.draft.edit('A', { rate: '6 kpps' });
    expect(await session.plans.copyCommand('A')).toBe(true);
    expect(names(lab)).toEqual([
      'lab.hello',
      'instance.configure',
      'plan.save',
      'instance.configure',
      'plan.copyCommand',
    ]);
    expect(lab.instances[0]?.settings.rate).toBe('6 kpps');
    end();
  });

  it('an opened plan takes the place of the draft, in one step that can be taken back', async () => {
    const { lab, session, end } = await connected();
    session.draft.edit('A', { batch: '3' });
    session.draft.refuse('A', 'rate', 'No such rate.');
    lab.nextPlan = {
      title: 'dns',
      settings: { ...FAKE_SETTINGS, backend: 'null', batch: '9', rate: '1kpps' },
    };
    await session.plans.open('A');
    const { settings, refusals } = session.draft.store.getState();
    expect(settings.A).toMatchObject({ backend: 'null', batch: '9', rate: '1kpps' });
    expect(refusals.A).toEqual({});
    expect(session.lab.getState().instances[0]?.title).toBe('dns');
    session.undo('A');
    expect(session.draft.store.getState().settings.A).toMatchObject({ backend: 'loopback', batch: '3' });
    end();
  });

  it('says what is missing in an opened plan', async () => {
    const { lab, session, end } = await connected();
    const captureNote = 'The capture a.pcap could not be opened: No such file.';
    lab.nextPlan = { captureNote, settings: { ...FAKE_SETTINGS, source: 'capture' } };
    await session.plans.open('A');
    expect(session.problems('A')).toEqual({ capture: captureNote });
    end();
  });

  it('a refusal is shown, and nothing else has changed', async () => {
    const { lab, session, end } = await connected();
    const before = session.draft.store.getState().settings;
    const sentence = 'x.plan.json: stop.after: “after” is not known here. What was open is kept.';
    lab.refuseNext = { code: 'BAD_INPUT', sentence, field: null };
    await session.plans.open('A');
    expect(session.screen.getState().problems.A).toBe(sentence);
    expect(session.draft.store.getState().settings).toEqual(before);
    lab.refuseNext = { code: 'BAD_INPUT', sentence: 'No rate.', field: 'rate' };
    expect(await session.plans.copyCommand('A')).toBe(false);
    expect(session.draft.store.getState().refusals.A).toEqual({ rate: 'No rate.' });
    lab.nextPlan = null;
    await session.plans.open('A');
    await session.plans.save('A');
    expect(session.draft.store.getState().settings).toEqual(before);
    end();
  });

  it('recent plans are opened by their key; the list follows main', async () => {
    const { lab, session, end } = await connected();
    lab.putRecent(PLANS);
    const titles = commandsNow(session).map(({ title }) => title);
    expect(titles).toEqual(
      expect.arrayContaining(['Save plan', 'Open plan', 'Copy as command', 'Open plan <b>.json in /tmp']),
    );
    commandsNow(session)
      .find(({ id }) => id === 'recent-4')
      ?.act();
    await settle();
    expect(lab.heard.at(-1)).toEqual({ name: 'plan.openRecent', input: { id: 'A', key: 4 } });
    lab.putRecent([]);
    expect(commandsNow(session).some(({ id }) => id.startsWith('recent-'))).toBe(false);
    end();
  });

  it('while a run is on plans are saved and copied, not opened', async () => {
    const { lab, session, end } = await connected(new FakeLab({ stop: 'never' }));
    lab.putRecent(PLANS);
    await session.run('A');
    const ids = commandsNow(session).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['save-plan', 'copy-command']));
    expect(ids).not.toContain('open-plan');
    expect(ids).not.toContain('recent-4');
    end();
  });

  it('streams behind the first can be taken out', async () => {
    const { lab, session, end } = await connected();
    lab.change('A', { more: ['a packet of 60 B', 'dns.pcap'] });
    expect(commandsNow(session).some(({ id }) => id === 'first-only')).toBe(true);
    await session.plans.firstOnly('A');
    expect(session.lab.getState().instances[0]?.more).toEqual([]);
    expect(commandsNow(session).some(({ id }) => id === 'first-only')).toBe(false);
    end();
  });

  it('commands of the native menu are those of the palette; unknown ones do nothing', async () => {
    const { lab, session, end } = await connected();
    lab.menu('save-plan');
    await settle();
    lab.menu('no-such');
    await settle();
    expect(names(lab)).toEqual(['lab.hello', 'plan.save']);
    expect(session.lab.getState().instances[0]?.title).toBe('dns-burst');
    end();
  });

  it('main knows which instance is shown, and says which one was', async () => {
    const lab = new FakeLab();
    lab.add();
    lab.selected = 'B';
    const { session, end } = await connected(lab);
    expect(session.screen.getState().selected).toBe('B');
    session.screen.setState({ selected: 'A' });
    await settle();
    expect(lab.heard.filter(({ name }) => name === 'instance.select')).toEqual([
      { name: 'instance.select', input: { id: 'A' } },
    ]);
    end();
  });

  it('a page that goes gives main what was typed a moment ago', async () => {
    const { lab, session, end } = await connected();
    session.draft.edit('A', { batch: '77' });
    session.leave();
    await settle();
    expect(lab.instances[0]?.settings.batch).toBe('77');
    end();
  });

  it('have keys that are listed', () => {
    const keys = { ctrlKey: true, shiftKey: false, altKey: false, metaKey: false };
    expect(shortcutOf({ ...keys, key: 's' }, true)).toBe('save-plan');
    expect(shortcutOf({ ...keys, key: 'O', shiftKey: true }, true)).toBe('open-plan');
    expect(shortcutOf({ ...keys, key: 'C', shiftKey: true }, true)).toBe('copy-command');
    expect(shortcutOf({ ...keys, key: 'o' }, true)).toBe('open');
    const listed = SHORTCUTS.map(([key]) => key);
    expect(listed).toEqual(expect.arrayContaining(['Ctrl+S', 'Ctrl+Shift+O', 'Ctrl+Shift+C']));
  });
});
