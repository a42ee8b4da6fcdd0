/* Sources: templates and captures. */

#include "captured.h"
#include "files.h"
#include "made.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
templates( void ) {
  uint32_t const sizes[4] = { 60U, 0U, 4097U, 14U };
  pl_source_t *  source   = made_source( sizes, 4UL );
  pl_packet_t    packet;
  for( int pass = 0; pass < 3; pass++ ) {
    for( unsigned long i = 0UL; i < 4UL; i++ ) {
      CHECK_EQ( pl_source_next( source, &packet ), 1 );
      CHECK_EQ( packet.sz, sizes[i] );
      CHECK_EQ( packet.link, PL_LINKTYPE_ETHERNET );
      CHECK( !packet.truncated );
      uint8_t want[4097];
      frame_fill( want, sizes[i], i, 0x0800 );
      CHECK( !sizes[i] || !memcmp( want, packet.buf, sizes[i] ) );
    }
    CHECK_EQ( pl_source_next( source, &packet ), 0 ); /* the end of a pass; then the next begins */
    pl_source_recycle( source, NULL );
  }
  uint16_t sz;
  CHECK( !pl_source_only( source, &sz ) );
  CHECK_STR( pl_source_problem( source ), "" );
  pl_source_delete( source );
}

static void
only( void ) {
  uint32_t const sizes[] = { 0U, 1U, 60U, 4096U };
  uint16_t       sz      = 7U;
  for( int i = 0; i < 4; i++ ) {
    pl_source_t * source = one_frame( sizes[i] );
    CHECK( pl_source_only( source, &sz ) );
    CHECK_EQ( sz, sizes[i] );
    pl_source_delete( source );
  }
  pl_source_t * large = one_frame( 4097U );
  CHECK( !pl_source_only( large, &sz ) );
  pl_source_delete( large );
  pl_source_t * capture = capture_source( "http.pcap", 1UL );
  CHECK( !pl_source_only( capture, &sz ) );
  pl_source_delete( capture );
}

static void
none( void ) {
  pl_err_t err = { 0 };
  CHECK( !pl_source_templates( NULL, NULL, 0UL, &err ) );
  CHECK_STR( err.sentence, "There is no packet to send." );
  pl_source_delete( NULL );
}

/* A capture, in batches: the frames of a batch stay where they are until it is settled. */
static void
captures( void ) {
  static char const * const names[] = { "http.pcap", "jumbo.pcap", "sizes.pcap", "zero-frame.pcap", "two-sections.pcapng",
                                        "offload.pcap", "mixed-interfaces.pcapng", "snapped.pcap" };
  for( unsigned long f = 0UL; f < sizeof( names ) / sizeof( names[0] ); f++ )
    for( unsigned long batch = 1UL; batch <= 64UL; batch *= 4UL ) {
      captured_t *  want   = captured_fixture( names[f] );
      pl_source_t * source = capture_source( names[f], batch );
      for( int pass = 0; pass < 2; pass++ ) {
        unsigned long at = 0UL, in_batch = 0UL;
        pl_packet_t   packets[64];
        int           got = 1;
        while( got == 1 ) {
          got = pl_source_next( source, &packets[in_batch] );
          if( got == 1 ) in_batch++;
          if( got == 1 && in_batch < batch ) continue;
          for( unsigned long i = 0UL; i < in_batch; i++, at++ ) { /* all of the batch, only now */
            frame_t const * frame = &want->frames.at[at];
            CHECK_EQ( packets[i].sz, frame->sz );
            CHECK_EQ( packets[i].link, want->link[at] );
            CHECK_EQ( packets[i].truncated, frame->sz < frame->origlen );
            int sendable = want->link[at] == PL_LINKTYPE_ETHERNET && frame->sz <= PL_AIO_PKT_INFO_BUF_MAX;
            if( sendable && frame->sz ) CHECK( !memcmp( packets[i].buf, frame->data, frame->sz ) );
          }
          in_batch = 0UL;
          pl_source_recycle( source, NULL );
        }
        CHECK_EQ( got, 0 );
        CHECK_EQ( at, want->frames.cnt );
      }
      pl_source_delete( source );
      captured_delete( want );
    }
}

static void
unsendable( void ) {
  static struct {
    char const * name;
    char const * sentence;
  } const bad[] = {
      { "empty.pcap", "empty.pcap holds no packets." },
      { "cooked.pcap",
        "cooked.pcap holds no Ethernet frame that could be sent: its 10 frames are of Linux cooked v1 (link type 113)." },
      { "unknown-link.pcap", "its 3 frames are of user 0 (link type 147)." },
      { "no-interface.pcapng", "byte offset 28" },
      { "truncated-header.pcap", "byte offset 0" },
      { "text.txt", "neither pcap nor pcapng" },
      { "gone.pcap", "No such file or directory" },
  };
  for( unsigned long i = 0UL; i < sizeof( bad ) / sizeof( bad[0] ); i++ ) {
    pl_err_t err = { 0 };
    CHECK( !pl_source_capture( fixture_path( bad[i].name ), 8UL, &err ) );
    CHECK_HAS( err.sentence, bad[i].sentence );
  }
}

/* Damage ends the source; what came before was given out. */
static void
damaged( void ) {
  pl_source_t * source = capture_source( "truncated-frame.pcap", 8UL );
  pl_packet_t   packet;
  CHECK_EQ( pl_source_next( source, &packet ), 1 );
  CHECK_EQ( pl_source_next( source, &packet ), 1 );
  CHECK_EQ( pl_source_next( source, &packet ), -1 );
  CHECK_EQ( pl_source_next( source, &packet ), -1 );
  CHECK_HAS( pl_source_problem( source ), "byte offset 214" );
  pl_source_delete( source );
}

/* The file loses its packets between two passes. */
static void
emptied( void ) {
  unsigned long sz;
  uint8_t *     bytes = file_read( fixture_path( "sizes.pcap" ), &sz );
  char const *  path  = files_new();
  pl_err_t      err   = { 0 };
  pl_packet_t   packet;
  CHECK( file_write( path, bytes, sz ) );
  free( bytes );
  pl_source_t * source = pl_source_capture( path, 8UL, &err );
  for( int i = 0; i < 8; i++ ) CHECK_EQ( pl_source_next( source, &packet ), 1 );
  CHECK_EQ( pl_source_next( source, &packet ), 0 );
  CHECK( !truncate( path, 24 ) );
  CHECK_EQ( pl_source_next( source, &packet ), 0 );
  CHECK_EQ( pl_source_next( source, &packet ), 0 );
  pl_source_delete( source );
}

/* Parts are given one after the other, and a pass goes over all of them. */
static void
chained( void ) {
  uint32_t      sizes[3] = { 60U, 61U, 62U };
  pl_err_t      err      = { 0 };
  pl_source_t * parts[3] = { made_source( sizes, 3UL ), capture_source( "nano.pcap", 4UL ), one_frame( 99U ) };
  captured_t *  want     = captured_fixture( "nano.pcap" );
  pl_source_t * source   = pl_source_chain( parts, 3UL, &err );
  pl_packet_t   packet;
  uint16_t      sz;
  CHECK( source && !pl_source_only( source, &sz ) );
  for( int pass = 0; pass < 2; pass++ ) {
    for( unsigned long i = 0UL; i < 3UL; i++ ) {
      CHECK_EQ( pl_source_next( source, &packet ), 1 );
      CHECK_EQ( packet.sz, sizes[i] );
    }
    for( unsigned long i = 0UL; i < want->frames.cnt; i++ ) {
      CHECK_EQ( pl_source_next( source, &packet ), 1 );
      CHECK_EQ( packet.sz, want->frames.at[i].sz );
      pl_source_recycle( source, &packet ); /* kept, though everything else is forgotten */
      if( packet.buf ) CHECK( !memcmp( packet.buf, want->frames.at[i].data, packet.sz ) );
    }
    CHECK_EQ( pl_source_next( source, &packet ), 1 );
    CHECK_EQ( packet.sz, 99U );
    pl_source_recycle( source, &packet );
    CHECK_EQ( pl_source_next( source, &packet ), 0 );
  }
  pl_source_delete( source );
  captured_delete( want );
  pl_source_t * lone = one_frame( 60U );
  CHECK( pl_source_chain( &lone, 1UL, &err ) == lone );
  pl_source_delete( lone );
  CHECK( !pl_source_chain( parts, 0UL, &err ) );
  CHECK_HAS( err.sentence, "no packet" );
}

/* A simple packet block keeps no time: the frames around it are as far apart as
   they were. */
static void
frames_without_a_time( void ) {
  made_t m = { 0 };
  made_section( &m );
  made_interface( &m, 1, 0U );
  for( int i = 0; i < 5; i++ ) { /* the first, third and fourth have none */
    if( i == 1 || i == 4 ) {
      made_epb( &m, 0U, 1700000000000000UL + (uint64_t)i * 1000UL, 60U, 0U );
      continue;
    }
    made_32( &m, 3U );
    made_32( &m, 76U );
    made_32( &m, 60U );
    made_put( &m, NULL, 60UL );
    made_32( &m, 76U );
  }
  char const * path = files_new();
  CHECK( file_write( path, m.bytes, m.sz ) );
  free( m.bytes );
  pl_source_t *         source  = pl_source_capture( path, 8UL, NULL );
  static uint64_t const want[5] = { 0UL, 0UL, 0UL, 0UL, 3000000UL };
  if( !CHECK( source ) ) return;
  for( int pass = 0; pass < 3; pass++ ) {
    pl_packet_t packet;
    for( int i = 0; i < 5; i++ ) {
      CHECK_EQ( pl_source_next( source, &packet ), 1 );
      CHECK_EQ( packet.gap_ns, pass && !i ? 3000000UL / 4UL : want[i] );
    }
    CHECK_EQ( pl_source_next( source, &packet ), 0 );
    pl_source_recycle( source, NULL );
  }
  pl_source_delete( source );
}

int
main( void ) {
  tap_run( "templates go round and round", templates );
  tap_run( "a lone template", only );
  tap_run( "no template", none );
  tap_run( "captures, in batches and in passes", captures );
  tap_run( "captures that cannot be sent say why", unsendable );
  tap_run( "damage ends the source", damaged );
  tap_run( "a capture that is emptied between passes", emptied );
  tap_run( "several parts, one after the other", chained );
  tap_run( "frames without a time", frames_without_a_time );
  return tap_end();
}
