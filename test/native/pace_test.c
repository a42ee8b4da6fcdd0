/* Pace: when packets are due.  Time is passed in. */

#include "run/pace.h"
#include "tap.h"

#define SECOND (1000000000UL)

/* Runs the schedule from t0 for span ns, always asking when it said to, and
   jumping ahead by late ns each time.  Returns the packets given out. */
static uint64_t
play( pl_pace_t * pace, uint64_t t0, uint64_t span, uint64_t late, uint64_t * most ) {
  uint64_t given = 0UL, now = t0;
  *most = 0UL;
  while( now < t0 + span ) {
    uint64_t due = 0UL;
    uint64_t n   = pl_pace_due( pace, now, UINT64_MAX, &due );
    if( n ) {
      if( n > *most ) *most = n;
      given += n;
      pl_pace_taken( pace, n );
    } else {
      if( !CHECK( due > now ) ) break;
      now = due + late;
    }
  }
  return given;
}

static void
rates( void ) {
  static double const   rates[]   = { 0.5, 1.0, 7.0, 1000.0, 12345.0, 1e6, 3.3e6, 1e7 };
  static uint64_t const batches[] = { 1UL, 2UL, 64UL, 4096UL };
  for( unsigned long r = 0UL; r < sizeof( rates ) / sizeof( rates[0] ); r++ )
    for( unsigned long b = 0UL; b < 4UL; b++ ) {
      uint64_t  most, t0 = 123456789UL, span = rates[r] < 100.0 ? 20UL * SECOND : SECOND / 2UL;
      pl_pace_t pace;
      pl_pace_start( &pace, rates[r], batches[b], t0 );
      uint64_t given = play( &pace, t0, span, 0UL, &most );
      double   want  = rates[r] * (double)span / 1e9;
      CHECK( most <= batches[b] );
      /* A batch may come up to its own length early and waits for its last packet. */
      CHECK( (double)given <= want + 1.0 + (double)batches[b] );
      CHECK( (double)given >= want - 1.0 - (double)batches[b] );
    }
}

static void
first_packet( void ) {
  pl_pace_t pace;
  uint64_t  due = 0UL;
  pl_pace_start( &pace, 10.0, 64UL, 1000UL );
  CHECK_EQ( pl_pace_due( &pace, 1000UL, 100UL, &due ), 1UL ); /* at once, alone */
  pl_pace_taken( &pace, 1UL );
  CHECK_EQ( pl_pace_due( &pace, 1000UL, 100UL, &due ), 0UL );
  CHECK_EQ( due, 1000UL + SECOND / 10UL );
  CHECK_EQ( pl_pace_due( &pace, due - 1UL, 100UL, &due ), 0UL );
  CHECK_EQ( pl_pace_due( &pace, due, 100UL, &due ), 1UL );
}

/* At 1000 packets a second and more a batch waits for its last packet, as long as
   that is due within a millisecond. */
static void
grouping( void ) {
  pl_pace_t pace;
  uint64_t  due = 0UL;
  pl_pace_start( &pace, 10000.0, 64UL, 0UL );
  CHECK_EQ( pl_pace_due( &pace, 0UL, 100UL, &due ), 0UL );
  CHECK_EQ( due, 900000UL ); /* ten packets in a millisecond, the last after nine gaps */
  CHECK_EQ( pl_pace_due( &pace, 900000UL, 100UL, &due ), 10UL );
  CHECK_EQ( pl_pace_due( &pace, 900000UL, 3UL, &due ), 3UL );
  CHECK_EQ( pl_pace_due( &pace, 200000UL, 3UL, &due ), 3UL ); /* fewer are wanted: they wait for less */
  pl_pace_start( &pace, 1e6, 64UL, 0UL );
  CHECK_EQ( pl_pace_due( &pace, 62999UL, 100UL, &due ), 0UL );
  CHECK_EQ( due, 63000UL );
  CHECK_EQ( pl_pace_due( &pace, 63000UL, 100UL, &due ), 64UL );
}

/* Whoever falls behind catches up by at most 20 ms of packets, or a batch. */
static void
behind( void ) {
  pl_pace_t pace;
  uint64_t  due = 0UL, given = 0UL;
  pl_pace_start( &pace, 1000.0, 8UL, 0UL );
  while( pl_pace_due( &pace, 60UL * SECOND, 100UL, &due ) ) {
    uint64_t n = pl_pace_due( &pace, 60UL * SECOND, 100UL, &due );
    CHECK( n <= 8UL );
    given += n;
    pl_pace_taken( &pace, n );
    if( !CHECK( given < 1000UL ) ) return;
  }
  CHECK( given >= 20UL && given <= 22UL );
  CHECK( due > 60UL * SECOND && due <= 60UL * SECOND + SECOND / 1000UL );

  /* At a low rate that is one batch, not a minute of packets. */
  pl_pace_start( &pace, 10.0, 4UL, 0UL );
  for( given = 0UL; pl_pace_due( &pace, 3600UL * SECOND, 100UL, &due ) && given < 1000UL; ) {
    uint64_t n = pl_pace_due( &pace, 3600UL * SECOND, 100UL, &due );
    given += n;
    pl_pace_taken( &pace, n );
  }
  CHECK( given >= 4UL && given <= 6UL );
}

/* Late by a little, always: the rate is kept all the same. */
static void
always_late( void ) {
  pl_pace_t pace;
  uint64_t  most, t0 = 5UL * SECOND;
  pl_pace_start( &pace, 100000.0, 64UL, t0 );
  uint64_t given = play( &pace, t0, SECOND, 150000UL, &most );
  CHECK( given > 100000UL - 200UL && given <= 100000UL + 65UL );
}

/* A whole day later, and at rates so low that the next packet is beyond all time. */
static void
long_runs( void ) {
  pl_pace_t pace;
  uint64_t  due = 0UL, day = 86400UL * SECOND;
  pl_pace_start( &pace, 1000.0, 1UL, 0UL );
  pl_pace_taken( &pace, 86400UL * 1000UL );
  CHECK_EQ( pl_pace_due( &pace, day - 1UL, 1UL, &due ), 0UL );
  CHECK_EQ( due, day );
  CHECK_EQ( pl_pace_due( &pace, day, 1UL, &due ), 1UL );

  double const slow[] = { 1e-9, 1e-12, 1e-300, 5e-324 };
  for( unsigned long i = 0UL; i < sizeof( slow ) / sizeof( slow[0] ); i++ ) {
    pl_pace_start( &pace, slow[i], 64UL, 7UL );
    CHECK_EQ( pl_pace_due( &pace, 7UL, 5UL, &due ), 1UL );
    pl_pace_taken( &pace, 1UL );
    due = 0UL;
    CHECK_EQ( pl_pace_due( &pace, 8UL, 5UL, &due ), 0UL );
    CHECK( due > day );
  }
}

int
main( void ) {
  tap_run( "the rate asked for, at any batch", rates );
  tap_run( "the first packet is due at once", first_packet );
  tap_run( "batches wait for their last packet, for a millisecond at most", grouping );
  tap_run( "behind: at most 20 ms or a batch is made up for", behind );
  tap_run( "always late", always_late );
  tap_run( "long runs and very low rates", long_runs );
  return tap_end();
}
