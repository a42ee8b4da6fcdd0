import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDraft, stepSentence } from '../../renderer/store/draft';
import { FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function made() {
  let clock = 0;
  const draft = createDraft(
    async () => {},
    () => clock,
  );
  const lab = new FakeLab();
  draft.adopt(lab.instances);
  const now = () => {
    const settings = draft.store.getState().settings.A;
    if (!settings) throw new Error('no draft');
    return settings;
  };
  const wait = (ms: number) => {
    clock += ms;
  };
  const can = (way: 'undo' | 'redo', phase: 'idle' | 'running' = 'idle') =>
    stepSentence(draft.store.getState(), { id: 'A', phase }, way);
  return { draft, lab, now, wait, can };
}

describe('undo and redo', () => {
  it('take every edit back and do it again, also of options', () => {
    const { draft, now, wait, can } = made();
    const first = now();
    draft.edit('A', { rate: '1 pps' });
    wait(2000);
    draft.setOption('A', 'loopback', 'ring', '64');
    const last = now();
    draft.undo('A');
    expect(now()).toEqual({ ...first, rate: '1 pps' });
    draft.undo('A');
    expect(now()).toEqual(first);
    expect(can('undo')).toMatch(/nothing to undo/i);
    draft.undo('A');
    draft.redo('A');
    draft.redo('A');
    expect(now()).toEqual(last);
    expect(can('redo')).toMatch(/nothing to redo/i);
  });

  it('take what was typed in one go as one step, and a pause or another field as the next', () => {
    const { draft, now, wait } = made();
    for (const rate of ['1', '10', '10 k', '10 kpps']) {
      wait(100);
      draft.edit('A', { rate });
    }
    draft.edit('A', { batch: '7' });
    wait(1500);
    draft.edit('A', { batch: '77' });
    draft.undo('A');
    expect(now()).toMatchObject({ batch: '7', rate: '10 kpps' });
    draft.undo('A');
    expect(now()).toMatchObject({ batch: '64', rate: '10 kpps' });
    draft.undo('A');
    expect(now().rate).toBe('max');
  });

  it('keep fields of the packet apart though all of them change its bytes', () => {
    const { draft, now } = made();
    draft.edit('A', { hex: '01' }, 'packet ttl');
    draft.edit('A', { hex: '02' }, 'packet port');
    draft.undo('A');
    expect(now().hex).toBe('01');
  });

  it('lose the future with a new edit, and give each instance its own past', () => {
    const { draft, lab, now, can } = made();
    lab.add();
    draft.adopt(lab.instances);
    draft.edit('B', { batch: '3' });
    expect(can('undo')).not.toBeNull();
    draft.edit('A', { batch: '1' });
    draft.undo('A');
    draft.edit('A', { batch: '2' });
    expect(can('redo')).not.toBeNull();
    draft.undo('A');
    expect(now().batch).toBe('64');
    expect(draft.store.getState().settings.B?.batch).toBe('3');
  });

  it('bring back what main replaced by itself, and take the echo of an edit for no change', async () => {
    const { draft, lab, now, can } = made();
    draft.edit('A', { batch: '9' });
    await draft.flush('A');
    draft.adopt(lab.instances.map((i) => ({ ...i, settings: now() })));
    draft.undo('A');
    expect(can('undo')).not.toBeNull();
    await draft.flush('A');
    draft.adopt(lab.instances.map((i) => ({ ...i, settings: { ...now(), source: 'capture' as const } })));
    expect(now().source).toBe('capture');
    draft.undo('A');
    expect(now().source).toBe('hex');
  });

  it('leave a run alone: only what may change during it', () => {
    const { draft, wait, can } = made();
    draft.edit('A', { backend: 'null' });
    wait(2000);
    draft.edit('A', { rate: '1 pps' });
    expect(can('undo', 'running')).toBeNull();
    draft.undo('A');
    expect(can('undo', 'running')).toBe('Stop the run to undo this.');
    expect(can('undo')).toBeNull();
    expect(can('redo', 'running')).toBeNull();
  });

  it('reach main', async () => {
    const saved: string[] = [];
    const draft = createDraft(
      async (_, settings) => {
        saved.push(settings.batch);
      },
      () => 0,
    );
    draft.adopt(new FakeLab().instances);
    draft.edit('A', { batch: '5' });
    await draft.flush('A');
    draft.undo('A');
    await draft.flush('A');
    expect(saved).toEqual(['5', '64']);
  });
});
