#include "run/hist.h"

void
pl_hist_read( pl_hist_t * hist, pl_quantiles_t * out ) {
  uint64_t copy[PL_HIST_CNT];
  uint64_t n = 0UL;
  for( unsigned i = 0; i < PL_HIST_CNT; i++ )
    n += copy[i] = atomic_load_explicit( &hist->bucket[i], memory_order_relaxed );
  uint64_t max = atomic_load_explicit( &hist->max, memory_order_relaxed );
  *out         = (pl_quantiles_t){ .n = n, .max = max };

  /* The rank of a quantile is the smallest count that reaches its share, in
     thousandths and rounded up without overflow. */
  struct {
    uint64_t   thousandths;
    uint64_t * to;
  } const want[] = { { 500UL, &out->p50 }, { 900UL, &out->p90 }, { 990UL, &out->p99 }, { 999UL, &out->p999 } };
  uint64_t seen = 0UL;
  unsigned q    = 0U;
  for( unsigned i = 0; i < PL_HIST_CNT && q < 4U; i++ ) {
    seen += copy[i];
    for( ; q < 4U && copy[i]; q++ ) {
      uint64_t t    = want[q].thousandths;
      uint64_t rank = n / 1000UL * t + ( n % 1000UL * t + 999UL ) / 1000UL;
      if( seen < rank ) break;
      uint64_t upper = pl_hist_upper( i );
      *want[q].to    = upper < max ? upper : max;
    }
  }
}

unsigned long
pl_hist_buckets( pl_hist_t * hist, pl_bucket_t * out, unsigned long max ) {
  unsigned long n = 0UL;
  for( unsigned i = 0; i < PL_HIST_CNT && n < max; i++ ) {
    uint64_t cnt = atomic_load_explicit( &hist->bucket[i], memory_order_relaxed );
    if( cnt ) out[n++] = (pl_bucket_t){ .lower = i ? pl_hist_upper( i - 1U ) + 1UL : 0UL, .upper = pl_hist_upper( i ), .cnt = cnt };
  }
  return n;
}
