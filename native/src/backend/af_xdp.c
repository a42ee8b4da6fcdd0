/* af_xdp: whole Ethernet frames from memory that is shared with the kernel (UMEM), past
   the interface's queue.  The socket, its UMEM and its rings are made by whoever hands the
   device over; who owns what in them, and until when, stands in net/xsk.h.

   flush: shows the kernel the frames put in so far and kicks, that is one system call,
          before Linux 6.17 one for each 32 of them.  Without it frames wait until the ring
          is full, and are kicked then, so that a later send finds room.
   completed: frames reaped from the completion ring.
   AGAIN: no chunk of the UMEM is free; the link is down.

   A chunk goes round: free -> put (its descriptor lies in the transmit ring, behind the
   producer index) -> out (shown to the kernel) -> reaped from the completion ring -> free.
   Completions are reaped first in every send and service.  The chunk freed last is used
   next: it is the one the cache still has.

   Copy mode is what a veth pair offers: the kernel copies each frame during the kick.  It
   checks the device before it looks at the ring, so after ENETDOWN the frames shown last
   can be hidden again, and the send is AGAIN at the exact index.  With zero-copy the driver
   may have seen them: they stay, and go out once the link is up.

   Without carrier the kernel drops one frame with each kick (EBUSY), and completes it:
   such frames count as completed and as lost.  The kernel does not look at sizes, and tells
   of descriptors that it will not send only in XDP_STATISTICS: sizes are checked before, and
   once more at the kick when the MTU has become less (a frame of an earlier call that has
   become too large is a late error); the statistics are read each second. */

#include "net/port.h"
#include "net/xsk.h"
#include "run/clock.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { OPT_MODE, OPT_RING, OPT_PEER_RING, OPT_CNT };

static char const * const modes[] = { "copy", "zero-copy", NULL };

static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_MODE]      = { .name = "mode", .kind = PL_OPT_CHOICE, .max = 1, .words = modes },
    [OPT_RING]      = { .name = "ring", .kind = PL_OPT_WHOLE, .min = 1, .max = PL_LAB_SLOTS_MAX, .dflt = 1024 },
    [OPT_PEER_RING] = { .name = "peer-ring", .kind = PL_OPT_BYTES, .min = 1048576, .max = 268435456, .dflt = 16777216 } };

/* Behind the shared ones of net/port.h. */
enum { CAUSE_RING_FULL = PL_PORT_CAUSE_END, CAUSE_DRIVER_LOST, CAUSE_INVALID };

/* Frames that a kick has left are tried again after this; chunks that are out are looked
   for after this; and how often the kernel's statistics are read. */
#define KICK_NS  (500000UL)
#define REAP_NS  (100000UL)
#define STATS_NS (1000000000UL)

typedef struct {
  pl_backend_t head;
  pl_port_t    port;
  pl_xsk_t     xsk;
  uint64_t     reaped, lost;
  uint64_t     invalid;  /* as the kernel counts them */
  uint32_t     stuck;    /* chunks of those that may never come back, at most */
  uint64_t     kick_at, stats_at;
  int          owed;     /* a kick has left something */
  int          slow;     /* at the last service the kernel still had frames: a larger ring is no help */
} af_xdp_t;

/* Takes back the chunks the kernel is done with.  Returns how many. */
static uint32_t
reap( af_xdp_t * self ) {
  uint32_t const n = pl_xsk_reap( &self->xsk );
  self->reaped += n;
  self->head.completed += n;
  self->port.sent = self->reaped - self->lost;
  return n;
}

/* One kick: 0, or the errno. */
static int
call( af_xdp_t * self ) {
  uint64_t const t0  = pl_clock_ns();
  long           did = sendto( self->xsk.fd, NULL, 0UL, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0U );
  int            err = did < 0 ? errno : 0;
  self->head.os_ns += pl_clock_ns() - t0;
  self->head.kicks++;
  return err;
}

/* Frames that the kernel dropped during a kick. */
static void
count_lost( af_xdp_t * self, uint32_t n ) {
  if( !n ) return;
  self->lost += n;
  self->port.sent = self->reaped - self->lost;
  pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
  if( self->port.no_carrier ) {
    self->head.no_carrier += n;
    return;
  }
  self->head.late_errors += n;
  self->head.late = (pl_cause_t){ .id = CAUSE_DRIVER_LOST, .a = self->port.peer_mtu < self->port.mtu ? self->port.peer_mtu : 0UL };
}

/* Shows the kernel all that was put in and has it look.  Returns 0, or an errno: then
   something stays in the ring.  After ENETDOWN and ENXIO of a socket that copies it has
   not looked, and all is hidden again. */
static int
kick( af_xdp_t * self ) {
  pl_xsk_ring_t const * ring   = &self->xsk.tx;
  uint32_t const        before = self->xsk.shown;
  uint32_t              lost = 0U, still = 0U;
  int                   err = 0;
  if( self->xsk.shown == self->xsk.prod && pl_xsk_load( ring->consumer ) == self->xsk.prod ) return 0;
  pl_xsk_store( ring->producer, self->xsk.shown = self->xsk.prod );
  if( !( pl_xsk_load( ring->flags ) & XDP_RING_NEED_WAKEUP ) ) return 0; /* a driver is at it */
  /* The kernel ends a round after as many frames as it takes in one (EAGAIN), behind one that it drops (EBUSY), and
     behind a descriptor that it will not send (no error).  It may tell of the last frames
     of a round in the next one only, so the second round without a step is the end. */
  for( int first = 1; still < 2U; first = 0 ) {
    uint32_t const at = pl_xsk_load( ring->consumer );
    err               = call( self );
    if( first && ( err == ENETDOWN || err == ENXIO ) && !self->xsk.zero_copy )
      pl_xsk_store( ring->producer, self->xsk.shown = before );
    if( err == EBUSY ) lost++;
    if( reap( self ) || err == EBUSY || pl_xsk_load( ring->consumer ) != at ) still = 0U;
    else still++;
    if( err && err != EBUSY && err != EAGAIN && err != EINTR ) break;
    if( !err && ( self->xsk.zero_copy || pl_xsk_load( ring->consumer ) == self->xsk.prod ) ) break;
  }
  count_lost( self, lost );
  if( still == 2U ) err = EAGAIN;
  if( !err ) pl_port_works( &self->head );
  return err;
}

/* What an errno of a kick means for the state, and for a frame that it has left.  0: frames
   wait, and nothing is wrong. */
static int
meaning( af_xdp_t * self, int err ) {
  pl_port_t *    port = &self->port;
  pl_backend_t * head = &self->head;
  switch( err ) {
  case EAGAIN:
  case ENOBUFS:
  case ENOMEM: return 0;
  case ENETDOWN: return pl_port_down( port, head, "kick" ) ? PL_PORT_REMOVED : PL_PORT_DOWN;
  case ENXIO:
    pl_port_look( port, head, pl_clock_ns(), 1 );
    pl_port_removed( port, head, "kick" );
    return PL_PORT_REMOVED;
  default: pl_port_failed( port, head, "kick", err ); return PL_PORT_FAILED;
  }
}

/* The MTU has become less: frames up to *until, which were taken and wait, are lost when they
   are too large. */
static void
lose_too_large( af_xdp_t * self, uint32_t * until ) {
  for( uint32_t x = self->xsk.shown; x != *until; ) {
    pl_aio_pkt_info_t const pkt   = pl_xsk_frame( &self->xsk, x );
    pl_cause_t const        kept  = self->head.cause;
    int const               cause = pl_port_check( &self->port, pkt.buf, pkt.buf_sz );
    if( !cause ) {
      x++;
      continue;
    }
    (void)pl_port_refuse( &self->port, &self->head, &pkt, cause, 0 );
    self->head.late  = self->head.cause;
    self->head.cause = kept;
    self->head.late_errors++;
    pl_xsk_take_out( &self->xsk, x );
    --*until;
  }
}

/* Kicks and keeps in mind what that has left.  Returns a cause, or 0. */
static int
kick_now( af_xdp_t * self, int * err ) {
  *err          = kick( self );
  int why       = *err ? meaning( self, *err ) : 0;
  self->owed    = *err != 0;
  self->kick_at = *err ? pl_clock_ns() + KICK_NS : UINT64_MAX;
  return why;
}

static int
refuse( af_xdp_t * self, pl_aio_pkt_info_t const * batch, unsigned long i, unsigned long * opt_batch_idx, int cause, int err ) {
  int code = pl_port_refuse( &self->port, &self->head, &batch[i], cause, err );
  if( cause == CAUSE_RING_FULL ) {
    self->head.cause.a       = self->xsk.cap;
    self->head.cause.by_ring = !self->slow;
  }
  if( opt_batch_idx ) *opt_batch_idx = i;
  return code;
}

/* Of a call's frames, which begin at from: takes back the first that is too large, and those
   behind it.  Returns its index in the batch, or n. */
static unsigned long
take_back_too_large( af_xdp_t * self, pl_aio_pkt_info_t const * batch, unsigned long n, uint32_t from ) {
  for( unsigned long i = 0UL; i < n; i++ ) {
    if( !batch[i].buf_sz ) continue;
    if( pl_port_check( &self->port, batch[i].buf, batch[i].buf_sz ) ) {
      pl_xsk_take_back( &self->xsk, from );
      return i;
    }
    from++;
  }
  return n;
}

static int
af_xdp_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  af_xdp_t *    self = ctx;
  int const     down = self->head.state.state == PL_STATE_LINK_DOWN;
  unsigned long i = 0UL, first = 0UL; /* the first that was put in */
  int           bad = 0, why = 0, err = 0;
  if( self->head.state.state > PL_STATE_LINK_DOWN )
    return batch_cnt ? refuse( self, batch, 0UL, opt_batch_idx, PL_PORT_REMOVED, ENXIO ) : PL_AIO_SUCCESS;
  reap( self );
  uint32_t from = self->xsk.prod;
  for( ; i < batch_cnt; i++ ) {
    unsigned long sz = batch[i].buf_sz;
    if( !sz ) continue;
    if( ( bad = pl_port_examine( &self->port, &self->head, batch[i].buf, sz ) ) ) break;
    if( !self->xsk.free_cnt ) {
      bad = CAUSE_RING_FULL;
      break;
    }
    if( self->xsk.prod == from ) first = i;
    pl_xsk_put( &self->xsk, batch[i].buf, (uint32_t)sz );
  }
  if( flush || bad == CAUSE_RING_FULL || ( down && self->xsk.prod != from ) ) {
    if( pl_port_mtu_is_less( &self->port, &self->head ) ) {
      unsigned long const n = take_back_too_large( self, batch, i, from );
      if( n < i ) bad = PL_PORT_LIMIT, i = n;
      lose_too_large( self, &from );
    }
    why = kick_now( self, &err );
    if( why && self->xsk.prod != self->xsk.shown && self->xsk.prod != from ) { /* the kernel did not look: this call's leave again */
      pl_xsk_take_back( &self->xsk, from );
      bad = why;
      i   = first;
    }
  }
  self->head.completed += pl_none_of( batch, i );
  self->head.ring_occ = pl_xsk_used( &self->xsk );
  return bad ? refuse( self, batch, i, opt_batch_idx, bad, err ) : PL_AIO_SUCCESS;
}

/* Reads how many descriptors the kernel would not send.  Some kernels complete them, some
   do not: chunks that nothing else keeps out are given back. */
static void
look_for_invalid( af_xdp_t * self ) {
  uint64_t const sum = pl_xsk_invalid( &self->xsk );
  if( sum > self->invalid ) {
    uint64_t const n = sum - self->invalid;
    self->head.late_errors += n;
    self->head.late = (pl_cause_t){ .id = CAUSE_INVALID, .a = n };
    self->stuck += (uint32_t)n;
    self->invalid = sum;
  }
  if( !self->stuck || self->xsk.prod != pl_xsk_load( self->xsk.tx.consumer ) || pl_xsk_used( &self->xsk ) > self->stuck ) return;
  pl_xsk_reclaim( &self->xsk );
  self->stuck = 0U;
}

static uint64_t
af_xdp_service( pl_backend_t * head, uint64_t now ) {
  af_xdp_t * self = (af_xdp_t *)head;
  int        err;
  if( head->state.state <= PL_STATE_LINK_DOWN ) {
    reap( self );
    if( self->owed && now >= self->kick_at ) {
      uint32_t all = self->xsk.prod;
      if( pl_port_mtu_is_less( &self->port, &self->head ) ) lose_too_large( self, &all );
      (void)kick_now( self, &err );
    }
    if( now >= self->stats_at ) {
      look_for_invalid( self );
      self->stats_at = now + STATS_NS;
    }
  }
  uint32_t const out = pl_xsk_used( &self->xsk ) - ( self->xsk.prod - self->xsk.shown );
  self->slow         = out > self->stuck || self->owed;
  head->ring_occ     = pl_xsk_used( &self->xsk );
  uint64_t next      = pl_port_service( &self->port, head, now );
  if( head->state.state > PL_STATE_LINK_DOWN ) return next;
  if( self->owed ) return self->kick_at < next ? self->kick_at : next;
  return self->slow && now + REAP_NS < next ? now + REAP_NS : next;
}

static int
af_xdp_idle( pl_backend_t const * head ) {
  af_xdp_t const * self  = (af_xdp_t const *)head;
  int              waits = pl_xsk_used( &self->xsk ) > self->stuck && head->state.state <= PL_STATE_LINK_DOWN;
  return !waits && pl_port_idle( &self->port, head );
}

static void
af_xdp_settle( pl_backend_t * head ) {
  af_xdp_t * self = (af_xdp_t *)head;
  self->stats_at  = 0UL;
  (void)af_xdp_service( head, pl_clock_ns() );
  pl_port_settle( &self->port, head );
  reap( self ); /* what was received is completed */
}

static void
af_xdp_close( pl_backend_t * head ) {
  af_xdp_t * self = (af_xdp_t *)head;
  (void)af_xdp_send( self, NULL, 0UL, NULL, 1 );
  pl_xsk_close( &self->xsk ); /* before the socket: its queue stays busy while rings are mapped */
  pl_port_close( &self->port );
  free( self );
}

/* Whether the mode is the one asked for.  0, or -1 with err. */
static int
check_mode( af_xdp_t const * self, int zero_copy, char const * name, pl_err_t * err ) {
  if( zero_copy == self->xsk.zero_copy ) return 0;
  pl_err_set( err, EOPNOTSUPP, "device", "af_xdp option mode is %s, and the socket on %.15s works in mode %s.", modes[zero_copy],
              name, modes[self->xsk.zero_copy] );
  return -1;
}

static pl_backend_t *
af_xdp_open_on( pl_opt_vals_t const * vals, pl_device_t const * device, pl_err_t * err ) {
  char const * name = device->port.name;
  af_xdp_t *   self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "af_xdp could not be opened: out of memory." );
    return NULL;
  }
  int failed = pl_xsk_open( &self->xsk, device->send_fd, device->mem_fd, (uint32_t)vals->num[OPT_RING], name, err );
  if( !failed ) failed = check_mode( self, vals->num[OPT_MODE] != 0.0, name, err );
  if( !failed ) failed = pl_port_open( &self->port, &self->head, device, (unsigned long)vals->num[OPT_PEER_RING], err );
  if( failed ) {
    pl_xsk_close( &self->xsk );
    free( self );
    return NULL;
  }
  self->invalid       = pl_xsk_invalid( &self->xsk );
  self->kick_at       = UINT64_MAX;
  self->head.def      = &pl_backend_af_xdp;
  self->head.aio      = (pl_aio_t){ .ctx = self, .send_func = af_xdp_send };
  self->head.ring_cap = self->xsk.cap;
  pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
  return &self->head;
}

static void
af_xdp_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case CAUSE_RING_FULL:
    snprintf( buf, buf_sz, "Transmit ring full: all %lu frames are waiting for a flush or with the kernel.", cause->a );
    break;
  case CAUSE_DRIVER_LOST:
    if( cause->a )
      snprintf( buf, buf_sz, "The driver dropped an earlier frame: the MTU of the peer is %lu, less than that of the interface.", cause->a );
    else snprintf( buf, buf_sz, "The driver dropped an earlier frame: the peer took no more at that moment." );
    break;
  case CAUSE_INVALID:
    snprintf( buf, buf_sz, "The kernel dropped %lu earlier frame%s: the descriptor%s in the transmit ring %s not valid.", cause->a,
              cause->a == 1UL ? "" : "s", cause->a == 1UL ? "" : "s", cause->a == 1UL ? "was" : "were" );
    break;
  default: pl_port_cause_text( cause, buf, buf_sz );
  }
}

pl_backend_def_t const pl_backend_af_xdp = { .name       = "af_xdp",
                                             .opts       = opts,
                                             .opt_cnt    = OPT_CNT,
                                             .has_peer   = 1,
                                             .has_mtu    = 1,
                                             .open_on    = af_xdp_open_on,
                                             .service    = af_xdp_service,
                                             .idle       = af_xdp_idle,
                                             .settle     = af_xdp_settle,
                                             .close      = af_xdp_close,
                                             .cause_text = af_xdp_cause_text };
