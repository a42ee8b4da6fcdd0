import { AIO_CODES } from '../../app/aio/codes';
import { CALL_COLUMNS, CALLS_KEPT, type CallsReading, type Histograms } from '../../app/stats/calls';
import type { Snapshot } from '../../app/stats/snapshot';

/** Send calls that never were, in keeping with a snapshot: storms where it has AGAIN, refusals where it has INVAL. */

function mix(n: number): number {
  let x = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  x ^= x >>> 13;
  return (Math.imul(x, 0xc2b2ae35) >>> 0) / 2 ** 32;
}

export function fakeCalls(run: number, snapshot: Snapshot, batch: number, ring: number): CallsReading {
  const { success, again, inval } = snapshot.calls;
  const total = success + again + inval;
  const kept = Math.min(CALLS_KEPT, total);
  const sentences = snapshot.reasons.map((reason) => reason.sentence);
  const step = total > 0 ? (snapshot.seconds * 1e9) / total : 0;
  const row = (number: number): number[] => {
    const dice = mix(number);
    const code = dice < again / total ? 'again' : dice < (again + inval) / total ? 'inval' : 'success';
    const cause = snapshot.reasons.findIndex((reason) => reason.code === code) + 1;
    const index =
      code === 'again' ? Math.floor(mix(number + 7) * batch) : code === 'inval' ? 3 % batch : batch;
    const before = again > 0 ? Math.max(0, ring - index) : Math.floor(mix(number + 9) * batch);
    const cells: Record<(typeof CALL_COLUMNS)[number], number> = {
      number,
      sinceNs: Math.round((number - 1) * step),
      durationNs: Math.round(400 + mix(number + 3) ** 4 * 2600),
      offered: batch,
      index,
      code: AIO_CODES[code],
      flush: 1,
      cause,
      before,
      after: Math.min(ring, before + index),
    };
    return CALL_COLUMNS.map((column) => cells[column]);
  };
  const first = total - kept + 1;
  const firsts = [...(success > 0 ? [1] : []), ...snapshot.reasons.map((reason) => reason.firstCall)];
  return {
    run,
    total,
    calls: new Float64Array(Array.from({ length: kept }, (_, i) => row(first + i)).flat()),
    firsts: new Float64Array(
      firsts.flatMap((number, i) => {
        const cells = row(number);
        const reason = snapshot.reasons[success > 0 ? i - 1 : i];
        cells[CALL_COLUMNS.indexOf('code')] = AIO_CODES[reason?.code ?? 'success'];
        cells[CALL_COLUMNS.indexOf('cause')] = reason ? snapshot.reasons.indexOf(reason) + 1 : 0;
        cells[CALL_COLUMNS.indexOf('index')] = reason ? Math.min(batch - 1, reason.firstIndex) : batch;
        return cells;
      }),
    ),
    sentences,
  };
}

export function fakeHistograms(run: number, snapshot: Snapshot, batch: number): Histograms {
  const total = snapshot.calls.success + snapshot.calls.again + snapshot.calls.inval;
  const latency: number[] = [];
  for (let ns = 256; ns < snapshot.sendCallNs.max && total > 0; ns = Math.ceil(ns * 1.07)) {
    const count = Math.round(total * 0.08 * Math.exp(-(((Math.log(ns) - 6.2) / 0.55) ** 2)));
    latency.push(ns, Math.ceil(ns * 1.07) - 1, Math.max(1, count));
  }
  const batches =
    total > 0 ? [Math.ceil(batch / 3), Math.ceil(batch / 3), 3, batch, batch, Math.max(1, total - 3)] : [];
  return {
    run,
    latency: new Float64Array(latency),
    batches: new Float64Array(batch === 1 ? [1, 1, total] : batches),
  };
}
