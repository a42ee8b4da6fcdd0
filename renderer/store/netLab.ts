import type { RequestInput, RequestName, RequestOutput } from '../../app/ipc/contract';
import { usableBackends } from '../../app/lab/pair';
import type { LabSize } from '../../app/lab/parse';
import type { LabPortInput, NetLabInfo } from '../../app/lab/state';
import type { LabStore } from './lab';
import { labNews } from './labNews';
import { focusField, type ScreenState, type ScreenStore, setProblem } from './screen';

/** What refusals of the lab of interfaces are kept under, among those of the instances. */
export const LAB_PROBLEM = 'lab';

/** What has the focus when the Lab page is shown, and when it is left. */
export const LAB_FIELD = 'lab';
export const TIER_FIELD = 'tier';

/** Why the lab refused a change; said where the Lab page, which says it itself, is not shown. */
export function refusedUnseen(
  { page, problems }: Pick<ScreenState, 'page' | 'problems'>,
  { phase }: Pick<NetLabInfo, 'phase'>,
): string | null {
  // Without a lab the findings say why there is none.
  return page === 'lab' || phase !== 'open' ? null : (problems[LAB_PROBLEM] ?? null);
}

/** The lab of interfaces, as a person has it: at most one, in main. */
export interface NetLabActions {
  /** Main has told how it is. */
  adopt(state: NetLabInfo): void;
  /** Shows the Lab page in place of the packet, or the packet again. */
  show(page: 'lab' | 'packet'): void;
  open(size: LabSize): Promise<void>;
  close(): Promise<void>;
  change(asked: LabPortInput): Promise<void>;
}

export interface NetLabWays {
  readonly lab: LabStore;
  readonly screen: ScreenStore;
  request<N extends RequestName>(name: N, input: RequestInput<N>): Promise<RequestOutput<N>>;
}

export function createNetLab({ lab, screen, request }: NetLabWays): NetLabActions {
  const adopt = (netLab: NetLabInfo) =>
    lab.setState((s) => {
      const text = labNews(s.netLab, netLab);
      return {
        netLab,
        backends: usableBackends(s.backends, netLab),
        ...(text !== null && { labNews: { text, nonce: (s.labNews?.nonce ?? 0) + 1 } }),
      };
    });

  /** A refusal stays on the Lab page until the next request. */
  const ask = async (work: () => Promise<NetLabInfo>): Promise<boolean> => {
    setProblem(screen, LAB_PROBLEM, null);
    try {
      adopt(await work());
      return true;
    } catch (error) {
      const sentence = error instanceof Error ? error.message : 'Main refused without a reason.';
      setProblem(screen, LAB_PROBLEM, sentence);
      return false;
    }
  };

  const show = (page: 'lab' | 'packet') => {
    screen.setState({ page });
    focusField(screen, page === 'lab' ? LAB_FIELD : TIER_FIELD);
  };

  return {
    adopt,
    show,
    async open(size) {
      show('lab');
      await ask(() => request('lab.open', size));
      focusField(screen, LAB_FIELD);
    },
    async close() {
      if ((await ask(() => request('lab.close', null))) && screen.getState().page === 'lab')
        focusField(screen, LAB_FIELD);
    },
    async change(asked) {
      await ask(() => request('lab.port', asked));
    },
  };
}
