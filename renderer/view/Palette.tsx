import { useMemo } from 'react';
import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  TextField,
  useFilter,
} from 'react-aria-components';
import { type Command, commandsNow } from '../store/commands';
import { useScreen, useSession } from './session';

function CommandList({ onDone }: { onDone: () => void }) {
  const session = useSession();
  const { contains } = useFilter({ sensitivity: 'base' });
  // The list is that of the moment the palette was opened.
  const commands = useMemo(() => commandsNow(session).filter((c) => c.id !== 'palette'), [session]);
  return (
    <Autocomplete filter={contains}>
      <TextField className="palette-field" aria-label="Find a command" autoFocus>
        <Input className="text-input palette-input" placeholder="Find a command" />
      </TextField>
      <Menu
        className="menu palette-menu"
        aria-label="Commands"
        items={commands}
        renderEmptyState={() => <p className="empty-line">No command has that in its name.</p>}
        onAction={(key) => {
          const command = commands.find((c) => c.id === key);
          onDone();
          // After the palette has given the focus back, so that a command may move it.
          if (command) setTimeout(command.act, 0);
        }}
      >
        {(command: Command) => (
          <MenuItem id={command.id} textValue={command.title} className="menu-item">
            <span>{command.title}</span>
            {command.keys !== null && <kbd className="menu-keys">{command.keys}</kbd>}
          </MenuItem>
        )}
      </Menu>
    </Autocomplete>
  );
}

/** Every command by name (Ctrl+K). */
export function Palette() {
  const { screen } = useSession();
  const open = useScreen((s) => s.dialog === 'palette');
  const close = () => screen.setState({ dialog: null });
  return (
    <ModalOverlay
      className="overlay top"
      isDismissable
      isOpen={open}
      onOpenChange={(is) => {
        if (!is) close();
      }}
    >
      <Modal className="modal palette">
        <Dialog className="dialog" aria-label="Commands">
          <CommandList onDone={close} />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
