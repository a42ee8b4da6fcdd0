import { z } from 'zod';
import {
  type EventName,
  type EventPayload,
  type Hello,
  type IpcFailure,
  isRequestName,
  type RequestInput,
  type RequestName,
  type RequestOutput,
  requests,
  type ToPage,
  toMainSchema,
} from '../../app/ipc/contract';

import type { ExportKind } from '../../app/ipc/export';

import { clip, plain } from '../../app/quantity/parse';

import { BACKENDS } from '../backends/table';
import { exportBytes, writeExport } from './exportFile';
import type { Lab } from './lab';
import { LabError } from './labError';
import { type PlanShell, planHandlers } from './planRequests';
import { StatsFeed } from './statsFeed';

/** A two-way connection with one page; the server does not know what carries it. */
export interface Link {
  post(message: ToPage): void;
  /** Hears every message of the page; returns its own undo. */
  onMessage(listener: (message: unknown) => void): () => void;
  onClose(listener: () => void): void;
}

/** What only the shell can do: dialogs. Null means the person cancelled. */
export interface Shell extends PlanShell {
  readonly about: Hello['about'];
  /** Hears the native menu: ids of the page's commands. The function returned ends it. */
  onCommand(listener: (id: string) => void): () => void;
  chooseCapture(): Promise<string | null>;
  chooseOutput(): Promise<string | null>;
  /** `name` has no extension; the dialog asks before a file is replaced. */
  chooseExport(name: string, kind: ExportKind): Promise<string | null>;
}

type Handlers = {
  [N in RequestName]: (input: RequestInput<N>) => Promise<RequestOutput<N>> | RequestOutput<N>;
};

function handlersOf(lab: Lab, shell: Shell): Handlers {
  return {
    'lab.hello': () => ({
      about: shell.about,
      backends: [...BACKENDS],
      instances: lab.list(),
      live: lab.live(),
      history: lab.history(),
      journal: lab.journal(),
      selected: lab.selected,
      recent: shell.recent.list(),
      netLab: lab.held.info(),
      diagnoses: lab.diagnoses.all(),
    }),
    ...planHandlers(lab, shell),
    'instance.select': ({ id }) => {
      lab.select(id);
      return null;
    },
    'instance.add': () => lab.add().info(),
    'instance.duplicate': ({ id }) => lab.duplicate(id).info(),
    'instance.remove': async ({ id }) => {
      await lab.remove(id);
      return null;
    },
    'instance.configure': ({ id, settings }) => {
      const instance = lab.get(id);
      instance.configure(settings);
      return instance.info();
    },
    'run.start': async ({ id }) => {
      await lab.get(id).start();
      return null;
    },
    'run.stop': async ({ id }) => {
      await lab.get(id).stop();
      return null;
    },
    'run.stopAll': async () => {
      await lab.stopAll();
      return null;
    },
    'run.flush': ({ id }) => {
      lab.get(id).flush();
      return null;
    },
    'lab.open': (size) => lab.held.start(size),
    'lab.close': () => lab.closeNet(),
    'lab.port': (asked) => lab.held.change(asked),
    'calls.read': ({ id, first, max }) => lab.get(id).calls(first, max),
    'calls.histograms': ({ id }) => lab.get(id).histograms(),
    'received.frames': ({ id }) => lab.get(id).receivedFrames(),
    'received.histograms': ({ id, stream }) => lab.get(id).receivedHistograms(stream),
    'capture.open': async ({ id }) => {
      const instance = lab.get(id);
      const path = await shell.chooseCapture();
      if (path === null) return null;
      await instance.openCapture(path);
      return instance.info();
    },
    'capture.frames': ({ id, first, count }) => lab.get(id).openedCapture().rows(first, count),
    'capture.bytes': ({ id, index }) => lab.get(id).openedCapture().bytes(index),
    'output.choose': async ({ id, which }) => {
      const instance = lab.get(id);
      const path = await shell.chooseOutput();
      if (path === null) return null;
      instance.choose(which, path);
      return instance.info();
    },
    'export.save': async ({ id, ...given }) => {
      const instance = lab.get(id);
      const bytes = exportBytes(given);
      const path = await shell.chooseExport(given.name, given.kind);
      if (path === null) return null;
      await writeExport(path, bytes, lab.filesInUse());
      instance.noteExport(given.kind, path);
      return path;
    },
    'output.clear': ({ id, which }) => {
      const instance = lab.get(id);
      instance.choose(which, null);
      return instance.info();
    },
  };
}

function failureOf(error: unknown): IpcFailure {
  if (error instanceof LabError)
    return { code: 'BAD_INPUT', sentence: plain(error.sentence), field: error.field };
  const sentence = error instanceof Error ? error.message : String(error);
  return { code: 'INTERNAL', sentence: `Something went wrong inside Packet Lab: ${sentence}`, field: null };
}

/** Runs one request whose name and input are not trusted yet. */
async function answer(handlers: Handlers, name: string, input: unknown): Promise<unknown> {
  if (!isRequestName(name)) throw failure('UNKNOWN_CHANNEL', 'There is no such request.');
  const checked = requests[name].input.safeParse(input);
  if (!checked.success) {
    const where = clip(checked.error.issues[0]?.path.join('.') ?? '', 80);
    throw failure('BAD_MESSAGE', `The request ${name} is malformed${where ? ` at ${where}` : ''}.`);
  }
  const handler = handlers[name] as (input: unknown) => unknown;
  return await handler(checked.data);
}

class IpcError extends Error {
  constructor(readonly failure: IpcFailure) {
    super(failure.sentence);
  }
}

function failure(code: IpcFailure['code'], sentence: string): IpcError {
  return new IpcError({ code, sentence, field: null });
}

const MALFORMED: IpcFailure = {
  code: 'BAD_MESSAGE',
  sentence:
    'The message is no request: a request has a number, a name of at most 64 characters and an input.',
  field: null,
};

/** The number of a malformed request, where it has one. */
function requestId(raw: unknown): number | null {
  const read = z.object({ type: z.literal('request'), id: z.number().int() }).safeParse(raw);
  return read.success ? read.data.id : null;
}

/**
 * Serves one page until its link closes: requests are answered in any order, events are posted as
 * they happen, statistics with a credit of one. Returns the undo.
 */
export function serve(lab: Lab, shell: Shell, link: Link): () => void {
  const handlers = handlersOf(lab, shell);
  const event = <N extends EventName>(name: N, payload: EventPayload<N>) =>
    link.post({ type: 'event', name, payload });
  const feed = new StatsFeed((stats) => event('stats', stats));
  const deaf = lab.listen({
    instances: (list) => {
      feed.release(); // a run that has ended is shown with its last totals
      event('instances', list);
    },
    journal: (entry) => event('journal', [entry]),
    stats: (live) => feed.offer(live),
    netLab: (state) => event('lab.state', state),
    diagnoses: (changed) => event('diagnoses', changed),
  });
  const noNews = shell.recent.listen((list) => event('recent', list));
  const noMenu = shell.onCommand((id) => event('command', { id }));
  const silent = link.onMessage((raw) => {
    const message = toMainSchema.safeParse(raw);
    if (!message.success) {
      const id = requestId(raw);
      // Without an id there is nobody to answer.
      if (id !== null) link.post({ type: 'failure', id, failure: MALFORMED });
      return;
    }
    if (message.data.type === 'painted') {
      feed.painted(message.data.seq);
      return;
    }
    const { id, name, input } = message.data;
    answer(handlers, name, input).then(
      (output) => link.post({ type: 'answer', id, output }),
      (error: unknown) =>
        link.post({
          type: 'failure',
          id,
          failure: error instanceof IpcError ? error.failure : failureOf(error),
        }),
    );
  });
  const undo = () => {
    deaf();
    noNews();
    noMenu();
    silent();
  };
  link.onClose(undo);
  return undo;
}
