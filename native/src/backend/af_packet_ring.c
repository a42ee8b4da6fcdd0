/* The transmit ring of af_packet.  The kernel keeps a place of its own in the ring,
   which is always at sent: it moves during a kick over each slot that it takes. */

#include "backend/af_packet.h"
#include "net/port.h"
#include "run/clock.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A slot holds its header and the largest packet.  An odd multiple of 256 B, so that the
   starts of slots do not all fall into the same few sets of the cache. */
#define SLOT_SZ  (4352UL)
#define BLOCK_SZ (65536UL)
#define PER_BLOCK ( BLOCK_SZ / SLOT_SZ )

/* Where the kernel looks in a slot (packet(7), tpacket_snd): a virtio header, then the
   frame.  The header (PACKET_VNET_HDR) asks for nothing but that all of the frame is
   copied into the head of the kernel's packet.  Else its bytes stay in the slot and veth
   copies them into pages of their own, which takes a third longer. */
#define VNET_AT ( TPACKET2_HDRLEN - sizeof( struct sockaddr_ll ) )
#define VNET_SZ  ( sizeof( struct virtio_net_hdr ) )
#define FRAME_AT ( VNET_AT + VNET_SZ )

/* Frames that a kick has left are tried again after this; slots that the device still
   has are looked at again after this. */
#define KICK_NS (500000UL)
#define REAP_NS (100000UL)

_Static_assert( FRAME_AT + PL_AIO_PKT_INFO_BUF_MAX <= SLOT_SZ, "a slot holds the largest packet" );

static struct tpacket2_hdr *
slot_of( pl_tx_ring_t const * ring, uint64_t x ) {
  return ring->slot[x % ring->slot_cnt];
}

static uint32_t
status_of( struct tpacket2_hdr const * slot ) {
  return __atomic_load_n( &slot->tp_status, __ATOMIC_ACQUIRE );
}

static void
set_status( struct tpacket2_hdr * slot, uint32_t status ) {
  __atomic_store_n( &slot->tp_status, status, __ATOMIC_RELEASE );
}

/* The slot's frame has so many bytes. */
static void
set_size( struct tpacket2_hdr * slot, unsigned long sz ) {
  struct virtio_net_hdr const head = { .gso_type = VIRTIO_NET_HDR_GSO_NONE, .hdr_len = (uint16_t)sz };
  memcpy( (uint8_t *)slot + VNET_AT, &head, VNET_SZ );
  slot->tp_len = (uint32_t)( VNET_SZ + sz );
}

static pl_aio_pkt_info_t
frame_of( struct tpacket2_hdr * slot ) {
  return (pl_aio_pkt_info_t){ .buf = (uint8_t *)slot + FRAME_AT, .buf_sz = (uint16_t)( slot->tp_len - VNET_SZ ) };
}

/* Copies packet i of a batch into the next slot, which is free. */
static void
put( pl_tx_ring_t * ring, pl_aio_pkt_info_t const * pkt, unsigned long i ) {
  struct tpacket2_hdr * slot = slot_of( ring, ring->prod );
  memcpy( (uint8_t *)slot + FRAME_AT, pkt->buf, pkt->buf_sz );
  set_size( slot, pkt->buf_sz );
  ring->at[ring->prod % ring->slot_cnt] = (uint32_t)i;
  set_status( slot, TP_STATUS_SEND_REQUEST );
  ring->prod++;
}

/* Takes the slots back that the kernel is done with.  Returns how many. */
static uint64_t
reap( pl_tx_ring_t * ring ) {
  uint64_t const before = ring->cons;
  while( ring->cons < ring->sent && status_of( slot_of( ring, ring->cons ) ) == TP_STATUS_AVAILABLE ) ring->cons++;
  return ring->cons - before;
}

/* Takes the packets from x on back out of the ring; the kernel was not there yet. */
static void
take_back( pl_tx_ring_t * ring, uint64_t x ) {
  for( uint64_t i = x; i < ring->prod; i++ ) set_status( slot_of( ring, i ), TP_STATUS_AVAILABLE );
  ring->prod = x;
}

/* Takes one packet out from between others: those behind it move up. */
static void
take_out( pl_tx_ring_t * ring, uint64_t x ) {
  for( uint64_t i = x; i + 1UL < ring->prod; i++ ) {
    struct tpacket2_hdr * to   = slot_of( ring, i );
    struct tpacket2_hdr * from = slot_of( ring, i + 1UL );
    memcpy( (uint8_t *)to + VNET_AT, (uint8_t *)from + VNET_AT, from->tp_len );
    to->tp_len                   = from->tp_len;
    ring->at[i % ring->slot_cnt] = ring->at[( i + 1UL ) % ring->slot_cnt];
    set_status( to, TP_STATUS_SEND_REQUEST );
  }
  take_back( ring, ring->prod - 1UL );
}

/* Has the kernel walk the slots until it has them all.  Returns 0, or the errno for the
   packet at sent. */
static int
kick( pl_af_packet_t * self ) {
  pl_tx_ring_t * ring = &self->ring;
  while( ring->sent < ring->prod ) {
    uint64_t const before = ring->sent;
    uint64_t const t0     = pl_clock_ns();
    long           did    = sendto( ring->fd, NULL, 0UL, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0U );
    int            err    = errno;
    uint64_t const t1     = pl_clock_ns();
    self->head.os_ns += t1 - t0;
    self->head.kicks++;
    uint32_t status = TP_STATUS_AVAILABLE;
    while( ring->sent < ring->prod ) {
      status = status_of( slot_of( ring, ring->sent ) );
      if( status & ( TP_STATUS_SEND_REQUEST | TP_STATUS_WRONG_FORMAT ) ) break;
      ring->sent++;
    }
    if( ring->sent != before ) pl_port_accepted( &self->port, &self->head, ring->sent - before, t1 );
    if( ring->sent == ring->prod ) return 0;
    if( status & TP_STATUS_WRONG_FORMAT ) return EINVAL;
    if( did < 0 && err == EINTR ) continue;
    if( did < 0 ) return err;
    if( ring->sent == before ) return EAGAIN; /* no error, and no step either */
  }
  return 0;
}

/* Packet x, which an earlier call was told is taken, can not be sent: a late error. */
static void
lose( pl_af_packet_t * self, uint64_t x, int cause, int err ) {
  pl_aio_pkt_info_t const pkt  = frame_of( slot_of( &self->ring, x ) );
  pl_cause_t const        kept = self->head.cause;
  (void)pl_af_packet_refuse( self, &pkt, 0UL, NULL, cause, err );
  self->head.late  = self->head.cause;
  self->head.cause = kept;
  self->head.late_errors++;
  take_out( &self->ring, x );
}

/* Earlier packets that wait and are too large since an MTU was changed.  The kernel does
   not look at the size of a frame with a virtio header, and would try for ever what the
   peer drops. */
static void
lose_too_large( pl_af_packet_t * self, uint64_t * first ) {
  for( uint64_t x = self->ring.sent; x < *first; ) {
    pl_aio_pkt_info_t const pkt   = frame_of( slot_of( &self->ring, x ) );
    int                     cause = pl_af_packet_check( self, pkt.buf, pkt.buf_sz );
    if( !cause && pl_af_packet_over_peer( self, pkt.buf_sz ) ) cause = CAUSE_PEER_MTU;
    if( !cause ) {
      x++;
      continue;
    }
    lose( self, x, cause, 0 );
    --*first;
  }
}

/* The first packet from x on that is too large, or prod. */
static uint64_t
first_too_large( pl_af_packet_t const * self, uint64_t x ) {
  pl_tx_ring_t const * ring = &self->ring;
  for( ; x < ring->prod; x++ ) {
    pl_aio_pkt_info_t const pkt = frame_of( slot_of( ring, x ) );
    if( pl_af_packet_check( self, pkt.buf, pkt.buf_sz ) ) break;
  }
  return x;
}

/* Kicks; packets of earlier calls that can never go are lost on the way.  first is the
   first packet of this call.  Returns 0, or the errno for the packet at sent. */
static int
kick_from( pl_af_packet_t * self, uint64_t * first ) {
  pl_tx_ring_t * ring = &self->ring;
  for( ;; ) {
    uint64_t const before = *first;
    int const      err    = kick( self );
    if( ring->sent >= *first || ( err != EINVAL && err != ENOBUFS ) ) return err;
    if( err == EINVAL ) {
      lose( self, ring->sent, CAUSE_ERRNO, err );
      --*first;
    } else {
      pl_port_look( &self->port, &self->head, pl_clock_ns(), 1 );
      lose_too_large( self, first );
    }
    if( *first == before ) return err;
  }
}

int
pl_tx_ring_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
                 int flush ) {
  pl_af_packet_t * self  = ctx;
  pl_tx_ring_t *   ring  = &self->ring;
  uint64_t         first = ring->prod;
  unsigned long    i = 0UL;
  int              bad = 0, err = 0;
  if( self->head.state.state > PL_STATE_LINK_DOWN )
    return batch_cnt ? pl_af_packet_refuse( self, batch, 0UL, opt_batch_idx, CAUSE_REMOVED, ENXIO ) : PL_AIO_SUCCESS;
  for( ; i < batch_cnt; i++ ) {
    unsigned long sz = batch[i].buf_sz;
    if( !sz ) continue;
    if( ( bad = pl_af_packet_examine( self, batch[i].buf, sz ) ) ) break;
    if( ring->prod - ring->cons >= ring->cap ) {
      bad = CAUSE_RING_FULL;
      break;
    }
    put( ring, &batch[i], i );
  }
  int const down = self->head.state.state == PL_STATE_LINK_DOWN; /* nothing more is taken; the kick tells when that is over */
  if( flush || 2UL * ( ring->prod - ring->cons ) >= ring->cap || ( down && ring->prod > first ) ) {
    if( pl_port_mtu_is_less( &self->port, &self->head ) ) {
      uint64_t const large = first_too_large( self, first );
      if( large < ring->prod ) {
        i   = ring->at[large % ring->slot_cnt];
        bad = CAUSE_LIMIT;
        take_back( ring, large );
      }
      lose_too_large( self, &first );
    }
    err        = kick_from( self, &first );
    ring->owed = err != 0;
    if( err && ring->prod > first ) { /* what the kernel did not take of this call leaves the ring again */
      uint64_t from = ring->sent > first ? ring->sent : first;
      i             = ring->at[from % ring->slot_cnt];
      bad           = pl_af_packet_meaning( self, &batch[i], err, "kick" );
      take_back( ring, from );
    } else if( err ) {
      (void)pl_af_packet_meaning( self, NULL, err, "kick" ); /* shows in the state */
    }
    ring->kick_at = ring->owed ? pl_clock_ns() + KICK_NS : UINT64_MAX;
  }
  self->head.completed += pl_none_of( batch, i );
  self->head.ring_occ = ring->prod - ring->cons;
  return bad ? pl_af_packet_refuse( self, batch, i, opt_batch_idx, bad, err ) : PL_AIO_SUCCESS;
}

uint64_t
pl_tx_ring_service( pl_af_packet_t * self, uint64_t now ) {
  pl_tx_ring_t * ring = &self->ring;
  int const      gone = self->head.state.state > PL_STATE_LINK_DOWN; /* slots still come back */
  if( !gone && ring->owed && now >= ring->kick_at ) {
    uint64_t all = ring->prod;
    if( pl_port_mtu_is_less( &self->port, &self->head ) ) lose_too_large( self, &all );
    int err = kick_from( self, &all );
    if( err ) (void)pl_af_packet_meaning( self, NULL, err, "kick" );
    ring->owed    = err != 0;
    ring->kick_at = now + KICK_NS;
  }
  self->head.completed += reap( ring );
  ring->slow          = ring->cons < ring->sent || ring->owed;
  self->head.ring_occ = ring->prod - ring->cons;
  if( gone ) return UINT64_MAX;
  if( ring->cons < ring->sent ) return now + REAP_NS;
  return ring->owed ? ring->kick_at : UINT64_MAX;
}

int
pl_tx_ring_one( pl_af_packet_t * self, pl_aio_pkt_info_t const * pkt ) {
  pl_tx_ring_t * ring = &self->ring;
  (void)reap( ring );
  if( ring->prod - ring->cons >= ring->cap ) return EAGAIN;
  put( ring, pkt, 0UL );
  int err = kick( self );
  if( err ) take_back( ring, ring->prod - 1UL );
  return err;
}

int
pl_tx_ring_open( pl_af_packet_t * self, int fd, unsigned long slots, pl_err_t * err ) {
  pl_tx_ring_t * ring    = &self->ring;
  unsigned long  blocks  = ( slots + PER_BLOCK - 1UL ) / PER_BLOCK;
  int            version = TPACKET_V2, one = 1;
  struct tpacket_req req = { .tp_block_size = BLOCK_SZ,
                             .tp_block_nr   = (unsigned)blocks,
                             .tp_frame_size = SLOT_SZ,
                             .tp_frame_nr   = (unsigned)( blocks * PER_BLOCK ) };
  ring->fd       = fd;
  ring->cap      = slots;
  ring->slot_cnt = req.tp_frame_nr;
  ring->map_sz   = blocks * BLOCK_SZ;
  ring->kick_at  = UINT64_MAX;
  ring->slot     = calloc( ring->slot_cnt, sizeof( *ring->slot ) );
  ring->at       = calloc( ring->slot_cnt, sizeof( *ring->at ) );
  if( !ring->slot || !ring->at ) {
    pl_err_set( err, ENOMEM, "memory", "af_packet could not be opened: out of memory for a ring of %lu slots.", slots );
    return -1;
  }
  char const * step   = "version";
  int          failed = setsockopt( fd, SOL_PACKET, PACKET_VERSION, &version, sizeof( version ) );
  if( !failed ) step = "virtio header", failed = setsockopt( fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof( one ) );
  if( !failed ) step = "transmit ring", failed = setsockopt( fd, SOL_PACKET, PACKET_TX_RING, &req, sizeof( req ) );
  if( !failed ) {
    step         = "map";
    void * where = mmap( NULL, ring->map_sz, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0 );
    failed       = where == MAP_FAILED;
    if( !failed ) ring->map = where;
  }
  if( failed ) {
    pl_err_set( err, errno, step, "A transmit ring of %lu slots (%lu bytes) could not be made: %s.", slots, ring->map_sz,
                strerror( errno ) );
    return -1;
  }
  for( unsigned long i = 0UL; i < ring->slot_cnt; i++ )
    ring->slot[i] = (void *)( ring->map + i / PER_BLOCK * BLOCK_SZ + i % PER_BLOCK * SLOT_SZ );
  return 0;
}

void
pl_tx_ring_close( pl_af_packet_t * self ) {
  pl_tx_ring_t * ring = &self->ring;
  if( ring->map ) munmap( ring->map, ring->map_sz );
  free( ring->slot );
  free( ring->at );
}
