import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Settings } from '../../app/run/plan';
import { createDraft } from '../../renderer/store/draft';
import { FakeLab } from './fakeLab';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function made() {
  const saved: Settings[] = [];
  let clock = 0;
  const draft = createDraft(
    async (_id, settings) => {
      saved.push(settings);
    },
    () => clock,
  );
  const wait = (ms: number) => {
    clock += ms;
  };
  const lab = new FakeLab();
  draft.adopt(lab.instances);
  const now = () => {
    const settings = draft.store.getState().settings.A;
    if (!settings) throw new Error('no draft');
    return settings;
  };
  return { draft, saved, lab, now, wait };
}

describe('the draft of the settings', () => {
  it('changes at once and reaches main once, a moment later', async () => {
    const { draft, saved, now } = made();
    draft.edit('A', { rate: '1' });
    draft.edit('A', { rate: '10' });
    draft.edit('A', { rate: '10 kpps' });
    expect(now().rate).toBe('10 kpps');
    expect(saved).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(150);
    expect(saved.map((s) => s.rate)).toEqual(['10 kpps']);
  });

  it('is with main when flush settles', async () => {
    const { draft, saved } = made();
    draft.edit('A', { batch: '7' });
    await draft.flush('A');
    expect(saved.map((s) => s.batch)).toEqual(['7']);
    await vi.advanceTimersByTimeAsync(1000);
    expect(saved).toHaveLength(1);
  });

  it('is not overwritten by an older account of main while edits are unsaved', async () => {
    const { draft, lab, now } = made();
    draft.edit('A', { batch: '9' });
    draft.adopt(lab.instances);
    expect(now().batch).toBe('9');
    await draft.flush('A');
    draft.adopt(lab.instances.map((i) => ({ ...i, settings: { ...i.settings, batch: '64' } })));
    expect(now().batch).toBe('64');
  });

  it('keeps the options of each backend apart and forgets one that went back to its default', () => {
    const { draft, now } = made();
    draft.setOption('A', 'loopback', 'ring', '64');
    draft.setOption('A', 'pcapng', 'limit', '1M');
    expect(now().options).toEqual({ loopback: { ring: '64' }, pcapng: { limit: '1M' } });
    draft.setOption('A', 'loopback', 'ring', null);
    expect(now().options.loopback).toEqual({});
  });

  it('loses a refusal when its field is edited, and only that one', () => {
    const { draft } = made();
    draft.refuse('A', 'rate', 'no');
    draft.refuse('A', 'options.ring', 'no');
    draft.edit('A', { rate: 'max' });
    expect(draft.store.getState().refusals.A).toEqual({ 'options.ring': 'no' });
    draft.edit('A', { backend: 'null' });
    expect(draft.store.getState().refusals.A).toEqual({});
  });

  it('forgets instances that are gone', () => {
    const { draft, lab } = made();
    lab.add();
    draft.adopt(lab.instances);
    expect(Object.keys(draft.store.getState().settings)).toEqual(['A', 'B']);
    draft.adopt(lab.instances.slice(1));
    expect(Object.keys(draft.store.getState().settings)).toEqual(['B']);
  });
});
