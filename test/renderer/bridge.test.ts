import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PageBridge, ToMain } from '../../app/ipc/contract';
import { createClient, RequestRefused } from '../../renderer/bridge';

/** A bridge whose far end is the test. */
function wire() {
  const posted: ToMain[] = [];
  let hear: (message: unknown) => void = () => {};
  const bridge: PageBridge = {
    post: (message) => {
      posted.push(message);
    },
    listen: (listener) => {
      hear = listener;
    },
  };
  return { bridge, posted, say: (message: unknown) => hear(message) };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, 'error').mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('requests', () => {
  it('are numbered and answered by number, in any order', async () => {
    const { bridge, posted, say } = wire();
    const client = createClient(bridge);
    const first = client.request('capture.bytes', { id: 'A', index: 0 });
    const second = client.request('capture.bytes', { id: 'A', index: 1 });
    expect(posted.map((m) => (m.type === 'request' ? m.id : 0))).toEqual([1, 2]);
    say({ type: 'answer', id: 2, output: 'ff' });
    say({ type: 'answer', id: 1, output: '00' });
    expect(await first).toBe('00');
    expect(await second).toBe('ff');
  });

  it('reject with what main refused', async () => {
    const { bridge, say } = wire();
    const asked = createClient(bridge).request('run.start', { id: 'A' });
    const failure = { code: 'BAD_INPUT', sentence: 'The rate is max or a number.', field: 'rate' };
    say({ type: 'failure', id: 1, failure });
    const error = await asked.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RequestRefused);
    expect(error).toMatchObject({ message: failure.sentence, failure });
  });

  it('reject when the answer does not match the contract', async () => {
    const { bridge, say } = wire();
    const asked = createClient(bridge).request('capture.bytes', { id: 'A', index: 0 });
    say({ type: 'answer', id: 1, output: 7 });
    await expect(asked).rejects.toThrow(/does not match the contract/);
  });

  it('are given up after 8 s of silence, which is told and taken back', async () => {
    const { bridge, say } = wire();
    const client = createClient(bridge);
    const heard: (string | null)[] = [];
    client.onSilence((sentence) => heard.push(sentence));
    const asked = client.request('run.flush', { id: 'A' }).catch((e: Error) => e.message);
    await vi.advanceTimersByTimeAsync(8000);
    expect(await asked).toMatch(/has not answered run\.flush for 8 s/);
    expect(heard).toHaveLength(1);
    say({ type: 'event', name: 'journal', payload: [] });
    expect(heard[1]).toBeNull();
  });

  it('that wait for a person are waited for', async () => {
    const { bridge, say } = wire();
    const asked = createClient(bridge).request('capture.open', { id: 'A' });
    await vi.advanceTimersByTimeAsync(600_000);
    say({ type: 'answer', id: 1, output: null });
    expect(await asked).toBeNull();
  });

  it('reject at once when the port is gone', async () => {
    const { bridge } = wire();
    bridge.post = () => {
      throw new Error('port closed');
    };
    const client = createClient(bridge);
    const heard: (string | null)[] = [];
    client.onSilence((sentence) => heard.push(sentence));
    await expect(client.request('run.stop', { id: 'A' })).rejects.toThrow(
      /connection to the main process is gone/,
    );
    expect(heard[0]).toMatch(/port closed/);
  });
});

describe('events', () => {
  it('reach their listeners until these end', () => {
    const { bridge, say } = wire();
    const client = createClient(bridge);
    let count = 0;
    const end = client.on('journal', () => {
      count += 1;
    });
    const entry = { seq: 1, at: 0, level: 'info', instance: null, text: 'x' };
    say({ type: 'event', name: 'journal', payload: [entry] });
    end();
    say({ type: 'event', name: 'journal', payload: [entry] });
    expect(count).toBe(1);
  });

  it('that came before anybody listens are given back, so that the feed goes on', () => {
    const { bridge, posted, say } = wire();
    createClient(bridge);
    say({ type: 'event', name: 'stats', payload: { seq: 1, live: [], skipped: 0 } });
    expect(posted).toEqual([{ type: 'painted', seq: 1 }]);
  });

  it('that do not match are left out; a bad stats message is still given back', () => {
    const { bridge, posted, say } = wire();
    const client = createClient(bridge);
    let count = 0;
    client.on('stats', () => {
      count += 1;
    });
    say({ type: 'event', name: 'stats', payload: { seq: 9, live: 'nonsense', skipped: 0 } });
    expect(count).toBe(0);
    expect(posted).toEqual([{ type: 'painted', seq: 9 }]);
    for (const junk of [
      null,
      7,
      { type: 'event', name: '__proto__', payload: 1 },
      { type: 'answer', id: 99, output: 1 },
    ]) {
      expect(() => say(junk)).not.toThrow();
    }
  });
});
