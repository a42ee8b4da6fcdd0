/* The histogram: buckets, error, quantiles. */

#include "hash.h"
#include "run/hist.h"
#include "tap.h"

#include <stdlib.h>

/* The largest value that has a bucket of its own size; larger ones share the last. */
#define TOP ( ( 1UL << PL_HIST_EXP_MAX ) - 1UL )

/* One value: its bucket holds it, and says so within 1 %. */
static void
one( uint64_t v ) {
  unsigned i = pl_hist_index( v );
  if( !CHECK( i < PL_HIST_CNT ) ) return;
  if( v > TOP ) {
    CHECK_EQ( i, PL_HIST_CNT - 1U );
    return;
  }
  uint64_t upper = pl_hist_upper( i );
  CHECK( upper >= v );
  CHECK( !i || pl_hist_upper( i - 1U ) < v );
  CHECK( ( upper - v ) * 100UL < v || upper == v );
}

static void
buckets( void ) {
  for( uint64_t v = 0UL; v < 5000UL; v++ ) one( v );
  for( unsigned e = 8U; e < 64U; e++ )
    for( int64_t d = -3; d <= 3; d++ ) one( ( 1UL << e ) + (uint64_t)d );
  for( uint64_t n = 0UL; n < 100000UL; n++ ) {
    uint64_t v = ( (uint64_t)pl_hash32( 1U, 0U, 0U, n ) << 32 | pl_hash32( 2U, 0U, 0U, n ) );
    one( v >> ( n % 64UL ) );
  }
  one( UINT64_MAX );
  for( unsigned i = 0U; i < PL_HIST_CNT; i++ ) {
    CHECK_EQ( pl_hist_index( pl_hist_upper( i ) ), i );
    if( i ) CHECK( pl_hist_upper( i ) > pl_hist_upper( i - 1U ) );
  }
  CHECK_EQ( pl_hist_upper( PL_HIST_CNT - 1U ), TOP );
}

static void
exact_when_small( void ) {
  for( uint64_t v = 0UL; v < 256UL; v++ ) CHECK_EQ( pl_hist_upper( pl_hist_index( v ) ), v );
}

static int
by_value( void const * a, void const * b ) {
  uint64_t x = *(uint64_t const *)a, y = *(uint64_t const *)b;
  return x < y ? -1 : x > y;
}

/* A quantile by definition: the smallest value that at least this share of all is not above. */
static uint64_t
ranked( uint64_t const * sorted, uint64_t n, uint64_t thousandths ) {
  uint64_t rank = ( n * thousandths + 999UL ) / 1000UL;
  return sorted[rank ? rank - 1UL : 0UL];
}

static void
close_to( uint64_t got, uint64_t want, char const * what ) {
  int ok = got >= want && ( got - want ) * 100UL <= want;
  if( !ok ) tap_check_eq( (long long)got, (long long)want, __FILE__, __LINE__, what );
}

static void
quantiles_of( uint64_t n, unsigned shift, uint32_t seed ) {
  pl_hist_t * hist   = calloc( 1UL, sizeof( *hist ) );
  uint64_t *  values = calloc( n, sizeof( uint64_t ) );
  for( uint64_t i = 0UL; i < n; i++ ) {
    values[i] = (uint64_t)pl_hash32( seed, 0U, 0U, i ) >> ( pl_hash32( seed, 1U, 0U, i ) % ( shift + 1U ) );
    pl_hist_add( hist, values[i] );
  }
  qsort( values, n, sizeof( uint64_t ), by_value );
  pl_quantiles_t q;
  pl_hist_read( hist, &q );
  CHECK_EQ( q.n, n );
  CHECK_EQ( q.max, values[n - 1UL] ); /* the largest is kept exactly */
  close_to( q.p50, ranked( values, n, 500UL ), "p50" );
  close_to( q.p90, ranked( values, n, 900UL ), "p90" );
  close_to( q.p99, ranked( values, n, 990UL ), "p99" );
  close_to( q.p999, ranked( values, n, 999UL ), "p999" );
  CHECK( q.p50 <= q.p90 && q.p90 <= q.p99 && q.p99 <= q.p999 && q.p999 <= q.max );
  free( values );
  free( hist );
}

static void
quantiles( void ) {
  uint64_t const counts[] = { 1UL, 2UL, 3UL, 9UL, 10UL, 11UL, 99UL, 100UL, 101UL, 999UL, 1000UL, 1001UL, 50000UL };
  for( unsigned long i = 0UL; i < sizeof( counts ) / sizeof( counts[0] ); i++ )
    for( unsigned shift = 0U; shift < 32U; shift += 5U ) quantiles_of( counts[i], shift, (uint32_t)i * 100U + shift );
}

static void
extremes( void ) {
  pl_hist_t *    hist = calloc( 1UL, sizeof( *hist ) );
  pl_quantiles_t q;
  pl_hist_read( hist, &q );
  CHECK( !q.n && !q.p50 && !q.p90 && !q.p99 && !q.p999 && !q.max );
  pl_hist_add( hist, 0UL );
  pl_hist_read( hist, &q );
  CHECK( q.n == 1UL && !q.p50 && !q.max );
  for( int i = 0; i < 5; i++ ) pl_hist_add( hist, UINT64_MAX );
  pl_hist_read( hist, &q );
  CHECK_EQ( q.n, 6UL );
  CHECK( q.max == UINT64_MAX );
  CHECK_EQ( q.p50, TOP ); /* all that is known: at least an hour */
  free( hist );
}

/* More packets than a product with 1000 could hold. */
static void
many( void ) {
  pl_hist_t *    hist = calloc( 1UL, sizeof( *hist ) );
  pl_quantiles_t q;
  atomic_store( &hist->bucket[10], 600000000000000000UL );
  atomic_store( &hist->bucket[20], 399000000000000000UL );
  atomic_store( &hist->bucket[30], 1000000000000000UL );
  atomic_store( &hist->max, 30UL );
  pl_hist_read( hist, &q );
  CHECK_EQ( q.n, 1000000000000000000UL );
  CHECK_EQ( q.p50, 10UL );
  CHECK_EQ( q.p90, 20UL );
  CHECK_EQ( q.p99, 20UL );
  CHECK_EQ( q.p999, 20UL );
  CHECK_EQ( q.max, 30UL );
  free( hist );
}

int
main( void ) {
  tap_run( "buckets hold their values within 1 %", buckets );
  tap_run( "small values are exact", exact_when_small );
  tap_run( "quantiles agree with a sorted list", quantiles );
  tap_run( "nothing, zero, and more than there are buckets", extremes );
  tap_run( "counts beyond 2^54", many );
  return tap_end();
}
