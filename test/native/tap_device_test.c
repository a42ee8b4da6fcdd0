/* tap: what was written is what the interface received, byte for byte; what the kernel
   sends is read; and everything a write says, each situation really made. */

#include "files.h"
#include "frames.h"
#include "handed.h"
#include "net/monitor.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

static uint32_t const sizes[] = { 60U, 14U, 1514U, 61U, 128U, 1000U, 1513U };
#define SIZES ( sizeof( sizes ) / sizeof( sizes[0] ) )

static void
everything_arrives( void ) {
  char           path[128];
  frames_t       arrived = { 0 };
  pl_snapshot_t  s;
  pl_backend_t * b = open_tap();
  if( !b ) return;
  strcpy( path, files_new() );
  record_peer( b, path );
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = 20000UL;
  cfg.batch        = 64UL;
  run_through( b, made_source( sizes, SIZES ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, cfg.count );
  CHECK_EQ( s.counters.completed, cfg.count );
  CHECK_EQ( s.counters.received, cfg.count );
  CHECK_EQ( s.counters.late_errors + s.counters.peer_dropped, 0UL );
  pl_backend_close( b );
  CHECK( frames_load( &arrived, path ) );
  if( CHECK_EQ( arrived.cnt, cfg.count ) )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ )
      if( !CHECK( frames_match( &arrived, i, sizes[i % SIZES], i % SIZES ) ) ) break;
  frames_free( &arrived );
}

/* Frames that somebody in the namespace sends through the interface come to this side,
   more of them than its queue holds. */
static void
what_the_kernel_sends_is_read( void ) {
  pl_backend_t * b = open_tap();
  uint8_t        frame[60];
  if( !b || !netns_go( PL_LAB_END_A ) ) return;
  int                fd = socket( AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0 );
  struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex( "pl0t" ) };
  CHECK( fd >= 0 && !bind( fd, (struct sockaddr *)&at, sizeof( at ) ) );
  frame_fill( frame, 60UL, 1UL, 0x0800 );
  for( uint64_t n = 0UL; n < 20UL; n++ ) {
    for( int i = 0; i < 100; i++ ) CHECK_EQ( send( fd, frame, 60UL, 0 ), 60 );
    MOVE_UNTIL( b, b->own_received == ( n + 1UL ) * 100UL );
  }
  CHECK_EQ( b->received, 0UL ); /* that is the other direction */
  CHECK_EQ( b->completed, 0UL );
  close( fd );
  pl_backend_close( b );
}

static void
link_down_and_up( void ) {
  pl_backend_t * b = open_tap();
  unsigned long  idx = 9UL;
  if( !b ) return;
  CHECK( handed_tap_link( 0 ) );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The interface is down." );
  CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
  CHECK_STR( b->state.sentence, "pl0t is down: frames wait until it is set up again." );
  CHECK_EQ( b->completed, 0UL );
  CHECK( handed_tap_link( 1 ) );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  MOVE_UNTIL( b, b->received == 5UL );
  CHECK_EQ( b->completed, 5UL );
  CHECK( handed_tap_link( 0 ) ); /* unasked */
  MOVE_UNTIL( b, b->state.state == PL_STATE_LINK_DOWN );
  CHECK( handed_tap_link( 1 ) );
  MOVE_UNTIL( b, b->state.state == PL_STATE_UP );
  pl_backend_close( b );
}

static int
offer( pl_backend_t * b, unsigned long sz, uint16_t ethertype ) {
  static uint8_t          bytes[65536];
  pl_aio_pkt_info_t const pkt = { .buf = bytes, .buf_sz = (uint16_t)sz };
  frame_fill( bytes, sz, 1UL, ethertype );
  return pl_aio_send( &b->aio, &pkt, 1UL, NULL, 1 );
}

/* The kernel would take 9,000 B and more at an MTU of 1500. */
static void
sizes_are_refused_before( void ) {
  pl_backend_t * b = open_tap();
  if( !b ) return;
  for( unsigned long sz = 1UL; sz < 14UL; sz++ ) CHECK_EQ( offer( b, sz, 0 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 13 B is shorter than an Ethernet header (14 B)." );
  CHECK_EQ( offer( b, 1515UL, 0x0800 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 1515 B is over the limit of 1514 B (MTU 1500 + 14 B Ethernet header)." );
  CHECK_EQ( offer( b, 1519UL, 0x88a8 ), PL_AIO_ERR_INVAL );
  CHECK_EQ( offer( b, 4097UL, 0x0800 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 4097 B is over 4096 B, the largest packet buffer." );
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( offer( b, 14UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1518UL, 0x88a8 ), PL_AIO_SUCCESS );
  CHECK( handed_tap_mtu( 900 ) );
  for( int i = 0; i < 200 && offer( b, 1000UL, 0x0800 ) != PL_AIO_ERR_INVAL; i++ ) move_once( b ); /* told by rtnetlink */
  CHECK_STR( cause_of( b ), "Frame of 1000 B is over the limit of 914 B (MTU 900 + 14 B Ethernet header)." );
  pl_backend_close( b );
}

static void
check_removed( pl_backend_t * b ) {
  unsigned long idx = 9UL;
  CHECK_EQ( b->state.state, PL_STATE_REMOVED );
  CHECK_EQ( b->state.err, ENXIO );
  CHECK_HAS( b->state.sentence, "pl0t was removed, and the run has ended." );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The interface was removed." );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
}

static void
deleted( void const * by_errno ) {
  pl_backend_t * b = open_tap();
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  CHECK( netns_command( PL_LAB_END_A, "ip link del pl0t" ) );
  if( by_errno ) CHECK_EQ( send_frames( b, 2UL, 2UL, 60UL, 1, NULL ), PL_AIO_ERR_AGAIN );
  else MOVE_UNTIL( b, b->state.state == PL_STATE_REMOVED );
  check_removed( b );
  CHECK_EQ( b->completed, 2UL );
  pl_backend_close( b );
}

/* It goes with its descriptor. */
static void
nothing_is_left( void ) {
  pl_backend_t * b = open_tap();
  if( !b ) return;
  netns_go( PL_LAB_END_A );
  CHECK( if_nametoindex( "pl0t" ) );
  pl_backend_close( b );
  CHECK( !if_nametoindex( "pl0t" ) );
}

static void
only_that_tap_device( void ) {
  pl_device_t good, bad;
  pl_err_t    err;
  if( !handed_tap( &good ) ) return;
  for( int i = 0; i < 3; i++ ) {
    bad = good;
    if( i == 0 ) bad.send_fd = good.recv_fd;
    if( i == 1 ) bad.send_fd = -1;
    if( i == 2 ) strcpy( bad.port.name, "pl1t" );
    CHECK( !pl_backend_open_on( "tap", NULL, 0UL, &bad, &err ) );
    CHECK_HAS( err.sentence, "tap needs the TAP device pl" );
    CHECK( fcntl( good.send_fd, F_GETFD ) >= 0 && fcntl( good.recv_fd, F_GETFD ) >= 0 );
  }
  netns_device_close( &good );
}

int
main( void ) {
  char const * why = netns_enter();
  if( !why ) why = handed_no_tap();
  if( why ) {
    tap_run_with( "tap", netns_skip, why );
    return tap_end();
  }
  tap_run( "everything arrives as it was sent", everything_arrives );
  tap_run( "what the kernel sends through it is read and counted", what_the_kernel_sends_is_read );
  tap_run( "link down is AGAIN at the exact index, and over without reopening", link_down_and_up );
  tap_run( "sizes are INVAL before the call", sizes_are_refused_before );
  if( netns_command( PL_LAB_END_A, "ip -V" ) ) {
    tap_run_with( "a deleted device is removed: told by the write", deleted, "write" );
    tap_run_with( "a deleted device is removed: seen by the monitor", deleted, NULL );
  } else {
    tap_run_with( "a deleted device", netns_skip, "ip is missing; on Debian: apt-get install iproute2" );
  }
  tap_run( "the device goes when its instance is closed", nothing_is_left );
  tap_run( "only that TAP device is taken", only_that_tap_device );
  return tap_end();
}
