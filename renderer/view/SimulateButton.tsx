import { isBusy } from '../store/lab';
import { pairOfDraft } from '../store/labPreflight';
import { useInstance, useLab, useScreen, useSession, useSettings } from './session';

/** A run that asks for a lab can't be where there is none; on the loopback it can. Nothing for any other run. */
export function SimulateButton() {
  const session = useSession();
  const selected = useScreen((s) => s.selected);
  const instance = useInstance(selected);
  const settings = useSettings(selected ?? '');
  const backend = useLab((s) => s.backends.find((b) => b.name === settings?.backend));
  if (!instance || !settings || !backend || isBusy(instance) || pairOfDraft(settings, backend) === null)
    return null;
  return (
    <button
      type="button"
      className="button compact"
      onClick={() => session.draft.edit(instance.id, { backend: 'loopback' })}
    >
      Simulate with loopback
    </button>
  );
}
