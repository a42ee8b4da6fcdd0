import { parseOptions } from '../../app/backend/descriptor';
import type { LiveFacts } from '../../app/lab/diagnosis';
import type { PlaceFacts } from '../../app/lab/facts';
import { type Finding, problem } from '../../app/lab/finding';
import { findingsOf } from '../../app/lab/findings';
import { asksForLab, needsLab } from '../../app/lab/pair';
import type { RunPlan } from '../../app/run/plan';
import { findBackend } from '../backends/table';
import type { InstanceDraft } from './draft';
import { type AskedBackend, gatherFacts, placeOf, type Where } from './facts';
import { LabError } from './labError';

/** UDP goes to loopback addresses only. */
export const LOOPBACK = 'lo';

/** The backend of these settings with the options of its plan, or else those it has by itself. */
function askedOf(backend: string, planned: AskedBackend['options'] | null): AskedBackend | null {
  const descriptor = findBackend(backend);
  if (!descriptor) return null;
  if (planned) return { descriptor, options: planned };
  const own = parseOptions(descriptor, {});
  return { descriptor, options: own.ok ? own.value : {} };
}

function whereOf({ descriptor: { name, capabilities }, options }: AskedBackend, held: Look): Where {
  if (asksForLab({ backend: { name, options } }, capabilities)) return { kind: 'held', look: held };
  return name === 'udp' && process.platform === 'linux' ? { kind: 'interface', name: LOOPBACK } : null;
}

/** What the lab that is open tells of the interfaces a run would have. */
export type Look = (asked: AskedBackend) => Promise<PlaceFacts>;

/**
 * What a watch asks about the run of a plan: its interfaces, if need be by way of `held`, and the instance that receives
 * in its place. Never rejects: what cannot be read is not known.
 */
export async function liveFactsOf(
  plan: RunPlan,
  held: Look | null,
  attachedBy: string | null = null,
): Promise<LiveFacts> {
  const asked = askedOf(plan.backend.name, plan.backend.options);
  const where: Where = held ? { kind: 'held', look: held } : asked && whereOf(asked, noLab);
  const place = asked && (await placeOf(asked, where).catch(() => null));
  return { plan, place, attachedBy };
}

const noLab: Look = async ({ descriptor }) => ({ kind: 'none', why: needsLab(descriptor.name) });

/** What can be found about the run of a draft as it stands now. Looks, and sends nothing; never rejects. */
export async function preflightOf(draft: InstanceDraft, held: Look): Promise<Finding[]> {
  let refused: string | null = null;
  let options: AskedBackend['options'] | null = null;
  try {
    options = draft.planned().backend.options;
  } catch (error) {
    refused = LabError.from(error).sentence;
  }
  const asked = askedOf(draft.settings.backend, options);
  if (!asked) return refused === null ? [] : [problem('plan', refused, null)];
  try {
    return findingsOf(await gatherFacts(asked, whereOf(asked, held), refused));
  } catch (error) {
    return [problem('unknown', LabError.from(error).sentence, null)];
  }
}
