import type { z } from 'zod';
import {
  type EventName,
  type EventPayload,
  events,
  type IpcFailure,
  type PageBridge,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
  type ToMain,
  toPageSchema,
} from '../app/ipc/contract';

declare global {
  interface Window {
    /** Exposed by the preload; absent when the page is opened outside the app. */
    readonly packetLab?: PageBridge;
  }
}

/** A request that main refused, or that was never answered. `message` is the sentence for people. */
export class RequestRefused extends Error {
  constructor(readonly failure: IpcFailure) {
    super(failure.sentence);
    this.name = 'RequestRefused';
  }
}

/** What the stores know of main: typed requests, events, and whether main still answers. */
export interface Client {
  request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<RequestOutput<N>>;
  /** Hears an event; the function returned ends it. */
  on<N extends EventName>(name: N, listener: (payload: EventPayload<N>) => void): () => void;
  /** Tells main that the stats message with this number is on the screen. */
  painted(seq: number): void;
  /** Hears when main falls silent (a sentence) and when it speaks again (null). */
  onSilence(listener: (sentence: string | null) => void): () => void;
}

/** How long main may take to answer a request that is not marked patient, in ms. */
const ANSWER_MS = 8000;

type Listeners = { [N in EventName]: Set<(payload: EventPayload<N>) => void> };

interface Waiting {
  readonly name: RequestName;
  readonly resolve: (output: never) => void;
  readonly reject: (error: RequestRefused) => void;
  readonly timer: ReturnType<typeof setTimeout> | null;
}

function refusal(sentence: string): RequestRefused {
  return new RequestRefused({ code: 'INTERNAL', sentence, field: null });
}

/** The client over a bridge. It owns the bridge's one listener. */
export function createClient(bridge: PageBridge): Client {
  const listeners: Listeners = {
    stats: new Set(),
    instances: new Set(),
    journal: new Set(),
    recent: new Set(),
    command: new Set(),
    'lab.state': new Set(),
    diagnoses: new Set(),
  };
  const silence = new Set<(sentence: string | null) => void>();
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let silent = false;
  /** Messages heard so far: one lost answer among others does not mean that main is gone. */
  let heard = 0;

  const setSilent = (sentence: string | null) => {
    if (silent === (sentence !== null)) return;
    silent = sentence !== null;
    for (const listener of silence) listener(sentence);
  };

  const post = (message: ToMain): boolean => {
    try {
      bridge.post(message);
      return true;
    } catch (error) {
      setSilent(
        `The connection to the main process is gone (${error instanceof Error ? error.message : 'closed'}).`,
      );
      return false;
    }
  };

  const take = (id: number): Waiting | undefined => {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (entry?.timer != null) clearTimeout(entry.timer);
    return entry;
  };

  const deliver = <N extends EventName>(name: N, payload: unknown) => {
    const checked = (events[name] as unknown as z.ZodType<EventPayload<N>>).safeParse(payload);
    if (checked.success && listeners[name].size > 0) {
      for (const listener of listeners[name]) listener(checked.data);
      return;
    }
    if (!checked.success) {
      console.error(`Event ${name} does not match its schema and was left out.`, checked.error.issues);
    }
    // A stats message that nobody reads, or that came before anybody listened, is still given back: the feed would
    // wait for it for ever.
    const seq = name === 'stats' ? (payload as { seq?: unknown } | null)?.seq : undefined;
    if (typeof seq === 'number') post({ type: 'painted', seq });
  };

  bridge.listen((raw) => {
    const message = toPageSchema.safeParse(raw);
    if (!message.success) {
      console.error(
        'A message from main does not match the contract and was left out.',
        message.error.issues,
      );
      return;
    }
    heard += 1;
    setSilent(null);
    const data = message.data;
    switch (data.type) {
      case 'event':
        if (Object.hasOwn(events, data.name)) deliver(data.name as EventName, data.payload);
        return;
      case 'failure':
        take(data.id)?.reject(new RequestRefused(data.failure));
        return;
      case 'answer': {
        const entry = take(data.id);
        if (!entry) return;
        const output = requests[entry.name].output.safeParse(data.output);
        if (output.success) entry.resolve(output.data as never);
        else
          entry.reject(
            refusal(`The answer to ${entry.name} does not match the contract: ${output.error.message}`),
          );
        return;
      }
    }
  });

  const undo = <T>(set: Set<T>, item: T) => {
    set.add(item);
    return () => {
      set.delete(item);
    };
  };

  return {
    request: (name, input) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        const before = heard;
        const unanswered = () => {
          waiting.delete(id);
          const sentence = `The main process has not answered ${name} for ${ANSWER_MS / 1000} s.`;
          if (heard === before) setSilent(sentence);
          reject(refusal(sentence));
        };
        const timer = 'patient' in requests[name] ? null : setTimeout(unanswered, ANSWER_MS);
        waiting.set(id, { name, resolve: resolve as (output: never) => void, reject, timer });
        if (post({ type: 'request', id, name, input })) return;
        take(id);
        reject(refusal('The connection to the main process is gone.'));
      }),
    on: (name, listener) => undo(listeners[name] as Set<typeof listener>, listener),
    painted: (seq) => {
      post({ type: 'painted', seq });
    },
    onSilence: (listener) => undo(silence, listener),
  };
}

/** The bridge the preload exposes, or null outside the app. The only place that touches it. */
export function pageBridge(): PageBridge | null {
  return window.packetLab ?? null;
}
