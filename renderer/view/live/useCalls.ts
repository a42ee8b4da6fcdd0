import { useEffect, useRef, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { CallsReading } from '../../../app/stats/calls';
import { isBusy } from '../../store/lab';
import type { Session } from '../../store/session';
import { useCalls, useScreen, useSession } from '../session';
import { useChartTurn } from './turns';

/** Whether an element is on the screen: what is scrolled away is not read and not drawn. */
export function useOnScreen<E extends Element>(): [(element: E | null) => void, boolean] {
  const [seen, setSeen] = useState(false);
  const observer = useRef<IntersectionObserver | null>(null);
  const attach = useRef((element: E | null) => {
    observer.current?.disconnect();
    observer.current = null;
    if (element === null) return;
    observer.current = new IntersectionObserver((entries) =>
      setSeen(entries.at(-1)?.isIntersecting ?? false),
    );
    observer.current.observe(element);
  });
  return [attach.current, seen];
}

/** The latest reading of an instance's calls, kept fresh while it can be used: on the screen and not frozen. */
export function useReading(instance: InstanceInfo, seen: boolean): CallsReading | undefined {
  const { calls } = useSession();
  const { id, run } = instance;
  const version = useChartTurn(id, 1);
  const frozen = useScreen((s) => s.frozen);
  const reading = useCalls((s) => s.readings[id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` says when it is time to look again.
  useEffect(() => {
    if (!seen || document.hidden || run === 0) return;
    if (frozen && calls.isHeld(id)) return;
    calls.refresh(id);
  }, [calls, id, run, seen, frozen, version]);
  return reading;
}

/** A person looks at one call: a view that moves on is frozen, so that it and its neighbours stay. */
export function holdForSelection(session: Session, instance: InstanceInfo): void {
  if (isBusy(instance)) session.screen.setState({ frozen: true });
}
