/* null: counts and touches nothing.  The limit of dispatch: whatever a run
   costs here is the runner's own cost.

   flush: nothing is ever buffered, so there is nothing to start.
   completed: equals taken.  Accepts any buffer size. */

#include "pl_backend.h"

#include <stdlib.h>

static int
null_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
           int flush ) {
  (void)batch;
  (void)opt_batch_idx;
  (void)flush;
  pl_backend_t * self = ctx;
  self->completed += batch_cnt;
  return PL_AIO_SUCCESS;
}

static pl_backend_t *
null_open( pl_opt_vals_t const * vals, int force, pl_err_t * err ) {
  (void)vals;
  (void)force;
  pl_backend_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, 0, "memory", "null could not be opened: out of memory." );
    return NULL;
  }
  self->def = &pl_backend_null;
  self->aio = (pl_aio_t){ .ctx = self, .send_func = null_send };
  return self;
}

static void
null_close( pl_backend_t * self ) {
  free( self );
}

static void
null_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  (void)cause;
  if( buf_sz ) buf[0] = '\0';
}

pl_backend_def_t const pl_backend_null = {
    .name = "null", .open = null_open, .close = null_close, .cause_text = null_cause_text };
