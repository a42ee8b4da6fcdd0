import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../renderer/bridge';
import { commandsNow, selectBeside, shortcutOf } from '../../renderer/store/commands';
import { createSession, type Session } from '../../renderer/store/session';
import { FAKE_CAPTURE, FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);

async function connected(lab = new FakeLab()) {
  const memory = new Map<string, string>();
  const paints: (() => void)[] = [];
  const session: Session = createSession(createClient(lab), {
    memory: {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => {
        memory.set(key, value);
      },
    },
    roomy: true,
    afterPaint: (done) => paints.push(done),
    now: () => Date.now(),
  });
  const end = session.connect();
  await settle();
  const paint = () => {
    for (const done of paints.splice(0)) done();
  };
  return { lab, session, end, paint, memory };
}

const phase = (session: Session) => session.lab.getState().instances[0]?.phase;

describe('a session', () => {
  it('takes everything from one hello and selects the first instance', async () => {
    const { session, end } = await connected();
    expect(session.lab.getState()).toMatchObject({ status: 'ready', silence: null });
    expect(session.screen.getState().selected).toBe('A');
    expect(session.draft.store.getState().settings.A?.backend).toBe('loopback');
    end();
  });

  it('says hello again when the first one was lost', async () => {
    const lab = new FakeLab();
    lab.dead = true;
    const { session, end } = await connected(lab);
    expect(session.lab.getState().status).toBe('connecting');
    lab.dead = false;
    await vi.advanceTimersByTimeAsync(1600);
    expect(session.lab.getState().status).toBe('ready');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lab.heard.map((h) => h.name)).toEqual(['lab.hello']);
    expect(session.lab.getState().silence).toBeNull();
    end();
  });

  it('gives main the latest edits before it asks for a run', async () => {
    const { session, lab, end } = await connected();
    session.draft.edit('A', { rate: '5 kpps' });
    await session.run('A');
    expect(lab.heard.map((h) => h.name)).toEqual(['lab.hello', 'instance.configure', 'run.start']);
    expect(lab.instances[0]).toMatchObject({ phase: 'running', askedPps: 5000 });
    end();
  });

  it('does not ask for a run with a wrong setting but shows the field', async () => {
    const { session, lab, end } = await connected();
    session.draft.edit('A', { batch: '0' });
    await session.run('A');
    expect(lab.heard.map((h) => h.name)).not.toContain('run.start');
    expect(session.draft.store.getState().refusals.A).toHaveProperty('batch');
    expect(session.screen.getState().focus?.field).toBe('batch');
    end();
  });

  it("shows main's refusals at their field, and others at the instance", async () => {
    const { session, lab, end } = await connected();
    const answers: [string | null, string][] = [
      ['peerOut', 'That file is the capture itself.'],
      [null, 'The backend did not open.'],
    ];
    for (const [field, sentence] of answers) {
      lab.refuseNext = { code: 'BAD_INPUT', sentence, field };
      await session.run('A');
    }
    expect(session.draft.store.getState().refusals.A).toEqual({});
    expect(session.screen.getState().problems.A).toBe('The backend did not open.');
    expect(session.screen.getState().focus?.field).toBe('peer');
    end();
  });

  it('paints, then acknowledges; while it does not, main waits', async () => {
    const { session, lab, paint, end } = await connected(new FakeLab({ stop: 'never', rate: '10kpps' }));
    await session.run('A');
    lab.tick();
    lab.tick();
    lab.tick();
    expect(session.stream.store.getState().tick).toBe(2);
    paint();
    lab.tick();
    expect(session.stream.store.getState().tick).toBe(3);
    expect(session.stream.store.getState().views.A?.snapshot.taken).toBe(4000);
    end();
  });

  it('toggles run and stop, and Stop is asked for even when nothing runs', async () => {
    const { session, lab, end } = await connected(new FakeLab({ stop: 'never' }));
    await session.toggleRun('A');
    expect(phase(session)).toBe('running');
    await session.toggleRun('A');
    expect(phase(session)).toBe('done');
    await session.stop('A');
    expect(lab.heard.at(-1)?.name).toBe('run.stop');
    end();
  });

  it('switches to the capture that was opened, lists it and shows its first frame', async () => {
    const { session, end } = await connected();
    await session.openCapture('A');
    await settle();
    expect(session.draft.store.getState().settings.A?.source).toBe('capture');
    const { frames } = session;
    expect(frames.store.getState().selected.A).toBe(0);
    expect(frames.store.getState().bytes.A?.bytes.length).toBe(180);
    frames.want('A', 90, 130, FAKE_CAPTURE.listed);
    frames.want('A', 95, 120, FAKE_CAPTURE.listed);
    await settle();
    expect(frames.store.getState().rows.A?.size).toBe(200);
    expect(frames.store.getState().rows.A?.get(130)?.no).toBe(131);
    end();
  });

  it('forgets the frames of a capture when another one is opened', async () => {
    const { session, lab, end } = await connected();
    await session.openCapture('A');
    session.frames.want('A', 0, 20, FAKE_CAPTURE.listed);
    await settle();
    lab.nextCapture = { ...FAKE_CAPTURE, name: 'other.pcap', frames: 3, listed: 3 };
    await session.openCapture('A');
    expect(session.frames.store.getState().rows.A).toBeUndefined();
    end();
  });

  it('adds and removes instances and keeps a selection', async () => {
    const { session, end } = await connected();
    await session.addInstance();
    await session.addInstance();
    expect(session.screen.getState().selected).toBe('C');
    selectBeside(session, 1);
    expect(session.screen.getState().selected).toBe('A');
    await session.removeInstance('A');
    expect(session.screen.getState().selected).toBe('B');
    expect(session.lab.getState().instances.map((i) => i.id)).toEqual(['B', 'C']);
    end();
  });

  it('says so when main falls silent during a run, and takes it back', async () => {
    const { session, lab, paint, end } = await connected(new FakeLab({ stop: 'never' }));
    await session.run('A');
    await vi.advanceTimersByTimeAsync(6000);
    expect(session.lab.getState().silence).toMatch(/no statistics for 4 s/);
    paint();
    lab.tick();
    await vi.advanceTimersByTimeAsync(1000);
    expect(session.lab.getState().silence).toBeNull();
    end();
  });

  it('remembers theme, span and journal', async () => {
    const { session, memory, end } = await connected();
    session.screen.setState({ theme: 'light', span: '10min', journalOpen: false });
    expect(JSON.parse(memory.get('packet-lab.screen') ?? '')).toEqual({
      theme: 'light',
      span: '10min',
      journalOpen: false,
    });
    end();
  });
});

describe('while a run is on', () => {
  const running = async () => {
    const all = await connected(new FakeLab({ stop: 'never', rate: '10kpps' }));
    await all.session.run('A');
    return all;
  };
  const settle = () => vi.advanceTimersByTimeAsync(300);

  it('hands a new rate over, and what was asked follows', async () => {
    const { session, end } = await running();
    session.draft.edit('A', { rate: '20kpps' });
    await settle();
    expect(session.lab.getState().instances[0]).toMatchObject({ asked: '20.0 kpps', askedPps: 20_000 });
    end();
  });

  it('keeps a wrong text to itself and gives it to main after the run', async () => {
    const { session, lab, end } = await running();
    session.draft.edit('A', { rate: 'fast' });
    await settle();
    expect(lab.heard.filter((h) => h.name === 'instance.configure')).toEqual([]);
    expect(session.problems('A')).toHaveProperty('rate');
    lab.change('A', {}); // any news of main leaves what is typed alone
    expect(session.draft.store.getState().settings.A?.rate).toBe('fast');
    await session.stop('A');
    await settle();
    expect(lab.instances[0]?.settings.rate).toBe('fast');
    end();
  });

  it("shows main's reason at the field of a setting that can't change", async () => {
    const { session, lab, end } = await running();
    session.draft.edit('A', { seed: '2' });
    await settle();
    expect(session.draft.store.getState().refusals.A).toEqual({ seed: 'Stop the run to change the seed.' });
    expect(lab.instances[0]?.settings.seed).toBe('1');
    end();
  });
});

describe('commands', () => {
  it('offer what can be done now', async () => {
    const { session, end } = await connected(new FakeLab({ stop: 'never', flush: 'never' }));
    const ids = () => commandsNow(session).map((c) => c.id);
    expect(ids()).toEqual(
      expect.arrayContaining(['run', 'open', 'template-ARP request', 'peer', 'add', 'theme-dark']),
    );
    expect(ids()).not.toContain('remove');
    expect(ids()).not.toContain('flush');
    await session.run('A');
    expect(ids()).toEqual(expect.arrayContaining(['stop', 'flush', 'emergency']));
    expect(ids()).not.toContain('open');
    await session.addInstance();
    await session.run('B');
    expect(ids()).toContain('stop-all');
    expect(new Set(ids()).size).toBe(ids().length);
    end();
  });

  it('have keys that do not disturb typing', () => {
    const keys = { ctrlKey: false, shiftKey: false, altKey: false, metaKey: false };
    expect(shortcutOf({ ...keys, key: 'e', ctrlKey: true }, true)).toBe('toggle');
    expect(shortcutOf({ ...keys, key: '.', ctrlKey: true }, true)).toBe('emergency');
    expect(shortcutOf({ ...keys, key: '?', shiftKey: true }, false)).toBe('shortcuts');
    expect(shortcutOf({ ...keys, key: '?', shiftKey: true }, true)).toBeNull();
    expect(shortcutOf({ ...keys, key: 'e' }, false)).toBeNull();
    expect(shortcutOf({ ...keys, key: 'c', ctrlKey: true }, false)).toBeNull();
  });
});
