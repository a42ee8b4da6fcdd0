/* Owner of a block: the kernel while its status is 0, this side once TP_STATUS_USER is
   set.  Blocks go round in order; cur is the one to be read next, and at the frame in it
   that was not handed on yet. */

#include "net/rx_ring.h"
#include "net/segments.h"
#include "run/clock.h"

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

/* Frames cut out of a message, a batch at a time: its 64 KiB, and headers before each. */
#define CUT_SZ    (131072UL)
#define CUT_ALIGN (16UL)

typedef struct tpacket_block_desc block_t;
typedef struct tpacket3_hdr       frame_hdr_t;
typedef struct virtio_net_hdr     left_hdr_t;

struct pl_rx_ring {
  int           fd;
  uint8_t *     blocks;
  unsigned long block_cnt, cur;
  frame_hdr_t * at;   /* NULL: the block at cur was not begun */
  uint32_t      left; /* frames of the block from at on */
  unsigned long cut;  /* frames of the message at that were handed on */
  uint64_t      frames, bytes, dropped;
  uint64_t      arrival[RX_BATCH]; /* of the frames being handed on */
  _Alignas( 64 ) uint8_t out[CUT_SZ]; /* frames cut out of a message */
};

/* To whom frames go, and how the kernel's clock becomes ours. */
typedef struct {
  pl_aio_t const *  sink;
  uint64_t const ** arrivals;
  uint64_t          now, wall_base;
} to_t;

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

/* When a frame arrived, by our clock; one that a step of the wall clock has put into the
   future arrives now. */
static uint64_t
arrival_of( frame_hdr_t const * f, to_t const * to ) {
  uint64_t at = (uint64_t)f->tp_sec * 1000000000UL + f->tp_nsec - to->wall_base;
  return at < to->now ? at : to->now;
}

/* What is left to do with a frame; it stands before the frame until that is moved. */
static left_hdr_t
left_of( frame_hdr_t const * f ) {
  left_hdr_t left;
  memcpy( &left, (uint8_t const *)f + f->tp_mac - sizeof( left ), sizeof( left ) );
  return left;
}

/* Into how many frames a message is to be cut.  1: a frame that goes as it is. */
static unsigned long
segments_of( frame_hdr_t const * f ) {
  if( !( f->tp_status & TP_STATUS_CSUMNOTREADY ) ) return 1UL;
  left_hdr_t const left = left_of( f );
  return pl_segments( &left, (uint8_t const *)f + f->tp_mac, f->tp_snaplen );
}

/* Does what the sender's system left to do.  Once: the frame may be handed on again. */
static void
complete( frame_hdr_t * f ) {
  if( f->tp_status & TP_STATUS_CSUMNOTREADY ) {
    left_hdr_t const left = left_of( f );
    pl_checksum_complete( &left, (uint8_t *)f + f->tp_mac, f->tp_snaplen );
    f->tp_status &= ~(uint32_t)TP_STATUS_CSUMNOTREADY;
  }
  restore_tag( f );
}

/* Returns how many the sink took. */
static unsigned long
give( to_t const * to, uint64_t const * arrivals, pl_aio_pkt_info_t const * batch, unsigned long n ) {
  unsigned long idx = 0UL;
  *to->arrivals     = arrivals;
  int code          = pl_aio_send( to->sink, batch, n, &idx, 0 );
  *to->arrivals     = NULL;
  return code == PL_AIO_SUCCESS ? n : idx;
}

/* Hands at most max frames from self->at on, up to a message.  Returns whether all of them
   were taken; they are passed, and *done grows. */
static int
hand_on( pl_rx_ring_t * self, to_t const * to, unsigned long max, unsigned long * done ) {
  pl_aio_pkt_info_t batch[RX_BATCH];
  frame_hdr_t *     f = self->at;
  unsigned long     n = 0UL;
  for( ; n < max && ( !n || segments_of( f ) == 1UL ); n++, f = next_frame( f ) ) {
    if( !to->sink ) continue;
    complete( f );
    uint32_t sz      = f->tp_snaplen < UINT16_MAX ? f->tp_snaplen : UINT16_MAX;
    batch[n]         = (pl_aio_pkt_info_t){ .buf = (uint8_t *)f + f->tp_mac, .buf_sz = (uint16_t)sz };
    self->arrival[n] = arrival_of( f, to );
  }
  unsigned long const taken = to->sink ? give( to, self->arrival, batch, n ) : n;
  for( unsigned long i = 0UL; i < taken; i++, self->at = next_frame( self->at ) )
    self->bytes += self->at->tp_len + ( self->at->tp_status & TP_STATUS_VLAN_VALID ? TAG_SZ : 0UL );
  self->left -= (uint32_t)taken;
  *done += taken;
  return taken == n;
}

/* The same with at most max of the cnt frames of the message at. */
static int
hand_on_cut( pl_rx_ring_t * self, to_t const * to, unsigned long cnt, unsigned long max, unsigned long * done ) {
  pl_aio_pkt_info_t   batch[RX_BATCH];
  frame_hdr_t *       f     = self->at;
  left_hdr_t const    left  = left_of( f );
  uint8_t const *     frame = (uint8_t const *)f + f->tp_mac;
  unsigned long const pitch = ( pl_segment_sz( &left, f->tp_snaplen, 0UL ) + CUT_ALIGN - 1UL ) & ~( CUT_ALIGN - 1UL );
  unsigned long       n     = cnt - self->cut < max ? cnt - self->cut : max;
  if( n > CUT_SZ / pitch ) n = CUT_SZ / pitch;
  for( unsigned long i = 0UL; to->sink && i < n; i++ ) {
    uint8_t *      out = self->out + i * pitch;
    uint16_t const sz  = (uint16_t)pl_segment_write( &left, frame, f->tp_snaplen, self->cut + i, out );
    batch[i]           = (pl_aio_pkt_info_t){ .buf = out, .buf_sz = sz };
    self->arrival[i]   = arrival_of( f, to );
  }
  unsigned long const taken = to->sink ? give( to, self->arrival, batch, n ) : n;
  for( unsigned long i = 0UL; i < taken; i++ ) self->bytes += pl_segment_sz( &left, f->tp_snaplen, self->cut++ );
  *done += taken;
  if( self->cut == cnt ) {
    self->cut = 0UL;
    self->at  = next_frame( f );
    self->left--;
  }
  return taken == n;
}

unsigned long
pl_rx_ring_read( pl_rx_ring_t * self, pl_aio_t const * sink, uint64_t const ** arrivals, unsigned long max ) {
  unsigned long done = 0UL;
  int           all  = 1;
  to_t          to   = { .sink = sink, .arrivals = arrivals };
  while( all && done < max ) {
    block_t * block = block_at( self, self->cur );
    if( !self->at ) {
      if( !is_ours( block ) ) break;
      self->left = block->hdr.bh1.num_pkts;
      self->at   = (frame_hdr_t *)(void *)( (uint8_t *)block + block->hdr.bh1.offset_to_first_pkt );
    }
    if( sink && !to.now ) {
      to.wall_base = pl_clock_wall_base();
      to.now       = pl_clock_ns();
    }
    while( self->left && all && done < max ) {
      unsigned long const cnt  = segments_of( self->at );
      unsigned long const room = max - done < RX_BATCH ? max - done : RX_BATCH;
      if( cnt > 1UL ) all = hand_on_cut( self, &to, cnt, room, &done );
      else all = hand_on( self, &to, room < self->left ? room : self->left, &done );
    }
    if( self->left ) break;
    self->at = NULL;
    __atomic_store_n( &block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE );
    if( ++self->cur == self->block_cnt ) self->cur = 0UL;
  }
  self->frames += done;
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
  pl_rx_ring_t * self = aligned_alloc( _Alignof( pl_rx_ring_t ), sizeof( *self ) );
  if( self ) memset( self, 0, sizeof( *self ) );
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
  if( !failed ) step = "offloads", failed = set( fd, PACKET_VNET_HDR, 1 );
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
