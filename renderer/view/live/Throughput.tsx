import { useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { parseHex } from '../../../app/packet/hex';
import { si } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import type { SeriesMetric } from '../../../app/stats/series';
import { bitRates, invitation } from '../../store/account';
import { uncounted } from '../../store/labPreflight';
import { useBackend, useLive } from '../session';
import { ChartTable } from './ChartTable';
import { TableButton } from './headButtons';
import { Legend } from './Legend';
import { LineChart } from './LineChart';
import { THROUGHPUT_LINES } from './lines';
import { useChart } from './useChart';

const METRICS: readonly SeriesMetric[] = ['taken', 'received'];
const TAKEN_ONLY = THROUGHPUT_LINES.slice(0, 1);
const RECEIVED_ONLY = THROUGHPUT_LINES.slice(1);

function BitFigures({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const view = useLive(instance.id);
  const packet = settings.source === 'hex' ? parseHex(settings.hex) : null;
  const bits = bitRates(view, packet?.ok ? packet.value.length : null);
  const figures: readonly (readonly [string, number | null | undefined, string])[] = [
    [
      'L1',
      bits?.l1,
      'On the wire: frame, preamble and gap. Only exact where all packets have the same length.',
    ],
    ['L2', bits?.l2, 'Frames with their FCS. Only exact where all packets have the same length.'],
    ['payload', bits?.payload, 'Bytes of the packet buffers that were taken.'],
  ];
  return (
    <span className="bits">
      {figures.map(([layer, value, means]) => (
        <span key={layer} className="bit" title={means}>
          <span className="bit-value">{value == null ? '–' : si(value, 'bit/s')}</span>{' '}
          <span className="minor-name">{layer}</span>
        </span>
      ))}
    </span>
  );
}

/** Packets taken and received per second. */
export function Throughput(props: { instance: InstanceInfo; settings: Settings; receivesOnly: boolean }) {
  const { instance, settings, receivesOnly } = props;
  const [table, setTable] = useState(false);
  const backend = useBackend(instance.ranOn ?? instance.settings.backend);
  const { rows, stalls, scale, axis } = useChart(instance.id, METRICS, 0);
  const received = useLive(instance.id)?.snapshot.received;
  // Of a run it is known; before one, what its settings say.
  const counts =
    received === undefined ? !backend || uncounted(settings, backend) === null : received !== null;
  const sent = counts ? THROUGHPUT_LINES : TAKEN_ONLY;
  const lines = receivesOnly ? RECEIVED_ONLY : sent;
  return (
    <section className="chart-box" aria-label="Throughput">
      <div className="chart-head">
        <h2 className="pane-title">Throughput</h2>
        <span className="pane-gap" />
        <TableButton on={table} what="Throughput" toggle={() => setTable(!table)} />
      </div>
      <div className="chart-sub">
        <Legend lines={lines} rows={rows} unit="pps" />
      </div>
      {table ? (
        <ChartTable rows={rows} lines={lines} unit="pps" caption="Packets per second by run time" />
      ) : (
        <LineChart
          id={instance.id}
          rows={rows}
          stalls={stalls}
          lines={lines}
          scale={scale}
          axis={axis}
          unit="pps"
          label={`Line chart of packets per second, ${receivesOnly ? 'received' : counts ? 'taken and received' : 'taken'}, over time since the start.`}
          empty={instance.run === 0 ? invitation(settings) : null}
        />
      )}
      {!receivesOnly && <BitFigures instance={instance} settings={settings} />}
    </section>
  );
}
