#include "run/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames of a batch are packed one behind the other at cache-line starts, so
   that a small batch stays in the cache. */
#define LINE (64UL)

struct pl_source {
  unsigned long cnt, at; /* templates or parts, and the next one */
  uint8_t *     bytes;
  uint32_t *    sizes;
  uint8_t **    frames;

  pl_capture_t * capture;
  uint8_t *      slab;
  unsigned long  slab_sz; /* (batch + 1) * PL_AIO_PKT_INFO_BUF_MAX bytes */
  unsigned long  slab_at;
  uint64_t       last_ts;          /* of the latest frame of the pass that has a time, ns */
  int            timed;            /* there was one */
  uint64_t       gaps, gap_sum_ns; /* of the pass so far */
  uint64_t       mean_ns;          /* of the last whole pass */
  uint64_t       in_pass;          /* frames of the pass so far */

  pl_source_t ** parts; /* NULL: templates or a capture */
};

pl_source_t *
pl_source_templates( uint8_t const * const * frames, uint32_t const * sizes, unsigned long cnt, pl_err_t * err ) {
  uint64_t total = 1UL;
  for( unsigned long i = 0UL; i < cnt; i++ ) total += sizes[i];
  pl_source_t * self = calloc( 1UL, sizeof( *self ) );
  if( self ) {
    self->cnt    = cnt;
    self->bytes  = malloc( total );
    self->sizes  = calloc( cnt + 1UL, sizeof( uint32_t ) );
    self->frames = calloc( cnt + 1UL, sizeof( uint8_t * ) );
  }
  if( !cnt || !self || !self->bytes || !self->sizes || !self->frames ) {
    pl_err_set( err, cnt ? ENOMEM : 0, "packets", cnt ? "The packets could not be kept: out of memory."
                                                      : "There is no packet to send." );
    pl_source_delete( self );
    return NULL;
  }
  uint8_t * p = self->bytes;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    self->frames[i] = p;
    self->sizes[i]  = sizes[i];
    if( sizes[i] ) memcpy( p, frames[i], sizes[i] );
    p += sizes[i];
  }
  return self;
}

/* Looks for the first frame that can be sent; else says why none can. */
static int
any_sendable( pl_capture_t * capture, char const * path, pl_err_t * err ) {
  pl_frame_t frame;
  uint64_t   seen  = 0UL;
  uint16_t   other = 0U;
  int        got;
  while( ( got = pl_capture_next( capture, &frame ) ) == 1 ) {
    if( frame.link == PL_LINKTYPE_ETHERNET ) return 1;
    if( !seen++ ) other = frame.link;
  }
  char const * slash = strrchr( path, '/' );
  char const * name  = slash && slash[1] ? slash + 1 : path;
  char         link[64];
  if( got < 0 )
    pl_err_set( err, 0, "read capture", "%s", pl_capture_problem( capture ) );
  else if( !seen )
    pl_err_set( err, 0, "read capture", "%.200s holds no packets.", name );
  else
    pl_err_set( err, 0, "read capture", "%.200s holds no Ethernet frame that could be sent: its %lu frame%s of %s.", name,
                seen, seen == 1UL ? " is" : "s are", pl_linktype_name( other, link, sizeof( link ) ) );
  return 0;
}

pl_source_t *
pl_source_capture( char const * path, unsigned long batch, pl_err_t * err ) {
  pl_capture_t * capture = pl_capture_open( path, err );
  if( !capture ) return NULL;
  pl_source_t * self = NULL;
  if( any_sendable( capture, path, err ) ) {
    (void)pl_capture_rewind( capture );
    self = calloc( 1UL, sizeof( *self ) );
    if( self ) self->slab_sz = ( batch + 1UL ) * PL_AIO_PKT_INFO_BUF_MAX;
    if( self ) self->slab = aligned_alloc( LINE, self->slab_sz );
    if( self && self->slab ) {
      self->capture = capture;
      return self;
    }
    pl_err_set( err, ENOMEM, "memory", "The capture could not be opened: out of memory for a batch of %lu.", batch );
  }
  free( self );
  pl_capture_close( capture );
  return NULL;
}

pl_source_t *
pl_source_chain( pl_source_t ** parts, unsigned long cnt, pl_err_t * err ) {
  if( cnt == 1UL ) return parts[0];
  pl_source_t * self = calloc( 1UL, sizeof( *self ) );
  if( self ) self->parts = calloc( cnt + 1UL, sizeof( pl_source_t * ) );
  if( !cnt || !self || !self->parts ) {
    pl_err_set( err, cnt ? ENOMEM : 0, "packets", cnt ? "The packets could not be kept: out of memory."
                                                      : "There is no packet to send." );
    for( unsigned long i = 0UL; i < cnt; i++ ) pl_source_delete( parts[i] );
    pl_source_delete( self );
    return NULL;
  }
  self->cnt = cnt;
  memcpy( self->parts, parts, cnt * sizeof( pl_source_t * ) );
  return self;
}

/* Bytes of the slab that a frame takes. */
static unsigned long
lined( uint64_t sz ) {
  return ( sz + LINE - 1UL ) & ~( LINE - 1UL );
}

int
pl_source_own( pl_source_t * self, unsigned long batch, pl_err_t * err ) {
  for( unsigned long i = 0UL; self->parts && i < self->cnt; i++ )
    if( pl_source_own( self->parts[i], batch, err ) ) return -1;
  if( self->parts || self->slab ) return 0;
  uint64_t most = LINE;
  for( unsigned long i = 0UL; i < self->cnt; i++ )
    if( self->sizes[i] <= PL_AIO_PKT_INFO_BUF_MAX && self->sizes[i] > most ) most = self->sizes[i];
  self->slab_sz = ( batch + 1UL ) * lined( most );
  self->slab    = aligned_alloc( LINE, self->slab_sz );
  if( !self->slab ) pl_err_set( err, ENOMEM, "memory", "The packets could not be kept: out of memory for a batch of %lu.", batch );
  return self->slab ? 0 : -1;
}

void
pl_source_delete( pl_source_t * self ) {
  if( !self ) return;
  if( self->parts )
    for( unsigned long i = 0UL; i < self->cnt; i++ ) pl_source_delete( self->parts[i] );
  free( self->parts );
  pl_capture_close( self->capture );
  free( self->slab );
  free( self->bytes );
  free( self->sizes );
  free( self->frames );
  free( self );
}

/* Whether a packet lies in the slab. */
static int
has_given( pl_source_t const * self, pl_packet_t const * packet ) {
  uint8_t const * buf = packet->buf;
  return buf && self->slab && buf >= self->slab && buf < self->slab + self->slab_sz;
}

void
pl_source_recycle( pl_source_t * self, pl_packet_t * keep ) {
  if( self->parts ) {
    for( unsigned long i = 0UL; i < self->cnt; i++ )
      pl_source_recycle( self->parts[i], keep && has_given( self->parts[i], keep ) ? keep : NULL );
    return;
  }
  self->slab_at = 0UL;
  if( !keep || !has_given( self, keep ) ) return;
  memmove( self->slab, keep->buf, keep->sz );
  keep->buf     = self->slab;
  self->slab_at = lined( keep->sz );
}

/* The time between a frame and the one before it; none where no time was kept. */
static uint64_t
gap_before( pl_source_t * self, pl_frame_t const * frame ) {
  uint64_t ts  = frame->no_time ? self->last_ts : frame->ts_ns;
  uint64_t gap = self->timed && ts > self->last_ts ? ts - self->last_ts : 0UL;
  self->timed |= !frame->no_time;
  self->last_ts = ts;
  if( !self->in_pass++ ) return self->mean_ns;
  self->gaps++;
  self->gap_sum_ns += gap;
  return gap;
}

/* The pass is over: the next one starts after its mean gap. */
static void
end_pass( pl_source_t * self ) {
  self->mean_ns = self->gaps ? self->gap_sum_ns / self->gaps : 0UL;
  self->gaps = self->gap_sum_ns = self->in_pass = 0UL;
  self->timed = 0;
  (void)pl_capture_rewind( self->capture );
}

/* A copy of the bytes that lasts until they are recycled. */
static uint8_t *
in_slab( pl_source_t * self, uint8_t const * from, uint64_t sz ) {
  uint8_t * to = self->slab + self->slab_at;
  if( sz ) memcpy( to, from, sz );
  self->slab_at += lined( sz );
  return to;
}

static int
next_template( pl_source_t * self, pl_packet_t * packet ) {
  if( self->at == self->cnt ) {
    self->at = 0UL;
    return 0;
  }
  *packet = (pl_packet_t){ .buf = self->frames[self->at], .sz = self->sizes[self->at], .link = PL_LINKTYPE_ETHERNET };
  self->at++;
  if( self->slab && packet->sz <= PL_AIO_PKT_INFO_BUF_MAX ) packet->buf = in_slab( self, packet->buf, packet->sz );
  return 1;
}

/* The end of a part's pass is the start of the next part. */
static int
next_of_parts( pl_source_t * self, pl_packet_t * packet ) {
  for( ;; ) {
    int got = pl_source_next( self->parts[self->at], packet );
    if( got == 1 ) packet->stream = (uint16_t)self->at;
    if( got ) return got;
    if( ++self->at == self->cnt ) {
      self->at = 0UL;
      return 0;
    }
  }
}

int
pl_source_next( pl_source_t * self, pl_packet_t * packet ) {
  if( self->parts ) return next_of_parts( self, packet );
  if( !self->capture ) return next_template( self, packet );
  pl_frame_t frame;
  int        got = pl_capture_next( self->capture, &frame );
  if( got == 0 ) end_pass( self );
  if( got != 1 ) return got;
  *packet = (pl_packet_t){ .sz = frame.caplen, .truncated = frame.caplen < frame.origlen, .link = frame.link };
  packet->gap_ns = gap_before( self, &frame );
  if( frame.link == PL_LINKTYPE_ETHERNET && frame.caplen && frame.caplen <= PL_AIO_PKT_INFO_BUF_MAX )
    packet->buf = in_slab( self, frame.data, frame.caplen );
  return 1;
}

char const *
pl_source_problem( pl_source_t const * self ) {
  if( self->parts ) return pl_source_problem( self->parts[self->at] );
  return self->capture ? pl_capture_problem( self->capture ) : "";
}

uint8_t *
pl_source_only( pl_source_t const * self, uint16_t * sz ) {
  if( self->parts || self->capture || self->cnt != 1UL || self->sizes[0] > PL_AIO_PKT_INFO_BUF_MAX ) return NULL;
  *sz = (uint16_t)self->sizes[0];
  return self->frames[0];
}
