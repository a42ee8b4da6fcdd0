/* The ticker: never back, never far from CLOCK_MONOTONIC, with and without the
   processor's counter, whatever the counter does. */

#include "run/ticker.h"
#include "tap.h"

#define READINGS (300000)

/* How far a reading may be from the clock, ns. */
#define FAR (10000UL)

/* Each reading lies between two of the clock, give or take. */
static void
follow( pl_ticker_t * ticker ) {
  uint64_t last = 0UL;
  int      bad  = 0;
  for( int i = 0; i < READINGS && !bad; i++ ) {
    uint64_t before = pl_clock_ns();
    uint64_t t      = i % 1000 ? pl_ticker_ns( ticker ) : pl_ticker_look( ticker );
    uint64_t after  = pl_clock_ns();
    bad             = !CHECK( t >= last ) | !CHECK( t + FAR >= before ) | !CHECK( t <= after + FAR );
    last            = t;
  }
}

static void
as_it_is( void ) {
  pl_ticker_t ticker;
  pl_ticker_start( &ticker );
  follow( &ticker );
}

static void
without_counter( void ) {
  pl_ticker_t ticker;
  pl_ticker_start( &ticker );
  ticker.counts = 0;
  follow( &ticker );
  CHECK_EQ( ticker.span, 0UL );
}

/* A virtual machine that moved: the counter is suddenly another one. */
static void
counter_jumps( int64_t by ) {
  pl_ticker_t ticker;
  pl_ticker_start( &ticker );
  follow( &ticker );
  ticker.ticks -= (uint64_t)by;
  ticker.from_ticks -= (uint64_t)by;
  follow( &ticker );
}

static void
jumps( void ) {
  int64_t const by[] = { 1L << 40, -( 1L << 40 ), 10000000L, -10000000L };
  for( unsigned long i = 0UL; i < sizeof( by ) / sizeof( by[0] ); i++ ) counter_jumps( by[i] );
}

int
main( void ) {
  tap_run( "the ticker follows the clock and never goes back", as_it_is );
  tap_run( "so it does where there is no counter", without_counter );
  tap_run( "and when the counter jumps", jumps );
  return tap_end();
}
