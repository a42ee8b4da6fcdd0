#include "pl_aio.h"

#include <stdio.h>

static void
log_stderr( void * ctx, char const * msg ) {
  (void)ctx;
  fprintf( stderr, "packet lab: warning: %s\n", msg );
}

static pl_aio_log_func_t log_func = log_stderr;
static void *            log_ctx  = NULL;

void
pl_aio_set_log( pl_aio_log_func_t func, void * ctx ) {
  log_func = func ? func : log_stderr;
  log_ctx  = func ? ctx : NULL;
}

unsigned long
pl_aio_align( void ) {
  return _Alignof( pl_aio_t );
}

unsigned long
pl_aio_footprint( void ) {
  return sizeof( pl_aio_t );
}

void *
pl_aio_new( void * shmem, void * ctx, pl_aio_send_func_t send_func ) {
  if( !shmem ) {
    log_func( log_ctx, "pl_aio_new: NULL shmem" );
    return NULL;
  }
  if( (uintptr_t)shmem % pl_aio_align() ) {
    log_func( log_ctx, "pl_aio_new: misaligned shmem" );
    return NULL;
  }
  if( !send_func ) {
    log_func( log_ctx, "pl_aio_new: NULL send_func" );
    return NULL;
  }
  pl_aio_t * aio = shmem;
  aio->ctx       = ctx;
  aio->send_func = send_func;
  return shmem;
}

pl_aio_t *
pl_aio_join( void * shaio ) {
  if( !shaio ) log_func( log_ctx, "pl_aio_join: NULL shaio" );
  return shaio;
}

void *
pl_aio_leave( pl_aio_t * aio ) {
  if( !aio ) log_func( log_ctx, "pl_aio_leave: NULL aio" );
  return aio;
}

void *
pl_aio_delete( void * shaio ) {
  if( !shaio ) log_func( log_ctx, "pl_aio_delete: NULL shaio" );
  return shaio;
}

void *
pl_aio_ctx( pl_aio_t const * aio ) {
  if( !aio ) {
    log_func( log_ctx, "pl_aio_ctx: NULL aio" );
    return NULL;
  }
  return aio->ctx;
}

pl_aio_send_func_t
pl_aio_send_func( pl_aio_t const * aio ) {
  if( !aio ) {
    log_func( log_ctx, "pl_aio_send_func: NULL aio" );
    return NULL;
  }
  return aio->send_func;
}

char const *
pl_aio_strerror( int err ) {
  switch( err ) {
  case PL_AIO_SUCCESS:   return "success";
  case PL_AIO_ERR_INVAL: return "bad input arguments";
  case PL_AIO_ERR_AGAIN: return "try again later";
  default:               return "unknown";
  }
}
