#include "stage/recorder.h"
#include "run/clock.h"

#include <stdlib.h>

#define FLUSH_NS (1000000000UL)

static int
recorder_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
               int flush ) {
  pl_recorder_t * self = ctx;
  pl_backend_t *  file = self->file;
  unsigned long at = 0UL;
  while( !self->stopped ) {
    unsigned long idx = 0UL;
    int           ret = pl_aio_send( &file->aio, batch_cnt ? batch + at : NULL, batch_cnt - at, &idx, flush );
    if( ret == PL_AIO_SUCCESS ) break;
    at += idx;
    if( file->limit || file->state.state != PL_STATE_UP ) {
      self->stopped = flush = 1;
    } else if( ret == PL_AIO_ERR_AGAIN ) {
      self->seen += at;
      if( opt_batch_idx ) *opt_batch_idx = at;
      return PL_AIO_ERR_AGAIN;
    } else {
      at++; /* a frame that no capture can hold: accepted, not recorded */
    }
  }
  if( file->state.state != PL_STATE_UP ) self->stopped = 1; /* a flush that fails shows there only */
  if( self->stopped && flush ) /* what is buffered when the limit is reached belongs to the file */
    (void)!pl_aio_send( &file->aio, NULL, 0UL, NULL, 1 );
  self->seen += batch_cnt;
  return PL_AIO_SUCCESS;
}

uint64_t
pl_recorder_service( pl_recorder_t * self, uint64_t now ) {
  if( self->stopped ) return UINT64_MAX;
  if( now >= self->flush_at ) {
    (void)!pl_aio_send( &self->aio, NULL, 0UL, NULL, 1 );
    self->flush_at = now + FLUSH_NS;
  }
  return self->flush_at;
}

pl_recorder_t *
pl_recorder_new( pl_backend_t * file ) {
  pl_recorder_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  self->aio      = (pl_aio_t){ .ctx = self, .send_func = recorder_send };
  self->file     = file;
  self->flush_at = pl_clock_ns() + FLUSH_NS;
  return self;
}

void
pl_recorder_settle( pl_recorder_t * self ) {
  pl_backend_t * file = self->file;
  if( file->def->idle( file ) ) return;
  file->def->settle( file );
  self->stopped = 1;
}

void
pl_recorder_delete( pl_recorder_t * self ) {
  pl_backend_close( self->file );
  free( self );
}

uint64_t
pl_recorder_not_captured( pl_recorder_t const * self ) {
  return self->stopped ? self->seen - self->file->completed : 0UL;
}
