/* af_packet: whole Ethernet frames through a packet socket that is bound to one
   interface.  Two modes:

   sendmmsg   every send hands its frames to the kernel at once, 64 in a system call.  One
              with EtherType 0x88a8 that needs the 4 B of its tag goes alone, through a
              small ring of a second socket: the first would not take it.
              flush: nothing is held back, so a flush has nothing to start.
              completed: frames that the kernel has accepted.
              AGAIN: the socket's buffer or the queue of the interface is full.

   tx-ring    frames are copied into the slots of a ring that is shared with the kernel
              (PACKET_TX_RING, TPACKET_V2).
              flush: kicks, that is one system call that has the kernel walk the slots.
              Without it frames wait until the ring is half full, and are kicked then.
              completed: slots that the kernel has given back.
              AGAIN: the ring is full, or what the kick said about the first frame that
              the kernel did not take: it and those behind it leave the ring again.

   qdisc-bypass=on hands frames to the driver past the interface's queue.

   Owner of a slot: the sender while its status is AVAILABLE; the kernel from
   SEND_REQUEST on, which it looks at during a kick only, so that until then a frame can
   be taken back; SENDING while the device has it; AVAILABLE again when it is freed.
   WRONG_FORMAT is a frame the kernel will not send, at which the ring would stay for
   ever: it is taken out of the ring.  Sizes are checked before, and once more when the
   MTU has become less (a frame of an earlier call that has become too large is a late
   error).

   Accepted is not delivered: without carrier the kernel takes frames and drops them.
   The peer's receive ring (net/rx_ring.h) counts what did arrive. */

#include "backend/af_packet.h"
#include "net/port.h"
#include "run/clock.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_MODE, OPT_BYPASS, OPT_RING, OPT_SNDBUF, OPT_PEER_RING, OPT_CNT };

enum { MODE_SENDMMSG, MODE_TX_RING };

static char const * const modes[]  = { "sendmmsg", "tx-ring", NULL };
static char const * const on_off[] = { "off", "on", NULL };

static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_MODE]   = { .name = "mode", .kind = PL_OPT_CHOICE, .max = 1, .dflt = MODE_SENDMMSG, .words = modes },
    [OPT_BYPASS] = { .name = "qdisc-bypass", .kind = PL_OPT_CHOICE, .max = 1, .words = on_off },
    [OPT_RING]   = { .name = "ring", .kind = PL_OPT_WHOLE, .min = 1, .max = 16384, .dflt = 256 },
    /* 0 leaves the size to the system. */
    [OPT_SNDBUF] = { .name = "sndbuf", .kind = PL_OPT_BYTES, .max = 1073741824 },
    /* A batch of 4096 frames of 1518 B arrives before anybody can read. */
    [OPT_PEER_RING] = { .name = "peer-ring", .kind = PL_OPT_BYTES, .min = 1048576, .max = 268435456, .dflt = 16777216 } };

int
pl_af_packet_refuse( pl_af_packet_t * self, pl_aio_pkt_info_t const * batch, unsigned long i,
                     unsigned long * opt_batch_idx, int cause, int err ) {
  uint64_t const sz  = batch[i].buf_sz;
  uint64_t const mtu = self->port.mtu;
  self->head.cause   = (pl_cause_t){ .id = cause, .a = sz, .c = mtu };
  if( cause == CAUSE_LIMIT ) self->head.cause.b = pl_frame_limit( mtu, batch[i].buf, sz );
  if( cause >= CAUSE_ERRNO ) self->head.cause.b = (uint64_t)err;
  if( cause == CAUSE_PEER_MTU ) self->head.cause.c = self->port.peer_mtu;
  if( cause == CAUSE_RING_FULL ) {
    self->head.cause.a       = self->ring.cap;
    self->head.cause.by_ring = !self->ring.slow;
  }
  if( opt_batch_idx ) *opt_batch_idx = i;
  return cause <= CAUSE_ERRNO ? PL_AIO_ERR_INVAL : PL_AIO_ERR_AGAIN;
}

int
pl_af_packet_meaning( pl_af_packet_t * self, pl_aio_pkt_info_t const * pkt, int err, char const * step ) {
  pl_port_t *    port = &self->port;
  pl_backend_t * head = &self->head;
  switch( err ) {
  case EAGAIN: return CAUSE_SOCKET_FULL;
  case ENOMEM: return CAUSE_MEMORY;
  case ENOBUFS: {
    int const full = pl_port_full( port, head );
    if( full == PL_FULL_CARRIER ) return CAUSE_NO_CARRIER;
    if( pkt && pl_af_packet_over_peer( self, pkt->buf_sz ) ) return CAUSE_PEER_MTU;
    if( full == PL_FULL_QUEUE ) return CAUSE_QDISC_FULL;
    return port->past_queue ? CAUSE_DEVICE_FULL : CAUSE_NO_QUEUE;
  }
  case ENETDOWN: return pl_port_down( port, head, step ) ? CAUSE_REMOVED : CAUSE_DOWN;
  case ENXIO:
  case ENODEV: pl_port_removed( port, head, step ); return CAUSE_REMOVED;
  case EINVAL: return CAUSE_ERRNO;
  case EMSGSIZE: {
    pl_port_look( port, head, pl_clock_ns(), 1 ); /* the MTU is less than it was */
    int cause = pl_af_packet_check( self, pkt->buf, pkt->buf_sz );
    return cause ? cause : CAUSE_ERRNO;
  }
  default: pl_port_failed( port, head, step, err ); return CAUSE_FAILED;
  }
}

/* Hands the n frames in msg to the kernel.  Sets *done to how many it took.  Returns 0
   or the errno for the next one. */
static int
hand_over( pl_af_packet_t * self, unsigned n, unsigned * done ) {
  *done = 0U;
  while( *done < n ) {
    uint64_t t0   = pl_clock_ns();
    int      sent = sendmmsg( self->fd, self->msg + *done, n - *done, MSG_DONTWAIT | MSG_NOSIGNAL );
    int      err  = errno;
    uint64_t t1   = pl_clock_ns();
    self->head.os_ns += t1 - t0;
    self->head.kicks++;
    if( sent > 0 ) {
      *done += (unsigned)sent; /* fewer than asked: the errno comes with the next call */
      pl_port_accepted( &self->port, &self->head, (uint64_t)sent, t1 );
      continue;
    }
    if( err != EINTR ) return err;
  }
  return 0;
}

static int
mmsg_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
           int flush ) {
  pl_af_packet_t * self = ctx;
  (void)flush;
  int gone = self->head.state.state > PL_STATE_LINK_DOWN;
  if( gone && batch_cnt ) return pl_af_packet_refuse( self, batch, 0UL, opt_batch_idx, CAUSE_REMOVED, ENXIO );
  unsigned long i = 0UL;
  while( i < batch_cnt ) {
    unsigned n = 0U, done = 0U;
    int      bad = 0;
    for( ; i < batch_cnt && n < SEND_MAX; i++ ) {
      unsigned long sz = batch[i].buf_sz;
      if( !sz ) continue;
      if( ( bad = pl_af_packet_examine( self, batch[i].buf, sz ) ) ) break;
      self->iov[n]  = (struct iovec){ .iov_base = batch[i].buf, .iov_len = sz };
      self->at[n++] = i;
    }
    int err = hand_over( self, n, &done );
    if( err ) {
      i   = self->at[done];
      bad = pl_af_packet_meaning( self, &batch[i], err, "sendmmsg" );
    }
    if( bad == CAUSE_TAGGED ) {
      err = pl_tx_ring_one( self, &batch[i] );
      bad = err ? pl_af_packet_meaning( self, &batch[i], err, "kick" ) : 0;
      i += !err;
    }
    if( bad ) {
      self->head.completed += i;
      return pl_af_packet_refuse( self, batch, i, opt_batch_idx, bad, err );
    }
  }
  self->head.completed += batch_cnt;
  return PL_AIO_SUCCESS;
}

static uint64_t
af_packet_service( pl_backend_t * head, uint64_t now ) {
  pl_af_packet_t * self = (pl_af_packet_t *)head;
  uint64_t         rx   = pl_port_service( &self->port, head, now ); /* first: what was received is completed */
  uint64_t         tx   = self->in_ring ? pl_tx_ring_service( self, now ) : UINT64_MAX;
  return tx < rx ? tx : rx;
}

static int
af_packet_idle( pl_backend_t const * head ) {
  pl_af_packet_t const * self = (pl_af_packet_t const *)head;
  int waits = self->in_ring && self->ring.cons != self->ring.prod && head->state.state <= PL_STATE_LINK_DOWN;
  return !waits && pl_port_idle( &self->port, head );
}

static void
af_packet_settle( pl_backend_t * head ) {
  pl_af_packet_t * self = (pl_af_packet_t *)head;
  if( self->in_ring ) (void)pl_tx_ring_service( self, pl_clock_ns() );
  pl_port_settle( &self->port, head );
  if( self->in_ring ) (void)pl_tx_ring_service( self, pl_clock_ns() );
}

static void
af_packet_close( pl_backend_t * head ) {
  pl_af_packet_t * self = (pl_af_packet_t *)head;
  if( self->in_ring ) (void)pl_tx_ring_send( self, NULL, 0UL, NULL, 1 );
  pl_tx_ring_close( self );
  pl_port_close( &self->port );
  free( self );
}

/* Slots of the ring of mode sendmmsg. */
#define TAG_SLOTS (15UL)

/* Whether the socket is one to send whole frames with, and on that interface: nothing
   may go anywhere else.  0, or -1 with err. */
static int
check_socket( pl_device_t const * device, int fd, pl_err_t * err ) {
  struct sockaddr_ll at = { 0 };
  int                type = 0, domain = 0;
  socklen_t          at_sz = sizeof( at ), type_sz = sizeof( type ), domain_sz = sizeof( domain );
  int failed = getsockopt( fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_sz ) ||
               getsockopt( fd, SOL_SOCKET, SO_TYPE, &type, &type_sz ) || domain != AF_PACKET ||
               type != SOCK_RAW || getsockname( fd, (struct sockaddr *)&at, &at_sz ) ||
               device->port.ifindex == 0U || at.sll_ifindex != (int)device->port.ifindex;
  if( failed )
    pl_err_set( err, EINVAL, "device", "af_packet needs a raw packet socket that is bound to %.15s; what was given is not.",
                device->port.name );
  return failed ? -1 : 0;
}

/* What both sockets are set to.  0, or -1 with err. */
static int
set_up( int fd, int bypass, int sndbuf, pl_err_t * err ) {
  char const * step   = "qdisc bypass";
  int          failed = setsockopt( fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof( bypass ) );
  if( !failed && sndbuf ) step = "send buffer", failed = setsockopt( fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof( sndbuf ) );
  if( failed ) pl_err_set( err, errno, step, "af_packet could not be opened: %s.", strerror( errno ) );
  return failed;
}

static pl_backend_t *
af_packet_open_on( pl_opt_vals_t const * vals, pl_device_t const * device, pl_err_t * err ) {
  int const ring = vals->num[OPT_MODE] == MODE_TX_RING, bypass = vals->num[OPT_BYPASS] != 0.0;
  int const sndbuf = (int)vals->num[OPT_SNDBUF];
  if( check_socket( device, device->send_fd, err ) || ( !ring && check_socket( device, device->tag_fd, err ) ) ) return NULL;
  pl_af_packet_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "af_packet could not be opened: out of memory." );
    return NULL;
  }
  self->fd      = device->send_fd;
  self->in_ring = ring;
  int failed    = set_up( self->fd, bypass, sndbuf, err );
  if( !failed && !ring ) failed = set_up( device->tag_fd, bypass, sndbuf, err );
  if( !failed && ring ) failed = pl_tx_ring_open( self, self->fd, (unsigned long)vals->num[OPT_RING], err );
  if( !failed && !ring ) failed = pl_tx_ring_open( self, device->tag_fd, TAG_SLOTS, err );
  if( !failed ) failed = pl_port_open( &self->port, &self->head, device, (unsigned long)vals->num[OPT_PEER_RING], err );
  if( failed ) {
    pl_tx_ring_close( self );
    free( self );
    return NULL;
  }
  for( unsigned i = 0U; i < SEND_MAX; i++ )
    self->msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &self->iov[i], .msg_iovlen = 1 } };
  self->port.past_queue = bypass;
  self->head.def      = &pl_backend_af_packet;
  self->head.aio      = (pl_aio_t){ .ctx = self, .send_func = ring ? pl_tx_ring_send : mmsg_send };
  self->head.ring_cap = ring ? self->ring.cap : 0UL;
  pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
  return &self->head;
}

static void
af_packet_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  char const * text = "";
  switch( cause->id ) {
  case CAUSE_BUF_MAX: pl_buf_max_text( cause->a, buf, buf_sz ); return;
  case CAUSE_TINY: pl_tiny_text( cause->a, buf, buf_sz ); return;
  case CAUSE_LIMIT: pl_frame_limit_text( cause->a, cause->b, cause->c, buf, buf_sz ); return;
  case CAUSE_ERRNO:
    snprintf( buf, buf_sz, "The kernel refused the frame of %lu B: %s.", cause->a, strerror( (int)cause->b ) );
    return;
  case CAUSE_PEER_MTU:
    snprintf( buf, buf_sz, "The peer drops the frame of %lu B: its MTU is %lu, less than that of the interface.", cause->a,
              cause->c );
    return;
  case CAUSE_RING_FULL:
    snprintf( buf, buf_sz, "Transmit ring full: the kernel has not given back any of its %lu slots yet.", cause->a );
    return;
  case CAUSE_SOCKET_FULL: text = "Socket buffer full: the kernel takes no more frames until earlier ones have left."; break;
  case CAUSE_QDISC_FULL: text = "qdisc full: the queue of the interface dropped the frame for want of room."; break;
  case CAUSE_DEVICE_FULL: text = "The driver's queue takes no frame now (the qdisc is bypassed)."; break;
  case CAUSE_NO_QUEUE: text = "The driver dropped the frame: the peer takes no more now, and the interface has no queue."; break;
  case CAUSE_NO_CARRIER: text = "No carrier: the peer of the interface is down."; break;
  case CAUSE_MEMORY: text = "The kernel has no memory for the frame now."; break;
  case CAUSE_DOWN: text = "The interface is down."; break;
  case CAUSE_REMOVED: text = "The interface was removed."; break;
  default:
    snprintf( buf, buf_sz, "The kernel takes no more frames: %s.", strerror( (int)cause->b ) );
    return;
  }
  snprintf( buf, buf_sz, "%s", text );
}

pl_backend_def_t const pl_backend_af_packet = { .name       = "af_packet",
                                                .opts       = opts,
                                                .opt_cnt    = OPT_CNT,
                                                .has_peer   = 1,
                                                .has_mtu    = 1,
                                                .open_on    = af_packet_open_on,
                                                .service    = af_packet_service,
                                                .idle       = af_packet_idle,
                                                .settle     = af_packet_settle,
                                                .close      = af_packet_close,
                                                .cause_text = af_packet_cause_text };
