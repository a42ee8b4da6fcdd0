import type { InstanceInfo, Live, OutputName } from '../../app/ipc/contract';
import type { LiveFacts } from '../../app/lab/diagnosis';
import type { LiveFinding } from '../../app/lab/finding';
import { asksForLab, needsLab } from '../../app/lab/pair';
import { grouped } from '../../app/quantity/format';
import { attachOf, attachSentence, type Neighbour } from '../../app/run/attach';
import { formatFlush } from '../../app/run/flush';
import type { RunPlan, Settings, Tuning } from '../../app/run/plan';
import { showRate } from '../../app/run/rate';
import { lockedChange, tuningOf } from '../../app/run/tuning';
import type { CallsReading, Histograms } from '../../app/stats/calls';
import type { FramesReading, StreamHistograms } from '../../app/stats/received';
import { addSample, addStall, emptyHistory, type History, sampleOf } from '../../app/stats/series';
import { ratesBetween, type Snapshot } from '../../app/stats/snapshot';
import { findBackend } from '../backends/table';
import type { NativeDevice } from '../native/addon';
import { InstanceDraft } from './draft';
import { outputsOf } from './files';
import { LabError } from './labError';
import { LiveWatch } from './liveWatch';
import type { OpenCapture } from './openCapture';
import { type LabRun, startRun } from './run';
import { StallWatch, stallSentence } from './stalls';

/** What an instance tells its lab. */
export interface InstanceEvents {
  /** Something of `info()` changed. */
  changed(): void;
  /** Something that is kept between starts changed, and the page knows already. */
  kept(): void;
  journal(level: 'info' | 'warning' | 'fault', text: string): void;
}

/** What an instance knows of the others. */
export interface Around {
  others(): readonly Neighbour[];
  /** What an instance is called in the native core; unique in the process. */
  nameOf(id: string): string;
  /** The interface that a run on one takes. Rejects with a `LabError` when there is none. */
  device(plan: RunPlan): Promise<NativeDevice>;
  /** Finds out what may keep a run from sending. Never rejects, and prevents nothing. */
  preflight(): Promise<void>;
  /** What there is to know about where the run of a plan sends. Never rejects. */
  liveFacts(plan: RunPlan): Promise<LiveFacts>;
  /** Why nothing is sent or arrives; null while that is not so. */
  diagnosed(live: LiveFinding | null): void;
}

const ALONE: Around = {
  others: () => [],
  nameOf: (id) => id,
  device: async ({ backend }) => {
    throw new LabError(needsLab(backend.name), 'backend');
  },
  preflight: async () => {},
  liveFacts: async (plan) => ({ plan, place: null, attachedBy: null }),
  diagnosed: () => {},
};

/**
 * One AIO instance: the draft of its settings, its opened capture, and at most one run at a time.
 * The last run's totals and history stay until the next run starts.
 */
export class Instance {
  readonly draft: InstanceDraft;
  private phase: InstanceInfo['phase'] = 'idle';
  private runNumber = 0;
  private run: LabRun | null = null;
  /** The current or last run: its calls and histograms can be read until the next one starts. */
  private latest: LabRun | null = null;
  private plan: RunPlan | null = null;
  /** The plan whose backend is being opened. */
  private opening: RunPlan | null = null;
  private last: Snapshot | null = null;
  /** The latest start has succeeded or failed. */
  private begun: Promise<void> = Promise.resolve();
  private watch: LiveWatch | null = null;
  private finished: Promise<void> = Promise.resolve();
  /** Whether a client has yet to be told about `last`. */
  private fresh = false;
  history: History = emptyHistory();
  private readonly stalls: StallWatch;

  /** `now` is a clock in ms that never goes back. */
  constructor(
    readonly id: string,
    private readonly events: InstanceEvents,
    now: () => number = () => performance.now(),
    private readonly around: Around = ALONE,
  ) {
    this.draft = new InstanceDraft(events);
    this.stalls = new StallWatch(now);
  }

  info(): InstanceInfo {
    return {
      id: this.id,
      ...this.draft.info(),
      phase: this.phase,
      run: this.runNumber,
      askedPps: this.plan?.rate.kind === 'pps' ? this.plan.rate.pps : null,
      asked: this.plan ? showRate(this.plan.rate) : null,
      ranOn: this.plan?.backend.name ?? null,
    };
  }

  live(): Live | null {
    if (!this.last) return null;
    return { id: this.id, run: this.runNumber, snapshot: this.last, stalls: this.history.stalls };
  }

  /** What the others know of it. */
  neighbour(): Neighbour {
    const { id, active, plan } = this;
    const backend = active && plan ? plan.backend.name : this.draft.settings.backend;
    return { id, backend, attachedTo: active && plan ? attachOf(plan) : null };
  }

  /** The run that is or will be on an interface of the lab; null when there is none. */
  onDevice(): { readonly id: string; readonly plan: RunPlan } | null {
    const plan = this.opening ?? (this.active ? this.plan : null);
    return plan && takesDevice(plan) ? { id: this.id, plan } : null;
  }

  get active(): boolean {
    return this.phase === 'opening' || this.phase === 'running' || this.phase === 'stopping';
  }

  /** Keeps the draft. While a run is on, rate, batch and flush policy change with it and nothing else may. */
  configure(settings: Settings): void {
    if (!this.active) {
      this.draft.settings = settings;
      this.events.kept();
      return;
    }
    const locked = lockedChange(this.draft.settings, settings);
    if (locked) throw new LabError(locked.sentence, locked.field);
    const kind = this.draft.settings.source === 'capture' ? 'capture' : 'frames';
    const tuned = tuningOf(settings, this.run?.plan.streams ?? [{ kind }]);
    if (!tuned.ok) throw new LabError(tuned.sentence, tuned.field);
    this.draft.settings = settings;
    this.events.kept();
    if (this.phase === 'running') this.tune(tuned.tuning);
  }

  /** Hands over what differs from what the run was last asked for. */
  private tune(tuning: Tuning): void {
    if (!this.run) return;
    const words = (t: Tuning) => [
      `rate ${showRate(t.rate)}`,
      `batch ${t.batch}`,
      `flush ${formatFlush(t.flush)}`,
    ];
    const before = words(this.run.plan);
    const changed = words(tuning).filter((text, i) => text !== before[i]);
    if (changed.length === 0) return;
    this.run.tune(tuning);
    this.plan = this.run.plan;
    this.events.journal('info', `Run ${this.runNumber} is now asked for ${changed.join(', ')}.`);
    this.events.changed();
  }

  async openCapture(path: string): Promise<void> {
    this.mustBeIdle('Stop the run to open another capture.', 'capture');
    await this.draft.openCapture(path);
  }

  openedCapture(): OpenCapture {
    return this.draft.openedCapture();
  }

  choose(which: OutputName, path: string | null): void {
    this.mustBeIdle('Stop the run to change its outputs.', which === 'file' ? 'options.file' : which);
    this.draft.choose(which, path);
  }

  note(level: 'info' | 'warning' | 'fault', text: string): void {
    this.events.journal(level, text);
  }

  /** Checks the draft and starts the run; resolves once packets may flow. */
  start(): Promise<void> {
    const started = this.begin();
    this.begun = started.catch(() => undefined);
    return started;
  }

  private async begin(): Promise<void> {
    this.mustBeIdle('A run is on already.');
    const plan = this.draft.planned();
    const to = attachOf(plan);
    const alone = to === null ? null : attachSentence(this.id, to, this.around.others());
    if (alone !== null) throw new LabError(alone, 'options.attach');
    const before = this.phase;
    const asked = this.draft.settings;
    this.setPhase('opening');
    try {
      await this.around.preflight();
      const wire = { id: this.id, nameOf: this.around.nameOf };
      const guarded = await this.draft.guarded(plan);
      const device = () => {
        this.opening = plan; // from here on the pair is taken
        return this.around.device(plan);
      };
      this.run = await startRun(guarded, { wire, ...(takesDevice(plan) && { device }) });
    } catch (error) {
      this.setPhase(before);
      this.events.journal('warning', LabError.from(error).sentence);
      throw error;
    } finally {
      this.opening = null;
    }
    this.plan = plan;
    this.draft.wrote();
    this.runNumber += 1;
    this.latest = this.run;
    this.stalls.start();
    this.watch = this.watchRun(this.run, this.runNumber);
    this.last = null;
    this.history = emptyHistory();
    this.events.journal('info', `Run ${this.runNumber} started on ${plan.backend.name}.`);
    this.setPhase('running');
    if (this.draft.settings !== asked) this.configure(this.draft.settings); // changed while the backend opened
    this.finished = this.run.done.then((last) => this.ended(last));
  }

  private watchRun(run: LabRun, number: number): LiveWatch {
    this.around.diagnosed(null);
    return new LiveWatch(
      () => this.around.liveFacts(run.plan),
      (found) => {
        if (this.runNumber === number) this.around.diagnosed(found && { ...found, run: number });
      },
    );
  }

  /** What is found about a run that is over stays until the next one starts. */
  private async diagnose(watch: LiveWatch, last: Snapshot): Promise<void> {
    const run = this.runNumber;
    const found = await watch.end(last);
    if (this.runNumber === run && this.phase !== 'opening')
      this.around.diagnosed(found && { ...found, run, since: Date.now() });
  }

  /** Asks a run to end. Also takes back a start that is still opening. */
  async stop(): Promise<void> {
    if (this.phase === 'opening') await this.begun;
    if (this.phase === 'running') this.setPhase('stopping');
    this.run?.stop();
    await this.finished;
  }

  flush(): void {
    this.run?.flush();
  }

  /** Recent send calls; null before the first run. */
  calls(first: number, max: number): CallsReading | null {
    return this.latest && { run: this.runNumber, ...this.latest.calls(first, max) };
  }

  /** Its opened capture, and what a run that is on writes. */
  filesInUse(): string[] {
    const { capture } = this.draft.chosen();
    const outputs = this.active && this.plan ? outputsOf(this.plan).map((output) => output.path) : [];
    return capture === null ? outputs : [capture, ...outputs];
  }

  noteExport(kind: string, path: string): void {
    this.events.journal('info', `Exported what is shown as ${kind.toUpperCase()} to ${path}.`);
  }

  /** The last frames its far end received; null before the first run. */
  receivedFrames(): FramesReading | null {
    if (!this.latest) return null;
    const { total, frames } = this.latest.received.frames();
    return { run: this.runNumber, total, frames: [...frames] };
  }

  receivedHistograms(stream: number): StreamHistograms | null {
    return this.latest && { run: this.runNumber, stream, ...this.latest.received.histograms(stream) };
  }

  histograms(): Histograms | null {
    return this.latest && { run: this.runNumber, ...this.latest.histograms() };
  }

  /** One tick of the sampler. Returns whether there is something new to show. */
  sample(): boolean {
    if (this.run) this.take(this.run.snapshot());
    const news = this.fresh;
    this.fresh = false;
    return news;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.draft.close();
  }

  private take(now: Snapshot): void {
    this.watch?.look(now);
    const { quiet, stall } = this.stalls.look(now);
    if (quiet && !stall) return; // behind a stall; the next reading says whose it was
    this.tellNews(now);
    if (stall) {
      addStall(this.history, stall);
      this.events.journal('warning', stallSentence(stall));
    }
    const rates = quiet || now.tNs === this.last?.tNs ? null : ratesBetween(this.last, now);
    // Before the first call nothing has happened that a chart could show.
    if (rates && now.seconds > 0) addSample(this.history, now.seconds, sampleOf(rates));
    this.last = now;
    this.fresh = true;
  }

  private ended(last: Snapshot): void {
    this.take(last);
    this.run = null;
    const level = last.fault ? 'fault' : 'info';
    const [taken, offered, received] = [last.taken, last.offered, last.received ?? 0].map(grouped);
    const did =
      last.role === 'receive' ? `${received} frames received` : `${taken} of ${offered} packets taken`;
    this.events.journal(
      level,
      last.fault?.sentence ?? `Run ${this.runNumber} ended (${last.stoppedBy}): ${did}.`,
    );
    if (last.notice) this.events.journal('warning', last.notice);
    this.setPhase(last.fault ? 'fault' : 'done');
    if (this.watch) void this.diagnose(this.watch, last);
    this.watch = null;
  }

  /** Journals the first refusal of each kind, the first late error and every change of the backend's state. */
  private tellNews(now: Snapshot): void {
    for (const reason of now.reasons.slice(this.last?.reasons.length ?? 0)) {
      const where =
        reason.firstCall > 0
          ? `call ${reason.firstCall}, index ${reason.firstIndex}`
          : `packet ${reason.firstOrdinal}`;
      this.events.journal(
        'warning',
        `${reason.code.toUpperCase()} first seen at ${where}: ${reason.sentence}`,
      );
    }
    if (now.lateError !== null && (this.last?.lateErrors ?? 0) === 0)
      this.events.journal('warning', `Late error: ${now.lateError}`);
    const before = this.last?.state ?? 'up';
    if (now.state !== before)
      this.events.journal('warning', `The backend's state is now ${now.state} (it was ${before}).`);
  }

  mustBeIdle(sentence: string, field: string | null = null): void {
    if (this.active) throw new LabError(sentence, field);
  }

  private setPhase(phase: InstanceInfo['phase']): void {
    this.phase = phase;
    this.events.changed();
  }
}

/** Whether a run is on an interface of the lab. */
export function takesDevice(plan: RunPlan): boolean {
  const backend = findBackend(plan.backend.name);
  return backend !== null && asksForLab(plan, backend.capabilities);
}
