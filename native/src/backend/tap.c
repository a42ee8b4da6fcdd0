/* tap: whole Ethernet frames written to a TAP device that this side owns: what is written
   arrives at the interface as if it had come from a cable.

   flush: nothing is held back, so a flush has nothing to start.
   completed: frames written.
   AGAIN: the link is down; the kernel has no memory for the frame.

   One write is one frame; there is no call for several.  The kernel takes any size, so
   sizes are checked before.  What the kernel itself sends through the interface comes to
   this side: it is read, so that it cannot pile up, and counted as own_received.  A packet
   socket on the interface counts what was written and did arrive. */

#include "net/port.h"
#include "run/clock.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OPT_PEER_RING, OPT_CNT };

static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_PEER_RING] = { .name = "peer-ring", .kind = PL_OPT_BYTES, .min = 1048576, .max = 268435456, .dflt = 16777216 } };

/* Behind the shared ones of net/port.h. */
enum { CAUSE_MEMORY = PL_PORT_CAUSE_END, CAUSE_ERRNO };

/* How often frames of the kernel are read, and how many at most; its queue has room for
   500. */
#define READ_NS  (1000000UL)
#define READ_MAX (1024U)

typedef struct {
  pl_backend_t head;
  pl_port_t    port;
  int          fd;
  uint64_t     read_at;
  uint8_t      frame[65536];
} tap_t;

/* What an errno of a write means. */
static int
meaning( tap_t * self, int err ) {
  pl_port_t *    port = &self->port;
  pl_backend_t * head = &self->head;
  switch( err ) {
  case EAGAIN:
  case ENOBUFS:
  case ENOMEM: return CAUSE_MEMORY;
  case EINVAL: return CAUSE_ERRNO;
  case EIO: return pl_port_down( port, head, "write" ) ? PL_PORT_REMOVED : PL_PORT_DOWN;
  case EBADFD:
    pl_port_look( port, head, pl_clock_ns(), 1 );
    pl_port_removed( port, head, "write" );
    return PL_PORT_REMOVED;
  default: pl_port_failed( port, head, "write", err ); return PL_PORT_FAILED;
  }
}

/* Writes one frame: 0, or the errno. */
static int
write_frame( tap_t * self, pl_aio_pkt_info_t const * pkt ) {
  for( ;; ) {
    ssize_t n = write( self->fd, pkt->buf, pkt->buf_sz );
    self->head.kicks++;
    if( n >= 0 ) return 0;
    if( errno != EINTR ) return errno;
  }
}

static int
tap_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  tap_t * self = ctx;
  (void)flush;
  int const      gone  = self->head.state.state > PL_STATE_LINK_DOWN;
  unsigned long  i     = 0UL;
  uint64_t       wrote = 0UL;
  int            bad   = gone && batch_cnt ? PL_PORT_REMOVED : 0;
  int            err   = 0;
  uint64_t const t0    = pl_clock_ns();
  pl_port_look( &self->port, &self->head, t0, 0 ); /* the kernel does not look at sizes */
  for( ; !bad && i < batch_cnt; i++ ) {
    if( !batch[i].buf_sz ) continue;
    if( ( bad = pl_port_examine( &self->port, &self->head, batch[i].buf, batch[i].buf_sz ) ) ) break;
    if( ( err = write_frame( self, &batch[i] ) ) ) {
      bad = meaning( self, err );
      break;
    }
    wrote++;
  }
  self->head.os_ns += pl_clock_ns() - t0;
  self->head.completed += i;
  self->port.sent += wrote;
  if( wrote && !bad ) pl_port_works( &self->head );
  if( !bad ) return PL_AIO_SUCCESS;
  if( opt_batch_idx ) *opt_batch_idx = i;
  int code = pl_port_refuse( &self->port, &self->head, &batch[i], bad, err );
  return bad == CAUSE_ERRNO ? PL_AIO_ERR_INVAL : code;
}

/* Reads what the kernel sends. */
static void
read_own( tap_t * self, uint64_t now ) {
  if( now < self->read_at ) return;
  self->read_at = now + READ_NS;
  for( unsigned i = 0U; i < READ_MAX && read( self->fd, self->frame, sizeof( self->frame ) ) > 0; i++ )
    self->head.own_received++;
}

static uint64_t
tap_service( pl_backend_t * head, uint64_t now ) {
  tap_t * self = (tap_t *)head;
  if( head->state.state <= PL_STATE_LINK_DOWN ) read_own( self, now );
  return pl_port_service( &self->port, head, now );
}

static int
tap_idle( pl_backend_t const * head ) {
  return pl_port_idle( &( (tap_t const *)head )->port, head );
}

static void
tap_settle( pl_backend_t * head ) {
  tap_t * self  = (tap_t *)head;
  self->read_at = 0UL;
  (void)tap_service( head, pl_clock_ns() );
  pl_port_settle( &self->port, head );
}

static void
tap_close( pl_backend_t * head ) {
  tap_t * self = (tap_t *)head;
  pl_port_close( &self->port );
  free( self );
}

/* Whether fd is the TAP device of that name, with frames as they are.  0, or -1 with err. */
static int
check_device( pl_device_t const * device, pl_err_t * err ) {
  struct ifreq ifr = { 0 };
  int bad = ioctl( device->send_fd, TUNGETIFF, &ifr ) || strncmp( ifr.ifr_name, device->port.name, IFNAMSIZ ) ||
            ( ifr.ifr_flags & ( IFF_TAP | IFF_NO_PI | IFF_VNET_HDR ) ) != ( IFF_TAP | IFF_NO_PI );
  if( bad )
    pl_err_set( err, EINVAL, "device", "tap needs the TAP device %.15s without extra headers; what was given is not.",
                device->port.name );
  return bad ? -1 : 0;
}

static pl_backend_t *
tap_open_on( pl_opt_vals_t const * vals, pl_device_t const * device, pl_err_t * err ) {
  if( check_device( device, err ) ) return NULL;
  tap_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "tap could not be opened: out of memory." );
    return NULL;
  }
  if( pl_port_open( &self->port, &self->head, device, (unsigned long)vals->num[OPT_PEER_RING], err ) ) {
    free( self );
    return NULL;
  }
  self->fd       = device->send_fd;
  self->head.def = &pl_backend_tap;
  self->head.aio = (pl_aio_t){ .ctx = self, .send_func = tap_send };
  pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
  return &self->head;
}

static void
tap_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case CAUSE_MEMORY: snprintf( buf, buf_sz, "The kernel has no memory for the frame now." ); break;
  case CAUSE_ERRNO: snprintf( buf, buf_sz, "The kernel refused the frame of %lu B: %s.", cause->a, strerror( (int)cause->b ) ); break;
  default: pl_port_cause_text( cause, buf, buf_sz );
  }
}

pl_backend_def_t const pl_backend_tap = { .name       = "tap",
                                          .opts       = opts,
                                          .opt_cnt    = OPT_CNT,
                                          .has_peer   = 1,
                                          .has_mtu    = 1,
                                          .open_on    = tap_open_on,
                                          .service    = tap_service,
                                          .idle       = tap_idle,
                                          .settle     = tap_settle,
                                          .close      = tap_close,
                                          .cause_text = tap_cause_text };
