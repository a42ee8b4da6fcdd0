import { AIO_CODE_NAMES } from '../../app/aio/codes';
import { EXPORT_KINDS } from '../../app/ipc/export';
import { firstOf } from '../../app/stats/calls';
import { CODE_WORDS } from './callWords';
import type { Command } from './commands';
import { isBusy } from './lab';
import type { Session } from './session';

/** What can be done with the calls of an instance that has run. */
export function callCommands(session: Session, id: string): Command[] {
  const { lab, calls, screen } = session;
  const instance = lab.getState().instances.find((i) => i.id === id);
  if (!instance || instance.run === 0) return [];
  const reading = calls.store.getState().readings[id];
  const codes = AIO_CODE_NAMES.filter((code) => reading && firstOf(reading, code) !== null);
  const { callTable, histograms } = screen.getState();
  return [
    {
      id: 'call-table',
      title: callTable ? 'Recent calls as a strip' : 'Recent calls as a table',
      keys: null,
      act: () => screen.setState({ callTable: !callTable }),
    },
    {
      id: 'histograms',
      title: histograms ? 'Fold the histograms' : 'Unfold the histograms of latency and packets a call',
      keys: null,
      act: () => screen.setState({ histograms: !histograms }),
    },
    ...codes.map((code) => ({
      id: `first-${code}`,
      title: `Show the first call that answered ${CODE_WORDS[code]}`,
      keys: null,
      act: () => {
        if (isBusy(instance)) screen.setState({ frozen: true });
        calls.selectFirst(id, code);
      },
    })),
    ...EXPORT_KINDS.map((kind) => ({
      id: `export-${kind}`,
      title: `Export what is shown as ${kind.toUpperCase()}`,
      keys: null,
      act: () => screen.setState({ exporting: kind }),
    })),
  ];
}
