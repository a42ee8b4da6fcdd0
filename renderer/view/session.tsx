import { createContext, type ReactNode, useContext } from 'react';
import { useStore } from 'zustand';
import type { BackendDescriptor } from '../../app/backend/descriptor';
import type { InstanceInfo } from '../../app/ipc/contract';
import type { Settings } from '../../app/run/plan';
import type { CallsState } from '../store/calls';
import type { FramesState } from '../store/frames';
import type { LabState } from '../store/lab';
import type { ReceivedState } from '../store/received';
import type { ScreenState } from '../store/screen';
import type { Session } from '../store/session';
import type { LiveView, StreamState } from '../store/stream';

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('A view outside SessionProvider has no session.');
  return session;
}

export function useLab<T>(select: (state: LabState) => T): T {
  return useStore(useSession().lab, select);
}

export function useScreen<T>(select: (state: ScreenState) => T): T {
  return useStore(useSession().screen, select);
}

export function useCalls<T>(select: (state: CallsState) => T): T {
  return useStore(useSession().calls.store, select);
}

export function useReceived<T>(select: (state: ReceivedState) => T): T {
  return useStore(useSession().received.store, select);
}

export function useStream<T>(select: (state: StreamState) => T): T {
  return useStore(useSession().stream.store, select);
}

export function useFrames<T>(select: (state: FramesState) => T): T {
  return useStore(useSession().frames.store, select);
}

/** The latest statistics of an instance; re-renders with each stats message (at most 10 a second). */
export function useLive(id: string): LiveView | undefined {
  return useStream((s) => s.views[id]);
}

export function useSettings(id: string): Settings | undefined {
  return useStore(useSession().draft.store, (s) => s.settings[id]);
}

const NONE: Readonly<Record<string, string>> = {};

export function useRefusals(id: string): Readonly<Record<string, string>> {
  return useStore(useSession().draft.store, (s) => s.refusals[id] ?? NONE);
}

export function useInstance(id: string | null): InstanceInfo | undefined {
  return useLab((s) => s.instances.find((i) => i.id === id));
}

export function useBackend(name: string | null): BackendDescriptor | undefined {
  return useLab((s) => s.backends.find((b) => b.name === name));
}

/** Starts an action of the session; what goes wrong is shown by the session itself. */
export function start(action: Promise<void>): void {
  action.catch((error: unknown) => console.error(error));
}
