import { Toolbar } from 'react-aria-components';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { encodeBytes } from '../../../app/packet/encode';
import { TEMPLATES } from '../../../app/packet/templates';
import { isBusy } from '../../store/lab';
import { useSession } from '../session';
import { LOCKED } from './useEditor';

const SIZED = TEMPLATES.map((template) => ({ ...template, size: encodeBytes(template.packet).length }));

/** Packets to start from, each with what it is good for; one stop of the Tab key, arrows move inside, also during a run. */
export function Templates({ instance }: { instance: InstanceInfo }) {
  const session = useSession();
  const busy = isBusy(instance);
  return (
    <section className="templates" aria-label="Templates" data-pane="">
      <h2 className="pane-title">Templates</h2>
      <Toolbar className="template-list" orientation="vertical" aria-label="Packets to start from">
        {SIZED.map(({ name, sentence, packet, size }) => (
          <button
            key={name}
            type="button"
            className="template"
            aria-disabled={busy}
            title={busy ? LOCKED : undefined}
            aria-description={busy ? LOCKED : undefined}
            onClick={() => {
              if (!busy) session.takeTemplate(instance.id, packet);
            }}
          >
            <span className="template-name">{name}</span> <span className="template-size">{size} B</span>{' '}
            <span className="template-words">{sentence}</span>
          </button>
        ))}
      </Toolbar>
    </section>
  );
}
