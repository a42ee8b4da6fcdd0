/* A run that is stopped while its lab's helper dies, with readers all the time; then lab and
   backend are closed by two threads. */

#include "asked.h"
#include "net/lab.h"
#include "pl_device.h"
#include "running.h"
#include "tap.h"

#include <linux/if_ether.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define RUNS (24U)

static running_t  running;
static atomic_int over;

static void *
watch( void * arg ) {
  (void)arg;
  pl_snapshot_t s;
  while( !atomic_load( &over ) ) {
    pl_run_snapshot( running.run, &s );
    CHECK_EQ( s.counters.offered, s.counters.taken + s.counters.refused + s.counters.unexamined );
    (void)pl_run_ended( running.run );
    (void)pl_lab_is_dead( lab );
  }
  return NULL;
}

/* Kills the helper after so many microseconds. */
static void *
kill_after( void * us ) {
  usleep( *(useconds_t *)us );
  kill( pl_lab_pid( lab ), SIGKILL );
  return NULL;
}

static void *
close_lab( void * arg ) {
  (void)arg;
  pl_lab_close( lab );
  return NULL;
}

/* The end a of the lab's pair as a device. */
static pl_device_t
device_of_lab( void ) {
  pl_lab_rep_t rep;
  pl_device_t  device = { .mem_fd = -1, .end = PL_LAB_END_A, .monitor = pl_lab_monitor( lab ) };
  device.recv_fd      = one( ask_of( PL_LAB_PACKET, PL_LAB_END_B, ETH_P_ALL ), &rep );
  device.tag_fd       = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  device.send_fd      = one( ask_of( PL_LAB_PACKET, PL_LAB_END_A, 0U ), &rep );
  device.port         = rep.port;
  return device;
}

/* One run; who is first differs with i. */
static int
end_in_a_race( char const * mode, unsigned i ) {
  pl_opt_t const opts[]  = { { "mode", 0, mode } };
  useconds_t     kill_us = 500U * ( i % 5U ), stop_us = 500U * ( i % 7U );
  pl_snapshot_t  s;
  pl_err_t       err = { 0 };
  pthread_t      watcher, killer, closer;
  if( !opened( 1U, 1500U ) ) return 0;
  pl_device_t    device  = device_of_lab();
  pl_backend_t * backend = pl_backend_open_on( "af_packet", opts, 1UL, &device, &err );
  if( !CHECK( backend ) ) return 0;
  pl_run_cfg_t cfg = plain_cfg();
  if( !running_start( &running, backend, one_frame( 60U ), &cfg ) ) return 0;
  do {
    breathe();
    running_look( &running, &s );
  } while( !s.counters.received );
  atomic_store( &over, 0 );
  CHECK( !pthread_create( &watcher, NULL, watch, NULL ) );
  CHECK( !pthread_create( &killer, NULL, kill_after, &kill_us ) );
  usleep( stop_us );
  pl_run_stop( running.run );
  running_wait( &running, &s );
  pthread_join( killer, NULL );
  atomic_store( &over, 1 );
  pthread_join( watcher, NULL );
  pl_state_t const * fault = pl_run_fault( running.run );
  CHECK( s.counters.stopped_by == PL_STOP_USER || s.counters.stopped_by == PL_STOP_FAULT );
  if( s.counters.stopped_by == PL_STOP_FAULT && CHECK( fault ) ) {
    CHECK_EQ( fault->state, PL_STATE_REMOVED );
    CHECK_STR( fault->step, "helper" );
  }
  /* The backend holds the monitor; the lab may go first. */
  CHECK( !pthread_create( &closer, NULL, close_lab, NULL ) );
  pl_run_delete( running.run );
  pl_backend_close( backend );
  pthread_join( closer, NULL );
  return 1;
}

static void
races( void const * mode ) {
  for( unsigned i = 0U; i < RUNS; i++ )
    if( !end_in_a_race( mode, i ) ) return;
}

int
main( void ) {
  tap_run_with( "sendmmsg: stopped while the helper dies", races, "sendmmsg" );
  tap_run_with( "tx-ring: stopped while the helper dies", races, "tx-ring" );
  return tap_end();
}
