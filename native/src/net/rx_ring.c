/* Owner of a block: the kernel while its status is 0, this side once TP_STATUS_USER is
   set.  Blocks go round in order; cur is the one to be read next, and at the frame in it
   that was not handed on yet. */

#include "net/rx_ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* A frame lies within a block; the largest a veth pair carries is 64 KiB. */
#define BLOCK_SZ (262144UL)
#define FRAME_SZ (2048U) /* the kernel wants a size that divides a block; frames of version 3 have their own */
#define TAG_SZ   (4UL)

#define RX_BATCH (64UL)

typedef struct tpacket_block_desc block_t;
typedef struct tpacket3_hdr       frame_hdr_t;

struct pl_rx_ring {
  int           fd;
  uint8_t *     blocks;
  unsigned long block_cnt, cur;
  frame_hdr_t * at;   /* NULL: the block at cur was not begun */
  uint32_t      left; /* frames of the block from at on */
  uint64_t      frames, bytes, dropped;
};

static block_t *
block_at( pl_rx_ring_t const * self, unsigned long i ) {
  return (block_t *)(void *)( self->blocks + i * BLOCK_SZ );
}

/* Whether the block belongs to this side. */
static int
is_ours( block_t * block ) {
  return ( __atomic_load_n( &block->hdr.bh1.block_status, __ATOMIC_ACQUIRE ) & TP_STATUS_USER ) != 0U;
}

static frame_hdr_t *
next_frame( frame_hdr_t * f ) {
  return (frame_hdr_t *)(void *)( (uint8_t *)f + f->tp_next_offset );
}

/* Puts the VLAN tag back between the addresses and the EtherType; the kernel left room
   in front (PACKET_RESERVE).  Once: the frame may be handed on again. */
static void
restore_tag( frame_hdr_t * f ) {
  if( !( f->tp_status & TP_STATUS_VLAN_VALID ) ) return;
  uint8_t * mac  = (uint8_t *)f + f->tp_mac;
  uint16_t  tpid = f->tp_status & TP_STATUS_VLAN_TPID_VALID ? f->hv1.tp_vlan_tpid : 0x8100U;
  uint32_t  tci  = f->hv1.tp_vlan_tci;
  memmove( mac - TAG_SZ, mac, 12UL );
  mac[8]  = (uint8_t)( tpid >> 8 );
  mac[9]  = (uint8_t)tpid;
  mac[10] = (uint8_t)( tci >> 8 );
  mac[11] = (uint8_t)tci;
  f->tp_mac = (uint16_t)( f->tp_mac - TAG_SZ );
  f->tp_snaplen += (uint32_t)TAG_SZ;
  f->tp_len += (uint32_t)TAG_SZ;
  f->tp_status &= ~(uint32_t)TP_STATUS_VLAN_VALID;
}

/* Hands n frames from self->at on to sink.  Returns how many it took; they are passed. */
static unsigned long
hand_on( pl_rx_ring_t * self, pl_aio_t const * sink, unsigned long n ) {
  pl_aio_pkt_info_t batch[RX_BATCH];
  frame_hdr_t *     f     = self->at;
  unsigned long     taken = n;
  for( unsigned long i = 0UL; sink && i < n; i++, f = next_frame( f ) ) {
    restore_tag( f );
    uint32_t sz = f->tp_snaplen < UINT16_MAX ? f->tp_snaplen : UINT16_MAX;
    batch[i]    = (pl_aio_pkt_info_t){ .buf = (uint8_t *)f + f->tp_mac, .buf_sz = (uint16_t)sz };
  }
  unsigned long idx = 0UL;
  if( sink && pl_aio_send( sink, batch, n, &idx, 0 ) != PL_AIO_SUCCESS ) taken = idx;
  for( unsigned long i = 0UL; i < taken; i++, self->at = next_frame( self->at ) )
    self->bytes += self->at->tp_len + ( self->at->tp_status & TP_STATUS_VLAN_VALID ? TAG_SZ : 0UL );
  self->frames += taken;
  self->left -= (uint32_t)taken;
  return taken;
}

unsigned long
pl_rx_ring_read( pl_rx_ring_t * self, pl_aio_t const * sink, unsigned long max ) {
  unsigned long done = 0UL;
  while( done < max ) {
    block_t * block = block_at( self, self->cur );
    if( !self->at ) {
      if( !is_ours( block ) ) break;
      self->left = block->hdr.bh1.num_pkts;
      self->at   = (frame_hdr_t *)(void *)( (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt );
    }
    while( self->left && done < max ) {
      unsigned long n = self->left < RX_BATCH ? self->left : RX_BATCH;
      if( n > max - done ) n = max - done;
      unsigned long taken = hand_on( self, sink, n );
      done += taken;
      if( taken < n ) return done;
    }
    if( self->left ) break;
    self->at = NULL;
    __atomic_store_n( &block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE );
    if( ++self->cur == self->block_cnt ) self->cur = 0UL;
  }
  return done;
}

int
pl_rx_ring_ready( pl_rx_ring_t const * self ) {
  return self->at || is_ours( block_at( self, self->cur ) );
}

uint64_t
pl_rx_ring_frames( pl_rx_ring_t const * self ) {
  return self->frames;
}

uint64_t
pl_rx_ring_bytes( pl_rx_ring_t const * self ) {
  return self->bytes;
}

uint64_t
pl_rx_ring_dropped( pl_rx_ring_t * self ) {
  struct tpacket_stats_v3 stats;
  socklen_t               sz = sizeof( stats );
  /* Each question starts the kernel's count anew. */
  if( !getsockopt( self->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &sz ) ) self->dropped += stats.tp_drops;
  return self->dropped;
}

static int
set( int fd, int what, int value ) {
  return setsockopt( fd, SOL_PACKET, what, &value, sizeof( value ) );
}

pl_rx_ring_t *
pl_rx_ring_open( int fd, unsigned long sz, pl_err_t * err ) {
  pl_rx_ring_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "The receive ring could not be made: out of memory." );
    return NULL;
  }
  self->fd              = fd;
  self->block_cnt       = ( sz + BLOCK_SZ - 1UL ) / BLOCK_SZ;
  char const *         step = "version";
  struct tpacket_req3  req  = { .tp_block_size       = BLOCK_SZ,
                                .tp_block_nr         = (unsigned)self->block_cnt,
                                .tp_frame_size       = FRAME_SZ,
                                .tp_frame_nr         = (unsigned)( self->block_cnt * ( BLOCK_SZ / FRAME_SZ ) ),
                                .tp_retire_blk_tov   = PL_RX_RETIRE_MS };
  int failed = set( fd, PACKET_VERSION, TPACKET_V3 );
  if( !failed ) step = "reserve", failed = set( fd, PACKET_RESERVE, TAG_SZ );
  if( !failed ) step = "ignore outgoing", failed = set( fd, PACKET_IGNORE_OUTGOING, 1 );
  if( !failed ) step = "receive ring", failed = setsockopt( fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof( req ) );
  if( !failed ) {
    step         = "map";
    void * where = mmap( NULL, self->block_cnt * BLOCK_SZ, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0 );
    failed       = where == MAP_FAILED;
    if( !failed ) self->blocks = where;
  }
  if( !failed ) return self;
  pl_err_set( err, errno, step, "The peer's receive ring of %lu bytes could not be made: %s.",
              self->block_cnt * BLOCK_SZ, strerror( errno ) );
  free( self );
  return NULL;
}

void
pl_rx_ring_close( pl_rx_ring_t * self ) {
  if( !self ) return;
  munmap( self->blocks, self->block_cnt * BLOCK_SZ );
  close( self->fd );
  free( self );
}
