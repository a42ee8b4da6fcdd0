/* Bare senders: the plainest loop of each method that is fast.  The frame lies where the
   kernel reads it before anything is measured, so that unlike the product they copy nothing;
   every call sends a batch; nothing is counted but frames. */

#include "nic.h"
#include "net/xsk.h"
#include "run/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/virtio_net.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Batches between two looks at the clock. */
#define BATCHES (8)

/* One sender is open at a time. */
static int                fd = -1;
static struct mmsghdr     msg[NIC_BATCH_MAX];
static struct iovec       iov[NIC_BATCH_MAX];
static struct sockaddr_in to;

static int
failed( char const * what ) {
  fprintf( stderr, "The bare sender failed at %s: %s.\n", what, strerror( errno ) );
  return -1;
}

/* Whether a frame that was refused may be sent again at once. */
static int
is_again( int err ) {
  return err == EAGAIN || err == ENOBUFS || err == EINTR || err == EBUSY;
}

/* Calls burst until the turn is over; it returns how many frames it has sent, negative on
   failure. */
static inline double
loop( long ( *burst )( nic_t * nic ), nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  uint64_t const t0 = pl_clock_ns();
  uint64_t       t1 = t0, n = 0UL;
  while( t1 - t0 < for_ns ) {
    for( int i = 0; i < BATCHES; i++ ) {
      long did = burst( nic );
      if( did < 0 ) return -1.0;
      n += (uint64_t)did;
    }
    t1 = pl_clock_ns();
  }
  *sent = n;
  return (double)( t1 - t0 );
}

static void
close_fd( nic_t * nic ) {
  (void)nic;
  if( fd >= 0 ) close( fd );
  fd = -1;
}

/* sendmmsg on a packet socket, or on a datagram socket. */
static void
lay_out( nic_t * nic, uint8_t * buf, size_t sz ) {
  for( unsigned long i = 0UL; i < nic->batch; i++ ) {
    iov[i] = (struct iovec){ .iov_base = buf, .iov_len = sz };
    msg[i] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &iov[i], .msg_iovlen = 1 } };
  }
}

static int
open_packet( nic_t * nic, int bypass ) {
  int           fds[PL_LAB_FDS_MAX] = { -1, -1 };
  pl_lab_port_t port;
  if( nic_ask( nic, PL_LAB_PACKET, 0U, 0U, &port, fds ) ) return -1;
  fd = fds[0];
  lay_out( nic, nic->frame, nic->sz );
  return setsockopt( fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof( bypass ) ) ? failed( "bypass" ) : 0;
}

static int
open_sendmmsg( nic_t * nic ) {
  return open_packet( nic, 0 );
}

static int
open_sendmmsg_bypass( nic_t * nic ) {
  return open_packet( nic, 1 );
}

static long
burst_sendmmsg( nic_t * nic ) {
  int n = sendmmsg( fd, msg, (unsigned)nic->batch, MSG_DONTWAIT );
  return n >= 0 ? n : is_again( errno ) ? 0 : failed( "sendmmsg" );
}

static double
turn_sendmmsg( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  return loop( burst_sendmmsg, nic, for_ns, sent );
}

static int
open_udp( nic_t * nic ) {
  int           fds[PL_LAB_FDS_MAX] = { -1, -1 };
  pl_lab_port_t port;
  if( nic_ask( nic, PL_LAB_UDP, AF_INET, 0U, &port, fds ) ) return -1;
  fd = fds[0];
  to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons( VETH_PORT ), .sin_addr.s_addr = port.peer_addr4 };
  lay_out( nic, nic->frame + 42, nic->sz - 42UL );
  for( unsigned long i = 0UL; i < nic->batch; i++ ) {
    msg[i].msg_hdr.msg_name    = &to;
    msg[i].msg_hdr.msg_namelen = sizeof( to );
  }
  return 0;
}

/* The whole batch in one message, which the kernel cuts. */
static long
burst_udp_gso( nic_t * nic ) {
  union {
    struct cmsghdr head;
    uint8_t        room[CMSG_SPACE( sizeof( uint16_t ) )];
  } control = { .head = { .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN( sizeof( uint16_t ) ) } };
  uint16_t const sz = (uint16_t)iov[0].iov_len;
  memcpy( CMSG_DATA( &control.head ), &sz, sizeof( sz ) );
  struct msghdr const all = { .msg_name       = &to,
                              .msg_namelen    = sizeof( to ),
                              .msg_iov        = iov,
                              .msg_iovlen     = nic->batch,
                              .msg_control    = control.room,
                              .msg_controllen = sizeof( control ) };
  ssize_t did = sendmsg( fd, &all, MSG_DONTWAIT );
  return did >= 0 ? did / sz : is_again( errno ) ? 0 : failed( "sendmsg" );
}

static double
turn_udp_gso( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  return loop( burst_udp_gso, nic, for_ns, sent );
}

/* write on a TAP device, which takes one frame a call. */
static int
open_tap( nic_t * nic ) {
  (void)nic;
  return 0;
}

static long
burst_tap( nic_t * nic ) {
  long n = 0L;
  for( unsigned long i = 0UL; i < nic->batch; i++ ) {
    if( write( nic->send_fd, nic->frame, nic->sz ) > 0 ) n++;
    else if( !is_again( errno ) ) return failed( "write" );
  }
  return n;
}

static double
turn_tap( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  return loop( burst_tap, nic, for_ns, sent );
}

/* PACKET_TX_RING, TPACKET_V2: the batch's slots are marked and one system call has the kernel
   walk them.  With a virtio header that says all of the frame is its head, as the product
   does it: without, veth copies each frame once more. */
#define SLOTS    (256U)
#define SLOT_SZ  (2048U)
#define BLOCK_SZ (65536U)
#define VNET_AT  ( TPACKET2_HDRLEN - sizeof( struct sockaddr_ll ) )
#define VNET_SZ  ( sizeof( struct virtio_net_hdr ) )

static uint8_t * ring;
static unsigned  slot_at;

static struct tpacket2_hdr *
slot( unsigned i ) {
  return (struct tpacket2_hdr *)(void *)( ring + i % SLOTS * SLOT_SZ );
}

static int
open_tx_ring( nic_t * nic, int bypass ) {
  int                 version = TPACKET_V2, one = 1;
  struct tpacket_req  req     = { .tp_block_size = BLOCK_SZ,
                                  .tp_block_nr   = SLOTS * SLOT_SZ / BLOCK_SZ,
                                  .tp_frame_size = SLOT_SZ,
                                  .tp_frame_nr   = SLOTS };
  struct virtio_net_hdr const head = { .gso_type = VIRTIO_NET_HDR_GSO_NONE, .hdr_len = (uint16_t)nic->sz };
  if( open_packet( nic, bypass ) ) return -1;
  if( setsockopt( fd, SOL_PACKET, PACKET_VERSION, &version, sizeof( version ) ) ||
      setsockopt( fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof( one ) ) ||
      setsockopt( fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof( req ) ) )
    return failed( "transmit ring" );
  ring = mmap( NULL, SLOTS * SLOT_SZ, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0 );
  if( ring == MAP_FAILED ) {
    ring = NULL;
    return failed( "mmap" );
  }
  slot_at = 0U;
  for( unsigned i = 0U; i < SLOTS; i++ ) {
    memcpy( (uint8_t *)slot( i ) + VNET_AT, &head, VNET_SZ );
    memcpy( (uint8_t *)slot( i ) + VNET_AT + VNET_SZ, nic->frame, nic->sz );
    slot( i )->tp_len = (uint32_t)( VNET_SZ + nic->sz );
  }
  return 0;
}

static int
open_tx_ring_queue( nic_t * nic ) {
  return open_tx_ring( nic, 0 );
}

static int
open_tx_ring_bypass( nic_t * nic ) {
  return open_tx_ring( nic, 1 );
}

static void
close_tx_ring( nic_t * nic ) {
  if( ring ) munmap( ring, SLOTS * SLOT_SZ );
  ring = NULL;
  close_fd( nic );
}

static long
burst_tx_ring( nic_t * nic ) {
  for( unsigned long i = 0UL; i < nic->batch; i++ ) {
    struct tpacket2_hdr * s = slot( slot_at + (unsigned)i );
    while( __atomic_load_n( &s->tp_status, __ATOMIC_ACQUIRE ) != TP_STATUS_AVAILABLE )
      if( sendto( fd, NULL, 0UL, MSG_DONTWAIT, NULL, 0U ) < 0 && !is_again( errno ) ) return failed( "kick" );
    __atomic_store_n( &s->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE );
  }
  slot_at += (unsigned)nic->batch;
  if( sendto( fd, NULL, 0UL, MSG_DONTWAIT, NULL, 0U ) < 0 && !is_again( errno ) ) return failed( "kick" );
  return (long)nic->batch;
}

static double
turn_tx_ring( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  double ns = loop( burst_tx_ring, nic, for_ns, sent );
  for( unsigned i = 0U; i < SLOTS; i++ ) /* what a refused kick has left goes before the turn ends */
    while( __atomic_load_n( &slot( i )->tp_status, __ATOMIC_ACQUIRE ) != TP_STATUS_AVAILABLE )
      if( sendto( fd, NULL, 0UL, MSG_DONTWAIT, NULL, 0U ) < 0 && !is_again( errno ) ) return failed( "kick" );
  return ns;
}

/* AF_XDP: descriptors of a batch, then kicks until the kernel has them all.  Two batches of
   frames lie in the memory, each at another place of its page. */
static pl_xsk_t xsk;

static int
open_af_xdp( nic_t * nic ) {
  pl_err_t err = { 0 };
  (void)nic;
  if( !pl_xsk_open( &xsk, nic->send_fd, nic->mem_fd, 1024U, "pl0a", &err ) ) return 0;
  fprintf( stderr, "%s\n", err.sentence );
  return -1;
}

static void
close_af_xdp( nic_t * nic ) {
  (void)nic;
  pl_xsk_close( &xsk );
}

static uint64_t
chunk_at( uint32_t i, unsigned long batch ) {
  uint64_t const chunk = i % ( 2UL * batch );
  return chunk * PL_LAB_FRAME_SZ + chunk % 32UL * 64UL;
}

static long
burst_af_xdp( nic_t * nic ) {
  struct xdp_desc * desc = xsk.tx.desc;
  uint32_t const    n    = (uint32_t)nic->batch;
  for( uint32_t i = 0U; i < n; i++, xsk.prod++ )
    desc[xsk.prod & ( xsk.slots - 1U )] = (struct xdp_desc){ .addr = chunk_at( xsk.prod, n ), .len = (uint32_t)nic->sz };
  pl_xsk_store( xsk.tx.producer, xsk.prod );
  do {
    if( sendto( nic->send_fd, NULL, 0UL, MSG_DONTWAIT, NULL, 0U ) < 0 && !is_again( errno ) ) return failed( "kick" );
    xsk.reap_at = pl_xsk_load( xsk.completion.producer );
    pl_xsk_store( xsk.completion.consumer, xsk.reap_at );
  } while( pl_xsk_load( xsk.tx.consumer ) != xsk.prod || xsk.prod - xsk.reap_at > n );
  return (long)n;
}

static double
turn_af_xdp( nic_t * nic, uint64_t for_ns, uint64_t * sent ) {
  xsk.prod = pl_xsk_load( xsk.tx.producer ); /* the other side was at it */
  for( uint32_t i = 0U; i < 2U * nic->batch; i++ ) memcpy( xsk.umem + chunk_at( i, nic->batch ), nic->frame, nic->sz );
  return loop( burst_af_xdp, nic, for_ns, sent );
}

sender_t const sender_sendmmsg        = { "sendmmsg", open_sendmmsg, turn_sendmmsg, close_fd, 0 };
sender_t const sender_sendmmsg_bypass = { "sendmmsg-bypass", open_sendmmsg_bypass, turn_sendmmsg, close_fd, 0 };
sender_t const sender_tx_ring         = { "tx-ring", open_tx_ring_queue, turn_tx_ring, close_tx_ring, 0 };
sender_t const sender_tx_ring_bypass  = { "tx-ring-bypass", open_tx_ring_bypass, turn_tx_ring, close_tx_ring, 0 };
sender_t const sender_af_xdp          = { "af_xdp", open_af_xdp, turn_af_xdp, close_af_xdp, 0 };
sender_t const sender_tap             = { "tap", open_tap, turn_tap, close_fd, 0 };
sender_t const sender_udp             = { "udp", open_udp, turn_sendmmsg, close_fd, 0 };
sender_t const sender_udp_gso         = { "udp-gso", open_udp, turn_udp_gso, close_fd, 0 };
