/* loopback: ring, holding back, drain, MTU. */

#include "files.h"
#include "frames.h"
#include "opened.h"
#include "run/clock.h"
#include "tap.h"

#include <math.h>
#include <stddef.h>

static uint64_t
serve( pl_backend_t * b, uint64_t now ) {
  return b->def->service( b, now );
}

static void
ring_fills( void ) {
  unsigned long const rings[] = { 1UL, 2UL, 3UL, 64UL, 65536UL };
  for( unsigned long i = 0UL; i < sizeof( rings ) / sizeof( rings[0] ); i++ ) {
    pl_backend_t * b = open_loopback( "ring", (double)rings[i], "drain", 0.0, NULL );
    unsigned long  taken;
    CHECK_EQ( b->ring_cap, rings[i] );
    CHECK_EQ( b->ring_occ, 0UL );
    CHECK_EQ( send_frames( b, 0UL, rings[i] + 3UL, 20UL, 0, &taken ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( taken, rings[i] );
    CHECK_EQ( b->ring_occ, rings[i] );
    CHECK_EQ( b->completed, 0UL );
    CHECK( !b->def->idle( b ) );
    CHECK_HAS( cause_of( b ), "Ring full" );
    CHECK_EQ( send_frames( b, 0UL, 1UL, 20UL, 1, &taken ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( serve( b, UINT64_MAX / 2UL ), UINT64_MAX ); /* drain=0: no time at which anything moves */
    CHECK_EQ( b->received, 0UL );
    pl_backend_close( b );
  }
}

static void
ring_goes_round( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_loopback( "ring", 5.0, NULL );
  record_peer( b, path );
  uint64_t sent = 0UL;
  for( unsigned long round = 0UL; round < 200UL; round++ ) { /* sizes such that places wrap at every offset */
    unsigned long taken, sz = 1UL + round * 37UL % 4096UL;
    (void)!send_frames( b, sent, 1UL + round % 5UL, sz, (int)( round % 2UL ), &taken );
    sent += taken;
    if( round % 3UL ) (void)serve( b, pl_clock_ns() );
    CHECK_EQ( b->ring_occ, sent - b->completed );
  }
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  (void)serve( b, pl_clock_ns() );
  CHECK( b->def->idle( b ) );
  CHECK_EQ( b->received, sent );
  CHECK_EQ( b->completed, sent );
  pl_backend_close( b );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, sent );
  for( unsigned long i = 0UL; i < f.cnt; i++ ) CHECK( frames_match( &f, i, f.at[i].sz, i ) );
  frames_free( &f );
}

static void
held_until_half_full( void ) {
  unsigned long const rings[] = { 1UL, 2UL, 3UL, 8UL, 9UL, 1024UL };
  for( unsigned long i = 0UL; i < sizeof( rings ) / sizeof( rings[0] ); i++ ) {
    pl_backend_t * b    = open_loopback( "ring", (double)rings[i], NULL );
    unsigned long  half = ( rings[i] + 1UL ) / 2UL;
    for( unsigned long n = 1UL; n <= half; n++ ) {
      CHECK_EQ( b->kicks, 0UL );
      CHECK_EQ( send_frames( b, n, 1UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
      (void)serve( b, pl_clock_ns() );
      CHECK_EQ( b->received, n < half ? 0UL : half );
    }
    CHECK_EQ( b->kicks, 1UL );
    pl_backend_close( b );
  }
}

static void
flush_publishes( void ) {
  pl_backend_t * b = open_loopback( "ring", 1024.0, NULL );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  (void)serve( b, pl_clock_ns() );
  CHECK_EQ( b->received, 0UL );
  CHECK_EQ( send_frames( b, 3UL, 1UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->kicks, 1UL );
  (void)serve( b, pl_clock_ns() );
  CHECK_EQ( b->received, 4UL );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->kicks, 1UL ); /* there was nothing to publish */

  /* Packets before a refused one are flushed too. */
  CHECK_EQ( send_frames( b, 4UL, 2UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 6UL, 1UL, 5000UL, 1, NULL ), PL_AIO_ERR_INVAL );
  (void)serve( b, pl_clock_ns() );
  CHECK_EQ( b->received, 6UL );
  pl_backend_close( b );
}

static void
close_flushes( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_loopback( "ring", 1024.0, NULL );
  record_peer( b, path );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  pl_backend_close( b );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 3UL );
  frames_free( &f );
}

/* At a rate, with the time passed in. */
static void
drain_rate( void ) {
  pl_backend_t * b  = open_loopback( "ring", 64.0, "drain", 1000.0, NULL );
  uint64_t       t0 = pl_clock_ns() + 1000000000UL;
  (void)serve( b, t0 ); /* idle: saves up one packet at most */
  CHECK_EQ( send_frames( b, 0UL, 64UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  uint64_t next = serve( b, t0 );
  CHECK_EQ( b->received, 1UL );
  CHECK( next > t0 && next <= t0 + 1000001UL );
  for( uint64_t n = 2UL; n <= 20UL; n++ ) { /* each when it said it would be due, a millisecond apart */
    uint64_t now = next;
    next         = serve( b, now - 10UL );
    CHECK_EQ( b->received, n - 1UL );
    next = serve( b, now );
    CHECK_EQ( b->received, n );
    CHECK( next > now && next <= now + 1000002UL );
  }
  (void)serve( b, next + 9000000UL ); /* a late call finds what the rate allows by then */
  CHECK_EQ( b->received, 30UL );
  CHECK_EQ( b->ring_occ, 34UL );
  CHECK_EQ( serve( b, next + 60000000000UL ), UINT64_MAX );
  CHECK_EQ( b->received, 64UL );

  /* Idle again: a minute of rest is not saved up. */
  CHECK_EQ( send_frames( b, 0UL, 10UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  (void)serve( b, next + 120000000000UL );
  CHECK_EQ( b->received, 65UL );
  pl_backend_close( b );
}

static void
drain_max( void ) {
  pl_backend_t * b = open_loopback( "ring", 4096.0, "drain", INFINITY, NULL );
  CHECK_EQ( send_frames( b, 0UL, 4000UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( serve( b, 0UL ), UINT64_MAX );
  CHECK_EQ( b->received, 4000UL );
  CHECK_EQ( b->completed, 4000UL );
  CHECK_EQ( b->ring_occ, 0UL );
  pl_backend_close( b );
}

static void
delay( void ) {
  pl_backend_t * b      = open_loopback( "delay", 5e9, NULL );
  uint64_t       before = pl_clock_ns();
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( serve( b, before ), UINT64_MAX ); /* not published: no time is known */
  CHECK_EQ( send_frames( b, 3UL, 1UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  uint64_t after = pl_clock_ns();
  uint64_t due   = serve( b, after );
  CHECK( due >= before + 5000000000UL && due <= after + 5000000000UL );
  CHECK_EQ( serve( b, due - 1UL ), due );
  CHECK_EQ( b->received, 0UL );
  CHECK( !b->def->idle( b ) );
  CHECK_EQ( serve( b, due ), UINT64_MAX );
  CHECK_EQ( b->received, 4UL );
  CHECK( b->def->idle( b ) );
  pl_backend_close( b );
}

static void
mtu( void ) {
  pl_backend_t * b = open_loopback( "mtu", 100.0, NULL );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 114UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 115UL, 0, NULL ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 115 B is over the limit of 114 B (MTU 100 + 14 B Ethernet header)." );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 4097UL, 0, NULL ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 4097 B is over 4096 B, the largest packet buffer." );
  uint8_t           tagged[120];
  pl_aio_pkt_info_t pkt = { .buf = tagged, .buf_sz = 119 };
  frame_fill( tagged, 119UL, 0UL, 0x8100 );
  CHECK_EQ( pl_aio_send( &b->aio, &pkt, 1UL, NULL, 0 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 119 B is over the limit of 118 B (MTU 100 + 14 B Ethernet header + 4 B VLAN tag)." );
  CHECK_EQ( b->ring_occ, 1UL );
  pl_backend_close( b );

  b = open_loopback( "mtu", 1.0, NULL );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 15UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 16UL, 0, NULL ), PL_AIO_ERR_INVAL );
  pl_backend_close( b );
}

/* An INVAL in front of a full ring is INVAL: whether a packet is good does not depend on room. */
static void
inval_before_again( void ) {
  pl_backend_t * b = open_loopback( "ring", 1.0, "mtu", 100.0, "drain", 0.0, NULL );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 500UL, 0, NULL ), PL_AIO_ERR_INVAL );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 60UL, 0, NULL ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( send_frames( b, 0UL, 4UL, 0UL, 0, NULL ), PL_AIO_SUCCESS ); /* no bytes need no slot */
  pl_backend_close( b );
}

int
main( void ) {
  tap_run( "the ring fills, and AGAIN tells where", ring_fills );
  tap_run( "the ring goes round", ring_goes_round );
  tap_run( "packets are held until the ring is half full", held_until_half_full );
  tap_run( "flush publishes", flush_publishes );
  tap_run( "close flushes", close_flushes );
  tap_run( "drain at a rate", drain_rate );
  tap_run( "drain at once", drain_max );
  tap_run( "delay", delay );
  tap_run( "the limit of frames", mtu );
  tap_run( "INVAL comes before AGAIN", inval_before_again );
  return tap_end();
}
