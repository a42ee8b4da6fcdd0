#include "backend/listener.h"
#include "net/port.h"
#include "run/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* So often nothing more has come: then nothing is held back. */
#define QUIET_TRIES (20)

typedef struct {
  pl_backend_t head;
  pl_port_t    port;
} listener_t;

/* There is nothing to send with. */
static int
listener_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
               int flush ) {
  listener_t * self = ctx;
  (void)flush;
  if( !batch_cnt ) return PL_AIO_SUCCESS;
  if( opt_batch_idx ) *opt_batch_idx = 0UL;
  return pl_port_refuse( &self->port, &self->head, batch, PL_PORT_FAILED, EOPNOTSUPP );
}

static uint64_t
listener_service( pl_backend_t * head, uint64_t now ) {
  return pl_port_service( &( (listener_t *)head )->port, head, now );
}

/* What arrives has no end that it would know of. */
static int
listener_idle( pl_backend_t const * head ) {
  (void)head;
  return 1;
}

/* The run is over: what has arrived by now is still to be read, and the kernel holds back a block
   that is not full, for 1 ms and as long as its timers are late.  Whoever sends may go on. */
static void
listener_settle( pl_backend_t * head ) {
  pl_port_t *           port = &( (listener_t *)head )->port;
  struct timespec const nap  = { .tv_nsec = 1000000L };
  for( int i = 0, quiet = 0; i < 2 * QUIET_TRIES && quiet < QUIET_TRIES; i++ ) {
    uint64_t const before = head->received;
    pl_port_look( port, head, pl_clock_ns(), 1 );
    (void)pl_port_service( port, head, pl_clock_ns() );
    if( head->receive_max && head->received >= head->receive_max ) return;
    quiet = head->received == before ? quiet + 1 : 0;
    if( quiet ) nanosleep( &nap, NULL );
  }
}

static void
listener_close( pl_backend_t * head ) {
  listener_t * self = (listener_t *)head;
  pl_port_close( &self->port );
  free( self );
}

static pl_backend_def_t const def = { .name       = "receiver",
                                      .has_peer   = 1,
                                      .has_mtu    = 1,
                                      .service    = listener_service,
                                      .idle       = listener_idle,
                                      .settle     = listener_settle,
                                      .close      = listener_close,
                                      .cause_text = pl_port_cause_text };

int
pl_listener_fits( pl_backend_def_t const * of, pl_device_t const * device ) {
  return device->send_fd < 0 && of != &pl_backend_tap;
}

pl_backend_t *
pl_listener_open( pl_backend_def_t const * of, pl_opt_vals_t const * vals, pl_device_t const * device, pl_err_t * err ) {
  unsigned long ring = 0UL;
  while( ring < of->opt_cnt && strcmp( of->opts[ring].name, "peer-ring" ) ) ring++;
  if( device->recv_fd < 0 || ring == of->opt_cnt ) {
    pl_err_set( err, EINVAL, "device", "%s on %.15s has nothing to send with and nothing to receive with.", of->name,
                device->port.name );
    return NULL;
  }
  listener_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "The receiver could not be opened: out of memory." );
    return NULL;
  }
  if( pl_port_open( &self->port, &self->head, device, (unsigned long)vals->num[ring], err ) ) {
    free( self );
    return NULL;
  }
  self->head.def      = &def;
  self->head.aio      = (pl_aio_t){ .ctx = self, .send_func = listener_send };
  self->head.attached = 1;
  pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
  return &self->head;
}
