import { useEffect, useState } from 'react';
import { announcement } from '../store/account';
import { isBusy } from '../store/lab';
import { useScreen, useSession } from './session';

/** Live figures are spoken at most this often, in ms. */
const EVERY_MS = 5000;

/** The one polite live region: how the selected run stands, now and then, and how it ended. */
export function Announcer() {
  const session = useSession();
  const selected = useScreen((s) => s.selected);
  const [text, setText] = useState('');
  useEffect(() => {
    let wasBusy = false;
    let last = 0;
    const look = () => {
      const instance = session.lab.getState().instances.find((i) => i.id === selected);
      if (!instance) return;
      const busy = isBusy(instance);
      const due = busy ? Date.now() - last >= EVERY_MS : wasBusy;
      wasBusy = busy;
      if (!due) return;
      last = Date.now();
      setText(announcement(instance, session.stream.store.getState().views[instance.id]));
    };
    const timer = setInterval(look, 1000);
    return () => clearInterval(timer);
  }, [session, selected]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
