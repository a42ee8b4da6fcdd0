/* What other threads may ask of a run. */

#include "run/runner.h"
#include "stage/chain.h"

#include <stdio.h>
#include <string.h>

void
pl_run_snapshot( pl_run_t * run, pl_snapshot_t * out ) {
  pl_publish_read( &run->publish, out );
}

void
pl_run_latency( pl_run_t * run, uint64_t out[6] ) {
  pl_quantiles_t q;
  pl_hist_read( &run->hist, &q );
  uint64_t const v[6] = { q.n, q.p50, q.p90, q.p99, q.p999, q.max };
  memcpy( out, v, sizeof( v ) );
}

unsigned long
pl_run_calls( pl_run_t * run, uint64_t first, pl_call_t * out, unsigned long max ) {
  return pl_calls_list( &run->calls, first, out, max );
}

uint64_t
pl_run_calls_made( pl_run_t * run ) {
  return atomic_load_explicit( &run->calls.last, memory_order_acquire );
}

int
pl_run_first_call( pl_run_t * run, int code, pl_call_t * out ) {
  return pl_calls_first( &run->calls, code, out );
}

unsigned long
pl_run_latency_buckets( pl_run_t * run, pl_bucket_t * out, unsigned long max ) {
  return pl_hist_buckets( &run->hist, out, max );
}

unsigned long
pl_run_batches( pl_run_t * run, pl_bucket_t * out, unsigned long max ) {
  return pl_calls_batches( &run->calls, out, max );
}

int
pl_run_ended( pl_run_t * run ) {
  return atomic_load( &run->ended ) != 0;
}

pl_state_t const *
pl_run_fault( pl_run_t * run ) {
  return pl_run_ended( run ) && run->faulted ? &run->fault : NULL;
}

void
pl_run_cause_text( pl_run_t const * run, pl_occurrence_t const * of, char * buf, unsigned long buf_sz ) {
  char link[64];
  if( of->id == PL_CAUSE_OVER_MAX ) {
    snprintf( buf, buf_sz, "Frame of %lu B is over 4096 B: refused before it reached the backend.", of->a );
  } else if( of->id == PL_CAUSE_NOT_ETHERNET ) {
    snprintf( buf, buf_sz, "Frame of %s is not Ethernet: refused before it reached the backend.",
              pl_linktype_name( (uint16_t)of->a, link, sizeof( link ) ) );
  } else {
    pl_cause_t const cause = { .id = (int)of->id, .a = of->a, .b = of->b, .c = of->c };
    if( of->id >= PL_CAUSE_FAULT ) pl_fault_cause_text( &cause, buf, buf_sz );
    else run->backend->def->cause_text( &cause, buf, buf_sz );
  }
}

void
pl_run_call_text( pl_run_t const * run, pl_call_t const * call, char * buf, unsigned long buf_sz ) {
  pl_occurrence_t const of = { .id = call->cause, .a = call->a, .b = call->b, .c = call->c };
  pl_run_cause_text( run, &of, buf, buf_sz );
}
