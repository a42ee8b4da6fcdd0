/* What only a packet socket says, each situation really made: peer down, full queues, buffers
   and rings, a peer with a smaller MTU.  The rest is device_errors_test.c. */

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
    MOVE_UNTIL( b, b->no_carrier == 5UL ); /* told when it is sure */
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

/* A peer that has just gone down: the driver refuses frames at once, and the interface hears of it
   some tenths of a second later.  The kernel says the same as for a full queue, and there is none. */
static void
peer_just_down( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  again = 0UL;
  if( !b ) return;
  for( int turn = 0; turn < 20 && again < 5UL; turn++ ) {
    netns_link( PL_LAB_END_B, 0 );
    for( int i = 0; i < 5; i++ ) {
      if( send_frames( b, 0UL, 1UL, 60UL, 1, NULL ) == PL_AIO_SUCCESS ) continue; /* swallowed by now */
      CHECK_STR( cause_of( b ), "No carrier: the peer of the interface is down." );
      again++;
    }
    netns_link( PL_LAB_END_B, 1 );
    netns_await( PL_LAB_END_A, 1, 1, -1L );
  }
  CHECK( again > 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  pl_backend_close( b );
}

/* A peer whose receive threads get no time takes no more after some hundred frames.  That is the
   driver's word, whether there is a queue or not; only with one it is the queue that is full. */
static void
driver_full( void const * way ) {
  char const * const threads = "ethtool -K pl0b gro on && unshare -m sh -c 'mount -t sysfs sys /sys && echo 1 > /sys/class/net/pl0b/threaded'";
  pl_backend_t *     b       = open_device( way, 1024.0, 0.0 );
  int                code    = PL_AIO_SUCCESS;
  if( !b ) return;
  if( !netns_command( PL_LAB_END_A, "ethtool -K pl0a tso off" ) || !netns_command( PL_LAB_END_B, threads ) ) {
    tap_skip( "ethtool or threaded NAPI is missing here" );
  } else {
    for( int i = 0; i < 2000; i++ ) { /* the ring, or the buffer of the socket, may be full first */
      code = send_frames( b, 0UL, 500UL, 60UL, 1, NULL );
      if( code && !strstr( cause_of( b ), "ring full" ) && !strstr( cause_of( b ), "buffer full" ) ) break;
      if( code ) move_once( b );
    }
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK_STR( cause_of( b ), is_bypass( way ) ? "The driver's queue takes no frame now (the qdisc is bypassed)."
                                               : "The driver dropped the frame: the peer takes no more now, and the interface has no queue." );
    CHECK_EQ( b->no_carrier, 0UL );
  }
  netns_command( PL_LAB_END_B, "ethtool -K pl0b gro off; unshare -m sh -c 'mount -t sysfs sys /sys && echo 0 > /sys/class/net/pl0b/threaded'" );
  netns_command( PL_LAB_END_A, "ethtool -K pl0a tso on" );
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
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  for( int i = 0; i < 20; i++ ) move_once( b );
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

int
main( void ) {
  for_packet_ways( "peer down is no carrier", peer_down );
  for_packet_ways( "a peer that has just gone down is no carrier, and no full queue", peer_just_down );
  for_packet_ways( "a driver without room is no full queue where there is none", driver_full );
  if( !netns_command( PL_LAB_END_A, "tc -V" ) ) no_tc = "tc is missing; on Debian: apt-get install iproute2";
  for_packet_ways( "a full qdisc is AGAIN at the exact index", qdisc_full );
  for_packet_ways( "a full socket buffer is AGAIN at the exact index", socket_buffer_full );
  for_packet_ways( "a full ring is AGAIN at the exact index", ring_full );
  for_packet_ways( "a frame over the MTU of the peer is AGAIN", over_the_mtu_of_the_peer );
  for_packet_ways( "a slot that the kernel refuses does not wedge the ring", a_refused_slot_does_not_wedge_the_ring );
  return tap_end();
}
