/* Every call visible: what is kept of single calls, and the histograms over all. */

#include "running.h"
#include "run/clock.h"
#include "scripted.h"
#include "tap.h"

#include <stdlib.h>

#define BUCKETS ( PL_LATENCY_BUCKETS + PL_BATCH_MAX + 1UL )

/* A run that is over and still there to be read. */
static int
played( running_t * r, pl_backend_t * backend, pl_run_cfg_t const * cfg, pl_snapshot_t * s ) {
  if( !running_start( r, backend, one_frame( 60U ), cfg ) ) return 0;
  running_wait( r, s );
  return 1;
}

static uint64_t
all_calls( pl_snapshot_t const * s ) {
  return s->counters.calls_success + s->counters.calls_inval + s->counters.calls_again;
}

/* Sums of a histogram: calls, and calls times lower end. */
static uint64_t
sum( pl_bucket_t const * b, unsigned long n, uint64_t * weighted ) {
  uint64_t calls = 0UL, weight = 0UL;
  for( unsigned long i = 0UL; i < n; i++ ) {
    CHECK( b[i].cnt > 0UL && b[i].lower <= b[i].upper );
    if( i ) CHECK( b[i].lower > b[i - 1UL].upper );
    calls += b[i].cnt;
    weight += b[i].cnt * b[i].lower;
  }
  if( weighted ) *weighted = weight;
  return calls;
}

/* A ring of 16 that nobody drains: 8, 8, then nothing any more. */
static void
occupancy( void ) {
  pl_opt_t const opts[] = { { .name = "ring", .num = 16 }, { .name = "drain", .num = 0 } };
  pl_backend_t * loop   = pl_backend_open( "loopback", opts, 2UL, 0, NULL );
  pl_run_cfg_t   cfg    = plain_cfg();
  pl_call_t      calls[4];
  char           text[PL_SENTENCE_MAX];
  running_t      r;
  pl_snapshot_t  s;
  cfg.again = PL_AGAIN_STOP;
  if( played( &r, loop, &cfg, &s ) ) {
    CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 4UL ), 3UL );
    uint32_t const before[3] = { 0, 8, 16 }, after[3] = { 8, 16, 16 };
    for( int i = 0; i < 3; i++ ) {
      CHECK_EQ( calls[i].occ_before, before[i] );
      CHECK_EQ( calls[i].occ_after, after[i] );
    }
    CHECK_EQ( calls[2].code, PL_AIO_ERR_AGAIN );
    CHECK_EQ( calls[2].idx, 0 );
    pl_run_call_text( r.run, &calls[2], text, sizeof( text ) );
    CHECK_STR( text, "Ring full: all 16 slots hold packets that the far end has not taken yet." );
    pl_run_delete( r.run );
  }
  pl_backend_close( loop );
}

/* Every call has the figures of its own cause, not those of the latest. */
static void
own_cause( void ) {
  answer_t const answers[] = { { .code = PL_AIO_ERR_AGAIN, .idx = 1UL }, { .code = PL_AIO_ERR_INVAL, .idx = 2UL } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_call_t      calls[4];
  char           text[PL_SENTENCE_MAX];
  running_t      r;
  pl_snapshot_t  s;
  cfg.count = 8UL;
  scripted_init( &b, answers, 2UL );
  if( !played( &r, &b.head, &cfg, &s ) ) return;
  CHECK_EQ( pl_run_calls( r.run, 1UL, calls, 4UL ), 3UL ); /* 1 of 8 | 2 and a bad one of 7 | 4 */
  pl_run_call_text( r.run, &calls[0], text, sizeof( text ) );
  CHECK_STR( text, "Call 1 said so." );
  pl_run_call_text( r.run, &calls[1], text, sizeof( text ) );
  CHECK_STR( text, "Call 2 said so." );
  CHECK_EQ( calls[2].cause, 0 );
  CHECK_EQ( calls[2].a, 0UL );
  pl_run_delete( r.run );
}

/* The first call of each code outlives the ring. */
static void
first_of_each( void ) {
  answer_t const answers[] = { { .code = PL_AIO_SUCCESS },
                               { .code = PL_AIO_ERR_AGAIN, .idx = 0UL },
                               { .code = PL_AIO_ERR_INVAL, .idx = 0UL },
                               { .code = PL_AIO_ERR_AGAIN, .idx = 0UL } };
  scripted_t     b;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_call_t      call;
  running_t      r;
  pl_snapshot_t  s;
  cfg.batch = 1UL;
  cfg.count = 3UL * PL_CALLS;
  scripted_init( &b, answers, 4UL );
  if( !played( &r, &b.head, &cfg, &s ) ) return;
  CHECK_EQ( pl_run_calls_made( r.run ), all_calls( &s ) );
  CHECK_EQ( pl_run_calls( r.run, 1UL, &call, 1UL ), 1UL );
  CHECK( call.seq > 2UL * PL_CALLS - 10UL ); /* those calls are gone from the ring */
  int const      codes[3] = { PL_AIO_SUCCESS, PL_AIO_ERR_AGAIN, PL_AIO_ERR_INVAL };
  uint64_t const seqs[3]  = { 1UL, 2UL, 3UL };
  for( int i = 0; i < 3; i++ ) {
    CHECK( pl_run_first_call( r.run, codes[i], &call ) );
    CHECK_EQ( call.code, codes[i] );
    CHECK_EQ( call.seq, seqs[i] );
    CHECK_EQ( call.a, codes[i] ? seqs[i] : 0UL );
  }
  pl_run_delete( r.run );
}

static void
first_of_none( void ) {
  pl_backend_t * null = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_call_t      call;
  running_t      r;
  pl_snapshot_t  s;
  cfg.count = 8UL;
  if( played( &r, null, &cfg, &s ) ) {
    CHECK( pl_run_first_call( r.run, PL_AIO_SUCCESS, &call ) );
    CHECK( !pl_run_first_call( r.run, PL_AIO_ERR_AGAIN, &call ) );
    CHECK( !pl_run_first_call( r.run, PL_AIO_ERR_INVAL, &call ) );
    pl_run_delete( r.run );
  }
  pl_backend_close( null );
}

/* 1,000 packets in batches of 64: fifteen full ones and one of 40. */
static void
batches( void ) {
  pl_backend_t * null = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_bucket_t    b[8];
  running_t      r;
  pl_snapshot_t  s;
  cfg.batch = 64UL;
  cfg.count = 1000UL;
  if( played( &r, null, &cfg, &s ) ) {
    CHECK_EQ( pl_run_batches( r.run, b, 8UL ), 2UL );
    CHECK_EQ( b[0].lower, 40UL );
    CHECK_EQ( b[0].cnt, 1UL );
    CHECK_EQ( b[1].lower, 64UL );
    CHECK_EQ( b[1].cnt, 15UL );
    CHECK_EQ( pl_run_batches( r.run, b, 1UL ), 1UL );
    CHECK_EQ( pl_run_batches( r.run, b, 0UL ), 0UL );
    pl_run_delete( r.run );
  }
  pl_backend_close( null );
}

/* What is offered again is in the histogram again. */
static void
agree( void ) {
  answer_t const answers[] = { { .code = PL_AIO_SUCCESS },
                               { .code = PL_AIO_ERR_AGAIN, .idx = 3UL },
                               { .code = PL_AIO_ERR_INVAL, .idx = 1UL } };
  pl_bucket_t *  b   = calloc( BUCKETS, sizeof( pl_bucket_t ) );
  pl_run_cfg_t   cfg = plain_cfg();
  scripted_t     backend;
  running_t      r;
  pl_snapshot_t  s;
  uint64_t       offered;
  cfg.count = 24UL;
  scripted_init( &backend, answers, 3UL );
  if( played( &r, &backend.head, &cfg, &s ) ) {
    unsigned long n = pl_run_batches( r.run, b, BUCKETS ); /* 8 | 8 | 5 | 3 | 8 */
    CHECK_EQ( sum( b, n, &offered ), all_calls( &s ) );
    CHECK_EQ( offered, s.counters.offered + s.counters.retried + 3UL );
    n = pl_run_latency_buckets( r.run, b, BUCKETS );
    CHECK_EQ( sum( b, n, NULL ), all_calls( &s ) );
    uint64_t latency[6];
    pl_run_latency( r.run, latency );
    CHECK( n && b[n - 1UL].lower <= latency[5] && latency[5] <= b[n - 1UL].upper );
    pl_run_delete( r.run );
  }
  free( b );
}

/* Read while they grow: never less, and in the end as many as there were calls. */
static void
while_running( void ) {
  pl_backend_t * null = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  pl_bucket_t *  b    = calloc( BUCKETS, sizeof( pl_bucket_t ) );
  pl_run_cfg_t   cfg  = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  cfg.batch = 5UL;
  if( running_start( &r, null, one_frame( 60U ), &cfg ) ) {
    uint64_t fill = 0UL, latency = 0UL;
    for( int i = 0; i < 200; i++ ) {
      uint64_t f = sum( b, pl_run_batches( r.run, b, BUCKETS ), NULL );
      uint64_t l = sum( b, pl_run_latency_buckets( r.run, b, BUCKETS ), NULL );
      CHECK( f >= fill && l >= latency );
      fill    = f;
      latency = l;
      breathe();
    }
    CHECK( fill > 0UL );
    pl_run_stop( r.run );
    running_wait( &r, &s );
    CHECK_EQ( sum( b, pl_run_batches( r.run, b, BUCKETS ), NULL ), all_calls( &s ) );
    CHECK_EQ( sum( b, pl_run_latency_buckets( r.run, b, BUCKETS ), NULL ), all_calls( &s ) );
    CHECK_EQ( pl_run_calls_made( r.run ), all_calls( &s ) );
    pl_run_delete( r.run );
  }
  free( b );
  pl_backend_close( null );
}

/* A backend whose first send holds the thread up, as a stopped process does. */
typedef struct {
  pl_backend_t head;
  int          calls;
} slow_t;

static int
slow_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
           int flush ) {
  (void)batch;
  (void)flush;
  slow_t * self = ctx;
  if( self->calls++ ) {
    self->head.completed += batch_cnt;
    return PL_AIO_SUCCESS;
  }
  struct timespec const nap = { .tv_sec = 1, .tv_nsec = 300000000L };
  nanosleep( &nap, NULL );
  if( opt_batch_idx ) *opt_batch_idx = 0UL;
  return PL_AIO_ERR_AGAIN;
}

static void
slow_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  (void)cause;
  if( buf_sz ) buf[0] = '\0';
}

static void
away( void ) {
  static pl_backend_def_t const def = { .name = "slow", .cause_text = slow_text };
  slow_t        b   = { .head = { .def = &def } };
  pl_run_cfg_t  cfg = plain_cfg();
  pl_call_t     call;
  running_t     r;
  pl_snapshot_t s;
  b.head.aio   = (pl_aio_t){ .ctx = &b, .send_func = slow_send };
  cfg.count    = 8UL;
  cfg.stall_ns = 1200000000UL; /* less than the nap: the thread was away, the device did not stall */
  if( !played( &r, &b.head, &cfg, &s ) ) return;
  CHECK( !pl_run_fault( r.run ) );
  CHECK_EQ( s.counters.taken, 8UL );
  CHECK_EQ( s.counters.away_cnt, 1UL );
  CHECK( s.counters.away_last_ns >= 1300000000UL && s.counters.away_ns == s.counters.away_last_ns );
  CHECK( s.counters.away_at_ns <= s.counters.first_ns );
  CHECK( pl_run_first_call( r.run, PL_AIO_ERR_AGAIN, &call ) && call.dur_ns >= 1300000000UL );
  pl_run_delete( r.run );
}

int
main( void ) {
  tap_run( "ring occupancy before and after each call", occupancy );
  tap_run( "every call has its own cause", own_cause );
  tap_run( "the first call of each code is kept", first_of_each );
  tap_run( "a code that never came has no first call", first_of_none );
  tap_run( "how many packets calls carried", batches );
  tap_run( "histograms agree with the counters", agree );
  tap_run( "histograms read while they grow", while_running );
  tap_run( "a thread that did not get to run says so, and is no stall", away );
  return tap_end();
}
