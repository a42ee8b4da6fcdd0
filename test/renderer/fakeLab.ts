import {
  type CaptureInfo,
  type FrameRow,
  type Hello,
  type InstanceInfo,
  type IpcFailure,
  isRequestName,
  type JournalEntry,
  type Live,
  type OutputName,
  type PageBridge,
  type RecentPlan,
  requests,
  type ToMain,
} from '../../app/ipc/contract';
import { type NetLabInfo, NO_NET_LAB } from '../../app/lab/state';
import { BUILT_IN_HEX } from '../../app/packet/hex';
import { TEMPLATES } from '../../app/packet/templates';
import { parseWhole } from '../../app/quantity/parse';
import type { Settings } from '../../app/run/plan';
import { parseRate, showRate } from '../../app/run/rate';
import { lockedChange, tuningOf } from '../../app/run/tuning';
import { addSample, addStall, emptyHistory, type History } from '../../app/stats/series';
import { type Fault, ratesBetween, type Snapshot } from '../../app/stats/snapshot';
import { FAKE_BACKENDS } from './fakeBackends';
import { fakeCalls, fakeHistograms } from './fakeCalls';
import { type FakeRun, startFakeRun } from './fakeRun';

export const FAKE_SETTINGS: Settings = {
  backend: 'loopback',
  options: {},
  batch: '64',
  flush: 'every batch',
  rate: 'max',
  stop: 'once',
  again: 'retry',
  seed: '1',
  faultOn: false,
  fault: {},
  teeOn: false,
  signature: false,
  source: 'hex',
  hex: BUILT_IN_HEX,
  packet: TEMPLATES[0].packet,
};

export const FAKE_CAPTURE: CaptureInfo = {
  name: 'dns-and-http.pcapng',
  format: 'pcapng',
  frames: 12_480,
  bytes: 4_018_560,
  fileBytes: 4_418_112,
  seconds: 93.417,
  sendable: 12_471,
  oversize: 2,
  truncated: 5,
  linkTypes: [
    { name: 'Ethernet', frames: 12_473, ethernet: true },
    { name: 'Linux cooked v1', frames: 7, ethernet: false },
  ],
  listed: 12_480,
  problem: null,
};

class Refusal extends Error {
  constructor(readonly failure: IpcFailure) {
    super(failure.sentence);
  }
}

function refusal(code: IpcFailure['code'], sentence: string, field: string | null = null): Refusal {
  return new Refusal({ code, sentence, field });
}

function refuse(code: IpcFailure['code'], sentence: string, field: string | null = null): never {
  throw refusal(code, sentence, field);
}

/** A stand-in for main behind the same contract: instances, runs and captures that exist only here. */
export class FakeLab implements PageBridge {
  instances: InstanceInfo[] = [];
  journal: JournalEntry[] = [];
  /** Requests in the order they came, for tests. */
  readonly heard: { name: string; input: unknown }[] = [];
  /** What the open dialog answers; null = cancelled. */
  nextCapture: CaptureInfo | null = FAKE_CAPTURE;
  /** What the save dialog answers; null = cancelled. */
  nextOutput: string | null = '/home/ada/captures/loopback-peer-2026-11-22.pcapng';
  /** What opening a plan, recent or not, changes; null = cancelled. */
  nextPlan: Partial<InstanceInfo> | null = { title: 'dns-burst' };
  recent: RecentPlan[] = [];
  netLab: NetLabInfo = NO_NET_LAB;
  /** The instance that the last page has shown. */
  selected: string | null = null;
  /** The next run or plan is refused with this. */
  refuseNext: IpcFailure | null = null;
  /** Main is gone: nothing is answered any more. */
  dead = false;
  private readonly runs = new Map<string, FakeRun>();
  private readonly histories = new Map<string, History>();
  private listener: (message: unknown) => void = () => {};
  private seq = 0;
  private waitingForPaint = false;
  private skipped = 0;
  private journalSeq = 0;
  private wallClock = Date.UTC(2026, 10, 22, 12, 0, 1, 204);

  constructor(settings: Partial<Settings> = {}) {
    this.add(settings);
  }

  listen(listener: (message: unknown) => void): void {
    this.listener = listener;
  }

  post(message: ToMain): void {
    if (this.dead) return;
    if (message.type === 'painted') {
      this.waitingForPaint = false;
      return;
    }
    // Answers come later, as over a real port.
    queueMicrotask(() => this.answer(message.id, message.name, message.input));
  }

  add(settings: Partial<Settings> = {}): InstanceInfo {
    const last = this.instances.at(-1)?.id ?? '@';
    const id = String.fromCharCode(last.charCodeAt(0) + 1);
    const instance: InstanceInfo = {
      id,
      title: null,
      settings: { ...FAKE_SETTINGS, ...settings },
      capture: null,
      captureNote: null,
      more: [],
      outputs: { file: null, peer: null, tee: null },
      phase: 'idle',
      run: 0,
      askedPps: null,
      asked: null,
      ranOn: null,
    };
    this.instances = [...this.instances, instance];
    return instance;
  }

  /** Changes what main knows of an instance and tells the page. */
  change(id: string, patch: Partial<InstanceInfo>): InstanceInfo {
    this.instances = this.instances.map((i) => (i.id === id ? { ...i, ...patch } : i));
    this.event('instances', this.instances);
    return this.get(id);
  }

  note(level: JournalEntry['level'], instance: string | null, text: string): void {
    this.wallClock += 137;
    const entry = { seq: ++this.journalSeq, at: this.wallClock, level, instance, text };
    this.journal.push(entry);
    this.event('journal', [entry]);
  }

  /** Lets run time pass and posts one stats message, unless the page still owes a paint. */
  tick(seconds = 0.1): void {
    for (const [id, run] of this.runs) {
      if (!run.running) continue;
      const before = run.snapshot;
      run.advance(seconds);
      this.record(id, before, run.snapshot);
      if (!run.running) this.ended(id, run);
    }
    if (this.waitingForPaint) {
      this.skipped += 1;
      return;
    }
    this.waitingForPaint = true;
    this.event('stats', { seq: ++this.seq, live: this.live(), skipped: this.skipped });
    this.skipped = 0;
  }

  /** Main and the sending thread stand still for that long. */
  stall(id: string, seconds: number): void {
    const run = this.runs.get(id);
    const history = this.histories.get(id);
    if (!run || !history) return;
    const from = run.snapshot.seconds;
    run.advance(seconds);
    addStall(history, { from, to: run.snapshot.seconds, seconds, who: 'both' });
  }

  /** Ends a run with a fault. */
  fail(id: string, fault: Fault): void {
    const run = this.runs.get(id);
    if (!run) return;
    run.end('fault', fault);
    this.ended(id, run);
  }

  start(id: string): void {
    const instance = this.get(id);
    const backend = FAKE_BACKENDS.find((b) => b.name === instance.settings.backend);
    if (!backend)
      throw refusal('BAD_INPUT', `There is no backend named ${instance.settings.backend}.`, 'backend');
    if (this.runs.get(id)?.running) refuse('BUSY', 'A run is on.');
    const batch = parseWhole(instance.settings.batch, 'The batch size', 1, 4096);
    if (!batch.ok) refuse('BAD_INPUT', batch.sentence, 'batch');
    const rate = parseRate(instance.settings.rate);
    if (!rate.ok) throw refusal('BAD_INPUT', rate.sentence, 'rate');
    this.runs.set(id, startFakeRun(instance, backend));
    this.histories.set(id, emptyHistory());
    this.change(id, {
      phase: 'running',
      run: instance.run + 1,
      askedPps: rate.value.kind === 'pps' ? rate.value.pps : null,
      asked: showRate(rate.value),
      ranOn: backend.name,
    });
    this.note('info', id, `Run ${instance.run + 1} on ${backend.name} started.`);
  }

  /** What changes of an instance when its settings do while a run is on. */
  private tuned(id: string, settings: Settings): Partial<InstanceInfo> {
    const locked = lockedChange(this.get(id).settings, settings);
    if (locked) throw refusal('BAD_INPUT', locked.sentence, locked.field);
    const tuned = tuningOf(settings, [{ kind: 'frames' }]);
    if (!tuned.ok) throw refusal('BAD_INPUT', tuned.sentence, tuned.field);
    const { rate } = tuned.tuning;
    return { asked: showRate(rate), askedPps: rate.kind === 'pps' ? rate.pps : null };
  }

  private record(id: string, before: Snapshot, after: Snapshot): void {
    const rates = ratesBetween(before, after);
    const history = this.histories.get(id);
    if (rates && history) addSample(history, after.seconds, { ...rates, ...rates.calls });
  }

  private ended(id: string, run: FakeRun): void {
    const { fault, taken } = run.snapshot;
    this.change(id, { phase: fault ? 'fault' : 'done' });
    this.note(fault ? 'fault' : 'info', id, fault ? fault.sentence : `Run ended: ${taken} packets taken.`);
  }

  private get(id: string): InstanceInfo {
    const instance = this.instances.find((i) => i.id === id);
    return instance ?? refuse('BAD_INPUT', `There is no instance ${id}.`);
  }

  private mayRefuse(): void {
    const failure = this.refuseNext;
    this.refuseNext = null;
    if (failure) throw new Refusal(failure);
  }

  private calls(name: string, id: string): unknown {
    const { run, settings } = this.get(id);
    const snapshot = this.runs.get(id)?.snapshot;
    const batch = Number(settings.batch) || 64;
    if (!snapshot) return null;
    if (name === 'calls.histograms') return fakeHistograms(run, snapshot, batch);
    return fakeCalls(run, snapshot, batch, Number(settings.options.loopback?.ring ?? 1024));
  }

  /** Changes the list of recent plans and tells the page. */
  putRecent(recent: RecentPlan[]): void {
    this.recent = recent;
    this.event('recent', recent);
  }

  /** Gives a command of the native menu. */
  menu(id: string): void {
    this.event('command', { id });
  }

  private live(): Live[] {
    return [...this.runs].map(([id, run]) => {
      const stalls = this.histories.get(id)?.stalls ?? [];
      return { id, run: this.get(id).run, snapshot: run.snapshot, stalls };
    });
  }

  private event(name: string, payload: unknown): void {
    if (!this.dead) this.listener(structuredClone({ type: 'event', name, payload }));
  }

  private answer(id: number, name: string, input: unknown): void {
    if (this.dead) return;
    this.heard.push({ name, input });
    try {
      if (!isRequestName(name)) refuse('UNKNOWN_CHANNEL', `There is no request ${name}.`);
      const checked = requests[name].input.safeParse(input);
      if (!checked.success)
        refuse('BAD_MESSAGE', `The input of ${name} does not match: ${checked.error.message}`);
      this.listener(structuredClone({ type: 'answer', id, output: this.handle(name, input) }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.listener(structuredClone({ type: 'failure', id, failure: error.failure }));
    }
  }

  private handle(name: string, raw: unknown): unknown {
    const input = (raw ?? {}) as {
      id: string;
      settings: Settings;
      first: number;
      count: number;
      which: OutputName;
    };
    switch (name) {
      case 'lab.hello':
        // A page that comes anew owes no paint.
        this.waitingForPaint = false;
        return this.hello();
      case 'instance.add': {
        const added = this.add();
        this.event('instances', this.instances);
        return added;
      }
      case 'calls.read':
      case 'calls.histograms':
        return this.calls(name, input.id);
      case 'received.frames':
      case 'received.histograms':
        return null;
      case 'export.save':
        this.mayRefuse();
        return this.nextOutput;
      case 'instance.duplicate': {
        const copy = this.add(this.get(input.id).settings);
        this.event('instances', this.instances);
        return copy;
      }
      case 'instance.remove':
        this.runs.delete(input.id);
        this.instances = this.instances.filter((i) => i.id !== input.id);
        this.event('instances', this.instances);
        return null;
      case 'instance.configure':
        return this.change(input.id, {
          settings: input.settings,
          ...(this.runs.get(input.id)?.running && this.tuned(input.id, input.settings)),
        });
      case 'run.start':
        this.mayRefuse();
        this.start(input.id);
        return null;
      case 'instance.select':
        return null;
      case 'plan.save':
      case 'plan.open':
      case 'plan.openRecent':
        this.mayRefuse();
        return this.nextPlan && this.change(input.id, this.nextPlan);
      case 'plan.firstOnly':
        return this.change(input.id, { more: [] });
      case 'plan.copyCommand':
        this.mayRefuse();
        return { command: 'packet-lab send --backend null --hex 00', notes: [] };
      case 'run.stop':
      case 'run.stopAll':
        for (const [id, run] of this.runs) {
          if ((name === 'run.stop' && id !== input.id) || !run.running) continue;
          run.end('user');
          this.ended(id, run);
        }
        return null;
      case 'run.flush':
        return null;
      case 'capture.open':
        if (this.nextCapture === null) return null;
        this.note('info', input.id, `Opened ${this.nextCapture.name}: ${this.nextCapture.frames} frames.`);
        return this.change(input.id, {
          capture: this.nextCapture,
          settings: { ...this.get(input.id).settings, source: 'capture' },
        });
      case 'capture.frames':
        return Array.from({ length: input.count }, (_, i) => fakeRow(input.first + i));
      case 'capture.bytes':
        return BUILT_IN_HEX.replaceAll(/\s/g, '').repeat(3);
      case 'output.choose':
        if (this.nextOutput === null) return null;
        return this.change(input.id, {
          outputs: { ...this.get(input.id).outputs, [input.which]: this.nextOutput },
        });
      default:
        return this.change(input.id, { outputs: { ...this.get(input.id).outputs, [input.which]: null } });
    }
  }

  private hello(): Hello {
    return {
      about: {
        version: '0.1.0',
        electron: '25.1.1',
        chrome: '114.0.5735.45',
        node: '18.15.0',
        runtime: 'fallback',
        platform: 'linux x64',
      },
      backends: [...FAKE_BACKENDS],
      instances: this.instances,
      live: this.live(),
      history: Object.fromEntries(this.histories),
      journal: this.journal,
      selected: this.selected ?? this.instances[0]?.id ?? null,
      recent: this.recent,
      netLab: this.netLab,
      diagnoses: [],
    };
  }
}

function fakeRow(index: number): FrameRow {
  const cooked = index % 1783 === 1782;
  const large = index % 6000 === 5999;
  const length = large ? 9014 : 60 + ((index * 7919) % 1455);
  return {
    no: index + 1,
    time: index * 0.007486,
    length,
    original: length,
    link: cooked ? 'Linux cooked v1' : 'Ethernet',
    head: BUILT_IN_HEX.replaceAll(/\s/g, '').slice(0, 48),
    comment: index % 997 === 996 ? 'retransmitted by the middlebox' : null,
    note: cooked
      ? 'Linux cooked v1 is not Ethernet: this frame will not be sent.'
      : large
        ? '9,014 B is over 4,096 B: refused before it reaches a backend, and counted.'
        : null,
  };
}
