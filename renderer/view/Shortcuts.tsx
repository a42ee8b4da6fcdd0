import { X } from 'lucide-react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { SHORTCUTS } from '../store/commands';
import { useLab, useScreen, useSession } from './session';

const RUNTIMES: Readonly<Record<string, string>> = {
  override: 'a runtime named by ELECTRON_OVERRIDE_DIST_PATH',
  official: 'the official runtime',
  fallback: 'the fallback runtime, for development only',
  development: 'a runtime that is not the released one (development build)',
};

function About() {
  const about = useLab((s) => s.about);
  if (about === null) return null;
  return (
    <p className="about">
      Packet Lab {about.version} on {RUNTIMES[about.runtime] ?? 'a runtime of its own'}: Electron{' '}
      {about.electron}, Chrome {about.chrome}, Node {about.node}, {about.platform}.
    </p>
  );
}

/** All shortcuts, and what the app runs on. */
export function Shortcuts() {
  const { screen } = useSession();
  const open = useScreen((s) => s.dialog === 'shortcuts');
  return (
    <ModalOverlay
      className="overlay"
      isDismissable
      isOpen={open}
      onOpenChange={(is) => {
        if (!is) screen.setState({ dialog: null });
      }}
    >
      <Modal className="modal">
        <Dialog className="dialog">
          <div className="dialog-head">
            <Heading slot="title" className="dialog-title">
              Keyboard shortcuts
            </Heading>
            <Button slot="close" className="icon-button" aria-label="Close">
              <X size={16} aria-hidden="true" />
            </Button>
          </div>
          <table className="shortcuts">
            <tbody>
              {SHORTCUTS.map(([keys, what]) => (
                <tr key={keys}>
                  <th scope="row">
                    <kbd>{keys}</kbd>
                  </th>
                  <td>{what}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <About />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
