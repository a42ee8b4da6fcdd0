/* send: pl_aio_send to a sink, against a bare call of the same function through a
   pointer variable: who does not know the callee has its address in memory. */

#include "pair.h"
#include "run/clock.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
  unsigned long       cnt;
  pl_aio_pkt_info_t * batch;
} send_t;

static void *
send_open( pair_cfg_t const * cfg, int * skip ) {
  (void)skip;
  send_t * self = calloc( 1UL, sizeof( *self ) );
  if( self ) self->batch = frames_make( cfg->sz, cfg->batch );
  if( !self || !self->batch ) {
    free( self );
    fprintf( stderr, "The packets could not be made: out of memory.\n" );
    return NULL;
  }
  self->cnt = cfg->batch;
  return self;
}

static double __attribute__((noinline, aligned( 64 )))
send_ours( void * ctx, uint64_t * units ) {
  send_t const *   self  = ctx;
  pl_aio_t const * aio   = sink_aio();
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

static double __attribute__((noinline, aligned( 64 )))
send_bare( void * ctx, uint64_t * units ) {
  send_t const * self  = ctx;
  void * const   sum   = sink_aio()->ctx;
  uint64_t       calls = *units / self->cnt;
  int            bad   = 0;
  uint64_t       t0    = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) {
    unsigned long idx = 0UL;
    bad |= sink_func( sum, self->batch, self->cnt, &idx, 1 );
  }
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = calls * self->cnt;
  return bad ? -1.0 : ns;
}

static void
send_close( void * ctx ) {
  send_t * self = ctx;
  frames_free( self->batch );
  free( self );
}

pair_t const pair_send = { .name = "send", .open = send_open, .ours = send_ours, .bare = send_bare, .close = send_close };
