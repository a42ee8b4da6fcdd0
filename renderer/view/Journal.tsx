import { ChevronDown, ChevronUp } from 'lucide-react';
import { useCallback, useEffect, useRef } from 'react';
import type { JournalEntry } from '../../app/ipc/contract';
import { LevelMark } from './Marks';
import { useLab, useScreen, useSession } from './session';

/** Entries drawn at most; older ones are in the store. */
const DRAWN = 300;

const LEVEL_WORDS: Readonly<Record<JournalEntry['level'], string>> = {
  info: 'Info',
  warning: 'Warning',
  fault: 'Fault',
};

function timeOf(at: number): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}

function Entry({ entry }: { entry: JournalEntry }) {
  return (
    <>
      <time dateTime={new Date(entry.at).toISOString()}>{timeOf(entry.at)}</time>
      <span className="journal-level">
        <LevelMark level={entry.level} />
        <span className="visually-hidden">{LEVEL_WORDS[entry.level]}</span>
      </span>
      <span className="journal-instance">{entry.instance ?? ''}</span>
      <span className="journal-text">{entry.text}</span>
    </>
  );
}

function Entries({ entries }: { entries: readonly JournalEntry[] }) {
  const list = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const newest = entries.at(-1)?.seq;
  /** Heights of the pane and of all lines when they were last followed. */
  const followed = useRef({ pane: 0, lines: 0 });
  const follow = useCallback(() => {
    const element = list.current;
    if (element && atEnd.current) element.scrollTop = element.scrollHeight;
    followed.current = { pane: element?.clientHeight ?? 0, lines: element?.scrollHeight ?? 0 };
  }, []);
  // New lines scroll into view unless the person has scrolled up to read; so do the newest when the pane changes.
  useEffect(() => {
    if (newest !== undefined) follow();
  }, [newest, follow]);
  useEffect(() => {
    const observer = new ResizeObserver(follow);
    if (list.current) observer.observe(list.current);
    return () => observer.disconnect();
  }, [follow]);
  return (
    <ol
      className="journal-entries"
      ref={list}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable with the keyboard.
      tabIndex={0}
      aria-label="Entries"
      onScroll={(event) => {
        const e = event.currentTarget;
        // The browser scrolls a list that changes, and a line may be there that is not yet followed: only a person
        // leaves the end.
        const { pane, lines } = followed.current;
        if (e.clientHeight !== pane || e.scrollHeight !== lines) return;
        atEnd.current = e.scrollHeight - e.scrollTop - e.clientHeight < 8;
      }}
    >
      {entries.slice(-DRAWN).map((entry) => (
        <li key={entry.seq} className="journal-entry">
          <Entry entry={entry} />
        </li>
      ))}
    </ol>
  );
}

/** What happened, with its time. Folded, it still shows the latest line. */
export function Journal() {
  const { screen } = useSession();
  const open = useScreen((s) => s.journalOpen);
  const entries = useLab((s) => s.journal);
  const latest = entries.at(-1);
  return (
    <section className={open ? 'journal open' : 'journal'} aria-label="Journal" data-pane="">
      <div className="journal-head">
        <button
          type="button"
          className="fold"
          aria-expanded={open}
          onClick={() => screen.setState({ journalOpen: !open })}
        >
          {open ? <ChevronDown size={14} aria-hidden="true" /> : <ChevronUp size={14} aria-hidden="true" />}
          Journal
        </button>
        {!open && latest && (
          <p className="journal-entry latest">
            <Entry entry={latest} />
          </p>
        )}
      </div>
      {open && entries.length > 0 && <Entries entries={entries} />}
      {open && entries.length === 0 && (
        <p className="empty-line">
          Nothing happened yet. Runs, refusals seen for the first time, and faults are noted here.
        </p>
      )}
    </section>
  );
}
