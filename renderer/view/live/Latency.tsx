import { ChevronDown, ChevronRight } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { duration, grouped } from '../../../app/quantity/format';
import type { Snapshot } from '../../../app/stats/snapshot';
import { batchBars, latencyBars } from '../../store/histogram';
import { useCalls, useLive, useScreen, useSession } from '../session';
import { BATCH_AXIS, Histogram, HistogramTable, LATENCY_AXIS } from './Histogram';
import { TableButton } from './headButtons';
import { useOnScreen } from './useCalls';

type Figure = readonly [name: string, key: keyof Snapshot['sendCallNs'], means: string];

const FIGURES: readonly Figure[] = [
  ['p50', 'p50', 'Half of the send calls took at most this long.'],
  ['p90', 'p90', '90 of 100 send calls took at most this long.'],
  ['p99', 'p99', '99 of 100 send calls took at most this long.'],
  ['p99.9', 'p999', '999 of 1,000 send calls took at most this long.'],
  ['max', 'max', 'The longest send call.'],
];

const METHOD =
  'CLOCK_MONOTONIC, carried on by the processor’s counter for at most 1 ms, before and after each send call; log-linear buckets, 2 significant digits.';

/** How often the histograms are read while they are open, in ms. */
const READ_MS = 1000;

/** Keeps the histograms fresh while they are looked at. */
function useHistograms(instance: InstanceInfo, open: boolean) {
  const { calls } = useSession();
  const { id, run, phase } = instance;
  const frozen = useScreen((s) => s.frozen);
  const read = useCalls((s) => s.histograms[id]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end of a run is a reason to look again.
  useEffect(() => {
    if (!open || run === 0) return;
    if (frozen && calls.store.getState().histograms[id]) return;
    calls.refreshHistograms(id);
    const timer = setInterval(() => {
      if (!document.hidden) calls.refreshHistograms(id);
    }, READ_MS);
    return () => clearInterval(timer);
  }, [calls, id, run, phase, open, frozen]);
  return read;
}

function Histograms({ instance, seen }: { instance: InstanceInfo; seen: boolean }) {
  const [table, setTable] = useState(false);
  const read = useHistograms(instance, seen);
  const snapshot = useLive(instance.id)?.snapshot;
  const latency = useMemo(() => (read ? latencyBars(read.latency) : null), [read]);
  const batches = useMemo(() => (read ? batchBars(read.batches) : null), [read]);
  const marks = snapshot
    ? ([
        ['p50', snapshot.sendCallNs.p50],
        ['p99', snapshot.sendCallNs.p99],
      ] as const)
    : [];
  return (
    <div className="histograms">
      <div className="histogram-head">
        <span className="minor-name">Calls by latency, on a log scale</span>
        <TableButton on={table} what="Histograms" toggle={() => setTable(!table)} />
      </div>
      {table ? (
        <HistogramTable drawn={latency} axis={LATENCY_AXIS} name="Latency" />
      ) : (
        <Histogram
          drawn={latency}
          axis={LATENCY_AXIS}
          label={`Histogram of the send-call latency, ${grouped(latency?.total ?? 0)} calls.`}
          empty="No calls yet."
          marks={marks}
        />
      )}
      <div className="histogram-head">
        <span className="minor-name">Calls by packets, on a log scale</span>
      </div>
      {table ? (
        <HistogramTable drawn={batches} axis={BATCH_AXIS} name="Packets" />
      ) : (
        <Histogram
          drawn={batches}
          axis={BATCH_AXIS}
          label={`Histogram of packets per send call, ${grouped(batches?.total ?? 0)} calls.`}
          empty="No calls yet."
        />
      )}
    </div>
  );
}

/** How long each call of send took, live; its histogram and that of packets a call on demand. */
export function Latency({ instance }: { instance: InstanceInfo }) {
  const { screen } = useSession();
  const open = useScreen((s) => s.histograms);
  const [box, seen] = useOnScreen<HTMLElement>();
  const latency = useLive(instance.id)?.snapshot.sendCallNs;
  const end = useRef<HTMLDivElement>(null);
  const before = useRef(open);
  // What was unfolded is brought into sight.
  useEffect(() => {
    if (open && !before.current) end.current?.scrollIntoView({ block: 'nearest' });
    before.current = open;
  }, [open]);
  const known = latency !== undefined && latency.n > 0;
  return (
    <section className={open ? 'latency-box open' : 'latency-box'} aria-label="Latency" ref={box}>
      <div className="chart-head">
        <h2 className="pane-title">Latency</h2>
        <span className="pane-gap" />
        <button
          type="button"
          className="button compact quiet"
          aria-expanded={open}
          onClick={() => screen.setState({ histograms: !open })}
        >
          {open ? (
            <ChevronDown size={14} aria-hidden="true" />
          ) : (
            <ChevronRight size={14} aria-hidden="true" />
          )}
          Histograms
        </button>
      </div>
      <dl className="latency-figures">
        {FIGURES.map(([name, key, means]) => (
          <div
            key={name}
            className="latency-figure"
            data-figure={name}
            data-value={known ? latency[key] : ''}
            title={known ? `${grouped(latency[key])} ns. ${means}` : means}
          >
            <dt className="minor-name">{name}</dt>
            <dd className="minor-value">{known ? duration(latency[key]) : '–'}</dd>
          </div>
        ))}
        <div className="latency-figure" data-figure="n" data-value={latency?.n ?? ''}>
          <dt className="minor-name">calls</dt>
          <dd className="minor-value">{known ? grouped(latency.n) : '–'}</dd>
        </div>
      </dl>
      {open ? <Histograms instance={instance} seen={seen} /> : <p className="latency-method">{METHOD}</p>}
      <div ref={end} />
    </section>
  );
}
