/* A whole run, waited for. */

#include "pair.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

typedef struct {
  pthread_mutex_t lock;
  pthread_cond_t  over;
  int             ended; /* under lock */
} waiter_t;

/* On the run's thread. */
static void
run_over( void * ctx ) {
  waiter_t * self = ctx;
  pthread_mutex_lock( &self->lock );
  self->ended = 1;
  pthread_cond_signal( &self->over );
  pthread_mutex_unlock( &self->lock );
}

int
run_through( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, uint64_t warm_ns, pl_counters_t * warm,
             pl_counters_t * out ) {
  pl_err_t   err  = { 0 };
  waiter_t   self = { .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER };
  pl_run_t * run  = pl_run_start( backend, source, cfg, run_over, &self, &err );
  if( !run ) {
    fprintf( stderr, "%s\n", err.sentence );
    return -1;
  }
  pl_snapshot_t snapshot;
  if( warm ) {
    nanosleep( &(struct timespec){ .tv_nsec = (long)warm_ns }, NULL );
    pl_run_snapshot( run, &snapshot );
    *warm = snapshot.counters;
  }
  pthread_mutex_lock( &self.lock );
  while( !self.ended ) pthread_cond_wait( &self.over, &self.lock );
  pthread_mutex_unlock( &self.lock );
  pl_state_t const * fault = pl_run_fault( run );
  if( fault ) fprintf( stderr, "%s\n", fault->sentence );
  pl_run_snapshot( run, &snapshot );
  int failed = fault ? -1 : 0;
  pl_run_delete( run );
  pthread_cond_destroy( &self.over );
  pthread_mutex_destroy( &self.lock );
  *out = snapshot.counters;
  return failed;
}
