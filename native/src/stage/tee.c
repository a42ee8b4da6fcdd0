#include "stage/tee.h"

#include <stdlib.h>

static int
tee_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
          int flush ) {
  pl_tee_t *    self = ctx;
  unsigned long idx  = batch_cnt;
  int           code = pl_aio_send( self->dst, batch, batch_cnt, &idx, flush );
  unsigned long kept = code == PL_AIO_SUCCESS ? batch_cnt : idx;
  pl_hop_count( &self->hop, code, batch_cnt, idx );
  if( kept || flush ) {
    unsigned long at = kept;
    if( pl_aio_send( &self->recorder->aio, batch, kept, &at, flush ) != PL_AIO_SUCCESS ) self->missed += kept - at;
  }
  if( code != PL_AIO_SUCCESS && opt_batch_idx ) *opt_batch_idx = idx;
  return code;
}

pl_tee_t *
pl_tee_new( pl_aio_t const * dst, pl_backend_t * file ) {
  pl_tee_t * self = calloc( 1UL, sizeof( *self ) );
  if( self ) self->recorder = pl_recorder_new( file );
  if( !self || !self->recorder ) {
    free( self );
    return NULL;
  }
  self->aio = (pl_aio_t){ .ctx = self, .send_func = tee_send };
  self->dst = dst;
  return self;
}

void
pl_tee_delete( pl_tee_t * self ) {
  if( !self ) return;
  pl_recorder_delete( self->recorder );
  free( self );
}

uint64_t
pl_tee_not_captured( pl_tee_t const * self ) {
  return self->missed + pl_recorder_not_captured( self->recorder );
}
