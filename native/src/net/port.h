/* port.h: what backends on a kernel interface have in common: its state, MTU and
   carrier from the monitor, the receive ring on its peer, and when a run may say that
   everything has arrived. */

#ifndef PL_PORT_H
#define PL_PORT_H

#include "net/monitor.h"
#include "net/rx_ring.h"
#include "pl_device.h"

typedef struct {
  pl_device_t    device; /* its descriptors; recv_fd is the ring's once there is one */
  pl_rx_ring_t * rx;     /* NULL: nobody counts what arrives */
  uint32_t       mtu, mtu_most; /* now, and the largest since pl_port_mtu_is_less */
  uint32_t       peer_mtu;   /* of the other end of a veth; 0 = not known */
  int            no_carrier; /* the peer is down: what is sent is lost, mostly without an error */
  int            has_queue;  /* of the interface, which may be full; where nobody tells there is one */
  int            past_queue; /* frames go past it: without carrier the driver refuses them, and swallows none */
  uint64_t       looked_at;  /* at the monitor, CLOCK_MONOTONIC ns */
  uint64_t       sent;       /* frames the kernel has accepted */
  uint64_t       unsure[2];  /* those of them that seem lost without carrier: for a look and longer, and since */
  uint64_t       unsure_at;
  uint64_t       sent_seen, moved_at; /* when something was last sent or received */
} pl_port_t;

/* Takes the device over, and makes a receive ring of rx_sz bytes if it has a socket to
   receive on; then head receives.  0, or -1 with err; then the descriptors stay the
   caller's. */
int  pl_port_open( pl_port_t * self, pl_backend_t * head, pl_device_t const * device, unsigned long rx_sz, pl_err_t * err );
void pl_port_close( pl_port_t * self );

/* Brings state, MTU and carrier up to date: at most every millisecond, or now when
   forced (an errno says that something has changed). */
void pl_port_look( pl_port_t * self, pl_backend_t * head, uint64_t now, int forced );

/* The state an errno of a send stands for.  The first looks, and returns whether the interface is
   gone by now: a device goes down before it goes. */
int  pl_port_down( pl_port_t * self, pl_backend_t * head, char const * step );    /* ENETDOWN, EIO */
void pl_port_removed( pl_port_t * self, pl_backend_t * head, char const * step ); /* ENXIO, EBADFD */
void pl_port_failed( pl_port_t * self, pl_backend_t * head, char const * step, int err );

/* n frames more have been accepted.  Without carrier they are lost, and no_carrier of head
   grows by them once two looks later have still told so: the kernel tells late that a
   carrier is back, and no more may be called lost than was. */
static inline void
pl_port_sent( pl_port_t * self, uint64_t n ) {
  self->sent += n;
  if( self->no_carrier && !self->past_queue ) self->unsure[1] += n;
}

/* The same by a call that has ended at now, and the link works. */
void pl_port_accepted( pl_port_t * self, pl_backend_t * head, uint64_t n, uint64_t now );

/* Why the kernel had no room for a frame (ENOBUFS): looks first. */
enum { PL_FULL_CARRIER = 1, PL_FULL_QUEUE, PL_FULL_DRIVER };
int pl_port_full( pl_port_t * self, pl_backend_t * head );

/* Sending works: whatever the state was, the link is up. */
static inline void
pl_port_works( pl_backend_t * head ) {
  if( head->state.state == PL_STATE_LINK_DOWN ) head->state = (pl_state_t){ .state = PL_STATE_UP };
}

/* Causes that backends of whole frames on an interface share; their own follow. */
enum {
  PL_PORT_BUF_MAX = 1,
  PL_PORT_TINY,
  PL_PORT_LIMIT, /* INVAL up to here */
  PL_PORT_DOWN,
  PL_PORT_REMOVED,
  PL_PORT_FAILED,
  PL_PORT_CAUSE_END
};

/* Why no Ethernet device takes a frame of sz > 0 bytes: a cause, or 0. */
static inline int
pl_port_check( pl_port_t const * self, uint8_t const * buf, unsigned long sz ) {
  if( sz >= 14UL && sz <= self->mtu + 14UL && sz <= PL_AIO_PKT_INFO_BUF_MAX ) return 0;
  if( sz > PL_AIO_PKT_INFO_BUF_MAX ) return PL_PORT_BUF_MAX;
  if( sz < 14UL ) return PL_PORT_TINY;
  return sz > pl_frame_limit( self->mtu, buf, sz ) ? PL_PORT_LIMIT : 0;
}

/* Whether the MTU is another one than was known: asked before a frame is refused for it. */
int pl_port_mtu_changed( pl_port_t * self, pl_backend_t * head );

/* Before frames that wait are sent: whether any may have become too large, because the MTU
   is less than it was since the last time. */
int pl_port_mtu_is_less( pl_port_t * self, pl_backend_t * head );

/* The same as pl_port_check, with the MTU as it is now. */
static inline int
pl_port_examine( pl_port_t * self, pl_backend_t * head, uint8_t const * buf, unsigned long sz ) {
  int cause = pl_port_check( self, buf, sz );
  return cause == PL_PORT_LIMIT && pl_port_mtu_changed( self, head ) ? pl_port_check( self, buf, sz ) : cause;
}

/* Notes why a packet was not taken.  Returns the code. */
int pl_port_refuse( pl_port_t const * self, pl_backend_t * head, pl_aio_pkt_info_t const * pkt, int cause, int err );

/* Writes the sentence of a shared cause. */
void pl_port_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz );

/* Looks, and hands what arrived to the receiver.  Returns when to call again. */
uint64_t pl_port_service( pl_port_t * self, pl_backend_t * head, uint64_t now );

/* Whether everything that was sent has arrived, or nothing has come for a while. */
int pl_port_idle( pl_port_t const * self, pl_backend_t const * head );

/* The run is over: what the receive ring still holds back arrives, for a few
   milliseconds at most. */
void pl_port_settle( pl_port_t * self, pl_backend_t * head );

#endif /* PL_PORT_H */
