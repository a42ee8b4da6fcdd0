import { basename } from 'node:path';
import type { InstanceInfo, JournalEntry, OutputName } from '../../app/ipc/contract';
import { clip, group } from '../../app/quantity/parse';
import type { RunPlan, Settings } from '../../app/run/plan';
import { readStream } from '../../app/run/planDocument';
import type { OpenedPlan } from '../../app/run/planSettings';
import { type Chosen, defaultSettings, type MoreStream, planOf } from '../../app/run/settings';
import { BACKENDS } from '../backends/table';
import type { KeptInstance } from '../store/session';
import { refuseUnasked } from './files';
import { LabError } from './labError';
import { OpenCapture } from './openCapture';
import { planTitle } from './planFile';

/** What a draft tells its instance. */
export interface DraftEvents {
  changed(): void;
  journal(level: JournalEntry['level'], text: string): void;
}

/** Everything of an instance that outlives its runs: settings, capture, outputs, what came with a plan. */
export class InstanceDraft {
  settings: Settings = defaultSettings();
  /** The file of the plan that was opened or saved last. */
  planPath: string | null = null;
  private capture: OpenCapture | null = null;
  /** The capture of a plan or of the last session while it is not open: being opened, or gone. */
  private absent: { readonly path: string; readonly note: string } | null = null;
  private outputs: InstanceInfo['outputs'] = { file: null, peer: null, tee: null };
  /** Outputs that no dialog has asked about since the start; they came with a plan or the last session. */
  private readonly unasked = new Set<OutputName>();
  private more: readonly MoreStream[] = [];

  constructor(private readonly events: DraftEvents) {}

  info(): Pick<InstanceInfo, 'title' | 'settings' | 'capture' | 'captureNote' | 'outputs' | 'more'> {
    return {
      title: this.planPath === null ? null : planTitle(this.planPath),
      settings: this.settings,
      capture: this.capture?.info ?? null,
      captureNote: this.absent?.note ?? null,
      outputs: this.outputs,
      more: this.more.map(describe),
    };
  }

  chosen(): Chosen {
    return { capture: this.capturePath(), ...this.outputs, more: this.more };
  }

  /** The run of this draft; a `LabError` when it is none. */
  planned(): RunPlan {
    const planned = planOf(this.settings, BACKENDS, this.chosen());
    if (!planned.ok) throw new LabError(planned.sentence, planned.field);
    return planned.plan;
  }

  /** The same run, which overwrites nothing that no dialog has asked about. */
  async guarded(plan: RunPlan): Promise<RunPlan> {
    return { ...plan, keep: await refuseUnasked(plan, this.outputs, this.unasked) };
  }

  /** A run has made these files: the next one may make them again. */
  wrote(): void {
    this.unasked.clear();
  }

  async openCapture(path: string): Promise<void> {
    const opened = await OpenCapture.open(path);
    await this.take(opened);
    this.settings = { ...this.settings, source: 'capture' };
    this.events.changed();
  }

  openedCapture(): OpenCapture {
    if (!this.capture) throw new LabError('No capture is open here.', 'capture');
    return this.capture;
  }

  choose(which: OutputName, path: string | null): void {
    this.outputs = { ...this.outputs, [which]: path };
    this.unasked.delete(which);
    this.events.changed();
  }

  /** Puts a plan in place of this draft. Its capture is opened, too; when that fails a sentence stands for it. */
  async openPlan(plan: OpenedPlan, path: string): Promise<void> {
    if (this.outputs.peer !== null) {
      this.events.journal(
        'info',
        `${this.outputs.peer} is not written any more: a plan has no peer capture.`,
      );
    }
    this.settings = plan.settings;
    this.planPath = path;
    this.more = plan.more;
    this.putOutputs({ file: plan.file, peer: null, tee: plan.tee });
    this.events.changed();
    if (plan.capture !== null && plan.capture !== this.capture?.path) await this.reopen(plan.capture);
  }

  /** The draft is what is in this plan file. */
  savedAs(path: string): void {
    this.planPath = path;
    this.events.changed();
  }

  sendFirstOnly(): void {
    this.more = [];
    this.events.changed();
  }

  kept(id: string): KeptInstance {
    return {
      id,
      plan: this.planPath,
      settings: this.settings,
      capture: this.capturePath(),
      outputs: this.outputs,
      more: this.more.map(({ written }) => written),
    };
  }

  /** Puts back what was kept; the capture is opened behind the scenes. */
  restore(kept: KeptInstance): void {
    this.settings = kept.settings;
    this.planPath = kept.plan;
    this.putOutputs(kept.outputs);
    const more: MoreStream[] = [];
    for (const [i, written] of kept.more.entries()) {
      const stream = readStream(written, `stream ${i + 2}`, (path) => path);
      if (stream.ok) more.push({ written, stream: stream.value });
      else this.events.journal('warning', `A stream of the last session was left out: ${stream.sentence}`);
    }
    this.more = more;
    this.events.changed();
    if (kept.capture !== null) void this.reopen(kept.capture);
  }

  async close(): Promise<void> {
    this.absent = null;
    const { capture } = this;
    this.capture = null;
    await capture?.close();
  }

  private capturePath(): string | null {
    return this.absent?.path ?? this.capture?.path ?? null;
  }

  private putOutputs(outputs: InstanceInfo['outputs']): void {
    this.outputs = outputs;
    for (const which of ['file', 'peer', 'tee'] as const) {
      if (outputs[which] === null) this.unasked.delete(which);
      else this.unasked.add(which);
    }
  }

  /** Takes an opened capture in place of the one before. */
  private async take(opened: OpenCapture): Promise<void> {
    const before = this.capture;
    this.capture = opened;
    this.absent = null;
    const { name, frames, problem } = opened.info;
    this.events.journal('info', `Opened ${name}: ${frames.toLocaleString('en-US')} frames.`);
    if (problem) this.events.journal('warning', problem);
    await before?.close();
  }

  /** Never rejects: the draft is whole without its capture, and says what is missing. */
  private async reopen(path: string): Promise<void> {
    const absent = { path, note: `Opening ${clip(basename(path), 80)}.` };
    this.absent = absent;
    const before = this.capture;
    this.capture = null;
    await before?.close();
    this.events.changed();
    try {
      const opened = await OpenCapture.open(path);
      // Somebody opened another one meanwhile, or the instance is gone.
      if (this.absent === absent) await this.take(opened);
      else await opened.close();
    } catch (error) {
      if (this.absent !== absent) return;
      const note = `${LabError.from(error).sentence} All else is here; open a capture to send.`;
      this.absent = { path, note };
      this.events.journal('warning', note);
    }
    this.events.changed();
  }
}

/** A stream in a few words, for the list of what is sent after the first. */
function describe({ stream }: MoreStream): string {
  if (stream.kind === 'capture') return clip(basename(stream.path), 80);
  const bytes = stream.frames.reduce((sum, frame) => sum + frame.length, 0);
  const { length } = stream.frames;
  return length === 1 ? `a packet of ${group(bytes)} B` : `${group(length)} packets, ${group(bytes)} B`;
}
