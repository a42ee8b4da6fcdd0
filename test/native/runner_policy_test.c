/* The runner over real backends: what happens after a refusal, when things are
   flushed, and how a run ends. */

#include "files.h"
#include "frames.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Causes of loopback and pcapng, as they show in the reasons. */
enum { LOOPBACK_FULL = 1, LOOPBACK_LIMIT = 3, PCAPNG_LIMIT = 2 };

static void
again_retry_stalls( void ) {
  pl_backend_t * b   = open_loopback( "ring", 64.0, "drain", 0.0, NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  pl_state_t     fault;
  cfg.batch    = 10UL;
  cfg.count    = 1000UL;
  cfg.stall_ns = 30000000UL;
  run_through( b, one_frame( 60U ), &cfg, &s, &fault );
  CHECK_EQ( s.counters.taken, 64UL );
  CHECK_EQ( s.counters.refused, 6UL ); /* what was pending; nothing more was read */
  CHECK_EQ( s.counters.offered, 70UL );
  CHECK_EQ( s.counters.unexamined, 0UL );
  CHECK_EQ( s.counters.calls_success, 6UL );
  CHECK( s.counters.calls_again >= 2UL );
  CHECK_EQ( s.counters.retried, ( s.counters.calls_again - 1UL ) * 6UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_EQ( fault.state, PL_STATE_UP );
  CHECK_STR( fault.step, "stalled" );
  CHECK_HAS( fault.sentence, "Stalled: no packet was accepted for 0.0 s. Ring full: all 64 slots" );
  CHECK_HAS( fault.sentence, "The 64 packets accepted before are kept" );
  pl_reason_t const * r = reason_of( &s, 0, LOOPBACK_FULL );
  if( CHECK( r ) ) {
    CHECK_EQ( r->cnt, s.counters.calls_again );
    CHECK_EQ( r->first.ordinal, 64UL );
    CHECK_EQ( r->first.call, 7UL );
    CHECK_EQ( r->first.idx, 4UL );
    CHECK_EQ( r->last.ordinal, 64UL );
    CHECK_EQ( r->last.idx, 0UL );
  }
  pl_backend_close( b );
}

static void
again_drop( void ) {
  pl_backend_t * b   = open_loopback( "ring", 64.0, "drain", 0.0, NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.batch = 10UL;
  cfg.count = 205UL;
  cfg.again = PL_AGAIN_DROP;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 64UL );
  CHECK_EQ( s.counters.refused, 141UL );
  CHECK_EQ( s.counters.unexamined, 0UL );
  CHECK_EQ( s.counters.retried, 0UL );
  CHECK_EQ( s.counters.calls_success, 6UL );
  CHECK_EQ( s.counters.calls_again, 15UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.completed, 0UL ); /* drain=0: in flight for ever, and the end does not wait for it */
  pl_backend_close( b );
}

static void
again_stop( void ) {
  pl_backend_t * b   = open_loopback( "ring", 64.0, "drain", 0.0, NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  cfg.batch = 10UL;
  cfg.again = PL_AGAIN_STOP;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 64UL );
  CHECK_EQ( s.counters.refused, 6UL );
  CHECK_EQ( s.counters.retried, 0UL );
  CHECK_EQ( s.counters.calls_again, 1UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_AGAIN );
  pl_backend_close( b );
}

/* A slow far end: every packet arrives in the end, once and in order. */
static void
again_retry_recovers( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_loopback( "ring", 8.0, "drain", 50000.0, NULL );
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_snapshot_t  s;
  uint32_t const sizes[7] = { 60U, 61U, 62U, 63U, 64U, 65U, 66U };
  record_peer( b, path );
  cfg.batch = 20UL; /* more than the ring holds */
  cfg.count = 3000UL;
  run_through( b, made_source( sizes, 7UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 3000UL );
  CHECK_EQ( s.counters.refused, 0UL );
  CHECK_EQ( s.counters.received, 3000UL );
  CHECK( s.counters.calls_again > 0UL );
  CHECK( s.counters.retried >= s.counters.calls_again );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.ring_occ, 0UL );
  pl_backend_close( b );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 3000UL );
  for( unsigned long i = 0UL; i < f.cnt; i++ ) CHECK( frames_match( &f, i, sizes[i % 7UL], i % 7UL ) );
  frames_free( &f );
}

static void
inval_mid_batch( void ) {
  pl_backend_t * b        = open_loopback( "mtu", 1500.0, NULL );
  pl_run_cfg_t   cfg      = plain_cfg();
  uint32_t const sizes[4] = { 60U, 3000U, 1514U, 1515U };
  pl_snapshot_t  s;
  cfg.batch = 8UL;
  cfg.count = 42UL;
  run_through( b, made_source( sizes, 4UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, 42UL );
  CHECK_EQ( s.counters.taken, 21UL );
  CHECK_EQ( s.counters.refused, 21UL );
  CHECK_EQ( s.counters.unexamined, 0UL ); /* the tail was offered again */
  CHECK_EQ( s.counters.retried, 0UL );    /* which is no retry */
  CHECK_EQ( s.counters.calls_inval, 21UL );
  CHECK_EQ( s.counters.calls_success, 0UL ); /* every batch ends with a bad one */
  CHECK_EQ( s.counters.completed, 21UL );
  CHECK_EQ( s.counters.received, 21UL );
  pl_reason_t const * r = reason_of( &s, 1, LOOPBACK_LIMIT );
  if( CHECK( r ) ) {
    CHECK_EQ( r->cnt, 21UL );
    CHECK_EQ( r->first.ordinal, 1UL );
    CHECK_EQ( r->first.call, 1UL );
    CHECK_EQ( r->first.idx, 1UL );
    CHECK_EQ( r->last.ordinal, 41UL );
    CHECK_EQ( r->last.idx, 1UL );
  }
  pl_backend_close( b );
}

static void
until( void ) {
  uint32_t const sizes[4] = { 60U, 3000U, 60U, 60U };
  pl_run_cfg_t   cfg      = plain_cfg();
  pl_snapshot_t  s;
  cfg.until_set    = 1;
  cfg.until        = PL_AIO_SUCCESS;
  pl_backend_t * b = open_loopback( NULL );
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_CODE );
  CHECK_EQ( s.counters.taken, 8UL );
  CHECK_EQ( s.counters.calls_success, 1UL );
  pl_backend_close( b );

  cfg.until = PL_AIO_ERR_INVAL;
  b         = open_loopback( "mtu", 100.0, NULL );
  run_through( b, made_source( sizes, 4UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_CODE );
  CHECK_EQ( s.counters.taken, 1UL );
  CHECK_EQ( s.counters.refused, 1UL );
  CHECK_EQ( s.counters.unexamined, 6UL );
  pl_backend_close( b );

  for( int again = PL_AGAIN_RETRY; again <= PL_AGAIN_STOP; again++ ) { /* the code comes before the policy */
    cfg.until = PL_AIO_ERR_AGAIN;
    cfg.again = again;
    b         = open_loopback( "ring", 5.0, "drain", 0.0, NULL );
    run_through( b, one_frame( 60U ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_CODE );
    CHECK_EQ( s.counters.taken, 5UL );
    CHECK_EQ( s.counters.refused, 3UL );
    CHECK_EQ( s.counters.calls_again, 1UL );
    pl_backend_close( b );
  }
}

static void
limit( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 80.0 + 92.0 * 100.0, 0.0 );
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_snapshot_t  s;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_LIMIT );
  CHECK_EQ( s.counters.taken, 100UL );
  CHECK_EQ( s.counters.completed, 100UL );
  CHECK_EQ( s.counters.refused, 4UL ); /* 13 batches of 8 */
  CHECK( reason_of( &s, 0, PCAPNG_LIMIT ) );
  pl_backend_close( b );
  CHECK_EQ( file_sz( path ), 9280L );
}

static void
full_disk( void ) {
  pl_opt_t const opt = { .name = "file", .str = "/dev/full" };
  pl_backend_t * b   = pl_backend_open( "pcapng", &opt, 1UL, 0, NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  pl_state_t     fault;
  run_through( b, one_frame( 60U ), &cfg, &s, &fault );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_EQ( s.counters.state, PL_STATE_FAILED );
  CHECK_EQ( s.counters.taken, 0UL );
  CHECK_EQ( s.counters.refused, 8UL );
  CHECK_EQ( fault.state, PL_STATE_FAILED );
  CHECK_EQ( fault.err, ENOSPC );
  CHECK_STR( fault.step, "write" );
  pl_backend_close( b );
}

/* The recording of the peer fails: the run goes on to its end and says so. */
static void
peer_disk_full( void ) {
  pl_opt_t const opt = { .name = "file", .str = "/dev/full" };
  pl_err_t       err = { 0 };
  pl_backend_t * b   = open_loopback( NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  pl_state_t     fault;
  CHECK( !pl_backend_set_peer_out( b, pl_backend_open( "pcapng", &opt, 1UL, 0, NULL ), &err ) );
  cfg.count = 1000UL;
  run_through( b, one_frame( 60U ), &cfg, &s, &fault );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.taken, 1000UL );
  CHECK_EQ( s.counters.received, 1000UL );
  CHECK_EQ( s.counters.not_captured, 1000UL );
  CHECK_EQ( fault.state, PL_STATE_FAILED );
  CHECK_EQ( fault.err, ENOSPC );
  pl_backend_close( b );
}

static void
peer_limit( void ) {
  pl_err_t       err = { 0 };
  pl_backend_t * b   = open_loopback( NULL );
  pl_run_cfg_t   cfg = plain_cfg();
  pl_snapshot_t  s;
  CHECK( !pl_backend_set_peer_out( b, open_pcapng( files_new(), 80.0 + 92.0 * 30.0, 0.0 ), &err ) );
  cfg.count = 1000UL;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.received, 1000UL );
  CHECK_EQ( s.counters.not_captured, 970UL );
  pl_backend_close( b );
}

/* What the far end has not taken yet when the last packet was sent. */
static void
drained( void ) {
  double const delays[2] = { 0.0, 50e6 };
  for( int i = 0; i < 2; i++ ) {
    pl_backend_t * b   = open_loopback( "ring", 64.0, "drain", 2000.0, "delay", delays[i], NULL );
    pl_run_cfg_t   cfg = plain_cfg();
    pl_snapshot_t  s;
    cfg.count       = 60UL;
    cfg.flush_every = 0UL; /* and what was never flushed goes too */
    run_through( b, one_frame( 60U ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.taken, 60UL );
    CHECK_EQ( s.counters.completed, 60UL );
    CHECK_EQ( s.counters.received, 60UL );
    CHECK_EQ( s.counters.flushes, 0UL );
    pl_backend_close( b );
  }
}

/* Reads a pipe into a file, slowly. */
typedef struct {
  int        in, out;
  atomic_int done;
} reader_t;

static void *
read_slowly( void * arg ) {
  reader_t * self = arg;
  char       buf[8192];
  for( ;; ) {
    int     last = atomic_load( &self->done );
    ssize_t n    = read( self->in, buf, sizeof( buf ) );
    if( n > 0 && write( self->out, buf, (size_t)n ) != n ) break;
    if( n <= 0 && last ) break;
    breathe();
  }
  return NULL;
}

/* Into a pipe whose reader is slower than the run: AGAIN, and nothing is lost,
   the end of the run included. */
static void
slow_pipe( void ) {
  for( int peer = 0; peer < 2; peer++ ) {
    char const * fifo = files_new();
    char const * path = files_new();
    CHECK( !mkfifo( fifo, 0600 ) );
    reader_t  reader = { .in = open( fifo, O_RDONLY | O_NONBLOCK ), .out = open( path, O_WRONLY | O_CREAT, 0600 ) };
    pthread_t thread;
    signal( SIGPIPE, SIG_IGN );
    pl_backend_t * b   = peer ? open_loopback( "ring", 32.0, NULL ) : open_pcapng( fifo, 0.0, 0.0 );
    pl_run_cfg_t   cfg = plain_cfg();
    pl_snapshot_t  s;
    if( peer ) record_peer( b, fifo );
    CHECK( !pthread_create( &thread, NULL, read_slowly, &reader ) );
    cfg.count       = 500UL;
    cfg.flush_every = 0UL;
    run_through( b, one_frame( 1000U ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.taken, 500UL );
    CHECK_EQ( s.counters.completed, 500UL );
    CHECK( s.counters.calls_again > 0UL );
    pl_backend_close( b );
    atomic_store( &reader.done, 1 );
    pthread_join( thread, NULL );
    close( reader.in );
    close( reader.out );
    frames_t f = { 0 };
    CHECK( frames_load( &f, path ) );
    CHECK_EQ( f.cnt, 500UL );
    frames_free( &f );
  }
}

int
main( void ) {
  tap_run( "AGAIN, retry: without progress it stalls", again_retry_stalls );
  tap_run( "AGAIN, retry: with progress everything arrives", again_retry_recovers );
  tap_run( "AGAIN, drop", again_drop );
  tap_run( "AGAIN, stop", again_stop );
  tap_run( "INVAL in the middle of a batch", inval_mid_batch );
  tap_run( "until a code", until );
  tap_run( "a limit ends the run without a fault", limit );
  tap_run( "a full disk ends it with one", full_disk );
  tap_run( "a full disk at the peer does not end it", peer_disk_full );
  tap_run( "nor does a limit there", peer_limit );
  tap_run( "what is under way at the end arrives", drained );
  tap_run( "a slow pipe loses nothing", slow_pipe );
  return tap_end();
}
