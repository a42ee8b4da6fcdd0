import type { InstanceInfo } from '../../app/ipc/contract';
import { isBusy } from '../store/lab';
import { start, useSession } from './session';

/** Streams of an opened plan behind the one that is shown: they are run and saved with it. */
export function MoreStreams({ instance }: { instance: InstanceInfo }) {
  const { plans } = useSession();
  const { more } = instance;
  if (more.length === 0) return null;
  const words = `then ${more.length === 1 ? '1 more stream' : `${more.length} more streams`}: ${more.join(', ')}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
    <div className="more-streams" role="group" aria-label="More streams">
      <span className="more-words" title={words}>
        {words}
      </span>
      <button
        type="button"
        className="button quiet compact"
        disabled={isBusy(instance)}
        title="Takes them out of this instance; the plan's file is not touched"
        onClick={() => start(plans.firstOnly(instance.id))}
      >
        Send only the first
      </button>
    </div>
  );
}
