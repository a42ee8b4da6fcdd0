import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { grouped } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import type { Received as Figures } from '../../../app/stats/received';
import type { Snapshot } from '../../../app/stats/snapshot';
import { latencyBars } from '../../store/histogram';
import { roleOfDraft, uncounted } from '../../store/labPreflight';
import { framesText } from '../../store/received';
import { useBackend, useLive, useReceived, useScreen, useSession } from '../session';
import { Histogram, HistogramTable, LATENCY_AXIS } from './Histogram';
import { TableButton } from './headButtons';
import { ReceivedFrames } from './ReceivedFrames';
import { StreamTable } from './StreamTable';
import { useOnScreen } from './useCalls';

/** How often frames and histograms are read while they are looked at, in ms. */
const READ_MS = 500;

/** The latest value, or the one there was when the view was frozen. */
function useFrozen<T>(value: T): T {
  const frozen = useScreen((s) => s.frozen);
  const [kept, setKept] = useState(value);
  if (!frozen && kept !== value) setKept(value);
  return frozen ? kept : value;
}

/** Calls `read` now and while the view is live, on the screen and a run is on. */
function useReading(instance: InstanceInfo, seen: boolean, read: () => void): void {
  const { run, phase } = instance;
  const frozen = useScreen((s) => s.frozen);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end of a run is a reason to look again.
  useEffect(() => {
    if (!seen || run === 0 || frozen) return;
    read();
    const timer = setInterval(() => {
      if (!document.hidden) read();
    }, READ_MS);
    return () => clearInterval(timer);
  }, [read, seen, run, phase, frozen]);
}

function Histograms({ instance, stream, seen }: { instance: InstanceInfo; stream: number; seen: boolean }) {
  const { received } = useSession();
  const { id } = instance;
  const [table, setTable] = useState(false);
  const read = useReceived((s) => s.histograms[id]);
  const ask = useMemo(() => () => received.refreshHistograms(id, stream), [received, id, stream]);
  useReading(instance, seen, ask);
  const of = read?.stream === stream ? read : undefined;
  const latency = useMemo(() => (of ? latencyBars(of.latency) : null), [of]);
  const gap = useMemo(() => (of ? latencyBars(of.gap) : null), [of]);
  const parts = [
    ['One-way latency', latency, 'packets'],
    ['Gap between packets', gap, 'gaps'],
  ] as const;
  return (
    <div className="received-histograms">
      {parts.map(([name, drawn, what], i) => (
        <div key={name} className="received-histogram">
          <div className="histogram-head">
            <span className="minor-name">{`${name} of stream ${stream}, on log scales`}</span>
            {i === 0 && <TableButton on={table} what="Received histograms" toggle={() => setTable(!table)} />}
          </div>
          {table ? (
            <HistogramTable drawn={drawn} axis={LATENCY_AXIS} name={name} what={what} />
          ) : (
            <Histogram
              drawn={drawn}
              axis={LATENCY_AXIS}
              what={what}
              label={`Histogram of ${name.toLowerCase()} of stream ${stream}, ${grouped(drawn?.total ?? 0)} ${what}.`}
              empty="Nothing received yet."
            />
          )}
        </div>
      ))}
    </div>
  );
}

/** What any receiver counts: frames, bytes, and loss that is its own. */
function Counted({ snapshot }: { snapshot: Snapshot }) {
  const { received, receivedBytes, receiverLoss, ownReceived, signature } = snapshot;
  const lines = [
    `${grouped(received ?? 0)} frames, ${grouped(receivedBytes ?? 0)} B.`,
    receiverLoss > 0 &&
      `${grouped(receiverLoss)} frames arrived and were lost here: the receive ring was full.`,
    ownReceived !== null && ownReceived > 0 && `${grouped(ownReceived)} frames the kernel sent by itself.`,
    !signature && 'With Signature on they tell of loss, order, copies and latency.',
  ].filter((line) => line !== false);
  return (
    <p className="received-beside" data-bytes={receivedBytes ?? 0} data-own-loss={receiverLoss}>
      {lines.join(' ')}
    </p>
  );
}

/** Frames that belong to no stream. */
function Beside({ figures }: { figures: Figures }) {
  const lines = [
    figures.unsigned > 0 && `${grouped(figures.unsigned)} frames without a signature.`,
    figures.tooLate > 0 && `${grouped(figures.tooLate)} frames so far behind that they may be copies.`,
  ].filter((line) => line !== false);
  return (
    <p className="received-beside" data-unsigned={figures.unsigned}>
      {lines.length > 0 ? lines.join(' ') : 'Latency is one way, by CLOCK_MONOTONIC of this computer.'}
    </p>
  );
}

/** What there is to see here, and how to get there. */
function Empty({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const backend = useBackend(settings.backend);
  const role = roleOfDraft(settings);
  const teaches =
    role === 'send'
      ? 'role=send counts nothing here. Add an instance with role=receive on the same pair to see what arrives, or choose role=both.'
      : backend && uncounted(settings, backend) !== null
        ? `${backend.name} has no far end that receives. Choose one that has, such as loopback, and turn Signature on.`
        : role === 'receive'
          ? 'Press Run, and run an instance with role=send on the same pair: what comes is shown here. Turn Signature on in both to see loss, order, copies, latency and gaps.'
          : settings.signature && instance.run === 0
            ? 'Press Run: what the far end receives is shown here, stream by stream.'
            : 'Turn on Signature in Run settings: each packet then says which it is and when it left, and the far end shows here what was received, lost, reordered and duplicated, with latency and gaps.';
  return <p className="received-empty">{teaches}</p>;
}

/** What the far end received, by the signatures of the packets: streams, histograms, the last frames. */
export function Received({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const { screen, received } = useSession();
  const { id } = instance;
  const open = useScreen((s) => s.receivedHistograms);
  const [box, seen] = useOnScreen<HTMLElement>();
  const snapshot = useFrozen(useLive(id)?.snapshot ?? null);
  const figures = snapshot?.signature ?? null;
  const any = snapshot !== null && snapshot.received !== null;
  const [wanted, setWanted] = useState(0);
  const frames = useReceived((s) => s.frames[id]);
  const problem = useReceived((s) => s.problems[id]);
  const ask = useMemo(() => () => received.refresh(id), [received, id]);
  useReading(instance, seen && any, ask);
  const streams = figures?.streams ?? [];
  const stream = streams.some((s) => s.id === wanted) ? wanted : (streams[0]?.id ?? 0);
  return (
    <section className="received-box" aria-label="Received" ref={box}>
      <div className="chart-head">
        <h2 className="pane-title">Received</h2>
        {any && (
          <span className="calls-kept" data-figure="frames-kept">
            {framesText(frames)}
          </span>
        )}
        <span className="pane-gap" />
        {figures && (
          <button
            type="button"
            className="button compact quiet"
            aria-expanded={open}
            onClick={() => screen.setState({ receivedHistograms: !open })}
          >
            {open ? (
              <ChevronDown size={14} aria-hidden="true" />
            ) : (
              <ChevronRight size={14} aria-hidden="true" />
            )}
            Latency and gaps
          </button>
        )}
      </div>
      {problem !== undefined && <p className="field-error">{problem}</p>}
      {any ? (
        <>
          <Counted snapshot={snapshot} />
          {figures && <StreamTable streams={streams} selected={stream} onSelect={setWanted} />}
          {figures && <Beside figures={figures} />}
          {figures && open && <Histograms instance={instance} stream={stream} seen={seen} />}
          <ReceivedFrames id={id} reading={frames} />
        </>
      ) : (
        <Empty instance={instance} settings={settings} />
      )}
    </section>
  );
}
