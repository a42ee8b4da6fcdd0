/* The reader on the captures in test/fixtures/captures.  The figures are those
   that capinfos and tshark give for the same files. */

#include "captured.h"
#include "files.h"
#include "run/clock.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define T0 (1700000000UL)
#define S  (1000000000UL)

/* What a file holds.  bytes is the sum of the captured lengths. */
typedef struct {
  char const * name;
  int          format;
  unsigned     frames;
  uint64_t     bytes;
  uint32_t     first, last; /* their captured lengths */
  char const * problem;     /* NULL: it ends well */
} file_t;

static file_t const files[] = {
    { "http.pcap", PL_FORMAT_PCAP, 86U, 43619UL, 42U, 66U, NULL },
    { "http-be.pcap", PL_FORMAT_PCAP, 86U, 43619UL, 42U, 66U, NULL },
    { "ping6.pcapng", PL_FORMAT_PCAPNG, 32U, 9088UL, 110U, 1062U, NULL },
    { "ping6-be.pcapng", PL_FORMAT_PCAPNG, 32U, 9088UL, 110U, 1062U, NULL },
    { "nano.pcap", PL_FORMAT_PCAP, 22U, 1700UL, 42U, 50U, NULL },
    { "nano-be.pcap", PL_FORMAT_PCAP, 22U, 1700UL, 42U, 50U, NULL },
    { "vlan.pcapng", PL_FORMAT_PCAPNG, 22U, 4892UL, 46U, 106U, NULL },
    { "snapped.pcap", PL_FORMAT_PCAP, 36U, 1440UL, 40U, 40U, NULL },
    { "offload.pcap", PL_FORMAT_PCAP, 16U, 19743UL, 74U, 66U, NULL },
    { "cooked.pcap", PL_FORMAT_PCAP, 10U, 968UL, 100U, 92U, NULL },
    { "cooked2.pcap", PL_FORMAT_PCAP, 10U, 1008UL, 104U, 96U, NULL },
    { "mixed-interfaces.pcapng", PL_FORMAT_PCAPNG, 32U, 2668UL, 42U, 92U, NULL },
    { "empty.pcap", PL_FORMAT_PCAP, 0U, 0UL, 0U, 0U, NULL },
    { "empty.pcapng", PL_FORMAT_PCAPNG, 0U, 0UL, 0U, 0U, NULL },
    { "jumbo.pcap", PL_FORMAT_PCAP, 7U, 82976UL, 60U, 60U, NULL },
    { "sizes.pcap", PL_FORMAT_PCAP, 8U, 7275UL, 1U, 4096U, NULL },
    { "zero-frame.pcap", PL_FORMAT_PCAP, 3U, 158UL, 60U, 98U, NULL },
    { "unknown-link.pcap", PL_FORMAT_PCAP, 3U, 359UL, 60U, 201U, NULL },
    { "fcs-length.pcap", PL_FORMAT_PCAP, 3U, 359UL, 60U, 201U, NULL },
    { "backward-time.pcap", PL_FORMAT_PCAP, 3U, 359UL, 60U, 201U, NULL },
    { "spb.pcapng", PL_FORMAT_PCAPNG, 3U, 220UL, 60U, 80U, NULL },
    { "obsolete-pb.pcapng", PL_FORMAT_PCAPNG, 3U, 359UL, 60U, 201U, NULL },
    { "two-sections.pcapng", PL_FORMAT_PCAPNG, 4U, 419UL, 60U, 60U, NULL },
    { "tsresol.pcapng", PL_FORMAT_PCAPNG, 6U, 718UL, 60U, 201U, NULL },
    { "comments.pcapng", PL_FORMAT_PCAPNG, 3U, 359UL, 60U, 201U, NULL },
    { "unknown-blocks.pcapng", PL_FORMAT_PCAPNG, 3U, 359UL, 60U, 201U, NULL },
    { "truncated-record.pcap", PL_FORMAT_PCAP, 2U, 158UL, 60U, 98U,
      "the block at byte offset 214 is cut short: a record header has 16 bytes and the file ends after 7; the 2 frames "
      "before it are kept." },
    { "truncated-frame.pcap", PL_FORMAT_PCAP, 2U, 158UL, 60U, 98U,
      "the block at byte offset 214 is cut short: its frame has 201 bytes" },
    { "insane-length.pcap", PL_FORMAT_PCAP, 2U, 158UL, 60U, 98U,
      "the block at byte offset 214 claims a frame of 4294967280 bytes" },
    { "truncated-block.pcapng", PL_FORMAT_PCAPNG, 2U, 158UL, 60U, 98U,
      "the block at byte offset 272 is cut short: it has 236 bytes" },
    { "truncated-section.pcapng", PL_FORMAT_PCAPNG, 0U, 0UL, 0U, 0U, "the block at byte offset 0 is cut short" },
    { "bad-length.pcapng", PL_FORMAT_PCAPNG, 2U, 158UL, 60U, 98U,
      "the block at byte offset 272 opens with length 236 and closes with length 96; the 2 frames before it are kept." },
    { "odd-length.pcapng", PL_FORMAT_PCAPNG, 2U, 158UL, 60U, 98U,
      "the block at byte offset 272 claims a length of 233, which no block can have" },
    { "unknown-iface.pcapng", PL_FORMAT_PCAPNG, 2U, 158UL, 60U, 98U,
      "the block at byte offset 272 belongs to interface 7; the section has described 1 so far" },
    { "frame-over-block.pcapng", PL_FORMAT_PCAPNG, 2U, 158UL, 60U, 98U,
      "the block at byte offset 272 holds 204 bytes and claims a frame of 5000" },
    { "no-interface.pcapng", PL_FORMAT_PCAPNG, 0U, 0UL, 0U, 0U,
      "the block at byte offset 28 belongs to interface 0; the section has described 0 so far; no frame comes before it." },
    { "byte-order.pcapng", PL_FORMAT_PCAPNG, 0U, 0UL, 0U, 0U,
      "the block at byte offset 0 is a section header without the byte-order mark" },
};

static void
read_file( void const * arg ) {
  file_t const * want = arg;
  captured_t *   c    = captured_fixture( want->name );
  uint64_t       sum  = 0UL;
  CHECK_STR( c->err.sentence, "" );
  CHECK_EQ( c->format, want->format );
  CHECK_EQ( c->frames.cnt, want->frames );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) sum += c->frames.at[i].sz;
  CHECK_EQ( sum, want->bytes );
  if( c->frames.cnt ) {
    CHECK_EQ( c->frames.at[0].sz, want->first );
    CHECK_EQ( c->frames.at[c->frames.cnt - 1UL].sz, want->last );
  }
  CHECK_EQ( c->end, want->problem ? -1 : 0 );
  if( want->problem ) {
    CHECK_HAS( c->problem, want->problem );
    CHECK_HAS( c->problem, want->name );
  }
  captured_delete( c );
}

static void
not_captures( void ) {
  static struct {
    char const * name;
    char const * sentence;
  } const bad[] = {
      { "zero.pcap", "zero.pcap is empty (0 bytes): not a capture." },
      { "text.txt", "text.txt is neither pcap nor pcapng (it starts with 54 68 69 73)." },
      { "compressed.pcap.gz", "compressed.pcap.gz is compressed with gzip; unpack it first (gunzip)." },
      { "modified.pcap", "modified.pcap is a modified pcap (Kuznetzov); convert it first (editcap -F pcap)." },
      { "version.pcap", "version.pcap: the block at byte offset 0 says pcap version 9; only version 2 is known" },
      { "truncated-header.pcap",
        "the block at byte offset 0 should be a file header of 24 bytes and the file ends after 10" },
      { "not-there.pcap", "not-there.pcap cannot be opened: No such file or directory." },
      { "", "is a folder; a capture is a regular file." },
  };
  for( unsigned long i = 0UL; i < sizeof( bad ) / sizeof( bad[0] ); i++ ) {
    captured_t * c = captured_fixture( bad[i].name );
    CHECK( !c->opened );
    CHECK_HAS( c->err.sentence, bad[i].sentence );
    captured_delete( c );
  }
  captured_t * c = captured_read( "/dev/zero" );
  CHECK_HAS( c->err.sentence, "/dev/zero is a pipe or device" );
  captured_delete( c );
}

/* The same frames, times and link types in both byte orders. */
static void
byte_orders( void ) {
  char const * const pairs[][2] = {
      { "http.pcap", "http-be.pcap" }, { "nano.pcap", "nano-be.pcap" }, { "ping6.pcapng", "ping6-be.pcapng" } };
  for( int p = 0; p < 3; p++ ) {
    captured_t * a = captured_fixture( pairs[p][0] );
    captured_t * b = captured_fixture( pairs[p][1] );
    CHECK_EQ( a->frames.cnt, b->frames.cnt );
    CHECK( captured_same( a, b, a->frames.cnt ) );
    for( unsigned long i = 0UL; i < a->frames.cnt; i++ ) {
      CHECK_EQ( a->ts_ns[i], b->ts_ns[i] );
      CHECK_EQ( a->offset[i], b->offset[i] );
      CHECK_EQ( a->frames.at[i].origlen, b->frames.at[i].origlen );
      CHECK_EQ( a->link[i], PL_LINKTYPE_ETHERNET );
      CHECK_EQ( b->link[i], PL_LINKTYPE_ETHERNET );
      if( i ) CHECK( a->ts_ns[i] >= a->ts_ns[i - 1UL] );
    }
    captured_delete( a );
    captured_delete( b );
  }
}

static void
times( void ) {
  captured_t * c = captured_fixture( "tsresol.pcapng" );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) CHECK_EQ( c->ts_ns[i], ( T0 + i ) * S + ( i == 2UL ? 0UL : S / 2UL ) );
  captured_delete( c );
  c = captured_fixture( "two-sections.pcapng" );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) CHECK_EQ( c->ts_ns[i], ( T0 + i ) * S + i * 1000000UL );
  captured_delete( c );
  c = captured_fixture( "obsolete-pb.pcapng" );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) CHECK_EQ( c->ts_ns[i], ( T0 + i ) * S + i * 1000000UL );
  captured_delete( c );
  c = captured_fixture( "backward-time.pcap" );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) CHECK_EQ( c->ts_ns[i], ( T0 + 9UL - i ) * S + ( 9UL - i ) * 1000000UL );
  captured_delete( c );
  c = captured_fixture( "spb.pcapng" );
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) CHECK_EQ( c->ts_ns[i], 0UL );
  captured_delete( c );
  c                   = captured_fixture( "nano.pcap" );
  uint64_t        now = pl_clock_wall_ns(), fine = 0UL;
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) {
    fine += c->ts_ns[i] % 1000UL != 0UL;
    CHECK( c->ts_ns[i] > T0 * S );
  }
  CHECK( now > T0 * S );
  CHECK( fine > 15UL );
  captured_delete( c );
}

static void
links( void ) {
  captured_t * c = captured_fixture( "mixed-interfaces.pcapng" );
  unsigned     ethernet = 0U, cooked = 0U;
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) {
    ethernet += c->link[i] == PL_LINKTYPE_ETHERNET;
    cooked += c->link[i] == 113;
  }
  CHECK_EQ( ethernet, 22 );
  CHECK_EQ( cooked, 10 );
  captured_delete( c );
  static struct {
    char const * name;
    uint16_t     link;
    char const * text;
  } const of[] = { { "cooked.pcap", 113, "Linux cooked v1 (link type 113)" },
                   { "cooked2.pcap", 276, "Linux cooked v2 (link type 276)" },
                   { "unknown-link.pcap", 147, "user 0 (link type 147)" },
                   { "fcs-length.pcap", 1, "Ethernet" } };
  for( int i = 0; i < 4; i++ ) {
    char text[64], small[4];
    c = captured_fixture( of[i].name );
    CHECK_EQ( c->link[0], of[i].link );
    CHECK_STR( pl_linktype_name( of[i].link, text, sizeof( text ) ), of[i].text );
    CHECK_EQ( strlen( pl_linktype_name( of[i].link, small, sizeof( small ) ) ), 3 );
    captured_delete( c );
  }
  char text[64];
  CHECK_STR( pl_linktype_name( 65535, text, sizeof( text ) ), "link type 65535" );
}

/* Frames that the capture had cut. */
static void
snapped( void ) {
  captured_t * c   = captured_fixture( "snapped.pcap" );
  unsigned     cut = 0U;
  for( unsigned long i = 0UL; i < c->frames.cnt; i++ ) cut += c->frames.at[i].origlen > c->frames.at[i].sz;
  CHECK_EQ( cut, 36 );
  captured_delete( c );
  static uint32_t const orig[3] = { 60U, 98U, 201U };
  c                             = captured_fixture( "spb.pcapng" );
  for( unsigned long i = 0UL; i < 3UL; i++ ) CHECK_EQ( c->frames.at[i].origlen, orig[i] );
  captured_delete( c );
}

/* From the start again: at the end, in the middle, and behind damage. */
static void
rewound( void ) {
  for( unsigned long f = 0UL; f < sizeof( files ) / sizeof( files[0] ); f++ ) {
    captured_t *   want    = captured_fixture( files[f].name );
    pl_capture_t * capture = pl_capture_open( fixture_path( files[f].name ), NULL );
    pl_frame_t     frame;
    for( unsigned long pass = 0UL; pass < 4UL; pass++ ) {
      unsigned long upto = pass == 1UL ? want->frames.cnt / 2UL : want->frames.cnt + 1UL;
      for( unsigned long i = 0UL; i < upto; i++ ) {
        int got = pl_capture_next( capture, &frame );
        if( i == want->frames.cnt ) {
          CHECK_EQ( got, want->end );
          CHECK_STR( pl_capture_problem( capture ), want->problem );
        } else if( CHECK_EQ( got, 1 ) ) {
          CHECK( frame.caplen == want->frames.at[i].sz && !memcmp( frame.data, want->frames.at[i].data, frame.caplen ) );
          CHECK( frame.ts_ns == want->ts_ns[i] && frame.offset == want->offset[i] && frame.link == want->link[i] );
        }
      }
      CHECK_EQ( pl_capture_rewind( capture ), 0 );
      CHECK_STR( pl_capture_problem( capture ), "" );
    }
    pl_capture_close( capture );
    captured_delete( want );
  }
}

/* A file that is taken away, or cut, while it is read. */
static void
vanished( void ) {
  unsigned long sz;
  uint8_t *     bytes = file_read( fixture_path( "http.pcap" ), &sz );
  char const *  path  = files_new();
  pl_frame_t    frame;
  CHECK( file_write( path, bytes, sz ) );
  pl_capture_t * capture = pl_capture_open( path, NULL );
  CHECK( !remove( path ) );
  for( int i = 0; i < 86; i++ ) CHECK_EQ( pl_capture_next( capture, &frame ), 1 ); /* an open file stays */
  CHECK_EQ( pl_capture_next( capture, &frame ), 0 );
  pl_capture_close( capture );

  CHECK( file_write( path, bytes, sz ) );
  capture = pl_capture_open( path, NULL );
  while( pl_capture_next( capture, &frame ) == 1 ) {}
  CHECK( !truncate( path, 1000 ) );
  CHECK_EQ( pl_capture_rewind( capture ), 0 );
  int end;
  while( ( end = pl_capture_next( capture, &frame ) ) == 1 ) {}
  CHECK_EQ( end, -1 );
  CHECK_HAS( pl_capture_problem( capture ), "is cut short" );
  CHECK( !truncate( path, 0 ) );
  CHECK_EQ( pl_capture_rewind( capture ), 0 );
  CHECK_EQ( pl_capture_next( capture, &frame ), 0 );
  pl_capture_close( capture );
  free( bytes );
}

int
main( void ) {
  for( unsigned long i = 0UL; i < sizeof( files ) / sizeof( files[0] ); i++ ) {
    char name[80];
    snprintf( name, sizeof( name ), "%s", files[i].name );
    tap_run_with( name, read_file, &files[i] );
  }
  tap_run( "what is no capture is refused in a sentence", not_captures );
  tap_run( "both byte orders", byte_orders );
  tap_run( "times", times );
  tap_run( "link types", links );
  tap_run( "frames cut by their snap length", snapped );
  tap_run( "from the start again", rewound );
  tap_run( "a file that vanishes or shrinks", vanished );
  return tap_end();
}
