import { Copy, Plus, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Button, GridList, GridListItem } from 'react-aria-components';
import type { InstanceInfo } from '../../app/ipc/contract';
import { si } from '../../app/quantity/format';
import { gotPps, phaseWord } from '../store/account';
import { isBusy } from '../store/lab';
import { PhaseMark } from './Marks';
import { PlanBar } from './PlanBar';
import { start, useLab, useLive, useScreen, useSession, useSettings } from './session';

function RowText({ instance, removable }: { instance: InstanceInfo; removable: boolean }) {
  const session = useSession();
  const view = useLive(instance.id);
  const settings = useSettings(instance.id);
  const got = gotPps(view);
  const backend = settings?.backend ?? instance.settings.backend;
  return (
    <>
      <span className="instance-line">
        <PhaseMark phase={instance.phase} />
        <span className="instance-name" title={instance.title ?? undefined}>
          {instance.title ?? backend}
        </span>
        <span className="instance-letter">{instance.id}</span>
      </span>
      <span className="instance-line second">
        <span className="instance-phase">
          {phaseWord(instance.phase)}
          {instance.title !== null && ` · ${backend}`}
        </span>
        <span className="instance-speed">{got === null ? '– pps' : si(got, 'pps')}</span>
      </span>
      {removable && (
        <Button
          className="icon-button small instance-remove"
          aria-label={`Remove instance ${instance.id}`}
          onPress={() => start(session.removeInstance(instance.id))}
        >
          <X size={14} aria-hidden="true" />
        </Button>
      )}
    </>
  );
}

/** The instances: state lamp, backend, letter, speed. The selected one fills the rest of the window. */
export function InstanceList() {
  const session = useSession();
  const instances = useLab((s) => s.instances);
  const selected = useScreen((s) => s.selected);
  const box = useRef<HTMLElement>(null);
  // Also when it was selected by a key, the palette or a new instance.
  useEffect(() => {
    const row = selected === null ? null : box.current?.querySelector('.instance[data-selected]');
    row?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <section className="instances" ref={box} aria-label="Instances" data-pane="">
      <h2 className="pane-title">Instances</h2>
      <GridList
        className="instance-list"
        aria-label="Instances"
        selectionMode="single"
        selectionBehavior="replace"
        disallowEmptySelection
        items={instances}
        selectedKeys={selected === null ? [] : [selected]}
        onSelectionChange={(keys) => {
          const id = keys === 'all' ? undefined : [...keys][0];
          if (typeof id === 'string') session.screen.setState({ selected: id });
        }}
        dependencies={[instances.length]}
      >
        {(instance) => (
          <GridListItem
            id={instance.id}
            className="instance"
            textValue={`${instance.id} ${instance.title ?? ''} ${instance.settings.backend} ${phaseWord(instance.phase)}`}
          >
            <RowText instance={instance} removable={instances.length > 1 && !isBusy(instance)} />
          </GridListItem>
        )}
      </GridList>
      <div className="add-instance">
        <button type="button" className="button quiet" onClick={() => start(session.addInstance())}>
          <Plus size={14} aria-hidden="true" />
          Add instance
        </button>
        {selected !== null && (
          <button
            type="button"
            className="icon-button small"
            aria-label={`Duplicate instance ${selected}`}
            title={`Duplicate instance ${selected}: the same settings, its own run`}
            onClick={() => start(session.duplicateInstance(selected))}
          >
            <Copy size={14} aria-hidden="true" />
          </button>
        )}
      </div>
      <PlanBar />
    </section>
  );
}
