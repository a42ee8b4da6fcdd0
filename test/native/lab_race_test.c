/* A lab that many threads ask while its helper is killed, or while it is ended. */

#include "net/lab.h"
#include "tap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define HELPER "dist/ctest/packet-lab-helper"
#define THREADS (4U)

static pl_lab_t *  lab;
static atomic_uint good, bad, odd, told;

/* Asks until the lab is gone; 100,000 times at most. */
static void *
ask( void * arg ) {
  pl_lab_req_t const req = { .op = arg ? PL_LAB_PACKET : PL_LAB_PORT };
  for( unsigned i = 0U; i < 100000U; i++ ) {
    pl_lab_rep_t rep;
    pl_err_t     err = { 0 };
    int          fds[PL_LAB_FDS_MAX];
    if( pl_lab_request( lab, &req, &rep, fds, &err ) ) {
      atomic_fetch_add( err.err == EPIPE ? &bad : &odd, 1U );
      return NULL;
    }
    for( unsigned f = 0U; f < rep.fd_cnt; f++ ) close( fds[f] );
    atomic_fetch_add( &good, 1U );
    (void)pl_lab_is_dead( lab );
  }
  return NULL;
}

static void
tell( void * arg ) {
  (void)arg;
  atomic_fetch_add( &told, 1U );
}

/* Has the threads ask, ends the helper in that way, and closes. */
static void
race( void const * arg ) {
  int       by_signal = !!arg;
  pthread_t threads[THREADS];
  pl_err_t  err = { 0 };
  lab           = pl_lab_open( HELPER, 1U, 1500U, &err );
  if( !lab && geteuid() && err.step && !strcmp( err.step, "user namespace" ) ) {
    tap_skip( "user namespaces are forbidden here" );
    return;
  }
  if( !CHECK( lab ) ) return;
  good = bad = odd = told = 0U;
  pl_lab_on_death( lab, tell, NULL );
  for( unsigned i = 0U; i < THREADS; i++ ) CHECK( !pthread_create( &threads[i], NULL, ask, i % 2U ? &good : NULL ) );
  for( int i = 0; i < 10000 && atomic_load( &good ) < 100U; i++ ) usleep( 1000 );
  int pid = pl_lab_pid( lab );
  if( by_signal )
    kill( pid, SIGKILL );
  else
    pl_lab_end( lab );
  for( unsigned i = 0U; i < THREADS; i++ ) pthread_join( threads[i], NULL );
  CHECK( atomic_load( &good ) >= 100U );
  CHECK_EQ( atomic_load( &bad ), THREADS );
  CHECK_EQ( atomic_load( &odd ), 0 );
  pl_lab_close( lab );
  CHECK_EQ( atomic_load( &told ), by_signal ); /* by now: closing waits for the lab's thread */
  CHECK( kill( pid, 0 ) && errno == ESRCH );
}

int
main( void ) {
  tap_run_with( "the helper is killed while four threads ask", race, &lab );
  tap_run_with( "the helper is ended while four threads ask", race, NULL );
  return tap_end();
}
