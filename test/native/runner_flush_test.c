/* The runner's flush policies as a backend sees them, and the ring of calls. */

#include "opened.h"
#include "running.h"
#include "scripted.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

#define MS (1000000UL)

/* Runs cfg over a scripted backend that takes everything. */
static void
play( scripted_t * b, pl_run_cfg_t const * cfg, pl_snapshot_t * s ) {
  scripted_init( b, NULL, 0UL );
  run_through( &b->head, one_frame( 60U ), cfg, s, NULL );
}

static void
by_count( void ) {
  static struct {
    uint64_t      every;
    unsigned long batch;
    char const *  flushes; /* of the calls, in turn */
  } const of[] = {
      { 1UL, 4UL, "1111111111" }, { 0UL, 4UL, "0000000000" },  { 10UL, 4UL, "0010010010" },
      { 4UL, 4UL, "1111111111" }, { 5UL, 4UL, "0101010101" },  { 41UL, 4UL, "0000000000" },
      { 40UL, 4UL, "0000000001" }, { 7UL, 1UL, "0000001000000100000010000001000000100000" },
  };
  for( unsigned long i = 0UL; i < sizeof( of ) / sizeof( of[0] ); i++ ) {
    scripted_t    b;
    pl_run_cfg_t  cfg = plain_cfg();
    pl_snapshot_t s;
    uint64_t      flushes = 0UL;
    cfg.batch       = of[i].batch;
    cfg.count       = 40UL;
    cfg.flush_every = of[i].every;
    play( &b, &cfg, &s );
    unsigned long calls = strlen( of[i].flushes );
    for( unsigned long c = 0UL; c < calls; c++ ) {
      CHECK_EQ( b.calls[c].flush, of[i].flushes[c] - '0' );
      flushes += of[i].flushes[c] == '1';
    }
    CHECK_EQ( s.counters.flushes, flushes );
    CHECK_EQ( s.counters.calls_success, calls );
    CHECK_EQ( b.call_cnt, calls + 1UL ); /* and a flush at the end, under every policy */
    CHECK( !b.calls[calls].cnt && b.calls[calls].flush );
  }
}

/* A timer flush is a send of no packets, made when the oldest packet held is old enough. */
static void
by_time( void ) {
  uint64_t const every[2] = { 0UL, 4UL };
  for( int i = 0; i < 2; i++ ) {
    scripted_t    b;
    pl_run_cfg_t  cfg = plain_cfg();
    running_t     r;
    pl_snapshot_t s;
    pl_call_t     calls[SCRIPTED_CALLS];
    cfg.batch          = 1UL;
    cfg.count          = 12UL;
    cfg.rate           = rate_pps( 100.0 ); /* 10 ms apart */
    cfg.flush_every    = every[i];
    cfg.flush_after_ns = 2UL * MS;
    scripted_init( &b, NULL, 0UL );
    if( !running_start( &r, &b.head, one_frame( 60U ), &cfg ) ) return;
    running_wait( &r, &s );
    unsigned long n = pl_run_calls( r.run, 1UL, calls, SCRIPTED_CALLS ), timers = 0UL, flushes = 0UL, held = 0UL;
    uint64_t      oldest = 0UL;
    for( unsigned long c = 0UL; c < n; c++ ) {
      if( !calls[c].cnt ) { /* only with something to flush, and not before its time */
        CHECK( calls[c].flush && held > 0UL );
        CHECK( calls[c].t_ns - oldest >= 2UL * MS );
        timers++;
      }
      if( !held ) oldest = calls[c].t_ns;
      held += calls[c].cnt;
      if( calls[c].flush ) held = 0UL, flushes++;
      if( every[i] ) CHECK( held < every[i] );
    }
    CHECK( timers > 0UL );
    CHECK_EQ( n, 12UL + timers );
    CHECK_EQ( s.counters.flushes, flushes );
    CHECK_EQ( s.counters.calls_success, n );
    CHECK_EQ( s.counters.taken, 12UL );
    pl_run_delete( r.run );
  }
}

/* At full rate the sends themselves carry the flush. */
static void
by_time_at_full_rate( void ) {
  pl_backend_t * b   = open_loopback( "ring", 65536.0, NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.duration_ns    = 50UL * MS;
  cfg.flush_every    = 0UL;
  cfg.flush_after_ns = MS;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK( s.counters.flushes > 0UL );
  CHECK_EQ( s.counters.received, s.counters.taken );
  pl_backend_close( b );
}

/* While AGAIN lasts, what was taken before is still flushed in time. */
static void
by_time_during_again( void ) {
  answer_t const answers[] = { { .code = PL_AIO_SUCCESS }, { .code = PL_AIO_ERR_AGAIN, .for_ns = 300UL * MS } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  unsigned       seen = 0U;
  cfg.count          = 16UL;
  cfg.flush_every    = 0UL;
  cfg.flush_after_ns = 5UL * MS;
  scripted_init( &b, answers, 2UL );
  run_through( &b.head, one_frame( 60U ), &cfg, &s, NULL );
  uint64_t end = b.calls[0].t_ns + 300UL * MS;
  for( unsigned long c = 1UL; c < b.call_cnt && c < SCRIPTED_CALLS; c++ )
    seen += b.calls[c].flush && b.calls[c].t_ns < end;
  CHECK( seen > 0U );
  CHECK_EQ( s.counters.taken, 16UL );
}

static void
by_hand( void ) {
  double const rates[] = { 0.001, 100.0 };
  for( int i = 0; i < 2; i++ ) {
    pl_backend_t * b   = open_loopback( NULL );
    pl_run_cfg_t   cfg = plain_cfg();
    running_t      r;
    pl_snapshot_t  s;
    cfg.batch       = 1UL;
    cfg.rate        = rate_pps( rates[i] );
    cfg.flush_every = 0UL;
    if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
    for( int tries = 0; tries < 100000; tries++ ) {
      running_look( &r, &s );
      if( s.counters.taken ) break;
      breathe();
    }
    CHECK_EQ( s.counters.received, 0UL ); /* never, until asked: the ring is far from half full */
    pl_run_flush( r.run );
    for( int tries = 0; tries < 100000; tries++ ) {
      running_look( &r, &s );
      if( s.counters.received ) break;
      breathe();
    }
    CHECK( s.counters.received >= 1UL );
    CHECK_EQ( s.counters.flushes, 1UL );
    CHECK_EQ( s.counters.calls_success, s.counters.taken + 1UL );
    pl_run_stop( r.run );
    running_wait( &r, &s );
    pl_run_delete( r.run );
    pl_backend_close( b );
  }
}

/* Clause 1 holds for flushes as well: no other answer than SUCCESS is possible. */
static void
refused_flush( void ) {
  answer_t const answers[] = { { .code = PL_AIO_SUCCESS }, { .code = PL_AIO_ERR_AGAIN, .any_cnt = 1 } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  pl_state_t     fault;
  cfg.batch          = 1UL;
  cfg.rate           = rate_pps( 2.0 );
  cfg.flush_every    = 0UL;
  cfg.flush_after_ns = 2UL * MS;
  scripted_init( &b, answers, 2UL );
  run_through( &b.head, one_frame( 60U ), &cfg, &s, &fault );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_HAS( fault.sentence, "broke the contract" );
  CHECK_EQ( s.counters.taken, 1UL );
  CHECK_EQ( s.counters.offered, 1UL );
}

/* ---- the ring of recent calls */

static void
calls_as_made( void ) {
  answer_t const answers[] = { { .code = PL_AIO_SUCCESS },
                               { .code = PL_AIO_ERR_AGAIN, .idx = 3UL },
                               { .code = PL_AIO_ERR_INVAL, .idx = 4UL } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  pl_call_t      calls[8];
  cfg.count       = 24UL;
  cfg.flush_every = 16UL;
  scripted_init( &b, answers, 3UL );
  if( !running_start( &r, &b.head, one_frame( 60U ), &cfg ) ) return;
  running_wait( &r, &s );
  CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 8UL ), 4UL ); /* 8 | 3 of 8 | 4 and a bad one of 5 | 8 */
  int8_t const   codes[4] = { PL_AIO_SUCCESS, PL_AIO_ERR_AGAIN, PL_AIO_ERR_INVAL, PL_AIO_SUCCESS };
  uint16_t const cnts[4] = { 8, 8, 5, 8 }, idxs[4] = { 0, 3, 4, 0 };
  for( unsigned i = 0U; i < 4U; i++ ) {
    CHECK_EQ( calls[i].seq, i + 1U );
    CHECK_EQ( calls[i].code, codes[i] );
    CHECK_EQ( calls[i].cnt, cnts[i] );
    CHECK_EQ( calls[i].idx, idxs[i] );
    CHECK_EQ( calls[i].cause, codes[i] ? 7 : 0 );
    CHECK_EQ( calls[i].flush, b.calls[i].flush );
    CHECK( calls[i].t_ns <= b.calls[i].t_ns );
    if( i ) CHECK( calls[i].t_ns >= calls[i - 1U].t_ns + calls[i - 1U].dur_ns );
  }
  CHECK_EQ( pl_run_calls( r.run, 0UL, calls, 8UL ), 4UL );
  CHECK_EQ( pl_run_calls( r.run, 3UL, calls, 8UL ), 2UL );
  CHECK_EQ( calls[0].seq, 3UL );
  CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 2UL ), 2UL );
  CHECK_EQ( calls[1].seq, 2UL );
  CHECK_EQ( pl_run_calls( r.run, 5UL, calls, 8UL ), 0UL );
  CHECK_EQ( pl_run_calls( r.run, UINT64_MAX, calls, 8UL ), 0UL );
  CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 0UL ), 0UL );
  pl_run_delete( r.run );
}

static void
last_of_many( void ) {
  pl_backend_t * null  = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_call_t *    calls = calloc( 2UL * PL_CALLS, sizeof( pl_call_t ) );
  pl_run_cfg_t   cfg   = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  cfg.batch = 1UL;
  cfg.count = 10000UL;
  if( running_start( &r, null, one_frame( 60U ), &cfg ) ) {
    running_wait( &r, &s );
    CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 2UL * PL_CALLS ), PL_CALLS );
    for( unsigned long i = 0UL; i < PL_CALLS; i++ ) CHECK_EQ( calls[i].seq, 10000UL - PL_CALLS + 1UL + i );
    pl_run_delete( r.run );
  }
  free( calls );
  pl_backend_close( null );
}

/* Read while they are made: whole, in order, and of this run. */
static void
calls_while_running( void ) {
  pl_backend_t * null  = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_call_t *    calls = calloc( PL_CALLS, sizeof( pl_call_t ) );
  pl_run_cfg_t   cfg   = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  uint64_t       seen = 0UL, from = 1UL;
  cfg.batch = 5UL;
  if( running_start( &r, null, one_frame( 60U ), &cfg ) ) {
    for( int i = 0; i < 100000 && seen < 50000UL && !pl_run_ended( r.run ); i++ ) {
      unsigned long n = pl_run_calls( r.run, from, calls, PL_CALLS );
      for( unsigned long k = 0UL; k < n; k++ ) {
        CHECK( calls[k].seq >= from );
        CHECK( calls[k].cnt == 5U && calls[k].code == PL_AIO_SUCCESS && calls[k].flush == 1U );
        if( k ) CHECK( calls[k].seq > calls[k - 1UL].seq && calls[k].t_ns >= calls[k - 1UL].t_ns );
      }
      if( n ) from = calls[n - 1UL].seq + 1UL;
      seen += n;
      if( !n ) breathe();
    }
    CHECK( seen >= 50000UL );
    pl_run_stop( r.run );
    running_wait( &r, &s );
    pl_run_delete( r.run );
  }
  free( calls );
  pl_backend_close( null );
}

/* A timer flush behind a batch that fills everything there is room for. */
static void
behind_the_largest_batch( void ) {
  uint32_t const sizes[2] = { 60U, 61U };
  pl_backend_t * null     = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_run_cfg_t   cfg      = plain_cfg();
  pl_snapshot_t  s;
  cfg.batch          = PL_BATCH_MAX;
  cfg.rate           = (pl_rate_t){ .kind = PL_RATE_BURST, .burst = PL_BATCH_MAX, .gap_ns = 20000000UL };
  cfg.count          = 2UL * PL_BATCH_MAX;
  cfg.flush_every    = 0UL;
  cfg.flush_after_ns = 1UL; /* due before the next batch is read */
  run_through( null, made_source( sizes, 2UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 2UL * PL_BATCH_MAX );
  CHECK( s.counters.flushes >= 1UL );
  CHECK_EQ( s.counters.calls_success, 2UL + s.counters.flushes );
  pl_backend_close( null );
}

int
main( void ) {
  tap_run( "flush by count", by_count );
  tap_run( "flush by time, with a send of no packets", by_time );
  tap_run( "flush by time at full rate", by_time_at_full_rate );
  tap_run( "flush by time while AGAIN lasts", by_time_during_again );
  tap_run( "flush by hand", by_hand );
  tap_run( "a flush that is refused breaks the contract", refused_flush );
  tap_run( "calls are kept as they were made", calls_as_made );
  tap_run( "the last of many calls", last_of_many );
  tap_run( "calls read while they are made", calls_while_running );
  tap_run( "a flush behind the largest batch", behind_the_largest_batch );
  return tap_end();
}
