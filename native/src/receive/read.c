/* What other threads may ask of a run's receiver. */

#include "receive/receiver.h"
#include "run/runner.h"

#include <string.h>

int
pl_run_received( pl_run_t * run, pl_rx_totals_t * out ) {
  if( !run->backend->receiver || !run->backend->receiver->track ) return 0;
  pl_receiver_read( run->backend->receiver, out );
  return 1;
}

static void
times( pl_hist_t * hist, uint64_t out[6] ) {
  pl_quantiles_t q;
  pl_hist_read( hist, &q );
  uint64_t const v[6] = { q.n, q.p50, q.p90, q.p99, q.p999, q.max };
  memcpy( out, v, sizeof( v ) );
}

void
pl_run_stream_times( pl_run_t * run, unsigned long stream, uint64_t latency[6], uint64_t gap[6] ) {
  pl_rx_track_t * t = &run->backend->receiver->track[stream];
  times( &t->latency, latency );
  times( &t->gap, gap );
}

unsigned long
pl_run_stream_buckets( pl_run_t * run, unsigned long stream, int gap, pl_bucket_t * out, unsigned long max ) {
  pl_rx_track_t * t = run->backend->receiver ? run->backend->receiver->track : NULL;
  if( !t || stream >= PL_STREAMS ) return 0UL;
  t += stream;
  return pl_hist_buckets( gap ? &t->gap : &t->latency, out, max );
}

unsigned long
pl_run_frames( pl_run_t * run, pl_frame_copy_t * out, unsigned long max, uint64_t * total ) {
  *total = 0UL;
  return run->backend->receiver ? pl_frames_list( &run->backend->receiver->frames, out, max, total ) : 0UL;
}
