import { Check, ChevronDown, FolderOpen, Save, SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { isBusy } from '../store/lab';
import { start, useInstance, useLab, useScreen, useSession } from './session';

/** How long "Copied" stays, in ms. */
const SAID_MS = 1500;

function RecentPlans({ id, busy }: { id: string; busy: boolean }) {
  const { plans } = useSession();
  const recent = useLab((s) => s.recent);
  return (
    <MenuTrigger>
      <Button
        className="icon-button small"
        aria-label="Recent plans"
        isDisabled={busy || recent.length === 0}
      >
        <ChevronDown size={14} aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="bottom start" offset={4}>
        <Menu
          className="menu recent-menu"
          aria-label="Recent plans"
          items={recent}
          onAction={(key) => start(plans.openRecent(id, Number(key)))}
        >
          {({ key, name, folder }) => (
            <MenuItem id={key} className="menu-item" textValue={`${name} in ${folder}`}>
              <span className="recent-name">{name}</span>
              <span className="recent-folder" title={folder}>
                <bdi>{folder}</bdi>
              </span>
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function CopyCommand({ id }: { id: string }) {
  const { plans } = useSession();
  const [said, setSaid] = useState(false);
  const copy = async () => {
    if (!(await plans.copyCommand(id))) return;
    setSaid(true);
    setTimeout(() => setSaid(false), SAID_MS);
  };
  const Icon = said ? Check : SquareTerminal;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label="Copy as command"
      aria-keyshortcuts="Control+Shift+C"
      title="Copy as command: the command line that repeats this run (Ctrl+Shift+C)"
      onClick={() => start(copy())}
    >
      <Icon size={16} aria-hidden="true" />
    </button>
  );
}

/** The selected instance as a plan: opened, saved, and written as a command. */
export function PlanBar() {
  const { plans } = useSession();
  const selected = useScreen((s) => s.selected);
  const instance = useInstance(selected);
  if (!instance) return null;
  const { id } = instance;
  const busy = isBusy(instance);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring the looks of a frame.
    <div className="plan-bar" role="group" aria-label={`Plan of instance ${id}`}>
      <span className="plan-word" aria-hidden="true">
        Plan
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Open plan"
        aria-keyshortcuts="Control+Shift+O"
        disabled={busy}
        title={
          busy ? 'Stop the run to open a plan.' : 'Open plan: packet and settings from a file (Ctrl+Shift+O)'
        }
        onClick={() => start(plans.open(id))}
      >
        <FolderOpen size={16} aria-hidden="true" />
      </button>
      <RecentPlans id={id} busy={busy} />
      <button
        type="button"
        className="icon-button"
        aria-label="Save plan"
        aria-keyshortcuts="Control+S"
        title="Save plan: packet and settings as a file, also for packet-lab run (Ctrl+S)"
        onClick={() => start(plans.save(id))}
      >
        <Save size={16} aria-hidden="true" />
      </button>
      <CopyCommand id={id} />
    </div>
  );
}
