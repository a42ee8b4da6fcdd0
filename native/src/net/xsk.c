#include "net/xsk.h"
#include "pl_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

/* Chunks begin at the same byte of a page, which is the same few sets of the cache:
   smaller frames begin at one of 32 places instead. */
#define PLACES    (32U)
#define PLACE_SZ  (64U)
#define PLACED_SZ ( PL_LAB_FRAME_SZ - PLACES * PLACE_SZ )

/* linux/if_xdp.h has it from 6.17 on. */
#ifndef XDP_MAX_TX_SKB_BUDGET
#define XDP_MAX_TX_SKB_BUDGET (9)
#endif

/* Maps a ring of that many slots.  The kernel refuses more than there is. */
static int
map_ring( pl_xsk_ring_t * ring, int fd, struct xdp_ring_offset const * at, uint64_t where, size_t entry_sz, uint32_t slots ) {
  size_t sz  = at->desc + slots * entry_sz;
  void * map = mmap( NULL, sz, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)where );
  if( map == MAP_FAILED ) return -1;
  uint8_t * base = map;
  *ring          = (pl_xsk_ring_t){ .producer = (uint32_t *)(void *)( base + at->producer ),
                                    .consumer = (uint32_t *)(void *)( base + at->consumer ),
                                    .flags    = (uint32_t *)(void *)( base + at->flags ),
                                    .desc     = base + at->desc,
                                    .map      = map,
                                    .map_sz   = sz };
  return 0;
}

/* Maps the transmit ring and finds out how many slots it has: the most that can be
   mapped.  Returns them, or 0. */
static uint32_t
map_transmit( pl_xsk_t * self, struct xdp_ring_offset const * at ) {
  for( uint32_t slots = PL_LAB_SLOTS_MAX; slots >= PL_XSK_SLOTS_MIN; slots /= 2U )
    if( !map_ring( &self->tx, self->fd, at, XDP_PGOFF_TX_RING, sizeof( struct xdp_desc ), slots ) ) return slots;
  return 0U;
}

/* Maps the memory, which nobody may cut short under us.  Returns the step that failed, or
   NULL. */
static char const *
map_umem( pl_xsk_t * self, int mem_fd ) {
  struct stat st;
  int         seals = fcntl( mem_fd, F_GET_SEALS );
  if( seals < 0 || fstat( mem_fd, &st ) ) return "UMEM memory";
  if( !( seals & F_SEAL_SHRINK ) || st.st_size < (off_t)PL_LAB_FRAME_SZ ) {
    errno = EINVAL;
    return "UMEM memory";
  }
  void * map = mmap( NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, mem_fd, 0 );
  if( map == MAP_FAILED ) return "map";
  self->umem    = map;
  self->umem_sz = (size_t)st.st_size;
  return NULL;
}

/* All chunks are free, the first is used first.  0, or -1 with err. */
static int
make_chunks( pl_xsk_t * self, uint32_t cap, char const * name, pl_err_t * err ) {
  unsigned long const chunks = self->umem_sz / PL_LAB_FRAME_SZ;
  if( cap > chunks || cap > self->slots ) {
    pl_err_set( err, EINVAL, "device",
                "af_xdp option ring is %u, and the socket on %.15s has room for fewer: its memory holds %lu frames, its "
                "rings %u.",
                cap, name, chunks, self->slots );
    return -1;
  }
  self->free    = calloc( cap, sizeof( *self->free ) );
  self->is_used = calloc( cap, 1UL );
  if( !self->free || !self->is_used ) {
    pl_err_set( err, ENOMEM, "memory", "af_xdp could not be opened: out of memory." );
    return -1;
  }
  self->cap  = cap;
  self->prod = self->shown = pl_xsk_load( self->tx.producer );
  self->reap_at            = pl_xsk_load( self->completion.consumer );
  while( self->free_cnt < cap ) {
    self->free[self->free_cnt] = cap - 1U - self->free_cnt;
    self->free_cnt++;
  }
  return 0;
}

int
pl_xsk_open( pl_xsk_t * self, int fd, int mem_fd, uint32_t cap, char const * name, pl_err_t * err ) {
  struct xdp_mmap_offsets off     = { 0 };
  struct xdp_options      options = { 0 };
  socklen_t               off_sz = sizeof( off ), options_sz = sizeof( options ), domain_sz = sizeof( int );
  int                     domain = 0;
  *self                          = (pl_xsk_t){ .fd = fd };
  if( getsockopt( fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_sz ) || domain != AF_XDP ||
      getsockopt( fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &off_sz ) || off_sz != sizeof( off ) ) {
    pl_err_set( err, EINVAL, "device", "af_xdp needs an AF_XDP socket that is bound to %.15s; what was given is not.", name );
    return -1;
  }
  /* Kernels before 5.3 do not know the question, and nothing of zero-copy either. */
  if( !getsockopt( fd, SOL_XDP, XDP_OPTIONS, &options, &options_sz ) )
    self->zero_copy = ( options.flags & XDP_OPTIONS_ZEROCOPY ) != 0U;
  char const * step = "transmit ring";
  errno             = EINVAL;
  self->slots       = map_transmit( self, &off.tx );
  if( self->slots ) {
    /* In copy mode the kernel takes all of the ring in one kick, and not 32 frames, which
       saves a fiftieth of the time.  Older ones do not know it. */
    (void)setsockopt( fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &self->slots, sizeof( self->slots ) );
    step = "completion ring";
    if( !map_ring( &self->completion, fd, &off.cr, XDP_UMEM_PGOFF_COMPLETION_RING, sizeof( uint64_t ), self->slots ) )
      step = map_umem( self, mem_fd );
  }
  if( !step && !make_chunks( self, cap, name, err ) ) return 0;
  if( step ) pl_err_set( err, errno, step, "af_xdp could not take over its socket on %.15s: %s.", name, strerror( errno ) );
  pl_xsk_close( self );
  return -1;
}

void
pl_xsk_close( pl_xsk_t * self ) {
  if( self->umem ) munmap( self->umem, self->umem_sz );
  if( self->completion.map ) munmap( self->completion.map, self->completion.map_sz );
  if( self->tx.map ) munmap( self->tx.map, self->tx.map_sz );
  free( self->free );
  free( self->is_used );
  *self = (pl_xsk_t){ .fd = -1 };
}

void
pl_xsk_put( pl_xsk_t * self, uint8_t const * buf, uint32_t sz ) {
  struct xdp_desc * ring  = self->tx.desc;
  uint32_t          chunk = self->free[--self->free_cnt];
  uint64_t          addr  = (uint64_t)chunk * PL_LAB_FRAME_SZ;
  if( sz <= PLACED_SZ ) addr += chunk % PLACES * PLACE_SZ;
  memcpy( self->umem + addr, buf, sz );
  self->is_used[chunk]                      = 1U;
  ring[self->prod++ & ( self->slots - 1U )] = (struct xdp_desc){ .addr = addr, .len = sz };
}

static void
give_back( pl_xsk_t * self, uint32_t chunk ) {
  self->is_used[chunk]         = 0U;
  self->free[self->free_cnt++] = chunk;
}

void
pl_xsk_take_back( pl_xsk_t * self, uint32_t x ) {
  struct xdp_desc const * ring = self->tx.desc;
  while( self->prod != x ) give_back( self, (uint32_t)( ring[--self->prod & ( self->slots - 1U )].addr / PL_LAB_FRAME_SZ ) );
}

pl_aio_pkt_info_t
pl_xsk_frame( pl_xsk_t const * self, uint32_t x ) {
  struct xdp_desc const * ring = self->tx.desc;
  struct xdp_desc const   d    = ring[x & ( self->slots - 1U )];
  return (pl_aio_pkt_info_t){ .buf = self->umem + d.addr, .buf_sz = (uint16_t)d.len };
}

void
pl_xsk_take_out( pl_xsk_t * self, uint32_t x ) {
  struct xdp_desc *     ring = self->tx.desc;
  struct xdp_desc const out  = ring[x & ( self->slots - 1U )];
  for( ; x + 1U != self->prod; x++ ) ring[x & ( self->slots - 1U )] = ring[( x + 1U ) & ( self->slots - 1U )];
  self->prod--;
  give_back( self, (uint32_t)( out.addr / PL_LAB_FRAME_SZ ) );
}

uint32_t
pl_xsk_reap( pl_xsk_t * self ) {
  uint64_t const * addr = self->completion.desc;
  uint32_t const   n    = pl_xsk_load( self->completion.producer ) - self->reap_at;
  for( uint32_t i = 0U; i < n; i++ ) {
    uint64_t const chunk = addr[( self->reap_at + i ) & ( self->slots - 1U )] / PL_LAB_FRAME_SZ;
    if( chunk < self->cap && self->is_used[chunk] ) give_back( self, (uint32_t)chunk ); /* else of a descriptor that went bad */
  }
  if( n ) pl_xsk_store( self->completion.consumer, self->reap_at += n );
  return n;
}

void
pl_xsk_reclaim( pl_xsk_t * self ) {
  for( uint32_t chunk = 0U; chunk < self->cap; chunk++ )
    if( self->is_used[chunk] ) give_back( self, chunk );
}

uint64_t
pl_xsk_invalid( pl_xsk_t const * self ) {
  struct xdp_statistics stats = { 0 };
  socklen_t             sz    = sizeof( stats );
  return getsockopt( self->fd, SOL_XDP, XDP_STATISTICS, &stats, &sz ) ? 0UL : stats.tx_invalid_descs;
}
