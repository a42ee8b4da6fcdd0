import { useEffect, useState } from 'react';
import { announcement } from '../store/account';
import { isBusy } from '../store/lab';
import { useLab, useScreen, useSession } from './session';

/** Live figures are spoken at most this often, in ms. */
const EVERY_MS = 5000;

/** Lamps of the lab that go on or off, to who does not look at them. A region of its own: figures would overwrite it. */
export function LabAnnouncer() {
  const news = useLab((s) => s.labNews);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {news && <span key={news.nonce}>{news.text}</span>}
    </div>
  );
}

/** The polite live region of runs: how the selected one stands, now and then, and how it ended. */
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
