#include "net/port.h"
#include "receive/receiver.h"
#include "run/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOOK_NS (1000000UL)

/* Frames read per service: Stop has to be seen in between. */
#define READ_MAX (4096UL)

/* The receive ring hands over at the latest after its retire time; a quiet interface is
   looked at now and then, because it may be removed. */
#define SOON_NS  (500000UL)
#define LATER_NS (10000000UL)

/* After so long without a frame sent or received those that are missing are lost. */
#define QUIET_NS (100000000UL)

/* How often a run that is over looks whether the last block was handed over. */
#define SETTLE_TRIES (20)

static void
set_state( pl_backend_t * head, int state, int err, char const * step, char const * name, char const * what ) {
  pl_state_t * s = &head->state;
  if( s->state >= PL_STATE_REMOVED || ( s->state == state && s->step == step ) ) return;
  s->state = state;
  s->err   = err;
  s->step  = step;
  snprintf( s->sentence, sizeof( s->sentence ), "%s %s", name, what );
}

static void
tell_down( pl_port_t const * self, pl_backend_t * head, char const * step ) {
  set_state( head, PL_STATE_LINK_DOWN, ENETDOWN, step, self->device.port.name,
             "is down: frames wait until it is set up again." );
}

void
pl_port_removed( pl_port_t * self, pl_backend_t * head, char const * step ) {
  set_state( head, PL_STATE_REMOVED, ENXIO, step, self->device.port.name,
             "was removed, and the run has ended. What was sent before is counted; an interface of that name that "
             "comes again is another one: start a new run on it." );
}

void
pl_port_failed( pl_port_t * self, pl_backend_t * head, char const * step, int err ) {
  char what[PL_SENTENCE_MAX / 2UL];
  snprintf( what, sizeof( what ), "takes no more frames: %s. What was sent before is counted; start a new run.",
            strerror( err ) );
  set_state( head, PL_STATE_FAILED, err, step, self->device.port.name, what );
}

/* What seemed lost without carrier is, when that is still told some time later. */
static void
make_sure( pl_port_t * self, pl_backend_t * head, uint64_t now ) {
  if( self->no_carrier && now < self->unsure_at + LOOK_NS ) return;
  if( self->no_carrier ) head->no_carrier += self->unsure[0];
  self->unsure[0] = self->no_carrier ? self->unsure[1] : 0UL;
  self->unsure[1] = 0UL;
  self->unsure_at = now;
}

void
pl_port_look( pl_port_t * self, pl_backend_t * head, uint64_t now, int forced ) {
  if( !forced && now - self->looked_at < LOOK_NS ) return;
  self->looked_at = now;
  if( self->rx ) head->peer_dropped = pl_rx_ring_dropped( self->rx );
  if( !self->device.monitor ) return;
  pl_monitor_poll( self->device.monitor );
  pl_link_t link;
  int       there = pl_monitor_link( self->device.monitor, self->device.end, self->device.port.ifindex, &link );
  if( there < 0 ) return;
  if( !there ) {
    if( pl_monitor_ended( self->device.monitor ) )
      set_state( head, PL_STATE_REMOVED, ENXIO, "helper", self->device.port.name,
                 "is gone: the lab's helper has ended, and the lab with it. What was sent before is counted; open a lab "
                 "again." );
    else
      pl_port_removed( self, head, "rtnetlink" );
    return;
  }
  pl_link_t peer       = { .up = 1 };
  int const knows_peer = link.peer && pl_monitor_link( self->device.monitor, !self->device.end, link.peer, &peer ) == 1;
  if( knows_peer ) self->peer_mtu = peer.mtu;
  self->mtu = link.mtu;
  if( self->mtu_most < link.mtu ) self->mtu_most = link.mtu;
  /* A peer that goes down is told at once, the carrier that goes with it much later. */
  self->no_carrier = link.up && ( !link.carrier || !peer.up );
  self->has_queue  = link.queue;
  make_sure( self, head, now );
  if( link.up ) pl_port_works( head );
  else tell_down( self, head, "rtnetlink" );
}

int
pl_port_down( pl_port_t * self, pl_backend_t * head, char const * step ) {
  pl_port_look( self, head, pl_clock_ns(), 1 );
  tell_down( self, head, step );
  return head->state.state > PL_STATE_LINK_DOWN;
}

void
pl_port_accepted( pl_port_t * self, pl_backend_t * head, uint64_t n, uint64_t now ) {
  pl_port_works( head );
  pl_port_look( self, head, now, 0 );
  pl_port_sent( self, n );
}

int
pl_port_full( pl_port_t * self, pl_backend_t * head ) {
  pl_port_look( self, head, pl_clock_ns(), 1 );
  if( self->no_carrier ) return PL_FULL_CARRIER;
  return self->has_queue && !self->past_queue ? PL_FULL_QUEUE : PL_FULL_DRIVER;
}

int
pl_port_mtu_changed( pl_port_t * self, pl_backend_t * head ) {
  uint32_t const before = self->mtu;
  pl_port_look( self, head, pl_clock_ns(), 1 );
  return self->mtu != before;
}

int
pl_port_mtu_is_less( pl_port_t * self, pl_backend_t * head ) {
  pl_port_look( self, head, pl_clock_ns(), 0 );
  int const less = self->mtu < self->mtu_most;
  self->mtu_most = self->mtu;
  return less;
}

int
pl_port_refuse( pl_port_t const * self, pl_backend_t * head, pl_aio_pkt_info_t const * pkt, int cause, int err ) {
  head->cause = (pl_cause_t){ .id = cause, .a = pkt->buf_sz, .b = (uint64_t)err, .c = self->mtu };
  if( cause == PL_PORT_LIMIT ) head->cause.b = pl_frame_limit( self->mtu, pkt->buf, pkt->buf_sz );
  return cause <= PL_PORT_LIMIT ? PL_AIO_ERR_INVAL : PL_AIO_ERR_AGAIN;
}

void
pl_port_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case PL_PORT_BUF_MAX: pl_buf_max_text( cause->a, buf, buf_sz ); break;
  case PL_PORT_TINY: pl_tiny_text( cause->a, buf, buf_sz ); break;
  case PL_PORT_LIMIT: pl_frame_limit_text( cause->a, cause->b, cause->c, buf, buf_sz ); break;
  case PL_PORT_DOWN: snprintf( buf, buf_sz, "The interface is down." ); break;
  case PL_PORT_REMOVED: snprintf( buf, buf_sz, "The interface was removed." ); break;
  default: snprintf( buf, buf_sz, "The kernel takes no more frames: %s.", strerror( (int)cause->b ) );
  }
}

/* Frames that were sent and neither received nor dropped at the peer; 0 where nobody counts. */
static uint64_t
missing( pl_port_t const * self, pl_backend_t const * head ) {
  uint64_t arrived = head->received + head->peer_dropped;
  if( !self->rx ) return 0UL;
  return self->sent > arrived ? self->sent - arrived : 0UL;
}

uint64_t
pl_port_service( pl_port_t * self, pl_backend_t * head, uint64_t now ) {
  head->served_at = now;
  pl_port_look( self, head, now, 0 );
  if( self->sent != self->sent_seen ) self->moved_at = now;
  self->sent_seen = self->sent;
  if( !self->rx ) return now + LATER_NS;
  unsigned long most = READ_MAX;
  if( head->receive_max && head->receive_max - head->received < most ) most = head->receive_max - head->received;
  unsigned long n = pl_rx_ring_read( self->rx, pl_receive_sink( head ), &head->arrivals, most );
  head->received += n;
  head->received_bytes = pl_rx_ring_bytes( self->rx );
  if( n ) self->moved_at = now;
  if( n == READ_MAX ) return now;
  int more    = missing( self, head ) || self->device.send_fd < 0; /* who only receives does not know what comes */
  int waiting = pl_rx_ring_ready( self->rx ) || ( more && now - self->moved_at < QUIET_NS );
  return now + ( waiting ? SOON_NS : LATER_NS );
}

int
pl_port_idle( pl_port_t const * self, pl_backend_t const * head ) {
  if( !self->rx ) return 1;
  if( pl_rx_ring_ready( self->rx ) || self->sent != self->sent_seen ) return 0;
  return !missing( self, head ) || pl_clock_ns() - self->moved_at >= QUIET_NS;
}

void
pl_port_settle( pl_port_t * self, pl_backend_t * head ) {
  struct timespec const nap = { .tv_nsec = (long)LOOK_NS };
  for( int i = 0; i < SETTLE_TRIES; i++ ) {
    pl_port_look( self, head, pl_clock_ns(), 1 );
    (void)pl_port_service( self, head, pl_clock_ns() );
    if( !missing( self, head ) && !self->unsure[0] && !self->unsure[1] ) return;
    nanosleep( &nap, NULL );
  }
}

int
pl_port_open( pl_port_t * self, pl_backend_t * head, pl_device_t const * device, unsigned long rx_sz, pl_err_t * err ) {
  *self = (pl_port_t){ .device = *device, .mtu = device->port.mtu, .mtu_most = device->port.mtu, .no_carrier = device->port.up && !device->port.carrier, .has_queue = 1 };
  if( device->recv_fd >= 0 && !( self->rx = pl_rx_ring_open( device->recv_fd, rx_sz, err ) ) ) return -1;
  self->device.recv_fd = -1;
  head->receives       = self->rx != NULL;
  pl_monitor_hold( device->monitor );
  return 0;
}

void
pl_port_close( pl_port_t * self ) {
  pl_rx_ring_close( self->rx );
  pl_monitor_release( self->device.monitor );
  int const fds[] = { self->device.send_fd, self->device.tag_fd, self->device.mem_fd };
  for( int i = 0; i < 3; i++ )
    if( fds[i] >= 0 ) close( fds[i] );
}
