import { MessageChannel } from 'node:worker_threads';
import {
  type EventName,
  type EventPayload,
  events,
  type IpcFailure,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
  type ToMain,
  toPageSchema,
} from '../../app/ipc/contract';
import type { Lab } from '../../main/lab/lab';
import { type Link, type Shell, serve } from '../../main/lab/server';
import { RecentPlans } from '../../main/store/recentPlans';

/** How messages get from a page to the server and back. */
interface Transport {
  readonly link: Link;
  /** Hears what main posts. */
  hear(listener: (raw: unknown) => void): void;
  post(message: unknown): void;
  close(): void;
}

/** A real message channel of Node. */
function channel(): Transport {
  const { port1, port2 } = new MessageChannel();
  return {
    link: {
      post: (message) => port1.postMessage(message),
      onMessage: (listener) => {
        port1.on('message', listener);
        return () => port1.off('message', listener);
      },
      onClose: (listener) => port1.on('close', listener),
    },
    hear: (listener) => port2.on('message', listener),
    post: (message) => port2.postMessage(message),
    close: () => port2.close(),
  };
}

/** Hands values over as they are: also those that no channel can carry. */
function direct(): Transport {
  let heard: (raw: unknown) => void = () => {};
  let toMain: (message: unknown) => void = () => {};
  let closed = () => {};
  return {
    link: {
      post: (message) => queueMicrotask(() => heard(structuredClone(message))),
      onMessage: (listener) => {
        toMain = listener;
        return () => {
          toMain = () => {};
        };
      },
      onClose: (listener) => {
        closed = listener;
      },
    },
    hear: (listener) => {
      heard = listener;
    },
    post: (message) => toMain(message),
    close: () => closed(),
  };
}

/** A page without Electron: the real server, by default over a real message channel. */
export class TestPage {
  private readonly waiting = new Map<number, { done: (v: unknown) => void; fail: (f: IpcFailure) => void }>();
  private id = 0;
  /** Every event heard, in order, checked against the contract. */
  readonly heard: { name: EventName; payload: unknown }[] = [];
  /** How often each request was answered or refused. */
  readonly replies = new Map<number, number>();
  /** Whether stats messages are acknowledged at once, as a page does after painting. */
  paints = true;

  constructor(
    lab: Lab,
    shell: Partial<Shell> = {},
    private readonly transport: Transport = channel(),
  ) {
    const about = { version: '0', electron: '', chrome: '', node: '', runtime: 'test', platform: '' };
    const none = async () => null;
    const desktop: Shell = {
      about,
      chooseCapture: none,
      chooseOutput: none,
      chooseExport: none,
      choosePlan: none,
      choosePlanTarget: none,
      copy: () => {},
      recent: new RecentPlans(),
      onCommand: () => () => {},
    };
    serve(lab, { ...desktop, ...shell }, transport.link);
    transport.hear((raw) => this.hear(raw));
  }

  private hear(raw: unknown): void {
    const message = toPageSchema.parse(raw);
    if (message.type !== 'event') this.replies.set(message.id, (this.replies.get(message.id) ?? 0) + 1);
    if (message.type === 'answer') this.waiting.get(message.id)?.done(message.output);
    else if (message.type === 'failure') this.waiting.get(message.id)?.fail(message.failure);
    else {
      const name = message.name as EventName;
      const payload = events[name].parse(message.payload);
      this.heard.push({ name, payload });
      if (name === 'stats' && this.paints) this.painted((payload as EventPayload<'stats'>).seq);
    }
  }

  painted(seq: number): void {
    this.post({ type: 'painted', seq });
  }

  post(message: ToMain | unknown): void {
    this.transport.post(message);
  }

  /** Any request, checked or not; resolves with the output, rejects with the failure. */
  raw(name: string, input: unknown): Promise<unknown> {
    this.id += 1;
    const { id } = this;
    return new Promise((done, fail) => {
      this.waiting.set(id, { done, fail });
      this.post({ type: 'request', id, name, input });
    });
  }

  async request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<RequestOutput<N>> {
    return requests[name].output.parse(await this.raw(name, input)) as RequestOutput<N>;
  }

  stats(): EventPayload<'stats'>[] {
    return this.heard.filter((e) => e.name === 'stats').map((e) => e.payload as EventPayload<'stats'>);
  }

  journal(): string[] {
    return this.heard
      .filter((e) => e.name === 'journal')
      .flatMap((e) => (e.payload as EventPayload<'journal'>).map((entry) => entry.text));
  }

  /** Waits until the condition holds; fails after half a minute. */
  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 1500; i++) {
      if (await condition()) return;
      await new Promise((go) => setTimeout(go, 20));
    }
    throw new Error(`waited in vain: ${what}`);
  }

  /** Waits until the instance is in the phase. */
  phase(id: string, phase: string): Promise<void> {
    return this.until(`${id} is ${phase}`, async () => {
      const hello = await this.request('lab.hello', null);
      return hello.instances.some((instance) => instance.id === id && instance.phase === phase);
    });
  }

  close(): void {
    this.transport.close();
  }
}

/** A page whose messages arrive as they are, without a channel that copies or refuses them. */
export class DirectPage extends TestPage {
  constructor(lab: Lab, shell: Partial<Shell> = {}) {
    super(lab, shell, direct());
  }
}
