import { useState } from 'react';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { SeriesMetric } from '../../../app/stats/series';
import { ChartTable } from './ChartTable';
import { CodeTable } from './CodeTable';
import { TableButton } from './headButtons';
import { LineChart } from './LineChart';
import { CODE_LINES } from './lines';
import { useChart } from './useChart';

const METRICS: readonly SeriesMetric[] = ['success', 'again', 'inval'];

/** Send calls per second by the code they answered, and what each code means and was last caused by. */
export function ErrorCodes({ instance }: { instance: InstanceInfo }) {
  const [table, setTable] = useState(false);
  const { rows, stalls, scale, axis } = useChart(instance.id, METRICS, 2);
  return (
    <section className="chart-box codes" aria-label="Error codes">
      <div className="chart-head">
        <h2 className="pane-title">Error codes</h2>
        <span className="pane-gap" />
        <TableButton on={table} what="Error codes" toggle={() => setTable(!table)} />
      </div>
      {table ? (
        <ChartTable
          rows={rows}
          lines={CODE_LINES}
          unit="/s"
          caption="Send calls per second by code and run time"
        />
      ) : (
        <LineChart
          id={instance.id}
          rows={rows}
          stalls={stalls}
          lines={CODE_LINES}
          scale={scale}
          axis={axis}
          unit="calls/s"
          label="Line chart of send calls per second by the code they answered, over time since the start."
          empty={instance.run === 0 ? 'Send calls per second will be drawn here, by code.' : null}
        />
      )}
      <CodeTable id={instance.id} rows={rows} />
    </section>
  );
}
