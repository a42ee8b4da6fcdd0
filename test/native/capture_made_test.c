/* The reader on files made here: sizes at and beyond its limits, and blocks that
   no tool would write. */

#include "files.h"
#include "made.h"
#include "tap.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Microseconds and nanoseconds in both byte orders, and stamps out of range. */
static void
pcap_kinds( void ) {
  for( int kind = 0; kind < 4; kind++ ) {
    made_t m    = { .swap = kind & 1 };
    int    nano = kind >> 1;
    made_pcap_header( &m, nano ? 0xa1b23c4dU : 0xa1b2c3d4U, 1U );
    made_pcap_record( &m, 1700000000U, 999999U, 60U, 70U );
    made_pcap_record( &m, 0xffffffffU, 0xffffffffU, 0U, 0U );
    made_pcap_record( &m, 0U, 0U, 1U, 0U );
    captured_t * c = made_read( &m );
    CHECK_EQ( c->frames.cnt, 3UL );
    CHECK_EQ( c->end, 0 );
    CHECK_EQ( c->ts_ns[0], 1700000000000000000UL + ( nano ? 999999UL : 999999000UL ) );
    CHECK_EQ( c->ts_ns[1], 4294967295UL * 1000000000UL + 4294967295UL * ( nano ? 1UL : 1000UL ) );
    CHECK_EQ( c->ts_ns[2], 0UL );
    CHECK_EQ( c->frames.at[0].origlen, 70U );
    CHECK_EQ( c->offset[0], 40UL );
    CHECK_EQ( c->offset[1], 116UL );
    captured_delete( c );
  }
}

/* Frames around the largest that is given out with its bytes. */
static void
large_frames( void ) {
  uint32_t const sizes[] = { PL_CAPTURE_FRAME_MAX - 1U, PL_CAPTURE_FRAME_MAX, PL_CAPTURE_FRAME_MAX + 1U, 3000000U };
  for( int ng = 0; ng < 2; ng++ )
    for( int i = 0; i < 4; i++ )
      for( int cut = 0; cut < 2; cut++ ) {
        made_t m = { .swap = i & 1 };
        if( ng ) {
          made_section( &m );
          made_interface( &m, 1, 0U );
          made_epb( &m, 0U, 1UL, 60U, 0U );
          made_epb( &m, 0U, 2UL, sizes[i], 0U );
        } else {
          made_pcap_header( &m, 0xa1b2c3d4U, 1U );
          made_pcap_record( &m, 1U, 1U, 60U, 60U );
          made_pcap_record( &m, 1U, 2U, sizes[i], sizes[i] );
        }
        if( cut ) {
          m.sz -= 5UL; /* within the large one */
        } else if( ng ) {
          made_epb( &m, 0U, 3UL, 61U, 0U );
        } else {
          made_pcap_record( &m, 1U, 3U, 61U, 61U );
        }
        captured_t * c = made_read( &m );
        CHECK_EQ( c->end, cut ? -1 : 0 );
        CHECK_EQ( c->frames.cnt, cut ? 1UL : 3UL );
        CHECK_EQ( c->frames.at[0].sz, 60U );
        if( !cut ) {
          CHECK_EQ( c->frames.at[1].sz, sizes[i] );
          CHECK_EQ( c->no_data[1], sizes[i] > PL_CAPTURE_FRAME_MAX );
          CHECK_EQ( c->frames.at[2].sz, 61U );
        }
        captured_delete( c );
      }
}

/* Many small frames: the window moves over the file, at every alignment. */
static void
many_frames( void ) {
  made_t m = { 0 };
  made_pcap_header( &m, 0xa1b2c3d4U, 1U );
  for( uint32_t i = 0U; i < 4000U; i++ ) made_pcap_record( &m, i, 0U, i * 7U % 1601U, 2000U );
  captured_t * c = made_read( &m );
  CHECK_EQ( c->frames.cnt, 4000UL );
  CHECK_EQ( c->end, 0 );
  for( uint32_t i = 0U; i < 4000U && i < c->frames.cnt; i++ )
    CHECK( c->frames.at[i].sz == i * 7U % 1601U && c->ts_ns[i] == i * 1000000000UL );
  captured_delete( c );
}

/* Blocks that are skipped: large, and larger than the file. */
static void
huge_blocks( void ) {
  for( int cut = 0; cut < 2; cut++ ) {
    made_t m = { 0 };
    made_section( &m );
    made_interface( &m, 1, 0U );
    made_epb( &m, 0U, 1UL, 60U, 0U );
    made_32( &m, 0x00c0ffeeU );
    made_32( &m, 40000000U );
    made_put( &m, NULL, 40000000UL - 12UL );
    made_32( &m, 40000000U );
    if( cut ) m.sz -= 4UL;
    else made_epb( &m, 0U, 2UL, 62U, 0U );
    captured_t * c = made_read( &m );
    CHECK_EQ( c->frames.cnt, cut ? 1UL : 2UL );
    CHECK_EQ( c->end, cut ? -1 : 0 );
    if( cut ) CHECK_HAS( c->problem, "the block at byte offset 140 is cut short: it has 40000000 bytes" );
    captured_delete( c );
  }
  made_t m = { 0 };
  made_section( &m );
  made_32( &m, 0x00c0ffeeU );
  made_32( &m, 0xfffffffcU );
  made_put( &m, NULL, 100UL );
  captured_t * c = made_read( &m );
  CHECK_EQ( c->end, -1 );
  CHECK_HAS( c->problem, "byte offset 28 is cut short: it has 4294967292 bytes" );
  captured_delete( c );
}

/* Every kind of block closes with its length. */
static void
closing_lengths( void ) {
  unsigned long const ends[4] = { 28UL, 48UL, 64UL, 156UL }; /* of a section, an interface, an unknown block, a frame */
  for( int i = 0; i < 5; i++ ) {
    made_t m = { 0 };
    made_section( &m );
    made_interface( &m, 1, 0U );
    made_32( &m, 0x0bad0badU );
    made_32( &m, 16U );
    made_32( &m, 0U );
    made_32( &m, 16U );
    made_epb( &m, 0U, 1UL, 60U, 0U );
    made_epb( &m, 0U, 2UL, 61U, 0U );
    if( i < 4 ) m.bytes[ends[i] - 4UL] ^= 4;
    captured_t * c = made_read( &m );
    CHECK_EQ( c->end, i < 4 ? -1 : 0 );
    CHECK_EQ( c->frames.cnt, i < 4 ? 0UL : 2UL );
    if( i < 4 ) CHECK_HAS( c->problem, "and closes with length" );
    captured_delete( c );
  }
}

/* Options behind a frame, up to more than the reader's window. */
static void
long_options( void ) {
  made_t m = { 0 };
  made_section( &m );
  made_interface( &m, 1, 0U );
  made_epb( &m, 0U, 1UL, 1500U, 65000U );
  made_epb( &m, 0U, 2UL, 262144U, 200000U );
  made_epb( &m, 0U, 3UL, 60U, 0U );
  captured_t * c = made_read( &m );
  CHECK_EQ( c->frames.cnt, 3UL );
  CHECK_EQ( c->end, 0 );
  captured_delete( c );

  made_section( &m );
  made_interface( &m, 1, 0U );
  made_epb( &m, 0U, 1UL, 60U, 0U );
  made_epb( &m, 0U, 2UL, 60U, 5000000U ); /* far over what a frame and its options take */
  c = made_read( &m );
  CHECK( c->frames.cnt >= 1UL );
  if( c->end ) CHECK_HAS( c->problem, "byte offset 140" );
  captured_delete( c );
}

/* Interfaces: without number, with odd options, too many. */
static void
interfaces( void ) {
  made_t m = { 0 };
  made_section( &m );
  for( uint32_t i = 0U; i < 65537U; i++ ) made_interface( &m, (uint16_t)i, 0U );
  captured_t * c = made_read( &m );
  CHECK_EQ( c->end, -1 );
  CHECK_HAS( c->problem, "one interface more than 65536" );
  captured_delete( c );

  made_section( &m );
  for( uint32_t i = 0U; i < 65536U; i++ ) made_interface( &m, (uint16_t)i, 0U );
  made_epb( &m, 65535U, 0UL, 4U, 0U );
  made_epb( &m, 65536U, 0UL, 4U, 0U );
  c = made_read( &m );
  CHECK_EQ( c->frames.cnt, 1UL );
  CHECK_EQ( c->link[0], 65535 );
  CHECK_HAS( c->problem, "belongs to interface 65536" );
  captured_delete( c );

  /* A section forgets the interfaces of the one before. */
  made_section( &m );
  made_interface( &m, 1, 0U );
  made_epb( &m, 0U, 0UL, 4U, 0U );
  made_section( &m );
  made_epb( &m, 0U, 0UL, 4U, 0U );
  c = made_read( &m );
  CHECK_EQ( c->frames.cnt, 1UL );
  CHECK_HAS( c->problem, "belongs to interface 0" );
  captured_delete( c );

  made_section( &m );
  made_32( &m, 1U ); /* a description too short for its own fields */
  made_32( &m, 16U );
  made_32( &m, 1U );
  made_32( &m, 16U );
  c = made_read( &m );
  CHECK_HAS( c->problem, "describes an interface in 4 bytes" );
  captured_delete( c );
}

/* An interface description with these options, and one frame with stamp. */
static uint64_t
stamp_with( void const * options, unsigned long options_sz, uint64_t stamp ) {
  made_t   m   = { 0 };
  uint32_t len = 20U + (uint32_t)options_sz;
  made_section( &m );
  made_32( &m, 1U );
  made_32( &m, len );
  made_16( &m, 1 );
  made_16( &m, 0 );
  made_32( &m, 0U );
  made_put( &m, options, options_sz );
  made_32( &m, len );
  made_epb( &m, 0U, stamp, 4U, 0U );
  captured_t * c = made_read( &m );
  CHECK_EQ( c->end, 0 );
  CHECK_EQ( c->frames.cnt, 1UL );
  uint64_t ts = c->ts_ns[0];
  captured_delete( c );
  return ts;
}

static void
resolutions( void ) {
  char opt[8] = { 9, 0, 1, 0, 0, 0, 0, 0 };
  for( unsigned exp = 0U; exp < 256U; exp++ ) { /* every value, with the largest stamp: no overflow that matters */
    opt[4] = (char)exp;
    (void)stamp_with( opt, 8UL, UINT64_MAX );
    (void)stamp_with( opt, 8UL, 1UL );
  }
  opt[4] = 9;
  CHECK_EQ( stamp_with( opt, 8UL, 1234567890123456789UL ), 1234567890123456789UL );
  opt[4] = 12;
  CHECK_EQ( stamp_with( opt, 8UL, 1700000000000000999UL ), 1700000000000000UL );
  opt[4] = (char)0x80;
  CHECK_EQ( stamp_with( opt, 8UL, 1700000000UL ), 1700000000UL * 1000000000UL );
  opt[4] = (char)0x8a;
  CHECK_EQ( stamp_with( opt, 8UL, 1700000000UL * 1024UL + 512UL ), 1700000000500000000UL );

  /* Offsets: plain, negative, and of years that there will never be. */
  char          off[12] = { 14, 0, 8, 0 };
  int64_t const to[]    = { 1700000000, -1, INT64_MAX, INT64_MIN };
  uint64_t const want[] = { 1700000005000000000UL, 4000000000UL, 5000000000UL, 5000000000UL };
  for( int i = 0; i < 4; i++ ) {
    memcpy( off + 4, &to[i], 8UL );
    CHECK_EQ( stamp_with( off, 12UL, 5000000UL ), want[i] );
  }

  /* Options that end beyond their block, or have an odd length, are left out. */
  CHECK_EQ( stamp_with( "\x09\0\xff\xff", 4UL, 5UL ), 5000UL );
  CHECK_EQ( stamp_with( "\x09\0\0\0", 4UL, 5UL ), 5000UL );
  CHECK_EQ( stamp_with( "\x0e\0\4\0\1\1\1\1", 8UL, 5UL ), 5000UL );
  CHECK_EQ( stamp_with( "\0\0\0\0\x09\0\1\0\3\0\0\0", 12UL, 5UL ), 5000UL ); /* behind the end of options */
}

/* A simple packet block has no interface of its own: it is of the first. */
static void
simple_packets( void ) {
  for( uint32_t snap = 0U; snap <= 20U; snap += 10U ) {
    made_t m = { 0 };
    made_section( &m );
    made_interface( &m, 1, snap );
    made_interface( &m, 113, 5U );
    uint32_t cap = snap && snap < 13U ? snap : 13U;
    made_32( &m, 3U );
    made_32( &m, 16U + ( ( cap + 3U ) & ~3U ) );
    made_32( &m, 13U );
    made_put( &m, NULL, ( cap + 3U ) & ~3U );
    made_32( &m, 16U + ( ( cap + 3U ) & ~3U ) );
    captured_t * c = made_read( &m );
    CHECK_EQ( c->end, 0 );
    if( CHECK_EQ( c->frames.cnt, 1UL ) ) CHECK_EQ( c->frames.at[0].sz, cap );
    CHECK_EQ( c->frames.at[0].origlen, 13U );
    CHECK_EQ( c->link[0], 1 );
    captured_delete( c );
  }
}

static void
magics( void ) {
  static struct {
    char const * bytes;
    char const * sentence;
  } const of[] = { { "\x1f\x8b\x08\x00", "gunzip" },
                   { "\x28\xb5\x2f\xfd", "unzstd" },
                   { "\x04\x22\x4d\x18", "unlz4" },
                   { "\x34\xcd\xb2\xa1", "Kuznetzov" },
                   { "\xa1\xb2\xcd\x34", "Kuznetzov" },
                   { "PK\x03\x04", "neither pcap nor pcapng (it starts with 50 4b 03 04)" } };
  for( unsigned long i = 0UL; i < sizeof( of ) / sizeof( of[0] ); i++ ) {
    captured_t * c = captured_bytes( of[i].bytes, 4UL );
    CHECK( !c->opened );
    CHECK_HAS( c->err.sentence, of[i].sentence );
    captured_delete( c );
  }
  for( unsigned long n = 1UL; n < 4UL; n++ ) { /* too short to tell */
    captured_t * c = captured_bytes( "\x0a\x0d\x0d", n );
    CHECK( !c->opened );
    CHECK_HAS( c->err.sentence, "is neither pcap nor pcapng" );
    captured_delete( c );
  }
}

/* What is no regular file is refused and never waited for. */
static void
other_files( void ) {
  char const * fifo = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  captured_t * c = captured_read( fifo );
  CHECK_HAS( c->err.sentence, "is a pipe or device; a capture is a regular file." );
  captured_delete( c );
  char long_name[300];
  memset( long_name, 'n', sizeof( long_name ) - 1UL );
  long_name[sizeof( long_name ) - 1UL] = '\0';
  c                                    = captured_read( long_name );
  CHECK_HAS( c->err.sentence, "cannot be opened" );
  captured_delete( c );
}

/* Options of a packet may be larger than the reader's window. */
static void
large_options( void ) {
  uint32_t const extra[] = { 400000U, 524288U, 1048576U, 20000000U };
  for( int i = 0; i < 4; i++ )
    for( int damage = 0; damage < 3; damage++ ) {
      made_t m = { .swap = i & 1 };
      made_section( &m );
      made_interface( &m, 1, 0U );
      made_epb( &m, 0U, 1UL, 60U, 0U );
      made_epb( &m, 0U, 2UL, 1500U, extra[i] );
      if( damage == 1 ) m.bytes[m.sz - 4UL] ^= 4U; /* the closing length */
      if( damage == 2 ) m.sz -= 3UL;
      if( damage < 2 ) made_epb( &m, 0U, 3UL, 61U, 0U );
      captured_t * c = made_read( &m );
      CHECK_EQ( c->frames.cnt, damage ? 1UL : 3UL );
      CHECK_EQ( c->end, damage ? -1 : 0 );
      if( !damage && c->frames.cnt == 3UL ) CHECK_EQ( c->frames.at[1].sz, 1500U );
      if( damage == 1 ) CHECK_HAS( c->problem, "closes with length" );
      if( damage == 2 ) CHECK_HAS( c->problem, "cut short" );
      captured_delete( c );
    }
}

int
main( void ) {
  tap_run( "pcap of all kinds", pcap_kinds );
  tap_run( "frames at the limit of the reader", large_frames );
  tap_run( "options beyond the reader's window", large_options );
  tap_run( "many frames", many_frames );
  tap_run( "huge blocks", huge_blocks );
  tap_run( "every block closes with its length", closing_lengths );
  tap_run( "long options", long_options );
  tap_run( "interfaces", interfaces );
  tap_run( "resolutions and offsets", resolutions );
  tap_run( "simple packet blocks", simple_packets );
  tap_run( "other formats are named", magics );
  tap_run( "other kinds of file", other_files );
  return tap_end();
}
