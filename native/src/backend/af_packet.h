/* af_packet.h: the af_packet backend's own state, shared by the files of its two modes. */

#ifndef PL_AF_PACKET_H
#define PL_AF_PACKET_H

#include "net/port.h"

#include <sys/socket.h>

/* Frames handed to the kernel in one sendmmsg. */
#define SEND_MAX (64U)

enum {
  CAUSE_BUF_MAX = 1,
  CAUSE_TINY,
  CAUSE_LIMIT,
  CAUSE_ERRNO, /* INVAL up to here */
  CAUSE_RING_FULL,
  CAUSE_SOCKET_FULL,
  CAUSE_QDISC_FULL,
  CAUSE_DEVICE_FULL,
  CAUSE_NO_QUEUE,
  CAUSE_NO_CARRIER,
  CAUSE_PEER_MTU,
  CAUSE_MEMORY,
  CAUSE_DOWN,
  CAUSE_REMOVED,
  CAUSE_FAILED,
  CAUSE_TAGGED /* no cause: goes through the ring of mode sendmmsg */
};

struct tpacket2_hdr;

/* A transmit ring.  Packets [cons, prod) are in it, packet x in slot x % slot_cnt:

   [cons, sent)  handed to the kernel; a slot it is done with waits for service
   [sent, prod)  wait for the next kick

   cap may be less than slot_cnt, which has to fill whole blocks. */
typedef struct {
  int                    fd; /* borrowed */
  uint8_t *              map;
  unsigned long          map_sz, slot_cnt, cap;
  struct tpacket2_hdr ** slot;
  uint32_t *             at; /* per slot, the packet's index in the batch of its call */
  uint64_t               cons, sent, prod;
  uint64_t               kick_at; /* what an earlier kick left is kicked again then */
  int                    owed;    /* a kick has left something */
  int                    slow;    /* at the last service the kernel still had frames: a larger ring is no help */
} pl_tx_ring_t;

typedef struct {
  pl_backend_t   head;
  pl_port_t      port;
  int            fd;
  int            in_ring; /* mode tx-ring */
  struct mmsghdr msg[SEND_MAX];
  struct iovec   iov[SEND_MAX];
  unsigned long  at[SEND_MAX]; /* index in the caller's batch */
  pl_tx_ring_t   ring;         /* mode sendmmsg: of tag_fd, for single frames */
} pl_af_packet_t;

/* Why no frame of these sz > 0 bytes can be sent: a cause, or 0.  A frame over MTU + 14 with
   EtherType 0x88a8 goes in a ring only: without a virtio header packet sockets have the 4 B
   of a tag for 0x8100 alone (packet_extra_vlan_len_allowed). */
static inline int
pl_af_packet_check( pl_af_packet_t const * self, uint8_t const * buf, unsigned long sz ) {
  unsigned long limit = self->port.mtu + 14UL;
  if( sz <= limit && sz >= 14UL && sz <= PL_AIO_PKT_INFO_BUF_MAX ) return 0;
  if( sz > PL_AIO_PKT_INFO_BUF_MAX ) return CAUSE_BUF_MAX;
  if( sz < 14UL ) return CAUSE_TINY;
  if( sz > pl_frame_limit( self->port.mtu, buf, sz ) ) return CAUSE_LIMIT;
  return buf[12] == 0x81 || self->in_ring ? 0 : CAUSE_TAGGED;
}

/* The same, with the MTU as it is now. */
static inline int
pl_af_packet_examine( pl_af_packet_t * self, uint8_t const * buf, unsigned long sz ) {
  int cause = pl_af_packet_check( self, buf, sz );
  return cause == CAUSE_LIMIT && pl_port_mtu_changed( &self->port, &self->head ) ? pl_af_packet_check( self, buf, sz ) : cause;
}

/* Whether the peer drops a frame of sz bytes, which its MTU has no room for: a veth says so
   (ENOBUFS).  It gives every frame the 4 B of a VLAN tag (__is_skb_forwardable). */
static inline int
pl_af_packet_over_peer( pl_af_packet_t const * self, unsigned long sz ) {
  return self->port.peer_mtu && sz > self->port.peer_mtu + 18UL;
}

/* Notes why packet i was not taken: all before it were, of which the ones of no bytes
   are completed here.  Returns the code. */
int pl_af_packet_refuse( pl_af_packet_t * self, pl_aio_pkt_info_t const * batch, unsigned long i,
                         unsigned long * opt_batch_idx, int cause, int err );

/* What an errno of a send means for the frame at hand, and for the state. */
int pl_af_packet_meaning( pl_af_packet_t * self, pl_aio_pkt_info_t const * pkt, int err, char const * step );

/* The transmit ring (af_packet_ring.c): its send function, and the parts of open,
   service, idle and close that are its. */
int      pl_tx_ring_open( pl_af_packet_t * self, int fd, unsigned long slots, pl_err_t * err );
int      pl_tx_ring_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt,
                          unsigned long * opt_batch_idx, int flush );
uint64_t pl_tx_ring_service( pl_af_packet_t * self, uint64_t now );
void     pl_tx_ring_close( pl_af_packet_t * self );

/* Mode sendmmsg: sends one frame through the ring, now.  0, or the errno: then it is not sent. */
int pl_tx_ring_one( pl_af_packet_t * self, pl_aio_pkt_info_t const * pkt );

#endif /* PL_AF_PACKET_H */
