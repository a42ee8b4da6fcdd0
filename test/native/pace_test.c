/* Pace: when packets are due.  Time is passed in. */

#include "run/pace.h"
#include "tap.h"

#define SECOND (1000000000UL)

static pl_pace_t
started( int kind, double value, uint64_t now ) {
  pl_pace_t       pace;
  pl_rate_t const rate = { .kind = kind, .value = value };
  pl_pace_start( &pace, &rate, now );
  return pace;
}

/* Gives n packets of sz bytes out and returns when the next is due. */
static uint64_t
after( pl_pace_t * pace, uint64_t n, uint64_t sz ) {
  for( uint64_t i = 0UL; i < n; i++ ) pl_pace_give( pace, 0UL, sz );
  return pl_pace_due( pace, 0UL );
}

static void
packets( void ) {
  static double const rates[] = { 0.5, 1.0, 7.0, 1000.0, 12345.0, 1e6, 3.3e6, 1e7 };
  for( unsigned long r = 0UL; r < sizeof( rates ) / sizeof( rates[0] ); r++ ) {
    pl_pace_t pace = started( PL_RATE_PPS, rates[r], 123456789UL );
    CHECK_EQ( pl_pace_due( &pace, 0UL ), 123456789UL ); /* the first at once */
    uint64_t n    = 10000UL;
    double   want = 123456789.0 + (double)n * 1e9 / rates[r];
    double   got  = (double)after( &pace, n, 60UL );
    CHECK( got > want - 2.0 && got < want + 2.0 );
  }
}

/* A frame of 60 B has 84 B on the wire and 64 B with its FCS; shorter ones are padded. */
static void
bits( void ) {
  pl_pace_t l1 = started( PL_RATE_L1, 84.0 * 8.0, 0UL ), l2 = started( PL_RATE_L2, 64.0 * 8.0, 0UL );
  CHECK_EQ( after( &l1, 1UL, 60UL ), SECOND );
  CHECK_EQ( after( &l1, 1UL, 14UL ), 2UL * SECOND );
  CHECK_EQ( after( &l2, 1UL, 1UL ), SECOND );
  CHECK_EQ( after( &l2, 1UL, 60UL ), 2UL * SECOND );
  CHECK_EQ( after( &l2, 1UL, 124UL ), 4UL * SECOND ); /* 128 B with its FCS */
  CHECK_EQ( after( &l1, 1UL, 144UL ), 4UL * SECOND ); /* 168 B on the wire */
}

static void
bursts( void ) {
  pl_pace_t       pace;
  pl_rate_t const rate = { .kind = PL_RATE_BURST, .burst = 3UL, .gap_ns = 500UL };
  pl_pace_start( &pace, &rate, 10UL );
  uint64_t const due[] = { 10UL, 10UL, 10UL, 510UL, 510UL, 510UL, 1010UL };
  for( int i = 0; i < 7; i++ ) {
    CHECK_EQ( pl_pace_due( &pace, 0UL ), due[i] );
    pl_pace_give( &pace, 0UL, 60UL );
  }
}

/* The first packet at once, whatever the gap before it says; the others as captured. */
static void
capture( void ) {
  pl_pace_t      pace   = started( PL_RATE_CAPTURE, 0.0, 100UL );
  uint64_t const gaps[] = { 77UL, 5UL, 0UL, 1000UL };
  uint64_t const due[]  = { 100UL, 105UL, 105UL, 1105UL };
  for( int i = 0; i < 4; i++ ) {
    CHECK_EQ( pl_pace_due( &pace, gaps[i] ), due[i] );
    pl_pace_give( &pace, gaps[i], 60UL );
  }
}

/* Packets that are due at now after everything over the depth was given up. */
static uint64_t
made_up_for( double pps, uint64_t batch, uint64_t now ) {
  pl_pace_t pace = started( PL_RATE_PPS, pps, 0UL );
  uint64_t  n    = 0UL;
  pl_pace_give( &pace, 0UL, 60UL );
  for( ; n < 100000UL; n++ ) {
    pl_pace_forgive( &pace, now, 0UL, batch );
    if( pl_pace_due( &pace, 0UL ) > now ) break;
    pl_pace_give( &pace, 0UL, 60UL );
  }
  return n;
}

/* Whoever falls behind catches up by at most 20 ms of packets, or a batch. */
static void
behind( void ) {
  CHECK( made_up_for( 1000.0, 8UL, 60UL * SECOND ) >= 20UL && made_up_for( 1000.0, 8UL, 60UL * SECOND ) <= 22UL );
  CHECK( made_up_for( 10.0, 4UL, 3600UL * SECOND ) >= 4UL && made_up_for( 10.0, 4UL, 3600UL * SECOND ) <= 6UL );
  CHECK_EQ( made_up_for( 1000.0, 8UL, 10000000UL ), 10UL ); /* within the depth nothing is lost */
}

/* A whole day later, and at rates so low that the next packet is beyond all time. */
static void
long_runs( void ) {
  pl_pace_t pace = started( PL_RATE_PPS, 100.0, 0UL );
  CHECK_EQ( after( &pace, 8640000UL, 60UL ), 86400UL * SECOND );
  double const slow[] = { 1e-9, 1e-12, 1e-300, 5e-324 };
  for( unsigned long i = 0UL; i < sizeof( slow ) / sizeof( slow[0] ); i++ ) {
    pace = started( PL_RATE_PPS, slow[i], 7UL );
    CHECK_EQ( pl_pace_due( &pace, 0UL ), 7UL );
    CHECK( after( &pace, 1UL, 60UL ) > 86400UL * SECOND );
  }
}

int
main( void ) {
  tap_run( "packets per second", packets );
  tap_run( "bits per second on the wire and with the FCS", bits );
  tap_run( "bursts", bursts );
  tap_run( "capture timing", capture );
  tap_run( "behind: at most 20 ms or a batch is made up for", behind );
  tap_run( "long runs and very low rates", long_runs );
  return tap_end();
}
