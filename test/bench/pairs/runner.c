/* runner: a whole run on the null backend (one template, rate max, flush with every
   batch, all statistics), against a bare loop of calls into the same backend. */

#include "pair.h"
#include "run/clock.h"
#include "run/source.h"

#include "pl_run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
  pl_backend_t *      backend; /* the bare loop's; each run has one of its own */
  unsigned long       cnt;
  pl_aio_pkt_info_t * batch;
  pthread_mutex_t     lock;
  pthread_cond_t      over;
  int                 ended; /* under lock */
} runner_t;

static void
runner_close( void * ctx ) {
  runner_t * self = ctx;
  pl_backend_close( self->backend );
  frames_free( self->batch );
  pthread_cond_destroy( &self->over );
  pthread_mutex_destroy( &self->lock );
  free( self );
}

static void *
runner_open( pair_cfg_t const * cfg, int * skip ) {
  (void)skip;
  runner_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  pthread_mutex_init( &self->lock, NULL );
  pthread_cond_init( &self->over, NULL );
  self->cnt     = cfg->batch;
  self->batch   = frames_make( cfg->sz, cfg->batch );
  self->backend = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  if( self->batch && self->backend ) return self;
  runner_close( self );
  fprintf( stderr, "The run could not be made: out of memory.\n" );
  return NULL;
}

/* On the run's thread. */
static void
runner_over( void * ctx ) {
  runner_t * self = ctx;
  pthread_mutex_lock( &self->lock );
  self->ended = 1;
  pthread_cond_signal( &self->over );
  pthread_mutex_unlock( &self->lock );
}

static double
runner_ours( void * ctx, uint64_t * units ) {
  runner_t *          self  = ctx;
  pl_err_t            err   = { 0 };
  uint8_t const *     frame = self->batch[0].buf;
  uint32_t const      sz    = self->batch[0].buf_sz;
  pl_run_cfg_t const  cfg   = {
         .batch = self->cnt, .count = *units / self->cnt * self->cnt, .flush_every = 1UL, .stall_ns = 10000000000UL };
  pl_backend_t * backend = pl_backend_open( "null", NULL, 0UL, 0, &err );
  pl_source_t *  source  = backend ? pl_source_templates( &frame, &sz, 1UL, &err ) : NULL;
  self->ended            = 0;
  pl_run_t * run         = source ? pl_run_start( backend, source, &cfg, runner_over, self, &err ) : NULL;
  if( !run ) {
    fprintf( stderr, "%s\n", err.sentence );
    pl_backend_close( backend );
    return -1.0;
  }
  pthread_mutex_lock( &self->lock );
  while( !self->ended ) pthread_cond_wait( &self->over, &self->lock );
  pthread_mutex_unlock( &self->lock );
  pl_snapshot_t snapshot;
  pl_run_snapshot( run, &snapshot );
  pl_run_delete( run );
  pl_backend_close( backend );
  *units = snapshot.counters.taken;
  return (double)( snapshot.counters.settled_ns - snapshot.counters.first_ns );
}

static double __attribute__((noinline, aligned( 64 )))
runner_bare( void * ctx, uint64_t * units ) {
  runner_t const * self  = ctx;
  pl_aio_t const * aio   = &self->backend->aio;
  uint64_t         calls = *units / self->cnt;
  int              bad   = 0;
  uint64_t         t0    = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) {
    unsigned long idx = 0UL;
    bad |= pl_aio_send( aio, self->batch, self->cnt, &idx, 1 );
  }
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = calls * self->cnt;
  return bad ? -1.0 : ns;
}

pair_t const pair_runner = {
    .name = "runner", .open = runner_open, .ours = runner_ours, .bare = runner_bare, .close = runner_close };
