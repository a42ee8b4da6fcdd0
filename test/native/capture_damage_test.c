/* The reader on damaged files: cut at every byte, and with bytes changed.  What
   comes before the damage is kept, and nothing ever crashes. */

#include "captured.h"
#include "files.h"
#include "hash.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#define BLOCKS_MAX (200UL)

/* A well-formed little-endian file and where its blocks lie. */
typedef struct {
  uint8_t *     bytes;
  unsigned long sz;
  int           pcapng;
  unsigned long start[BLOCKS_MAX + 1UL]; /* of block i; the file's end for the last */
  unsigned long frames[BLOCKS_MAX + 1UL]; /* before block i */
  unsigned long cnt;
  captured_t *  whole;
} sound_t;

static uint32_t
get32( uint8_t const * p, int big ) {
  uint32_t v;
  memcpy( &v, p, 4UL );
  return big ? __builtin_bswap32( v ) : v;
}

static sound_t
sound_open( char const * name ) {
  sound_t self = { .bytes = NULL };
  self.bytes   = file_read( fixture_path( name ), &self.sz );
  self.pcapng  = get32( self.bytes, 0 ) == 0x0a0d0d0aU;
  self.whole   = captured_fixture( name );
  CHECK_EQ( self.whole->end, 0 );
  int big = 0;
  for( unsigned long at = self.pcapng ? 0UL : 24UL; at < self.sz && self.cnt < BLOCKS_MAX; ) {
    uint8_t const * p = self.bytes + at;
    self.start[self.cnt++] = at;
    if( self.pcapng && get32( p, 0 ) == 0x0a0d0d0aU ) big = get32( p + 8, 0 ) != 0x1a2b3c4dU;
    uint32_t type = get32( p, big );
    int      frame = !self.pcapng || type == 2U || type == 3U || type == 6U;
    self.frames[self.cnt] = self.frames[self.cnt - 1UL] + (unsigned long)frame;
    at += self.pcapng ? get32( p + 4, big ) : 16U + get32( p + 8, 0 );
  }
  self.start[self.cnt] = self.sz;
  CHECK_EQ( self.frames[self.cnt], self.whole->frames.cnt );
  return self;
}

static void
sound_close( sound_t * self ) {
  free( self->bytes );
  captured_delete( self->whole );
}

/* The block that byte n lies in; the first frame behind it cannot be read when
   the file ends there. */
static unsigned long
block_of( sound_t const * self, unsigned long n ) {
  unsigned long i = 0UL;
  while( i + 1UL < self->cnt && self->start[i + 1UL] <= n ) i++;
  return n >= self->sz ? self->cnt : i;
}

/* Files with a few blocks of each kind; large ones would take long and tell no more. */
static char const * const names[] = { "spb.pcapng",         "obsolete-pb.pcapng", "two-sections.pcapng",
                                      "tsresol.pcapng", "zero-frame.pcap",    "backward-time.pcap", "empty.pcapng" };
#define NAMES ( sizeof( names ) / sizeof( names[0] ) )

static void
every_prefix( void const * arg ) {
  sound_t s = sound_open( arg );
  for( unsigned long n = 0UL; n <= s.sz; n++ ) {
    captured_t * c = captured_bytes( s.bytes, n );
    if( n < 4UL || ( !s.pcapng && n < 24UL ) ) {
      CHECK( !c->opened );
      CHECK_HAS( c->err.sentence, !n ? "is empty (0 bytes)" : n < 4UL ? "is neither pcap nor pcapng" : "byte offset 0" );
      captured_delete( c );
      continue;
    }
    unsigned long block = block_of( &s, n );
    int           clean = n == s.start[block];
    CHECK( c->opened );
    CHECK_EQ( c->end, clean ? 0 : -1 );
    CHECK_EQ( c->frames.cnt, s.frames[block] );
    CHECK( captured_same( c, s.whole, c->frames.cnt ) );
    if( !clean ) {
      char where[64], kept[64];
      snprintf( where, sizeof( where ), "the block at byte offset %lu ", s.start[block] );
      snprintf( kept, sizeof( kept ), c->frames.cnt == 1UL ? "%lu frame before it is kept" : "%lu frames before it are kept",
                c->frames.cnt );
      if( !CHECK_HAS( c->problem, where ) ) printf( "# cut at byte %lu\n", n );
      CHECK_HAS( c->problem, c->frames.cnt ? kept : "no frame comes before it" );
    }
    captured_delete( c );
  }
  sound_close( &s );
}

/* Frames of blocks that end before the first changed byte are as they were. */
static void
damaged( sound_t const * s, uint8_t const * bytes, unsigned long first ) {
  captured_t * c = captured_bytes( bytes, s->sz );
  if( c->opened && ( s->pcapng || first >= 24UL ) ) {
    unsigned long kept = s->frames[block_of( s, first )];
    if( !CHECK( c->frames.cnt >= kept && captured_same( c, s->whole, kept ) ) )
      printf( "# byte %lu changed, %lu frames, %lu wanted\n", first, c->frames.cnt, kept );
  }
  captured_delete( c );
}

static void
every_byte( void const * arg ) {
  sound_t s = sound_open( arg );
  for( unsigned long i = 0UL; i < s.sz; i++ ) {
    uint8_t const was       = s.bytes[i];
    uint8_t const others[2] = { (uint8_t)( was ^ 0x01 ), was == 0xff ? 0x00 : 0xff };
    for( int k = 0; k < 2; k++ ) {
      s.bytes[i] = others[k];
      damaged( &s, s.bytes, i );
    }
    s.bytes[i] = was;
  }
  sound_close( &s );
}

/* Several bytes at once, words of extreme values, and cuts; by seed. */
static void
random_damage( void const * arg ) {
  sound_t   s     = sound_open( arg );
  uint8_t * bytes = malloc( s.sz );
  for( uint32_t round = 0U; round < 300U; round++ ) {
    unsigned long first = s.sz;
    memcpy( bytes, s.bytes, s.sz );
    for( uint32_t k = 0U; k <= pl_hash32( round, 0U, 0U, 0UL ) % 6U; k++ ) {
      unsigned long at = pl_hash32( round, 1U, k, 0UL ) % s.sz;
      uint32_t      r  = pl_hash32( round, 2U, k, 0UL );
      if( r % 3U == 0U && at + 4UL <= s.sz ) {
        static uint32_t const words[] = { 0U, 1U, 12U, 0x7fffffffU, 0x80000000U, 0xfffffff0U, 0xffffffffU, 262145U };
        at -= at % 4UL;
        memcpy( bytes + at, &words[r / 3U % 8U], 4UL );
      } else {
        bytes[at] = (uint8_t)( r >> 8 );
      }
      if( at < first ) first = at;
    }
    damaged( &s, bytes, first );
  }
  free( bytes );
  sound_close( &s );
}

int
main( void ) {
  for( unsigned long i = 0UL; i < NAMES; i++ ) {
    char name[96];
    snprintf( name, sizeof( name ), "%s, cut at every byte", names[i] );
    tap_run_with( name, every_prefix, names[i] );
    snprintf( name, sizeof( name ), "%s, each byte changed", names[i] );
    tap_run_with( name, every_byte, names[i] );
    snprintf( name, sizeof( name ), "%s, damaged at random", names[i] );
    tap_run_with( name, random_damage, names[i] );
  }
  return tap_end();
}
