import { Check, Copy, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';

/** Puts text on the clipboard without asking for a permission: the window grants none. */
function copyText(text: string): void {
  const holder = document.createElement('textarea');
  holder.value = text;
  holder.className = 'visually-hidden';
  const focused = document.activeElement;
  document.body.append(holder);
  holder.select();
  document.execCommand('copy');
  holder.remove();
  if (focused instanceof HTMLElement) focused.focus();
}

/** A small button that copies a text and says so for a moment. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  const copy = () => {
    copyText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={done ? 'Copied' : `Copy ${what}`}
      onClick={copy}
    >
      {done ? <Check size={14} aria-hidden="true" /> : <Copy size={14} aria-hidden="true" />}
    </button>
  );
}

/** Something that went wrong outside any field: selectable, copyable, and dismissed only by the person. */
export function ErrorNote(props: {
  text: string;
  onDismiss?: (() => void) | undefined;
  children?: ReactNode;
}) {
  return (
    <div className="error-note" role="alert">
      <span className="error-note-text">{props.text}</span>
      {props.children}
      <CopyButton text={props.text} what="the error" />
      {props.onDismiss && (
        <button type="button" className="icon-button small" aria-label="Dismiss" onClick={props.onDismiss}>
          <X size={14} aria-hidden="true" />
        </button>
      )}
    </div>
  );
}
