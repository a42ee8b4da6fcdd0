/* pcapng: blocks of type, length, body and the length again.  Sections may
   differ in byte order; each describes its own interfaces. */

#include "capture/reader.h"

#include <stdlib.h>
#include <unistd.h>

#define BLOCK_SHB (0x0a0d0d0aU)
#define BLOCK_IDB (1U)
#define BLOCK_PB  (2U) /* obsolete packet block */
#define BLOCK_SPB (3U)
#define BLOCK_EPB (6U)

#define BLOCK_MIN (12U)

/* A block that is needed whole (header, interface) is never this large. */
#define WHOLE_MAX (262144U)

/* The time of an interface's stamp in nanoseconds since the epoch. */
static uint64_t
stamp_ns( pl_iface_t const * iface, uint64_t stamp ) {
  if( iface->tick_ns ) return stamp * iface->tick_ns + (uint64_t)( iface->tsoffset * 1000000000L );
  unsigned __int128 ns  = stamp;
  unsigned          exp = iface->tsresol & 0x7fU;
  if( iface->tsresol & 0x80U ) {
    ns = exp < 64U ? ( ns * 1000000000UL ) >> exp : 0UL;
  } else {
    for( ; exp > 9U && ns; exp-- ) ns /= 10U;
  }
  return (uint64_t)ns + (uint64_t)( iface->tsoffset * 1000000000L );
}

/* The options of an interface that matter here; what is odd is left out. */
static void
read_iface_options( pl_capture_t const * self, pl_iface_t * iface, uint8_t const * p, uint8_t const * end ) {
  while( end - p >= 4 ) {
    uint16_t code = rd16( self, p );
    uint16_t len  = rd16( self, p + 2 );
    p += 4;
    if( !code || len > end - p ) return;
    if( code == 9U && len >= 1U ) iface->tsresol = p[0];
    if( code == 14U && len == 8U ) {
      uint64_t v;
      memcpy( &v, p, 8UL );
      v = self->swap ? __builtin_bswap64( v ) : v;
      /* Beyond the years that 64 bits of nanoseconds hold it is nonsense. */
      if( (int64_t)v > -9000000000L && (int64_t)v < 9000000000L ) iface->tsoffset = (int64_t)v;
    }
    unsigned long step = ( len + 3UL ) & ~3UL;
    if( step > (unsigned long)( end - p ) ) return;
    p += step;
  }
}

static int
add_iface( pl_capture_t * self, uint64_t start, uint8_t const * body, uint32_t body_sz ) {
  if( body_sz < 8U )
    return pl_capture_damaged( self, start, "describes an interface in %u bytes; at least 8 are needed", body_sz );
  if( self->iface_cnt == PL_IFACE_MAX )
    return pl_capture_damaged( self, start, "describes one interface more than %lu", PL_IFACE_MAX );
  if( self->iface_cnt == self->iface_cap ) {
    unsigned long cap    = self->iface_cap ? 2UL * self->iface_cap : 8UL;
    pl_iface_t *  ifaces = realloc( self->ifaces, cap * sizeof( pl_iface_t ) );
    if( !ifaces ) return pl_capture_damaged( self, start, "describes an interface and memory ran out" );
    self->ifaces    = ifaces;
    self->iface_cap = cap;
  }
  pl_iface_t * iface = &self->ifaces[self->iface_cnt++];
  *iface             = (pl_iface_t){ .link = rd16( self, body ), .snaplen = rd32( self, body + 4 ), .tsresol = 6U };
  read_iface_options( self, iface, body + 8, body + body_sz );
  if( iface->tsresol <= 9U ) iface->tick_ns = 1UL;
  for( unsigned exp = iface->tsresol; exp < 9U; exp++ ) iface->tick_ns *= 10UL;
  return 0;
}

/* Reads a section header: sets the byte order and forgets the interfaces. */
static int
start_section( pl_capture_t * self, uint64_t start ) {
  if( pl_capture_need( self, 16UL ) != 1 )
    return pl_capture_damaged( self, start, "is cut short: a section header has at least 28 bytes and the file ends" );
  uint32_t order;
  memcpy( &order, self->buf + self->at + 8, 4UL );
  if( order != 0x1a2b3c4dU && order != 0x4d3c2b1aU )
    return pl_capture_damaged( self, start, "is a section header without the byte-order mark" );
  self->swap      = order == 0x4d3c2b1aU;
  self->iface_cnt = 0UL;
  uint16_t major  = rd16( self, self->buf + self->at + 12 );
  if( major != 1U ) return pl_capture_damaged( self, start, "says pcapng version %u; only version 1 is known", major );
  return 0;
}

static int
closing_length( pl_capture_t * self, uint64_t start, uint32_t sz ) {
  if( pl_capture_need( self, 4UL ) != 1 )
    return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
  uint32_t again = rd32( self, self->buf + self->at );
  self->at += 4UL;
  if( again != sz ) return pl_capture_damaged( self, start, "opens with length %u and closes with length %u", sz, again );
  return 0;
}

/* Skips the rest of a block that has been read up to used bytes. */
static int
finish_block( pl_capture_t * self, uint64_t start, uint32_t sz, uint32_t used ) {
  if( pl_capture_skip( self, sz - 4UL - used ) )
    return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
  return closing_length( self, start, sz );
}

/* A packet block whose fixed part (fixed bytes after the 8 of the block header)
   is already in the window at self->at.  1, or -1. */
static int
read_packet( pl_capture_t * self, pl_frame_t * frame, uint64_t start, uint32_t type, uint32_t sz ) {
  uint32_t fixed = type == BLOCK_SPB ? 4U : 20U;
  if( sz < BLOCK_MIN + fixed )
    return pl_capture_damaged( self, start, "is a packet block of %u bytes, too short for its own fields", sz );
  if( pl_capture_need( self, 8UL + fixed ) != 1 )
    return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
  uint8_t const * p     = self->buf + self->at + 8;
  uint32_t        iface = type == BLOCK_SPB ? 0U : type == BLOCK_PB ? rd16( self, p ) : rd32( self, p );
  if( iface >= self->iface_cnt )
    return pl_capture_damaged( self, start, "belongs to interface %u; the section has described %lu so far", iface,
                               self->iface_cnt );
  pl_iface_t const * of    = &self->ifaces[iface];
  uint64_t           room  = sz - BLOCK_MIN - fixed;
  frame->link              = of->link;
  frame->no_time           = type == BLOCK_SPB;
  if( type == BLOCK_SPB ) {
    frame->ts_ns   = 0UL;
    frame->origlen = rd32( self, p );
    uint32_t cap   = of->snaplen && of->snaplen < frame->origlen ? of->snaplen : frame->origlen;
    frame->caplen  = cap;
  } else {
    uint64_t stamp = (uint64_t)rd32( self, p + 4 ) << 32 | rd32( self, p + 8 );
    frame->ts_ns   = stamp_ns( of, stamp );
    frame->caplen  = rd32( self, p + 12 );
    frame->origlen = rd32( self, p + 16 );
  }
  if( frame->caplen > room )
    return pl_capture_damaged( self, start, "holds %lu bytes and claims a frame of %u", room, frame->caplen );
  uint32_t head = 8U + fixed;
  frame->offset = start + head;
  if( frame->caplen > PL_CAPTURE_FRAME_MAX ) {
    frame->data = NULL;
    self->at += head;
    return finish_block( self, start, sz, head ) ? -1 : 1;
  }
  /* The frame and what follows it up to the closing length may exceed the
     window; the frame itself must stay in it. */
  uint32_t whole = sz <= 2U * PL_CAPTURE_FRAME_MAX ? sz : head + frame->caplen;
  if( pl_capture_need( self, whole ) != 1 )
    return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
  frame->data = self->buf + self->at + head;
  if( whole == sz ) {
    uint32_t again = rd32( self, self->buf + self->at + sz - 4UL );
    self->at += sz;
    if( again == sz ) return 1;
    return pl_capture_damaged( self, start, "opens with length %u and closes with length %u", sz, again );
  }
  /* The rest, options, is passed over, which leaves the window's bytes where they are. */
  self->at += whole;
  uint8_t last[4];
  if( pl_capture_skip( self, sz - whole ) || pread( self->fd, last, 4UL, (off_t)( start + sz - 4UL ) ) != 4 )
    return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
  if( rd32( self, last ) == sz ) return 1;
  return pl_capture_damaged( self, start, "opens with length %u and closes with length %u", sz, rd32( self, last ) );
}

int
pl_pcapng_next( pl_capture_t * self, pl_frame_t * frame ) {
  for( ;; ) {
    uint64_t start = pl_capture_pos( self );
    int      got   = pl_capture_need( self, 8UL );
    if( got == 0 ) return 0;
    if( got < 0 )
      return pl_capture_damaged( self, start, "is cut short: a block has at least 12 bytes and the file ends after %lu",
                                 self->len - self->at );
    uint32_t type;
    memcpy( &type, self->buf + self->at, 4UL ); /* the section header's type reads alike in both orders */
    if( type == BLOCK_SHB && start_section( self, start ) ) return -1;
    type        = rd32( self, self->buf + self->at );
    uint32_t sz = rd32( self, self->buf + self->at + 4 );
    if( sz < ( type == BLOCK_SHB ? 28U : BLOCK_MIN ) || sz % 4U )
      return pl_capture_damaged( self, start, "claims a length of %u, which no block can have", sz );
    if( type == BLOCK_EPB || type == BLOCK_SPB || type == BLOCK_PB ) return read_packet( self, frame, start, type, sz );
    if( type == BLOCK_IDB ) {
      if( sz > WHOLE_MAX ) return pl_capture_damaged( self, start, "describes an interface in %u bytes", sz );
      if( pl_capture_need( self, sz ) != 1 )
        return pl_capture_damaged( self, start, "is cut short: it has %u bytes and the file ends before", sz );
      if( add_iface( self, start, self->buf + self->at + 8, sz - BLOCK_MIN ) ) return -1;
    }
    if( finish_block( self, start, sz, 0U ) ) return -1;
  }
}
