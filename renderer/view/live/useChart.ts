import { useMemo, useRef } from 'react';
import type { SeriesMetric, Stall } from '../../../app/stats/series';
import {
  type ChartRow,
  chartRows,
  peak,
  type Scale,
  steadyScale,
  type TimeAxis,
  timeAxis,
} from '../../store/chart';
import { useScreen, useSession } from '../session';
import { useChartTurn } from './turns';

/** What a chart of an instance draws now: rows, a steady scale and the time axis. */
export function useChart(
  id: string,
  metrics: readonly SeriesMetric[],
  turn: 0 | 1 | 2,
): { rows: readonly ChartRow[]; stalls: readonly Stall[]; scale: Scale; axis: TimeAxis } {
  const { stream } = useSession();
  const span = useScreen((s) => s.span);
  const version = useChartTurn(id, turn);
  const kept = useRef<{ scale: Scale; key: string } | null>(null);
  return useMemo(() => {
    // The history changes in place; `version` says when it is this chart's turn to look at it.
    const history = stream.history(id);
    const level = history[span];
    const run = stream.store.getState().views[id]?.run ?? 0;
    const key = `${span}-${run}-${version < 0}`;
    const before = kept.current?.key === key ? kept.current.scale : null;
    const scale = steadyScale(before, peak(level, metrics));
    kept.current = { scale, key };
    const last = level.buckets.at(-1);
    return {
      rows: chartRows(level, metrics, history.stalls),
      stalls: history.stalls,
      scale,
      axis: timeAxis(span, last ? last.t + level.width : 0),
    };
  }, [stream, id, span, version, metrics]);
}
