/** What the addon answers about a run, as its types. */

export interface NativeOccurrence {
  readonly ordinal: number;
  readonly call: number;
  readonly index: number;
  readonly sentence: string;
}

/** The published totals, named as in `PL_COUNTERS` of `pl_run.h`. */
export type NativeCounters = Readonly<
  Record<
    | 't_ns'
    | 'first_ns'
    | 'settled_ns'
    | 'offered'
    | 'taken'
    | 'refused'
    | 'unexamined'
    | 'pending'
    | 'retried'
    | 'completed'
    | 'received'
    | 'not_captured'
    | 'truncated'
    | 'late_errors'
    | 'bytes'
    | 'calls_success'
    | 'calls_inval'
    | 'calls_again'
    | 'flushes'
    | 'kicks'
    | 'state'
    | 'ring_occ'
    | 'ring_cap'
    | 'stopped_by'
    | 'fault_offered'
    | 'fault_taken'
    | 'fault_refused'
    | 'fault_unexamined'
    | 'fault_dropped'
    | 'fault_duplicated'
    | 'fault_lost_duplicates'
    | 'fault_reordered'
    | 'fault_corrupted'
    | 'fault_delayed'
    | 'fault_again'
    | 'fault_inval'
    | 'fault_held'
    | 'fault_lost_held'
    | 'tee_offered'
    | 'tee_taken'
    | 'tee_refused'
    | 'tee_unexamined'
    | 'tee_recorded'
    | 'backend_offered'
    | 'backend_taken'
    | 'backend_refused'
    | 'backend_unexamined'
    | 'paced_ns'
    | 'backoff_ns'
    | 'full_ns'
    | 'os_ns'
    | 'sending_ns'
    | 'again_lost'
    | 'full_lost'
    | 'away_cnt'
    | 'away_ns'
    | 'away_last_ns'
    | 'away_at_ns'
    | 'peer_dropped'
    | 'no_carrier'
    | 'receives'
    | 'received_bytes'
    | 'own_received',
    number
  >
>;

/** `n` and quantiles in ns. */
export interface NativeTimes {
  readonly n: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What the far end received, see `pl_receive.h`. */
export interface NativeReceived {
  readonly streams: readonly {
    readonly id: number;
    readonly received: number;
    readonly lost: number;
    readonly reordered: number;
    readonly duplicated: number;
    readonly latency: NativeTimes;
    readonly gap: NativeTimes;
  }[];
  readonly unsigned: number;
  readonly tooLate: number;
  readonly ownLoss: number;
}

export interface NativeReading {
  readonly counters: NativeCounters;
  readonly latency: NativeTimes;
  readonly reasons: readonly {
    code: 'inval' | 'again';
    count: number;
    first: NativeOccurrence;
    last: NativeOccurrence;
  }[];
  readonly fault: { state: string; step: string; errno: number; sentence: string } | null;
  /** Null when packets are not signed, or the backend has no far end. */
  readonly signature: NativeReceived | null;
  /** The sentence of the latest late error; empty when there is none. */
  readonly late: string;
  readonly ended: boolean;
}

/** Rows of numbers with the columns of `CALL_COLUMNS`. */
export interface NativeCalls {
  readonly total: number;
  readonly calls: Float64Array;
  readonly firsts: Float64Array;
  readonly sentences: string[];
}

/** Rows of lower end, upper end, count. */
export interface NativeHistograms {
  readonly latency: Float64Array;
  readonly batches: Float64Array;
}

/** The last frames that arrived, oldest first. */
export interface NativeFrames {
  readonly total: number;
  /** Rows of number, ns since the first call, bytes, bytes kept. */
  readonly rows: Float64Array;
  /** The kept bytes of all rows, one after the other. */
  readonly bytes: Uint8Array;
}

/** Of one stream: rows of lower end, upper end, count. */
export interface NativeStreamHistograms {
  readonly latency: Float64Array;
  readonly gap: Float64Array;
}
