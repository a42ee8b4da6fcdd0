/* Everything a packet socket says, each situation really made: link down, peer down,
   full queues, buffers and rings, frames of wrong size, an interface that goes. */

#include "backend/af_packet.h"
#include "device.h"
#include "files.h"
#include "frames.h"
#include "net/monitor.h"
#include "opened.h"
#include "tap.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <sys/socket.h>

static char const * no_tc; /* why there can be no queue, or NULL */

static void
link_down_and_up( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx;
  if( !b ) return;
  netns_link( PL_LAB_END_A, 0 );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The interface is down." );
  CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
  CHECK_EQ( b->state.err, ENETDOWN );
  CHECK_STR( b->state.sentence, "pl0a is down: frames wait until it is set up again." );
  CHECK_EQ( b->completed, 0UL );
  netns_link( PL_LAB_END_A, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  /* The socket may still say it once that the link was down. */
  if( send_frames( b, 0UL, 5UL, 60UL, 1, &idx ) ) CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  move_all( b );
  CHECK_EQ( b->completed, 5UL );
  CHECK_EQ( b->received, 5UL );
  pl_backend_close( b );
}

/* The monitor tells what nobody has tried. */
static void
link_down_unasked( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  netns_link( PL_LAB_END_A, 0 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_LINK_DOWN );
  netns_link( PL_LAB_END_A, 1 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_UP );
  pl_backend_close( b );
}

/* What was taken into the ring goes out by itself once the link is up. */
static void
queued_frames_outlast_a_link_down( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx;
  if( !b ) return;
  if( is_ring( way ) ) {
    CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, &idx ), PL_AIO_SUCCESS );
    netns_link( PL_LAB_END_A, 0 );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
    CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
    CHECK_EQ( send_frames( b, 3UL, 2UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 0UL );
    CHECK_EQ( b->completed, 0UL );
    CHECK_EQ( b->ring_occ, 3UL );
    netns_link( PL_LAB_END_A, 1 );
    MOVE_UNTIL( b, b->completed == 3UL );
    MOVE_UNTIL( b, b->received == 3UL );
  }
  pl_backend_close( b );
}

static void
peer_down( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx;
  if( !b ) return;
  netns_link( PL_LAB_END_B, 0 );
  netns_await( PL_LAB_END_A, 1, 0, -1L );
  for( int i = 0; i < 20; i++ ) move_once( b );
  int code = send_frames( b, 0UL, 5UL, 60UL, 1, &idx );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  if( is_bypass( way ) ) { /* the driver says so */
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 0UL );
    CHECK_STR( cause_of( b ), "No carrier: the peer of the interface is down." );
    CHECK_EQ( b->completed, 0UL );
  } else { /* the queue swallows them */
    CHECK_EQ( code, PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->completed == 5UL );
    CHECK_EQ( b->no_carrier, 5UL );
    move_all( b );
    CHECK_EQ( b->received, 0UL );
  }
  netns_link( PL_LAB_END_B, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  for( int i = 0; i < 20; i++ ) move_once( b );
  uint64_t before = b->no_carrier;
  CHECK_EQ( send_frames( b, 5UL, 4UL, 60UL, 1, &idx ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 4UL );
  CHECK_EQ( b->no_carrier, before );
  pl_backend_close( b );
}

static void
qdisc_full( void const * way ) {
  if( no_tc ) {
    tap_skip( no_tc );
    return;
  }
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a root handle 1: tbf rate 8kbit burst 1600 limit 1000000" ) );
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a parent 1: pfifo limit 4" ) );
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx;
  if( !b ) return;
  int code = send_frames( b, 0UL, 40UL, 1514UL, 1, &idx );
  if( is_bypass( way ) ) {
    CHECK_EQ( code, PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->received == 40UL );
    netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" );
  } else {
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK( idx >= 4UL && idx <= 7UL ); /* one at once, one at the rate's hand, four in the queue */
    CHECK_STR( cause_of( b ), "qdisc full: the queue of the interface dropped the frame for want of room." );
    CHECK_EQ( b->state.state, PL_STATE_UP );
    CHECK_EQ( send_frames( b, idx, 1UL, 1514UL, 1, NULL ), PL_AIO_ERR_AGAIN );
    netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" ); /* what waits in it is dropped */
    MOVE_UNTIL( b, b->completed == idx );
    CHECK_EQ( send_frames( b, idx, 10UL, 1514UL, 1, NULL ), PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->completed == idx + 10UL );
    move_all( b );
    CHECK( b->received >= 11UL && b->received <= idx + 10UL );
  }
  pl_backend_close( b );
}

static void
socket_buffer_full( void const * way ) {
  if( no_tc ) {
    tap_skip( no_tc );
    return;
  }
  CHECK( netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a root tbf rate 8kbit burst 1600 limit 1000000" ) );
  pl_backend_t * b = open_device( way, 0.0, 16384.0 );
  unsigned long  idx;
  if( !b ) return;
  int code = send_frames( b, 0UL, 120UL, 60UL, 1, &idx );
  if( is_bypass( way ) ) {
    CHECK_EQ( code, PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->received == 120UL );
  } else {
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK( idx > 4UL && idx < 120UL );
    CHECK_STR( cause_of( b ), "Socket buffer full: the kernel takes no more frames until earlier ones have left." );
    CHECK_EQ( b->state.state, PL_STATE_UP );
    for( int i = 0; i < 20; i++ ) move_once( b );
    if( is_ring( way ) ) { /* the slots stay with the device */
      CHECK( b->completed < idx );
      CHECK_EQ( b->ring_occ, idx - b->completed );
    } else {
      CHECK_EQ( b->completed, idx );
    }
  }
  netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" );
  MOVE_UNTIL( b, b->completed == idx );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->completed == idx + 5UL );
  pl_backend_close( b );
}

static void
ring_full( void const * way ) {
  pl_backend_t * b = open_device( way, 7.0, 0.0 );
  unsigned long  idx;
  if( !b ) return;
  if( is_ring( way ) ) {
    CHECK_EQ( b->ring_cap, 7UL );
    CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, &idx ), PL_AIO_SUCCESS ); /* under half: nothing moves */
    CHECK_EQ( b->kicks, 0UL );
    CHECK_EQ( b->ring_occ, 3UL );
    CHECK_EQ( send_frames( b, 3UL, 9UL, 60UL, 0, &idx ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 4UL );
    CHECK_STR( cause_of( b ), "Transmit ring full: the kernel has not given back any of its 7 slots yet." );
    CHECK_EQ( b->cause.by_ring, 1 );
    MOVE_UNTIL( b, b->completed == 7UL );
    CHECK_EQ( send_frames( b, 7UL, 7UL, 60UL, 0, &idx ), PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->received == 14UL );
  }
  pl_backend_close( b );
}

/* One send of one frame: the code, and the sentence in cause_of. */
static int
offer( pl_backend_t * b, unsigned long sz, uint16_t ethertype ) {
  static uint8_t          bytes[65536];
  pl_aio_pkt_info_t const pkt = { .buf = bytes, .buf_sz = (uint16_t)sz };
  frame_fill( bytes, sz, 1UL, ethertype );
  return pl_aio_send( &b->aio, &pkt, 1UL, NULL, 1 );
}

/* Sizes are refused before the kernel is asked, in the words of every device. */
static void
sizes( void const * way ) {
  pl_backend_t * b        = open_device( way, 0.0, 0.0 );
  pl_backend_t * loopback = open_loopback( "mtu", 1500.0, NULL );
  if( !b || !loopback ) return;
  struct {
    unsigned long sz;
    uint16_t      ethertype;
  } const over[] = { { 1515UL, 0x0800 }, { 1519UL, 0x8100 }, { 4096UL, 0x0800 }, { 4097UL, 0x0800 }, { 1519UL, 0x88a8 } };
  for( unsigned long i = 0UL; i < sizeof( over ) / sizeof( over[0] ); i++ ) {
    char said[PL_SENTENCE_MAX];
    CHECK_EQ( offer( loopback, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    strcpy( said, cause_of( loopback ) );
    CHECK_EQ( offer( b, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    CHECK_STR( cause_of( b ), said );
  }
  CHECK_EQ( offer( b, 13UL, 0 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 13 B is shorter than an Ethernet header (14 B)." );
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( offer( b, 14UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1514UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1518UL, 0x8100 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1515UL, 0x88a8 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1518UL, 0x88a8 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 5UL );
  CHECK_EQ( b->completed, 5UL );
  pl_backend_close( b );
  pl_backend_close( loopback );
}

static void
know_mtu( pl_backend_t * b, long mtu ) {
  netns_await( PL_LAB_END_A, 1, 1, mtu );
  for( int i = 0; i < 20; i++ ) move_once( b );
}

/* The kernel knows of a smaller MTU before this side does, and says so in mode sendmmsg. */
static void
mtu_under_way( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  uint8_t        bytes[3][1514];
  unsigned long  idx = 9UL;
  if( !b ) return;
  pl_aio_pkt_info_t const batch[] = { { bytes[0], 60 }, { bytes[1], 1514 }, { bytes[2], 60 } };
  for( unsigned long i = 0UL; i < 3UL; i++ ) frame_fill( bytes[i], batch[i].buf_sz, i, 0x0800 );
  netns_mtu( 1000U );
  if( is_ring( way ) ) know_mtu( b, 1000L );
  CHECK_EQ( pl_aio_send( &b->aio, batch, 3UL, &idx, 1 ), PL_AIO_ERR_INVAL );
  CHECK_EQ( idx, 1UL );
  CHECK_STR( cause_of( b ), "Frame of 1514 B is over the limit of 1014 B (MTU 1000 + 14 B Ethernet header)." );
  CHECK_EQ( pl_aio_send( &b->aio, batch + 2, 1UL, &idx, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->completed == 2UL && b->received == 2UL );
  uint64_t kicks = b->kicks;
  CHECK_EQ( pl_aio_send( &b->aio, batch + 1, 1UL, &idx, 1 ), PL_AIO_ERR_INVAL );
  CHECK_EQ( b->kicks, kicks );
  netns_mtu( 1500U );
  know_mtu( b, 1500L );
  CHECK_EQ( pl_aio_send( &b->aio, batch + 1, 1UL, &idx, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 3UL );
  CHECK_EQ( b->late_errors, 0UL );
  pl_backend_close( b );
}

/* A frame that was taken and became too large while it waited does not stop the ring. */
static void
a_bad_frame_does_not_wedge_the_ring( void const * way ) {
  pl_backend_t * b = open_device( way, 64.0, 0.0 );
  char           text[PL_SENTENCE_MAX];
  frames_t       arrived = { 0 };
  if( !b ) return;
  if( is_ring( way ) ) {
    char path[128];
    strcpy( path, files_new() );
    record_peer( b, path );
    CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
    CHECK_EQ( send_frames( b, 2UL, 2UL, 1514UL, 0, NULL ), PL_AIO_SUCCESS );
    CHECK_EQ( send_frames( b, 4UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
    netns_mtu( 1000U );
    know_mtu( b, 1000L );
    CHECK_EQ( send_frames( b, 7UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    CHECK_EQ( b->late_errors, 2UL );
    b->def->cause_text( &b->late, text, sizeof( text ) );
    CHECK_STR( text, "Frame of 1514 B is over the limit of 1014 B (MTU 1000 + 14 B Ethernet header)." );
    MOVE_UNTIL( b, b->completed == 7UL && b->received == 7UL );
    CHECK_EQ( b->ring_occ, 0UL );
    for( uint64_t n = 9UL; n < 200UL; n += 10UL ) { /* once round the ring and more */
      CHECK_EQ( send_frames( b, n, 10UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
      MOVE_UNTIL( b, b->ring_occ == 0UL );
    }
    MOVE_UNTIL( b, b->received == 207UL );
    netns_mtu( 1500U );
    netns_await( PL_LAB_END_A, 1, 1, 1500L );
    pl_backend_close( b );
    CHECK( frames_load( &arrived, path ) );
    if( CHECK_EQ( arrived.cnt, 207UL ) )
      for( unsigned long i = 0UL; i < arrived.cnt; i++ ) CHECK( frames_match( &arrived, i, 60UL, i < 2UL ? i : i + 2UL ) );
    frames_free( &arrived );
    return;
  }
  pl_backend_close( b );
}

/* The peer has a smaller MTU: the veth says that a frame is dropped there. */
static void
over_the_mtu_of_the_peer( void const * way ) {
  pl_backend_t * b = open_device( way, 64.0, 0.0 );
  char           text[PL_SENTENCE_MAX];
  unsigned long  idx;
  char const *   why = "The peer drops the frame of 1514 B: its MTU is 1000, less than that of the interface.";
  if( !b ) return;
  uint64_t lost = 0UL;
  if( is_ring( way ) ) CHECK_EQ( send_frames( b, 0UL, lost = 2UL, 1514UL, 0, NULL ), PL_AIO_SUCCESS );
  netns_mtu_of( PL_LAB_END_B, 1000U );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 1018UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->late_errors, lost );
  if( lost ) {
    b->def->cause_text( &b->late, text, sizeof( text ) );
    CHECK_STR( text, why );
  }
  CHECK_EQ( send_frames( b, 3UL, 3UL, 1514UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), why );
  netns_mtu( 1500U );
  know_mtu( b, 1500L );
  CHECK_EQ( send_frames( b, 3UL, 3UL, 1514UL, 1, &idx ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 6UL );
  CHECK_EQ( b->completed, 6UL );
  pl_backend_close( b );
}

/* Whatever the kernel dislikes about a slot, the ring goes on.  Sizes it would refuse
   never come to it, so one is spoilt in the ring itself. */
static void
a_refused_slot_does_not_wedge_the_ring( void const * way ) {
  pl_backend_t *   b    = open_device( way, 64.0, 0.0 );
  pl_af_packet_t * self = (pl_af_packet_t *)b;
  if( !b ) return;
  for( uint64_t round = 0UL; is_ring( way ) && round < 20UL; round++ ) {
    uint64_t first = self->ring.prod;
    CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
    self->ring.slot[( first + round % 5UL ) % self->ring.slot_cnt]->tp_len = 1U; /* less than its own header */
    CHECK_EQ( send_frames( b, 5UL, 5UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    CHECK_EQ( b->late_errors, round + 1UL );
    MOVE_UNTIL( b, b->ring_occ == 0UL );
    MOVE_UNTIL( b, b->received == 9UL * ( round + 1UL ) );
    CHECK_EQ( b->completed, b->received );
  }
  pl_backend_close( b );
}

static void
check_removed( pl_backend_t * b ) {
  unsigned long idx = 9UL;
  CHECK_EQ( b->state.state, PL_STATE_REMOVED );
  CHECK_EQ( b->state.err, ENXIO );
  CHECK_HAS( b->state.sentence, "pl0a was removed, and the run has ended." );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
}

static void
deleted_and_made_again( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  pl_backend_t * watching = open_device( way, 0.0, 0.0 );
  if( !b || !watching ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  netns_delete();
  /* By the errno: the socket may first say that the link went down. */
  for( int i = 0; i < 3 && b->state.state != PL_STATE_REMOVED; i++ )
    CHECK_EQ( send_frames( b, 2UL, 2UL, 60UL, 1, NULL ), PL_AIO_ERR_AGAIN );
  check_removed( b );
  /* By the monitor, with nothing sent. */
  MOVE_UNTIL( watching, watching->state.state == PL_STATE_REMOVED );
  check_removed( watching );
  netns_create( 1500U );
  for( int i = 0; i < 20; i++ ) {
    move_once( b );
    move_once( watching );
  }
  check_removed( b );
  check_removed( watching );
  CHECK_EQ( b->completed, 2UL );
  CHECK( b->def->idle( b ) );
  pl_backend_close( watching );
  pl_backend_close( b );
  b = open_device( way, 0.0, 0.0 ); /* the new one is there to be opened */
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  pl_backend_close( b );
}

int
main( void ) {
  char const * why = netns_enter();
  if( why ) {
    tap_run_with( "the errors of a packet socket", netns_skip, why );
    return tap_end();
  }
  if( !netns_command( PL_LAB_END_A, "tc -V" ) ) no_tc = "tc is missing; on Debian: apt-get install iproute2";
  for_all_ways( "link down is AGAIN, and over without reopening", link_down_and_up );
  for_all_ways( "link down is seen though nothing is sent", link_down_unasked );
  for_all_ways( "frames that wait in the ring go out after a link down", queued_frames_outlast_a_link_down );
  for_all_ways( "peer down is no carrier", peer_down );
  for_all_ways( "a full qdisc is AGAIN at the exact index", qdisc_full );
  for_all_ways( "a full socket buffer is AGAIN at the exact index", socket_buffer_full );
  for_all_ways( "a full ring is AGAIN at the exact index", ring_full );
  for_all_ways( "sizes are INVAL before the call, in the words of every device", sizes );
  for_all_ways( "an MTU that has just become smaller is INVAL at the exact index", mtu_under_way );
  for_all_ways( "a frame that became too large does not wedge the ring", a_bad_frame_does_not_wedge_the_ring );
  for_all_ways( "a frame over the MTU of the peer is AGAIN", over_the_mtu_of_the_peer );
  for_all_ways( "a slot that the kernel refuses does not wedge the ring", a_refused_slot_does_not_wedge_the_ring );
  for_all_ways( "a deleted interface is removed, also when its name comes back", deleted_and_made_again );
  return tap_end();
}
