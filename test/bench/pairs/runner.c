/* runner: a whole run on the null backend (one template, rate max, flush with every
   batch, all statistics), against a bare loop of calls into the same backend. */

#include "pair.h"
#include "run/clock.h"
#include "run/source.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
  pl_backend_t *      backend; /* the bare loop's; each run has one of its own */
  unsigned long       cnt;
  pl_aio_pkt_info_t * batch;
} runner_t;

static void
runner_close( void * ctx ) {
  runner_t * self = ctx;
  pl_backend_close( self->backend );
  frames_free( self->batch );
  free( self );
}

static void *
runner_open( pair_cfg_t const * cfg, int * skip ) {
  (void)skip;
  runner_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  self->cnt     = cfg->batch;
  self->batch   = frames_make( cfg->sz, cfg->batch );
  self->backend = pl_backend_open( "null", NULL, 0UL, 0, NULL );
  if( self->batch && self->backend ) return self;
  runner_close( self );
  fprintf( stderr, "The run could not be made: out of memory.\n" );
  return NULL;
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
  pl_counters_t  did     = { 0 };
  if( !source ) fprintf( stderr, "%s\n", err.sentence );
  int failed = !source || run_through( backend, source, &cfg, 0UL, NULL, &did );
  pl_backend_close( backend );
  *units = did.taken;
  return failed ? -1.0 : (double)( did.settled_ns - did.first_ns );
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
