/* Somebody sets the wall clock by an hour during a run: durations stay right and
   the times of a capture stay in order.  The clock is this program's own
   clock_gettime, never the machine's. */

#include "captured.h"
#include "files.h"
#include "opened.h"
#include "run/clock.h"
#include "running.h"
#include "stage/chain.h"
#include "tap.h"

#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOUR_S (3600L)

static atomic_long step_s; /* what the wall clock has been set by */

int
clock_gettime( clockid_t clock, struct timespec * ts ) {
  int ret = (int)syscall( SYS_clock_gettime, clock, ts );
  if( !ret && clock == CLOCK_REALTIME ) ts->tv_sec += atomic_load( &step_s );
  return ret;
}

/* A run of 0.4 s with the clock set by that in its middle, teed and received into
   captures. */
static void
stepped( long by ) {
  char const *   tee  = files_new();
  char const *   peer = files_new();
  pl_backend_t * b    = open_loopback( NULL );
  atomic_store( &step_s, 0L );
  uint64_t opened = pl_clock_wall_ns();
  CHECK( !pl_backend_set_peer_out( b, open_pcapng( peer, 0.0, 0.0 ), NULL ) );
  CHECK( !pl_chain_set_tee( b, open_pcapng( tee, 0.0, 0.0 ), NULL ) );
  pl_run_cfg_t cfg = plain_cfg();
  cfg.rate         = rate_pps( 2000.0 );
  cfg.count        = 800UL;
  running_t     run = { 0 };
  pl_snapshot_t s;
  if( !running_start( &run, b, one_frame( 60U ), &cfg ) ) return;
  do {
    running_look( &run, &s );
    breathe();
  } while( s.counters.offered < 400UL );
  atomic_store( &step_s, by );
  running_wait( &run, &s );
  pl_run_delete( run.run );
  pl_backend_close( b );
  uint64_t seconds_ns = s.counters.settled_ns - s.counters.first_ns;
  CHECK( seconds_ns >= 390000000UL ); /* 799 gaps of 0.5 ms, less a batch that goes at once */
  CHECK( seconds_ns < (uint64_t)HOUR_S * 1000000000UL / 2UL );
  char const * const paths[] = { tee, peer };
  for( int k = 0; k < 2; k++ ) {
    captured_t * c = captured_read( paths[k] );
    CHECK_EQ( c->frames.cnt, 800UL );
    CHECK( c->ts_ns[0] + 1000000000UL > opened && c->ts_ns[0] < opened + 600UL * 1000000000UL );
    for( unsigned long i = 1UL; i < c->frames.cnt; i++ ) CHECK( c->ts_ns[i] >= c->ts_ns[i - 1UL] );
    uint64_t span = c->ts_ns[799] - c->ts_ns[0];
    CHECK( span >= 390000000UL && span < (uint64_t)HOUR_S * 1000000000UL / 2UL );
    captured_delete( c );
  }
}

static void
forward( void ) {
  stepped( HOUR_S );
}

static void
back( void ) {
  stepped( -HOUR_S );
}

int
main( void ) {
  tap_run( "the wall clock is set forward by an hour during a run", forward );
  tap_run( "the wall clock is set back by an hour during a run", back );
  return tap_end();
}
