/* The runner over a scripted backend: what no real backend does on demand. */

#include "running.h"
#include "scripted.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>

#define MS (1000000UL)

#define AGAIN( IDX ) { .code = PL_AIO_ERR_AGAIN, .idx = IDX }
#define INVAL( IDX ) { .code = PL_AIO_ERR_INVAL, .idx = IDX }
#define SUCCESS      { .code = PL_AIO_SUCCESS }

/* Runs cfg over these answers. */
static void
play( scripted_t * b, answer_t const * answers, unsigned long cnt, pl_run_cfg_t const * cfg, pl_snapshot_t * s,
      pl_state_t * fault ) {
  scripted_init( b, answers, cnt );
  run_through( &b->head, one_frame( 60U ), cfg, s, fault );
}

#define PLAY( b, answers, cfg, s, fault ) play( b, answers, sizeof( answers ) / sizeof( answers[0] ), cfg, s, fault )

static void
retried( void ) {
  answer_t const answers[] = { AGAIN( 3 ), AGAIN( 0 ), AGAIN( 1 ), SUCCESS, AGAIN( 7 ), SUCCESS };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.count = 16UL;
  PLAY( &b, answers, &cfg, &s, NULL );
  unsigned long const cnts[] = { 8UL, 5UL, 5UL, 4UL, 8UL, 1UL };
  for( int i = 0; i < 6; i++ ) CHECK_EQ( b.calls[i].cnt, cnts[i] );
  CHECK_EQ( s.counters.retried, 5UL + 5UL + 4UL + 1UL );
  CHECK_EQ( s.counters.taken, 16UL );
  CHECK_EQ( s.counters.refused, 0UL );
  CHECK_EQ( s.counters.calls_success, 2UL );
  CHECK_EQ( s.counters.calls_again, 4UL );
  pl_reason_t const * r = reason_of( &s, 0, 7 );
  if( CHECK( r ) ) {
    CHECK_EQ( r->cnt, 4UL );
    CHECK_EQ( r->first.ordinal, 3UL );
    CHECK_EQ( r->first.call, 1UL );
    CHECK_EQ( r->first.idx, 3UL );
    CHECK_EQ( r->last.ordinal, 15UL );
    CHECK_EQ( r->last.call, 5UL );
    CHECK_EQ( r->last.idx, 7UL );
    CHECK_EQ( r->last.a, 5UL );
  }
}

/* Re-offering the tail behind an INVAL is no retry, also in the middle of one. */
static void
inval_after_again( void ) {
  answer_t const answers[] = { AGAIN( 2 ), INVAL( 1 ), SUCCESS, INVAL( 0 ), INVAL( 6 ) };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.count = 16UL;
  PLAY( &b, answers, &cfg, &s, NULL );
  unsigned long const cnts[] = { 8UL, 6UL, 4UL, 8UL, 7UL };
  for( int i = 0; i < 5; i++ ) CHECK_EQ( b.calls[i].cnt, cnts[i] );
  CHECK_EQ( s.counters.retried, 6UL );
  CHECK_EQ( s.counters.taken, 13UL );
  CHECK_EQ( s.counters.refused, 3UL );
  CHECK_EQ( s.counters.unexamined, 0UL );
  CHECK_EQ( s.counters.calls_inval, 3UL );
  pl_reason_t const * r = reason_of( &s, 1, 7 );
  if( CHECK( r ) ) {
    CHECK_EQ( r->first.ordinal, 3UL );
    CHECK_EQ( r->last.ordinal, 15UL );
  }
}

static void
policies( void ) {
  answer_t const answers[] = { AGAIN( 3 ), SUCCESS, AGAIN( 0 ), INVAL( 7 ) };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.count = 32UL;
  cfg.again = PL_AGAIN_DROP;
  PLAY( &b, answers, &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, 32UL );
  CHECK_EQ( s.counters.taken, 3UL + 8UL + 7UL );
  CHECK_EQ( s.counters.refused, 5UL + 8UL + 1UL );
  CHECK_EQ( s.counters.retried, 0UL );
  cfg.again = PL_AGAIN_STOP;
  PLAY( &b, answers, &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, 8UL );
  CHECK_EQ( s.counters.taken, 3UL );
  CHECK_EQ( s.counters.refused, 5UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_AGAIN );
}

/* The clock of a stall starts with the refusal, not with the last success: at
   low rates that was long ago. */
static void
slow_is_not_stalled( void ) {
  answer_t const answers[] = { SUCCESS, AGAIN( 0 ), SUCCESS, AGAIN( 0 ), AGAIN( 0 ), SUCCESS };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.batch    = 1UL;
  cfg.count    = 3UL;
  cfg.rate     = rate_pps( 4.0 ); /* 250 ms apart */
  cfg.stall_ns = 200UL * MS;
  PLAY( &b, answers, &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 3UL );
  CHECK_EQ( s.counters.retried, 3UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
}

static void
stalled( void ) {
  answer_t const answers[] = { AGAIN( 5 ), { .code = PL_AIO_ERR_AGAIN, .for_ns = 5000UL * MS } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  pl_state_t     fault;
  cfg.stall_ns = 20UL * MS;
  PLAY( &b, answers, &cfg, &s, &fault );
  CHECK_EQ( s.counters.taken, 5UL );
  CHECK_EQ( s.counters.refused, 3UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_STR( fault.step, "stalled" );
  CHECK_HAS( fault.sentence, "said so." );
}

/* While the link is down the clock of a stall rests. */
static void
link_down( void ) {
  answer_t const answers[] = {
      SUCCESS,
      { .code = PL_AIO_ERR_AGAIN, .state = PL_STATE_LINK_DOWN, .for_ns = 120UL * MS },
      SUCCESS,
  };
  scripted_t    b;
  pl_run_cfg_t  cfg = plain_cfg();
  running_t     r;
  pl_snapshot_t s;
  unsigned      seen = 0U;
  cfg.count    = 24UL;
  cfg.stall_ns = 60UL * MS;
  scripted_init( &b, answers, 3UL );
  if( !running_start( &r, &b.head, one_frame( 60U ), &cfg ) ) return;
  while( !pl_run_ended( r.run ) ) {
    running_look( &r, &s );
    seen += s.counters.state == PL_STATE_LINK_DOWN;
    breathe();
  }
  running_wait( &r, &s );
  CHECK( seen > 0U ); /* the state shows while it lasts */
  CHECK_EQ( s.counters.taken, 24UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.state, PL_STATE_UP );
  CHECK( !pl_run_fault( r.run ) );
  pl_run_delete( r.run );

  /* Up again and still refusing: now it counts. */
  answer_t const never[] = {
      { .code = PL_AIO_ERR_AGAIN, .state = PL_STATE_LINK_DOWN, .for_ns = 50UL * MS },
      { .code = PL_AIO_ERR_AGAIN, .for_ns = 5000UL * MS },
  };
  pl_state_t fault;
  cfg.stall_ns = 20UL * MS;
  PLAY( &b, never, &cfg, &s, &fault );
  CHECK_STR( fault.step, "stalled" );
  CHECK_EQ( fault.state, PL_STATE_UP );
}

/* It rests and does not start over: refused for 60 ms before and 70 ms after is over
   100 ms. */
static void
link_down_in_between( void ) {
  answer_t const answers[] = {
      { .code = PL_AIO_ERR_AGAIN, .for_ns = 60UL * MS },
      { .code = PL_AIO_ERR_AGAIN, .state = PL_STATE_LINK_DOWN, .for_ns = 50UL * MS },
      { .code = PL_AIO_ERR_AGAIN, .for_ns = 70UL * MS },
      SUCCESS,
  };
  scripted_t    b;
  pl_run_cfg_t  cfg = plain_cfg();
  pl_snapshot_t s;
  pl_state_t    fault;
  cfg.count    = 8UL;
  cfg.stall_ns = 100UL * MS;
  PLAY( &b, answers, &cfg, &s, &fault );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_STR( fault.step ? fault.step : "", "stalled" );
  CHECK_EQ( s.counters.taken, 0UL );
}

/* Under the other policies link-down is a refusal like any other. */
static void
link_down_policies( void ) {
  answer_t const answers[] = { { .code = PL_AIO_ERR_AGAIN, .idx = 2UL, .state = PL_STATE_LINK_DOWN } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.count = 16UL;
  cfg.again = PL_AGAIN_DROP;
  PLAY( &b, answers, &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 10UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  cfg.again = PL_AGAIN_STOP;
  PLAY( &b, answers, &cfg, &s, NULL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_AGAIN );
}

/* Removed and failed end the run under every policy, with any code. */
static void
faults( void ) {
  for( int state = PL_STATE_REMOVED; state <= PL_STATE_FAILED; state++ )
    for( int again = PL_AGAIN_RETRY; again <= PL_AGAIN_STOP; again++ )
      for( int code = PL_AIO_ERR_AGAIN; code <= PL_AIO_SUCCESS; code++ ) {
        answer_t const answers[] = { SUCCESS, { .code = code, .idx = 3UL, .state = state } };
        scripted_t     b;
        pl_run_cfg_t   cfg = plain_cfg();
        pl_snapshot_t  s;
        pl_state_t     fault;
        cfg.again = again;
        cfg.count = 1000UL;
        PLAY( &b, answers, &cfg, &s, &fault );
        CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
        CHECK_EQ( fault.state, state );
        CHECK_EQ( fault.err, 5 );
        CHECK_STR( fault.step, "scripted" );
        CHECK_STR( fault.sentence, "It was told to." );
        CHECK_EQ( s.counters.offered, 16UL );
        CHECK_EQ( s.counters.taken, code == PL_AIO_SUCCESS ? 16UL : 11UL );
        CHECK_EQ( s.counters.refused, code == PL_AIO_SUCCESS ? 0UL : code == PL_AIO_ERR_INVAL ? 1UL : 5UL );
        CHECK_EQ( s.counters.unexamined, code == PL_AIO_ERR_INVAL ? 4UL : 0UL );
      }
}

static void
broken_contract( void ) {
  answer_t const bad[] = {
      { .code = -3 },
      { .code = 1 },
      { .code = 8 }, /* a count, as some senders answer */
      { .code = -2147483647 - 1 },
      { .code = -3, .idx = 2UL },
      { .code = PL_AIO_ERR_AGAIN, .idx = UNTOUCHED },
      { .code = PL_AIO_ERR_INVAL, .idx = UNTOUCHED },
      { .code = PL_AIO_ERR_AGAIN, .idx = 8UL },
      { .code = PL_AIO_ERR_INVAL, .idx = 8UL },
      { .code = PL_AIO_ERR_AGAIN, .idx = 9UL },
      { .code = PL_AIO_ERR_INVAL, .idx = 1UL << 63 },
  };
  for( unsigned long i = 0UL; i < sizeof( bad ) / sizeof( bad[0] ); i++ ) {
    answer_t const answers[] = { SUCCESS, bad[i] };
    scripted_t     b;
    pl_run_cfg_t   cfg = plain_cfg();
    pl_snapshot_t  s;
    pl_state_t     fault;
    PLAY( &b, answers, &cfg, &s, &fault );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
    CHECK_EQ( fault.state, PL_STATE_FAILED );
    CHECK_HAS( fault.sentence, "broke the contract" );
    CHECK_EQ( s.counters.taken, 8UL ); /* of the call that cannot be counted nothing is */
    CHECK_EQ( s.counters.offered, 16UL );
    CHECK_EQ( b.call_cnt, 3UL ); /* the flush at the end comes last */
  }
}

/* A manual end settles what is pending by its last answer. */
static void
settled_by_last_answer( void ) {
  answer_t const again[] = { AGAIN( 2 ), { .code = PL_AIO_ERR_AGAIN, .for_ns = 60000UL * MS } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  for( int by_time = 0; by_time < 2; by_time++ ) {
    cfg.duration_ns = by_time ? 100UL * MS : 0UL;
    scripted_init( &b, again, 2UL );
    if( !running_start( &r, &b.head, one_frame( 60U ), &cfg ) ) return;
    do running_look( &r, &s );
    while( s.counters.calls_again < 3UL && !pl_run_ended( r.run ) );
    CHECK( pl_run_ended( r.run ) || s.counters.pending == 6UL );
    if( !by_time ) pl_run_stop( r.run );
    running_wait( &r, &s );
    CHECK_EQ( s.counters.stopped_by, by_time ? PL_STOP_DURATION : PL_STOP_USER );
    CHECK_EQ( s.counters.taken, 2UL );
    CHECK_EQ( s.counters.refused, 6UL );
    CHECK_EQ( s.counters.unexamined, 0UL );
    pl_run_delete( r.run );
  }
  answer_t const inval[] = { SUCCESS, INVAL( 2 ) };
  cfg             = plain_cfg();
  cfg.until_set   = 1;
  cfg.until       = PL_AIO_ERR_INVAL;
  PLAY( &b, inval, &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 10UL );
  CHECK_EQ( s.counters.refused, 1UL );
  CHECK_EQ( s.counters.unexamined, 5UL );
}

static void
at_limit( void ) {
  answer_t const answers[] = { SUCCESS, { .code = PL_AIO_ERR_AGAIN, .idx = 4UL, .at_limit = 1 } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  for( cfg.again = PL_AGAIN_RETRY; cfg.again <= PL_AGAIN_STOP; cfg.again++ ) {
    PLAY( &b, answers, &cfg, &s, NULL );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_LIMIT );
    CHECK_EQ( s.counters.taken, 12UL );
    CHECK_EQ( s.counters.refused, 4UL );
  }
}

/* At least 1 us, doubling to 1 ms; how much longer is up to the machine. */
static void
waits_between_retries( void ) {
  answer_t const answers[] = { AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ),
                               AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 0 ), AGAIN( 3 ), AGAIN( 0 ), SUCCESS };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.count = 8UL;
  PLAY( &b, answers, &cfg, &s, NULL );
  uint64_t least = 1000UL; /* and again after progress */
  for( unsigned long i = 1UL; i < 16UL; i++ ) {
    CHECK( b.calls[i].t_ns - b.calls[i - 1UL].t_ns >= least );
    least = i == 13UL ? 1000UL : least * 2UL;
    if( least > MS ) least = MS;
  }
  CHECK_EQ( s.counters.taken, 8UL );
}

int
main( void ) {
  tap_run( "retried counts packets that were offered again", retried );
  tap_run( "INVAL after AGAIN", inval_after_again );
  tap_run( "drop and stop", policies );
  tap_run( "a slow run is not stalled", slow_is_not_stalled );
  tap_run( "no progress is", stalled );
  tap_run( "link-down rests the clock of a stall", link_down );
  tap_run( "and does not set it back", link_down_in_between );
  tap_run( "link-down under drop and stop", link_down_policies );
  tap_run( "removed and failed end the run", faults );
  tap_run( "an answer that breaks the contract", broken_contract );
  tap_run( "what is pending is settled by its last answer", settled_by_last_answer );
  tap_run( "the limit of a capture", at_limit );
  tap_run( "retries wait longer and longer", waits_between_retries );
  return tap_end();
}
