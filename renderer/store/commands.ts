import { LAB_MTU_DEFAULT, LAB_PAIRS_DEFAULT } from '../../app/lab/limits';
import { whyNoLab } from '../../app/lab/pair';
import { TEMPLATES } from '../../app/packet/templates';
import { SERIES_SPANS } from '../../app/stats/series';
import { callCommands } from './callCommands';
import { SPAN_WORDS } from './chart';
import { actionWords, diagnosisView } from './diagnosis';
import { stepSentence } from './draft';
import { isBusy } from './lab';
import { planCommands } from './planCommands';
import { focusField, THEMES } from './screen';
import type { Session } from './session';

/** Everything a person can do, as the palette and the list of shortcuts show it. */
export interface Command {
  readonly id: string;
  readonly title: string;
  /** Keys as shown, for example `Ctrl+E`; null where there is no shortcut. */
  readonly keys: string | null;
  readonly act: () => void;
}

/** Starts an action whose failure the session shows by itself. */
function go(promise: Promise<void>): void {
  promise.catch((error: unknown) => console.error(error));
}

const FIELDS: readonly (readonly [field: string, title: string])[] = [
  ['backend', 'Backend'],
  ['batch', 'Batch size'],
  ['flush', 'Flush policy'],
  ['rate', 'Rate'],
  ['stop', 'Stop after'],
  ['again', 'On AGAIN'],
];

function runCommands(session: Session, id: string): Command[] {
  const instances = session.lab.getState().instances;
  const instance = instances.find((i) => i.id === id);
  if (!instance) return [];
  const commands: Command[] = [
    isBusy(instance)
      ? { id: 'stop', title: 'Stop', keys: 'Ctrl+E', act: () => go(session.stop(id)) }
      : { id: 'run', title: 'Run', keys: 'Ctrl+E', act: () => go(session.run(id)) },
    {
      id: 'emergency',
      title: 'Emergency stop: stop every instance',
      keys: 'Ctrl+.',
      act: () => go(session.stopAll()),
    },
  ];
  if (isBusy(instance) && session.draft.store.getState().settings[id]?.flush.trim() === 'never') {
    commands.push({ id: 'flush', title: 'Flush now', keys: null, act: () => go(session.flushNow(id)) });
  }
  return commands;
}

function stepCommands(session: Session, id: string): Command[] {
  const instance = session.lab.getState().instances.find((i) => i.id === id);
  const state = session.draft.store.getState();
  const can = (way: 'undo' | 'redo') => instance && stepSentence(state, instance, way) === null;
  return [
    ...(can('undo') ? [{ id: 'undo', title: 'Undo', keys: 'Ctrl+Z', act: () => session.undo(id) }] : []),
    ...(can('redo')
      ? [{ id: 'redo', title: 'Redo', keys: 'Ctrl+Shift+Z', act: () => session.redo(id) }]
      : []),
  ];
}

function sourceCommands(session: Session, id: string): Command[] {
  const { lab, draft } = session;
  const settings = draft.store.getState().settings[id];
  const instance = lab.getState().instances.find((i) => i.id === id);
  if (!settings || !instance || isBusy(instance)) return [];
  const backend = lab.getState().backends.find((b) => b.name === settings.backend);
  const commands: Command[] = [
    { id: 'open', title: 'Open capture', keys: 'Ctrl+O', act: () => go(session.openCapture(id)) },
    {
      id: 'source',
      title: settings.source === 'hex' ? 'Send frames of the capture' : 'Send the packet',
      keys: null,
      act: () => draft.edit(id, { source: settings.source === 'hex' ? 'capture' : 'hex' }),
    },
  ];
  if (settings.source === 'capture' && instance.capture !== null) {
    commands.push({ id: 'use-frame', title: 'Use frame', keys: null, act: () => session.takeFrame(id) });
  }
  if (backend?.options.some((o) => o.kind === 'output')) {
    const act = () => go(session.chooseOutput(id, 'file'));
    commands.push({ id: 'file', title: `Choose the file that ${backend.name} writes`, keys: null, act });
  }
  if (backend?.capabilities.peer) {
    const act = () => go(session.chooseOutput(id, 'peer'));
    commands.push({ id: 'peer', title: 'Choose a file for the peer capture', keys: null, act });
  }
  for (const [field, title] of FIELDS) {
    commands.push({
      id: `go-${field}`,
      title: `Go to ${title}`,
      keys: null,
      act: () => focusField(session.screen, field),
    });
  }
  return commands;
}

function templateCommands(session: Session, id: string): Command[] {
  const instance = session.lab.getState().instances.find((i) => i.id === id);
  if (!instance || isBusy(instance)) return [];
  return TEMPLATES.map(({ name, packet }) => ({
    id: `template-${name}`,
    title: `Template: ${name}`,
    keys: null,
    act: () => session.takeTemplate(id, packet),
  }));
}

function instanceCommands(session: Session, id: string): Command[] {
  const instances = session.lab.getState().instances;
  const commands: Command[] = [
    { id: 'add', title: 'Add instance', keys: null, act: () => go(session.addInstance()) },
  ];
  const instance = instances.find((i) => i.id === id);
  if (instance) {
    const act = () => go(session.duplicateInstance(id));
    commands.push({ id: 'duplicate', title: `Duplicate instance ${id}`, keys: null, act });
  }
  if (instance && instances.length > 1 && !isBusy(instance)) {
    commands.push({
      id: 'remove',
      title: `Remove instance ${id}`,
      keys: null,
      act: () => go(session.removeInstance(id)),
    });
  }
  for (const other of instances) {
    if (other.id === id) continue;
    const act = () => session.screen.setState({ selected: other.id });
    commands.push({ id: `select-${other.id}`, title: `Show instance ${other.id}`, keys: null, act });
  }
  if (instances.length > 1) {
    commands.push(
      {
        id: 'next',
        title: 'Show the next instance',
        keys: 'Ctrl+PageDown',
        act: () => selectBeside(session, 1),
      },
      {
        id: 'previous',
        title: 'Show the previous instance',
        keys: 'Ctrl+PageUp',
        act: () => selectBeside(session, -1),
      },
    );
  }
  return commands;
}

/** Selects the instance `step` places further, round the end. */
export function selectBeside(session: Session, step: number): void {
  const { instances } = session.lab.getState();
  const at = instances.findIndex((i) => i.id === session.screen.getState().selected);
  const next = instances[(at + step + instances.length) % instances.length];
  if (next) session.screen.setState({ selected: next.id });
}

/** Where there is no lab, what runs without one. */
function simulateCommand({ lab, draft, screen }: Session): Command[] {
  const id = screen.getState().selected;
  const instance = lab.getState().instances.find((i) => i.id === id);
  if (id === null || !instance || isBusy(instance)) return [];
  const act = () => draft.edit(id, { backend: 'loopback' });
  return [{ id: 'simulate', title: 'Simulate with loopback', keys: null, act }];
}

function labCommands(session: Session): Command[] {
  const { lab, screen, netLab } = session;
  const shown = screen.getState().page === 'lab';
  const { phase } = lab.getState().netLab;
  const why = whyNoLab(lab.getState().netLab);
  const size = { pairs: LAB_PAIRS_DEFAULT, mtu: LAB_MTU_DEFAULT };
  return [
    shown
      ? { id: 'packet-page', title: 'Show the packet', keys: 'Ctrl+L', act: () => netLab.show('packet') }
      : { id: 'lab-page', title: 'Show the Lab page', keys: 'Ctrl+L', act: () => netLab.show('lab') },
    ...(phase === 'closed'
      ? [
          {
            id: 'lab-open',
            title: why === null ? 'Open a lab' : `Try again to open a lab. ${why}`,
            keys: 'Ctrl+Shift+L',
            act: () => go(netLab.open(size)),
          },
        ]
      : []),
    ...(why !== null ? simulateCommand(session) : []),
    ...(phase === 'open'
      ? [{ id: 'lab-close', title: 'Close the lab', keys: 'Ctrl+Shift+L', act: () => go(netLab.close()) }]
      : []),
  ];
}

/** What the region Diagnosis offers to do to the lab. */
function mendCommands({ lab, netLab }: Session, id: string): Command[] {
  const { instances, diagnoses } = lab.getState();
  const instance = instances.find((i) => i.id === id);
  if (!instance) return [];
  const { shown } = diagnosisView(instance, diagnoses[id], diagnoses[id]?.live ?? null);
  return shown.flatMap(({ id: finding, action }) => {
    if (!action) return [];
    const act = () => go(netLab.change(action));
    return [{ id: `mend-${finding}`, title: actionWords(action), keys: null, act }];
  });
}

function viewCommands(session: Session): Command[] {
  const { screen } = session;
  const { frozen, journalOpen } = screen.getState();
  return [
    {
      id: 'freeze',
      title: frozen ? 'Jump to live' : 'Freeze charts and calls',
      keys: 'Ctrl+Shift+F',
      act: () => screen.setState({ frozen: !frozen }),
    },
    ...SERIES_SPANS.map((span) => ({
      id: `span-${span}`,
      title: `Charts: ${SPAN_WORDS[span].toLowerCase()}`,
      keys: null,
      act: () => screen.setState({ span }),
    })),
    {
      id: 'journal',
      title: journalOpen ? 'Fold the journal' : 'Unfold the journal',
      keys: 'Ctrl+J',
      act: () => screen.setState({ journalOpen: !journalOpen }),
    },
    ...THEMES.map((theme) => ({
      id: `theme-${theme}`,
      title: theme === 'system' ? 'Theme: as the system' : `Theme: ${theme}`,
      keys: null,
      act: () => screen.setState({ theme }),
    })),
    { id: 'palette', title: 'Commands', keys: 'Ctrl+K', act: () => screen.setState({ dialog: 'palette' }) },
    {
      id: 'shortcuts',
      title: 'Keyboard shortcuts',
      keys: '?',
      act: () => screen.setState({ dialog: 'shortcuts' }),
    },
  ];
}

/** Every command that can be given now, in the order of the palette. */
export function commandsNow(session: Session): readonly Command[] {
  const id = session.screen.getState().selected;
  const own =
    id === null
      ? []
      : [
          ...runCommands(session, id),
          ...mendCommands(session, id),
          ...stepCommands(session, id),
          ...sourceCommands(session, id),
          ...planCommands(session, id),
          ...callCommands(session, id),
        ];
  const all = [
    ...own,
    ...instanceCommands(session, id ?? ''),
    ...labCommands(session),
    ...viewCommands(session),
    // Last, because they are many.
    ...templateCommands(session, id ?? ''),
  ];
  if (session.lab.getState().instances.filter(isBusy).length >= 2) {
    all.splice(1, 0, { id: 'stop-all', title: 'Stop all', keys: null, act: () => go(session.stopAll()) });
  }
  return all;
}

/** The shortcuts that always exist, as the shortcuts window lists them. */
export const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  ['Ctrl+E', 'Run, or stop what runs'],
  ['Space', 'The same, when the run bar has the focus'],
  ['Ctrl+.', 'Emergency stop: every instance, even when the window hangs'],
  ['Ctrl+Z', 'Undo an edit of the packet or the settings'],
  ['Ctrl+Shift+Z', 'Redo it; also Ctrl+Y'],
  ['Ctrl+O', 'Open a capture'],
  ['Ctrl+S', 'Save the packet and the settings as a plan'],
  ['Ctrl+Shift+O', 'Open a plan'],
  ['Ctrl+Shift+C', 'Copy the command that repeats the run'],
  ['Ctrl+K', 'Find any command'],
  ['Ctrl+L', 'Show the Lab page, or the packet again'],
  ['Ctrl+Shift+L', 'Open a lab, or close it'],
  ['Ctrl+J', 'Fold or unfold the journal'],
  ['Ctrl+Shift+F', 'Freeze charts and calls, or jump to live'],
  ['Ctrl+PageDown', 'Show the next instance'],
  ['Ctrl+PageUp', 'Show the previous instance'],
  ['F6', 'Go to the next pane'],
  ['↑ ↓ Home End', 'Move in lists; PageUp and PageDown by a page'],
  ['Alt+↑ Alt+↓', 'In Layers: move the layer; Ctrl+D duplicates, Delete removes it'],
  ['0–9 a–f', 'In Bytes: type over the byte'],
  ['← → Home End', 'In Recent calls: the call before or after; Esc selects none'],
  ['← → ↑ ↓', 'On the line between two panes: resize them'],
  ['?', 'This list'],
  ['Esc', 'Close what is open on top'],
];

interface Keys {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Keys that stand for whichever of these commands there is now. */
export const EITHER: Readonly<Record<string, readonly string[]>> = {
  page: ['lab-page', 'packet-page'],
  lab: ['lab-open', 'lab-close'],
};

/** The command id that a key stands for, or null. `typing` = the focus is in a text field. */
export function shortcutOf(keys: Keys, typing: boolean): string | null {
  if (keys.altKey || keys.metaKey) return null;
  const key = keys.key.toLowerCase();
  if (!keys.ctrlKey) return keys.key === '?' && !typing ? 'shortcuts' : null;
  if (keys.shiftKey)
    return { f: 'freeze', z: 'redo', o: 'open-plan', c: 'copy-command', l: 'lab' }[key] ?? null;
  const table: Readonly<Record<string, string>> = {
    e: 'toggle',
    z: 'undo',
    y: 'redo',
    '.': 'emergency',
    o: 'open',
    s: 'save-plan',
    k: 'palette',
    j: 'journal',
    l: 'page',
    pagedown: 'next',
    pageup: 'previous',
  };
  return table[key] ?? null;
}
