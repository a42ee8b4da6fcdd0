/* hist.h: a log-linear histogram with 2 significant digits (under 0.8 % error),
   as HDR histograms are laid out: values under 256 exactly, above that 128
   buckets for each power of two.  One writer; any thread may read. */

#ifndef PL_HIST_H
#define PL_HIST_H

#include "pl_run.h"

#include <stdatomic.h>
#include <stdint.h>

#define PL_HIST_EXP_MAX (42U) /* values from 2^42 ns (73 minutes) on share the last bucket */
#define PL_HIST_CNT     ( 256U + ( PL_HIST_EXP_MAX - 8U ) * 128U )

typedef struct {
  _Atomic uint64_t bucket[PL_HIST_CNT];
  _Atomic uint64_t max;
} pl_hist_t;

static inline unsigned
pl_hist_index( uint64_t v ) {
  if( v < 256UL ) return (unsigned)v;
  unsigned e = 63U - (unsigned)__builtin_clzl( v );
  if( e >= PL_HIST_EXP_MAX ) return PL_HIST_CNT - 1U;
  return 256U + ( e - 8U ) * 128U + (unsigned)( v >> ( e - 7U ) ) - 128U;
}

_Static_assert( PL_HIST_CNT == PL_LATENCY_BUCKETS, "readers know how many buckets there are" );

/* The largest value of a bucket. */
static inline uint64_t
pl_hist_upper( unsigned i ) {
  if( i < 256U ) return i;
  unsigned e = 8U + ( i - 256U ) / 128U;
  return ( ( 129UL + ( i - 256U ) % 128U ) << ( e - 7U ) ) - 1UL;
}

static inline void
pl_hist_add( pl_hist_t * hist, uint64_t v ) {
  _Atomic uint64_t * b = &hist->bucket[pl_hist_index( v )];
  atomic_store_explicit( b, atomic_load_explicit( b, memory_order_relaxed ) + 1UL, memory_order_relaxed );
  if( v > atomic_load_explicit( &hist->max, memory_order_relaxed ) )
    atomic_store_explicit( &hist->max, v, memory_order_relaxed );
}

typedef struct {
  uint64_t n, p50, p90, p99, p999, max;
} pl_quantiles_t;

/* Reads the histogram: n is the sum of the buckets read; each quantile is the
   upper end of its bucket, never above max. */
void pl_hist_read( pl_hist_t * hist, pl_quantiles_t * out );

/* The buckets that are not empty, smallest first; see pl_run_latency_buckets. */
unsigned long pl_hist_buckets( pl_hist_t * hist, pl_bucket_t * out, unsigned long max );

#endif /* PL_HIST_H */
