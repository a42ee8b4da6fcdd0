import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../renderer/bridge';
import { commandsNow } from '../../renderer/store/commands';
import { createSession, type Session } from '../../renderer/store/session';
import { FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const settle = () => vi.advanceTimersByTimeAsync(0);
const storm = { stop: 'never', options: { loopback: { ring: '64', drain: '2000' } } };

/** A page whose paints are done at once, with a run that is a second old. */
async function running() {
  const lab = new FakeLab(storm);
  const session: Session = createSession(createClient(lab), {
    memory: { getItem: () => null, setItem: () => {} },
    roomy: true,
    afterPaint: (done) => done(),
    now: () => Date.now(),
  });
  const end = session.connect();
  await settle();
  await session.run('A');
  for (let i = 0; i < 10; i++) lab.tick();
  session.calls.refresh('A');
  await settle();
  const total = () => session.calls.store.getState().readings.A?.total ?? 0;
  const points = () => session.stream.history('A')['30s'].buckets.length;
  return { lab, session, end, total, points };
}

describe('freeze', () => {
  it('holds charts and calls together while counters go on, and lets go of both', async () => {
    const { lab, session, end, total, points } = await running();
    session.screen.setState({ frozen: true });
    const before = { total: total(), points: points() };
    expect(before.total).toBeGreaterThan(0);
    const taken = session.stream.store.getState().views.A?.snapshot.taken ?? 0;
    for (let i = 0; i < 20; i++) lab.tick();
    session.calls.refresh('A');
    await settle();
    expect({ total: total(), points: points() }).toEqual(before);
    expect(session.stream.store.getState().views.A?.snapshot.taken).toBeGreaterThan(taken);
    session.screen.setState({ frozen: false });
    session.calls.refresh('A');
    await settle();
    expect(total()).toBeGreaterThan(before.total);
    expect(points()).toBeGreaterThan(before.points);
    end();
  });

  it('ends with a new run', async () => {
    const { session, end } = await running();
    session.screen.setState({ frozen: true });
    await session.stop('A');
    await session.run('A');
    expect(session.screen.getState().frozen).toBe(false);
    expect(session.calls.isHeld('A')).toBe(false);
    end();
  });
});

describe('commands of calls', () => {
  it('are there once there are calls', async () => {
    const { session, end } = await running();
    const ids = () => commandsNow(session).map((c) => c.id);
    expect(ids()).toEqual(
      expect.arrayContaining(['call-table', 'first-success', 'first-again', 'export-csv']),
    );
    expect(ids()).not.toContain('first-inval');
    commandsNow(session)
      .find((c) => c.id === 'first-again')
      ?.act();
    expect(session.screen.getState().frozen).toBe(true);
    expect(session.calls.store.getState().selected.A).toMatchObject({ first: true, call: { code: 'again' } });
    await session.addInstance();
    expect(ids()).not.toContain('export-csv');
    end();
  });

  it('export sends what it is given, and a refusal is shown', async () => {
    const { lab, session, end } = await running();
    const made = { kind: 'csv', name: 'view', content: 'a,b\r\n' } as const;
    await session.exportAs('A', made);
    expect(lab.heard.at(-1)).toEqual({ name: 'export.save', input: { id: 'A', ...made } });
    lab.refuseNext = { code: 'BAD_INPUT', sentence: '/x was not written: no space.', field: null };
    await session.exportAs('A', made);
    expect(session.screen.getState().problems.A).toBe('/x was not written: no space.');
    end();
  });
});

describe('a stall', () => {
  it('leaves a hole in the page, too, and rates begin anew behind it', async () => {
    const { lab, session, end } = await running();
    const before = session.stream.store.getState().views.A?.snapshot.seconds ?? 0;
    lab.stall('A', 5);
    lab.tick();
    const history = session.stream.history('A');
    expect(history.stalls).toHaveLength(1);
    for (const bucket of history['30s'].buckets)
      expect(bucket.t < before + 0.01 || bucket.t > before + 4.5).toBe(true);
    expect(session.stream.store.getState().views.A?.rates).toBeNull();
    lab.tick();
    lab.tick();
    expect(session.stream.store.getState().views.A?.rates?.taken).toBeGreaterThan(0);
    end();
  });
});
