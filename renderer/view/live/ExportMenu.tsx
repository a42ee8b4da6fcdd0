import { Download } from 'lucide-react';
import { useEffect } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { EXPORT_KINDS, type ExportKind } from '../../../app/ipc/export';
import { csvOf, exportName, jsonOf, type Shown } from '../../store/exportText';
import { setProblem } from '../../store/screen';
import type { Session } from '../../store/session';
import { start, useScreen, useSession } from '../session';
import { pictureOf } from './picture';

const WORDS: Readonly<Record<ExportKind, readonly [word: string, hint: string]>> = {
  csv: ['CSV', 'one table for a spreadsheet'],
  json: ['JSON', 'the same for programs'],
  png: ['PNG', 'a picture'],
};

/** What is seen of an instance now: frozen charts and calls as they stand, counters as they are. */
function shownOf(session: Session, instance: InstanceInfo): Shown {
  const { stream, calls, screen } = session;
  const { id } = instance;
  return {
    instance: id,
    run: instance.run,
    backend: instance.ranOn ?? instance.settings.backend,
    asked: instance.asked,
    span: screen.getState().span,
    history: stream.history(id),
    snapshot: stream.store.getState().views[id]?.snapshot ?? null,
    reading: calls.store.getState().readings[id] ?? null,
    at: new Date().toISOString(),
  };
}

const MAKERS: Readonly<Record<ExportKind, (shown: Shown) => string>> = {
  csv: csvOf,
  json: jsonOf,
  png: pictureOf,
};

function save(session: Session, instance: InstanceInfo, kind: ExportKind): void {
  const shown = shownOf(session, instance);
  try {
    start(session.exportAs(instance.id, { kind, name: exportName(shown), content: MAKERS[kind](shown) }));
  } catch (error) {
    const sentence = error instanceof Error ? error.message : 'Nothing was exported.';
    setProblem(session.screen, instance.id, sentence);
  }
}

/** Writes what is seen to a file: charts of the chosen span, counters, latency, recent calls. */
export function ExportMenu({ instance }: { instance: InstanceInfo }) {
  const session = useSession();
  const { screen } = session;
  const wanted = useScreen((s) => s.exporting);
  useEffect(() => {
    if (wanted === null) return;
    screen.setState({ exporting: null });
    save(session, instance, wanted);
  }, [session, screen, instance, wanted]);

  return (
    <MenuTrigger>
      <Button className="button compact" aria-label="Export" isDisabled={instance.run === 0}>
        <Download size={14} aria-hidden="true" />
        <span className="wide-word">Export</span>
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          aria-label="Export what is shown"
          onAction={(key) => {
            const kind = EXPORT_KINDS.find((k) => k === key);
            if (kind) screen.setState({ exporting: kind });
          }}
        >
          {EXPORT_KINDS.map((kind) => (
            <MenuItem
              key={kind}
              id={kind}
              className="menu-item"
              textValue={WORDS[kind][0]}
              aria-label={WORDS[kind][0]}
            >
              <span className="menu-word">{WORDS[kind][0]}</span>
              <span className="suggestion-note">{WORDS[kind][1]}</span>
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
