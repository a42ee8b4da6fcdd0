import type { OutputName, RequestInput, RequestName, RequestOutput } from '../../app/ipc/contract';
import type { Export } from '../../app/ipc/export';
import { hexTextOf } from '../../app/packet/editBytes';
import type { FrameSpec } from '../../app/packet/spec';
import { TUNABLE } from '../../app/run/tuning';
import { type Client, RequestRefused } from '../bridge';
import { type Calls, createCalls } from './calls';
import { checkSettings, type FieldProblems } from './checks';
import { commandsNow, EITHER } from './commands';
import { type Craft, createCraft, frameTooLong } from './craft';
import { createDraft, type Draft, stepSentence, WHOLE_FORM } from './draft';
import { createFrames, type Frames } from './frames';
import { byInstance, createLab, isBusy, type LabStore, mergeJournal, withInstance } from './lab';
import { createNetLab, type NetLabActions } from './netLab';
import { createPlans, type Plans } from './plans';
import { createReceived, type ReceivedStore } from './received';
import { createScreen, focusField, type Memory, type ScreenStore, setProblem } from './screen';
import { createStream, type Stream } from './stream';

/** The page's stores, split by who owns the fact, and the actions that go to main. */
export interface Session {
  readonly lab: LabStore;
  readonly draft: Draft;
  readonly craft: Craft;
  readonly plans: Plans;
  readonly netLab: NetLabActions;
  readonly stream: Stream;
  readonly frames: Frames;
  readonly calls: Calls;
  readonly received: ReceivedStore;
  readonly screen: ScreenStore;
  /** Says hello to main and starts to listen; the function returned ends both. */
  connect(): () => void;
  /** The page goes: main gets what was edited a moment ago. */
  leave(): void;
  /** What is wrong with an instance's draft now. */
  problems(id: string): FieldProblems;
  run(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  stopAll(): Promise<void>;
  /** Run when nothing runs, Stop when something does. */
  toggleRun(id: string): Promise<void>;
  flushNow(id: string): Promise<void>;
  addInstance(): Promise<void>;
  duplicateInstance(id: string): Promise<void>;
  removeInstance(id: string): Promise<void>;
  openCapture(id: string): Promise<void>;
  chooseOutput(id: string, which: OutputName): Promise<void>;
  clearOutput(id: string, which: OutputName): Promise<void>;
  takeTemplate(id: string, packet: FrameSpec): void;
  /** Makes the selected frame of the capture the packet. */
  takeFrame(id: string): void;
  /** Has what is shown written to a file that the person chooses. */
  exportAs(id: string, made: Export): Promise<void>;
  undo(id: string): void;
  redo(id: string): void;
}

/** What the session needs from the page around it. */
export interface Surroundings {
  readonly memory: Memory;
  /** Whether the window is high enough to begin with the journal unfolded. */
  readonly roomy: boolean;
  /** Calls back when what was drawn so far is on the screen. */
  readonly afterPaint: (done: () => void) => void;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** How long the page waits for the answer to its hello before it says it again, in ms. */
const HELLO_MS = 1500;

/** Seconds without statistics during a run after which the page says so. */
const QUIET_CHECKS = 4;

/** Failures named after something that is drawn under another name. */
const SHOWN_AT: Readonly<Record<string, string>> = {
  source: 'capture',
  peerOut: 'peer',
  file: 'options.file',
};

export function createSession(client: Client, around: Surroundings): Session {
  const lab = createLab();
  const screen = createScreen(around.memory, around.roomy);
  const stream = createStream();
  const frames = createFrames({
    rows: (id, first, count) => client.request('capture.frames', { id, first, count }),
    bytes: (id, index) => client.request('capture.bytes', { id, index }),
  });
  const calls = createCalls({
    calls: (id, first, max) => client.request('calls.read', { id, first, max }),
    histograms: (id) => client.request('calls.histograms', { id }),
  });
  const received = createReceived({
    frames: (id) => client.request('received.frames', { id }),
    histograms: (id, stream) => client.request('received.histograms', { id, stream }),
  });
  // One freeze for charts, strip, table and what was received.
  screen.subscribe((now, before) => {
    if (now.frozen === before.frozen) return;
    stream.hold(now.frozen);
    received.hold(now.frozen);
    if (now.frozen) calls.hold(now.selected);
    else calls.release();
  });
  const starting = new Set<string>();
  /** The instance that main takes for the one that is shown. */
  let shown: string | null = null;

  /** Shows a refusal where it belongs: at its field, or at the instance. */
  const show = (id: string, error: unknown) => {
    const sentence = error instanceof Error ? error.message : 'Main refused without a reason.';
    const named = error instanceof RequestRefused ? error.failure.field : null;
    if (named === null) {
      setProblem(screen, id, sentence);
      return;
    }
    const field = SHOWN_AT[named] ?? named;
    draft.refuse(id, field, sentence);
    focusField(screen, field);
  };

  const draft = createDraft(async (id, settings) => {
    const running = lab.getState().instances.some((i) => i.id === id && isBusy(i));
    const wrong = running
      ? TUNABLE.map((field) => problems(id)[field]).find((sentence) => sentence)
      : undefined;
    // It is marked at its field; the run goes on as it is.
    if (wrong !== undefined) throw new Error(wrong);
    try {
      const instance = await client.request('instance.configure', { id, settings });
      lab.setState((s) => ({ instances: withInstance(s.instances, instance) }));
    } catch (error) {
      const gone = !lab.getState().instances.some((i) => i.id === id);
      const field = error instanceof RequestRefused ? error.failure.field : null;
      const sentence = error instanceof Error ? error.message : 'The settings were not kept.';
      if (!gone) draft.refuse(id, field ?? WHOLE_FORM, sentence);
      throw error;
    }
  }, around.now);

  const craft = createCraft(draft);
  const netLab = createNetLab({ lab, screen, request: client.request });

  const adopt = (instances: ReturnType<typeof lab.getState>['instances']) => {
    lab.setState({ instances });
    draft.adopt(instances);
    frames.follow(instances);
    const ids = new Set(instances.map((i) => i.id));
    stream.keep(ids);
    calls.keep(ids);
    received.keep(ids);
    const { selected } = screen.getState();
    if (!instances.some((i) => i.id === selected)) screen.setState({ selected: instances[0]?.id ?? null });
  };

  /** One request on behalf of an instance; a refusal is shown and answered with undefined. */
  const ask = async <N extends RequestName>(
    id: string,
    name: N,
    input: RequestInput<N>,
  ): Promise<RequestOutput<N> | undefined> => {
    setProblem(screen, id, null);
    try {
      return await client.request(name, input);
    } catch (error) {
      show(id, error);
      return undefined;
    }
  };

  const instanceOf = (id: string) => lab.getState().instances.find((i) => i.id === id);

  const problems = (id: string): FieldProblems => {
    const instance = instanceOf(id);
    const settings = draft.store.getState().settings[id];
    const { backends, instances } = lab.getState();
    return instance && settings ? checkSettings(settings, instance, backends, instances) : {};
  };

  /** Main that should be sending statistics and does not is noticed here: nothing else asks it anything meanwhile. */
  const watchStats = () => {
    let last = stream.store.getState().tick;
    let quiet = 0;
    let told = false;
    const timer = setInterval(() => {
      const { tick } = stream.store.getState();
      const due = lab.getState().instances.some((i) => i.phase === 'running');
      quiet = due && tick === last ? quiet + 1 : 0;
      last = tick;
      if (quiet >= QUIET_CHECKS) {
        told = true;
        lab.setState({ silence: `The main process has sent no statistics for ${QUIET_CHECKS} s.` });
      } else if (told && quiet === 0) {
        told = false;
        lab.setState({ silence: null });
      }
    }, 1000);
    return () => clearInterval(timer);
  };

  const welcome = (hello: RequestOutput<'lab.hello'>) => {
    if (lab.getState().status === 'ready') return;
    lab.setState((s) => ({
      status: 'ready',
      silence: null,
      about: hello.about,
      backends: hello.backends,
      journal: mergeJournal(hello.journal, s.journal),
      recent: hello.recent,
      diagnoses: byInstance(hello.diagnoses),
    }));
    netLab.adopt(hello.netLab);
    stream.hello(hello);
    // The instance that was shown when the page, or the app, was there last.
    shown = hello.selected;
    screen.setState({ selected: hello.selected });
    adopt(hello.instances);
  };

  const connect = () => {
    const undo = [
      watchStats(),
      client.onSilence((silence) => lab.setState({ silence })),
      client.on('instances', adopt),
      client.on('lab.state', (state) => netLab.adopt(state)),
      client.on('diagnoses', (newer) =>
        lab.setState((s) => ({ diagnoses: { ...s.diagnoses, ...byInstance(newer) } })),
      ),
      client.on('recent', (recent) => lab.setState({ recent })),
      client.on('command', ({ id }) => {
        const ids = EITHER[id] ?? [id];
        commandsNow(session)
          .find((command) => ids.includes(command.id))
          ?.act();
      }),
      screen.subscribe(({ selected }) => {
        if (selected === null || selected === shown) return;
        shown = selected;
        // An instance that is gone by then is shown no more, which main knows.
        client.request('instance.select', { id: selected }).catch(() => undefined);
      }),
      client.on('journal', (entries) => lab.setState((s) => ({ journal: mergeJournal(s.journal, entries) }))),
      client.on('stats', (message) => {
        stream.apply(message, around.now());
        around.afterPaint(() => client.painted(message.seq));
      }),
    ];
    const hello = () => {
      client.request('lab.hello', null).then(welcome, (error: unknown) => {
        if (lab.getState().status === 'ready') return;
        lab.setState({
          silence: error instanceof Error ? error.message : 'The main process does not answer.',
        });
      });
    };
    hello();
    // A first word may be lost with a port that is replaced while the page starts; saying it again does no harm.
    const again = setInterval(() => {
      if (lab.getState().status === 'ready') clearInterval(again);
      else hello();
    }, HELLO_MS);
    undo.push(() => clearInterval(again));
    return () => {
      for (const end of undo) end();
    };
  };

  const run = async (id: string) => {
    const instance = instanceOf(id);
    if (!instance || isBusy(instance) || starting.has(id)) return;
    const first = Object.entries(problems(id))[0];
    if (first) {
      draft.refuse(id, first[0], first[1]);
      if (first[0] === 'packet') craft.selectWrong(id);
      focusField(screen, first[0]);
      return;
    }
    starting.add(id);
    setProblem(screen, id, null);
    draft.clearRefusals(id);
    screen.setState({ frozen: false });
    try {
      await draft.flush(id);
      await client.request('run.start', { id });
    } catch (error) {
      show(id, error);
    } finally {
      starting.delete(id);
    }
  };

  const plans = createPlans({
    flush: draft.flush,
    ask,
    adopt: (instance) => adopt(withInstance(lab.getState().instances, instance)),
    clearRefusals: draft.clearRefusals,
  });

  const step = (id: string, way: 'undo' | 'redo') => {
    const instance = instanceOf(id);
    if (instance && stepSentence(draft.store.getState(), instance, way) === null) draft[way](id);
  };

  const stop = async (id: string) => {
    await ask(id, 'run.stop', { id });
  };

  const session: Session = {
    lab,
    draft,
    craft,
    plans,
    netLab,
    stream,
    frames,
    calls,
    received,
    screen,
    connect,
    leave() {
      for (const { id } of lab.getState().instances) draft.flush(id).catch(() => undefined);
    },
    problems,
    run,
    stop,
    async stopAll() {
      await ask('', 'run.stopAll', null);
    },
    toggleRun(id) {
      const instance = instanceOf(id);
      return instance && isBusy(instance) ? stop(id) : run(id);
    },
    async flushNow(id) {
      await ask(id, 'run.flush', { id });
    },
    async addInstance() {
      const instance = await ask('', 'instance.add', null);
      if (!instance) return;
      adopt(withInstance(lab.getState().instances, instance));
      screen.setState({ selected: instance.id });
    },
    async duplicateInstance(id) {
      await draft.flush(id).catch(() => undefined);
      const instance = await ask(id, 'instance.duplicate', { id });
      if (!instance) return;
      adopt(withInstance(lab.getState().instances, instance));
      screen.setState({ selected: instance.id });
    },
    async removeInstance(id) {
      const before = lab.getState().instances;
      const at = before.findIndex((i) => i.id === id);
      if ((await ask(id, 'instance.remove', { id })) === undefined) return;
      const left = lab.getState().instances.filter((i) => i.id !== id);
      // The neighbour takes the place of the one that went.
      if (screen.getState().selected === id) {
        screen.setState({ selected: (before[at + 1] ?? before[at - 1])?.id ?? null });
      }
      adopt(left);
    },
    async openCapture(id) {
      await draft.flush(id).catch(() => undefined);
      const instance = await ask(id, 'capture.open', { id });
      if (!instance) return;
      adopt(withInstance(lab.getState().instances, instance));
      if (draft.store.getState().settings[id]?.source !== 'capture') draft.edit(id, { source: 'capture' });
      draft.clearRefusals(id);
    },
    async chooseOutput(id, which) {
      await draft.flush(id).catch(() => undefined);
      const instance = await ask(id, 'output.choose', { id, which });
      if (!instance) return;
      adopt(withInstance(lab.getState().instances, instance));
      draft.clearRefusals(id);
    },
    async exportAs(id, made) {
      await ask(id, 'export.save', { id, ...made });
    },
    async clearOutput(id, which) {
      const instance = await ask(id, 'output.clear', { id, which });
      if (instance) adopt(withInstance(lab.getState().instances, instance));
    },
    takeTemplate(id, packet) {
      draft.edit(id, { source: 'hex', packet, hex: hexTextOf(packet) }, 'template');
      craft.selectLayer(id, 0);
    },
    takeFrame(id) {
      const loaded = frames.store.getState().bytes[id];
      if (!loaded) return;
      const tooLong = frameTooLong(loaded.bytes);
      if (tooLong === null) craft.takeBytes(id, loaded.bytes);
      else setProblem(screen, id, tooLong);
    },
    undo: (id) => step(id, 'undo'),
    redo: (id) => step(id, 'redo'),
  };
  return session;
}
