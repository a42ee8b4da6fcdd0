import { basename, extname } from 'node:path';
import type { InstanceInfo, RequestInput, RequestName, RequestOutput } from '../../app/ipc/contract';
import { clip } from '../../app/quantity/parse';
import { commandOf } from '../../app/run/command';
import { documentOf, settingsOf } from '../../app/run/planSettings';
import { BACKENDS } from '../backends/table';
import type { RecentPlans } from '../store/recentPlans';
import type { Instance } from './instance';
import type { Lab } from './lab';
import { LabError } from './labError';
import { isGone, namesFrom, namesIn, readPlanFile, writePlanFile } from './planFile';

/** What only the desktop can do for plans. Null means the person cancelled. */
export interface PlanShell {
  readonly recent: RecentPlans;
  choosePlan(): Promise<string | null>;
  /** Asks where to write a plan; `name` is what is proposed. */
  choosePlanTarget(name: string): Promise<string | null>;
  /** Puts a text on the clipboard. */
  copy(text: string): void;
}

type PlanRequests = Extract<RequestName, `plan.${string}`>;
type Handlers = {
  [N in PlanRequests]: (input: RequestInput<N>) => Promise<RequestOutput<N>> | RequestOutput<N>;
};

export function planHandlers(lab: Lab, shell: PlanShell): Handlers {
  return {
    'plan.save': async ({ id }) => {
      const instance = lab.get(id);
      // What cannot be saved is said before anybody is asked for a name.
      documentFor(instance, (path) => path);
      const chosen = await shell.choosePlanTarget(instance.draft.planPath ?? `${instance.id}.plan.json`);
      if (chosen === null) return null;
      const path = await save(instance, chosen);
      shell.recent.add(path);
      return instance.info();
    },
    'plan.open': async ({ id }) => {
      const instance = lab.get(id);
      instance.mustBeIdle('Stop the run to open a plan.');
      const path = await shell.choosePlan();
      return path === null ? null : open(instance, path, shell.recent);
    },
    'plan.openRecent': async ({ id, key }) => {
      const instance = lab.get(id);
      instance.mustBeIdle('Stop the run to open a plan.');
      const path = shell.recent.pathOf(key);
      if (path === null) throw new LabError('That plan is not in the list of recent plans any more.');
      if (await isGone(path)) {
        shell.recent.remove(path);
        throw new LabError(
          `${clip(path, 200)} is gone and was taken out of the recent plans. What was open is kept.`,
        );
      }
      return open(instance, path, shell.recent);
    },
    'plan.firstOnly': ({ id }) => {
      const instance = lab.get(id);
      instance.mustBeIdle('Stop the run to change what it sends.');
      instance.draft.sendFirstOnly();
      return instance.info();
    },
    'plan.copyCommand': ({ id }) => {
      const instance = lab.get(id);
      const command = commandOf(instance.draft.planned(), BACKENDS, lab.held.size());
      if (!command.ok) throw new LabError(command.sentence);
      shell.copy(command.value.command);
      const { notes } = command.value;
      instance.note('info', ['Copied the command that repeats this run.', ...notes].join(' '));
      return { command: command.value.command, notes: [...notes] };
    },
  };
}

function documentFor(instance: Instance, nameOf: (path: string) => string) {
  const { draft } = instance;
  const document = documentOf(draft.settings, BACKENDS, draft.chosen(), nameOf);
  if (!document.ok) throw new LabError(document.sentence, document.field);
  return document.document;
}

/** Writes the plan of an instance; answers the file's name, which has an ending in any case. */
async function save(instance: Instance, chosen: string): Promise<string> {
  const path = extname(chosen) === '' ? `${chosen}.plan.json` : chosen;
  // The dialog has asked about the name as it was typed.
  if (path !== chosen && !(await isGone(path))) {
    throw new LabError(`${clip(path, 200)} exists and is kept; choose that name to overwrite it.`);
  }
  const { capture, file, tee, peer, more } = instance.draft.chosen();
  const captures = more.flatMap(({ stream }) => (stream.kind === 'capture' ? [stream.path] : []));
  const files = [capture, file, tee, peer, ...captures].filter((name) => name !== null);
  await writePlanFile(path, documentFor(instance, namesFrom(path)), files);
  instance.draft.savedAs(path);
  const extra =
    peer === null ? '' : ' The peer capture is no part of a plan: packet-lab run takes --peer-out.';
  instance.note('info', `Saved ${clip(basename(path), 80)}.${extra}`);
  return path;
}

async function open(instance: Instance, path: string, recent: RecentPlans): Promise<InstanceInfo> {
  const document = await readPlanFile(path);
  const opened = settingsOf(document, BACKENDS, namesIn(path), instance.draft.settings);
  if (!opened.ok) {
    throw new LabError(`${clip(basename(path), 80)}: ${opened.sentence} What was open is kept.`);
  }
  // A run may have been started while the dialog was open.
  instance.mustBeIdle('Stop the run to open a plan.');
  instance.note('info', `Opened plan ${clip(basename(path), 80)}.`);
  await instance.draft.openPlan(opened.value, path);
  recent.add(path);
  return instance.info();
}
