/* What every backend on an interface says when something becomes of it, in the same words:
   link down, frames of wrong size, another MTU, an interface that goes.  Each situation is
   really made. */

#include "device.h"
#include "files.h"
#include "frames.h"
#include "net/monitor.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <errno.h>
#include <stdio.h>

/* "NAME is down ...". */
static void
check_down( way_t const * way, pl_backend_t const * b ) {
  char text[PL_SENTENCE_MAX];
  snprintf( text, sizeof( text ), "%s is down: frames wait until it is set up again.", device_name( way ) );
  CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
  CHECK_EQ( b->state.err, ENETDOWN );
  CHECK_STR( b->state.sentence, text );
}

/* AGAIN at the first frame, with the packets of no bytes before it; nothing is lost, and
   nothing has to be opened again. */
static void
link_down_and_up( void const * way ) {
  pl_backend_t *    b = open_device( way, 0.0, 0.0 );
  uint8_t           bytes[60];
  pl_aio_pkt_info_t batch[] = { { NULL, 0 }, { bytes, 60 }, { NULL, 0 }, { bytes, 60 }, { bytes, 60 } };
  if( !b ) return;
  frame_fill( bytes, 60UL, 3UL, 0x0800 );
  device_link( way, 0 );
  for( int flush = 1; flush >= 0; flush-- ) {
    unsigned long idx = 9UL;
    CHECK_EQ( pl_aio_send( &b->aio, batch, 5UL, &idx, flush ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 1UL );
    CHECK_STR( cause_of( b ), "The interface is down." );
    check_down( way, b );
    CHECK_EQ( pl_aio_send( &b->aio, batch, 5UL, NULL, flush ), PL_AIO_ERR_AGAIN ); /* nobody asks for the index */
    CHECK_EQ( b->ring_occ, 0UL );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, flush ), PL_AIO_SUCCESS );
    CHECK_EQ( pl_aio_send( &b->aio, batch, 1UL, &idx, flush ), PL_AIO_SUCCESS ); /* no bytes, no need of a link */
    check_down( way, b );
  }
  CHECK_EQ( b->completed, 6UL ); /* the packets of no bytes */
  device_link( way, 1 );
  CHECK_EQ( pl_aio_send( &b->aio, batch + 1, 4UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  MOVE_UNTIL( b, b->received == 3UL && b->completed == 10UL );
  pl_backend_close( b );
}

/* The monitor tells what nobody has tried. */
static void
link_down_unasked( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  device_link( way, 0 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_LINK_DOWN );
  check_down( way, b );
  device_link( way, 1 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_UP );
  pl_backend_close( b );
}

/* Opened on an interface that is down: the same. */
static void
down_when_it_is_opened( void const * way ) {
  if( is_tap( way ) ) return; /* it is made, and up */
  device_link( way, 0 );
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx = 9UL;
  if( !b ) return;
  check_down( way, b );
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  device_link( way, 1 );
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  pl_backend_close( b );
}

/* What was taken into a ring stays there and goes out by itself once the link is up. */
static void
queued_frames_outlast_a_link_down( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  unsigned long  idx = 9UL;
  char           path[128];
  frames_t       arrived = { 0 };
  if( !b ) return;
  strcpy( path, files_new() );
  record_peer( b, path );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  device_link( way, 0 );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS ); /* shows in the state */
  check_down( way, b );
  for( int flush = 0; flush < 2; flush++ ) CHECK_EQ( send_frames( b, 3UL, 2UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  for( int i = 0; i < 20; i++ ) move_once( b );
  CHECK_EQ( b->completed, 0UL );
  CHECK_EQ( b->ring_occ, 3UL );
  CHECK( !b->def->idle( b ) );
  device_link( way, 1 );
  MOVE_UNTIL( b, b->completed == 3UL && b->received == 3UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_EQ( send_frames( b, 3UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 5UL );
  CHECK_EQ( b->late_errors + b->no_carrier, 0UL );
  pl_backend_close( b );
  CHECK( frames_load( &arrived, path ) );
  if( CHECK_EQ( arrived.cnt, 5UL ) )
    for( unsigned long i = 0UL; i < 5UL; i++ ) CHECK( frames_match( &arrived, i, 60UL, i ) );
  frames_free( &arrived );
}

/* Closed while they wait for the link: nothing hangs, nothing is told to have gone. */
static void
closed_with_frames_that_wait( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  device_link( way, 0 );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  b->def->settle( b );
  CHECK_EQ( b->completed, 0UL );
  pl_backend_close( b );
  device_link( way, 1 );
}

/* Sizes are refused before the kernel is asked, in the words of every backend with an MTU. */
static void
sizes( void const * way ) {
  static uint16_t const tags[] = { 0x8100, 0x88a8 };
  pl_backend_t *        b        = open_device( way, 0.0, 0.0 );
  pl_backend_t *        loopback = open_loopback( "mtu", 1500.0, NULL );
  struct {
    unsigned long sz;
    uint16_t      ethertype;
  } const over[] = { { 1515UL, 0x0800 }, { 1518UL, 0x9100 }, { 1518UL, 0x0081 }, { 1519UL, 0x8100 },  { 1519UL, 0x88a8 },
                     { 4096UL, 0x0800 }, { 4096UL, 0x88a8 }, { 4097UL, 0x0800 }, { 65535UL, 0x8100 } };
  if( !b || !loopback ) return;
  for( unsigned long i = 0UL; i < sizeof( over ) / sizeof( over[0] ); i++ ) {
    char said[PL_SENTENCE_MAX];
    CHECK_EQ( offer( loopback, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    strcpy( said, cause_of( loopback ) );
    CHECK_EQ( offer( b, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    CHECK_STR( cause_of( b ), said );
  }
  for( unsigned long sz = 1UL; sz < 14UL; sz++ ) {
    char said[PL_SENTENCE_MAX];
    snprintf( said, sizeof( said ), "Frame of %lu B is shorter than an Ethernet header (14 B).", sz );
    CHECK_EQ( offer( b, sz, 0 ), PL_AIO_ERR_INVAL );
    CHECK_STR( cause_of( b ), said );
  }
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_EQ( offer( b, 14UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1514UL, 0x0800 ), PL_AIO_SUCCESS );
  for( int i = 0; i < 2; i++ )
    for( unsigned long sz = 1515UL; sz <= 1518UL; sz++ ) CHECK_EQ( offer( b, sz, tags[i] ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 10UL && b->completed == 10UL );
  pl_backend_close( b );
  pl_backend_close( loopback );
}

/* The MTU is another one from one send to the next, and nobody has serviced in between. */
static void
another_mtu( void const * way ) {
  static unsigned const mtus[] = { 1000U, 1500U, 68U, 4082U, 9000U, 65521U, 1280U, 1500U };
  pl_backend_t *        b      = open_device( way, 0.0, 0.0 );
  uint64_t              sent   = 0UL;
  if( !b ) return;
  for( unsigned long i = 0UL; i < sizeof( mtus ) / sizeof( mtus[0] ); i++ ) {
    unsigned long const limit = mtus[i] + 14UL < 4096UL ? mtus[i] + 14UL : 4096UL;
    char                said[PL_SENTENCE_MAX];
    uint64_t const      before = b->kicks;
    device_mtu( way, mtus[i] );
    if( i ) CHECK_EQ( offer( b, limit, 0x0800 ), PL_AIO_SUCCESS ), sent++; /* more is allowed at once */
    for( int k = 0; k < 20; k++ ) move_once( b ); /* less is known after a millisecond at most */
    uint64_t const kicks = b->kicks;
    CHECK_EQ( offer( b, limit + 1UL, 0x0800 ), PL_AIO_ERR_INVAL );
    snprintf( said, sizeof( said ), "Frame of %lu B is over the limit of %lu B (MTU %u + 14 B Ethernet header).", limit + 1UL, limit,
              mtus[i] );
    CHECK_STR( cause_of( b ), limit < 4096UL ? said : "Frame of 4097 B is over 4096 B, the largest packet buffer." );
    CHECK_EQ( b->kicks, kicks );
    CHECK_EQ( offer( b, limit, 0x0800 ), PL_AIO_SUCCESS );
    CHECK( b->kicks > before );
    sent++;
    MOVE_UNTIL( b, b->received == sent && b->completed == sent );
  }
  CHECK_EQ( b->late_errors, 0UL );
  pl_backend_close( b );
}

/* An MTU that has become less is INVAL at the exact index, whoever notices it. */
static void
less_mtu_within_a_batch( void const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  uint8_t        bytes[3][1514];
  unsigned long  idx = 9UL;
  if( !b ) return;
  pl_aio_pkt_info_t const batch[] = { { bytes[0], 60 }, { NULL, 0 }, { bytes[1], 1514 }, { bytes[2], 60 } };
  for( unsigned long i = 0UL; i < 3UL; i++ ) frame_fill( bytes[i], i == 1UL ? 1514UL : 60UL, i, 0x0800 );
  device_mtu( way, 1000U );
  for( int i = 0; i < 5; i++ ) breathe(); /* what is known is old by now */
  CHECK_EQ( pl_aio_send( &b->aio, batch, 4UL, &idx, 1 ), PL_AIO_ERR_INVAL );
  CHECK_EQ( idx, 2UL );
  CHECK_STR( cause_of( b ), "Frame of 1514 B is over the limit of 1014 B (MTU 1000 + 14 B Ethernet header)." );
  CHECK_EQ( pl_aio_send( &b->aio, batch + 3, 1UL, NULL, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->completed == 3UL && b->received == 2UL );
  CHECK_EQ( b->late_errors, 0UL );
  device_mtu( way, 1500U );
  pl_backend_close( b );
}

/* Frames that were taken and have become too large while they waited are late errors, and
   the others go; one of the call that kicks is INVAL. */
static void
less_mtu_while_frames_wait( void const * way ) {
  pl_backend_t *    b = open_device( way, 64.0, 0.0 );
  char              text[PL_SENTENCE_MAX], path[128];
  frames_t          arrived = { 0 };
  uint8_t           bytes[2][1514];
  pl_aio_pkt_info_t batch[] = { { bytes[0], 60 }, { bytes[1], 1514 } };
  unsigned long     idx     = 9UL;
  if( !b ) return;
  strcpy( path, files_new() );
  record_peer( b, path );
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 2UL, 2UL, 1514UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 4UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 7UL, 1UL, 1514UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->kicks, 0UL );
  device_mtu( way, 1000U );
  for( int i = 0; i < 10; i++ ) breathe();
  frame_fill( bytes[0], 60UL, 8UL, 0x0800 );
  frame_fill( bytes[1], 1514UL, 9UL, 0x0800 );
  CHECK_EQ( pl_aio_send( &b->aio, batch, 2UL, &idx, 1 ), PL_AIO_ERR_INVAL );
  CHECK_EQ( idx, 1UL );
  CHECK_STR( cause_of( b ), "Frame of 1514 B is over the limit of 1014 B (MTU 1000 + 14 B Ethernet header)." );
  CHECK_EQ( b->late_errors, 3UL );
  b->def->cause_text( &b->late, text, sizeof( text ) );
  CHECK_STR( text, cause_of( b ) );
  MOVE_UNTIL( b, b->completed == 6UL && b->received == 6UL && !b->ring_occ );
  for( uint64_t n = 10UL; n < 200UL; n += 10UL ) { /* once round the ring and more */
    CHECK_EQ( send_frames( b, n, 10UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->ring_occ == 0UL );
  }
  MOVE_UNTIL( b, b->received == 196UL );
  device_mtu( way, 1500U );
  pl_backend_close( b );
  CHECK( frames_load( &arrived, path ) );
  if( CHECK_EQ( arrived.cnt, 196UL ) )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ )
      CHECK( frames_match( &arrived, i, 60UL, i < 2UL ? i : i < 5UL ? i + 2UL : i < 6UL ? 8UL : i + 4UL ) );
  frames_free( &arrived );
}

static void
check_removed( way_t const * way, pl_backend_t * b ) {
  unsigned long idx = 9UL;
  char          said[PL_SENTENCE_MAX];
  snprintf( said, sizeof( said ),
            "%s was removed, and the run has ended. What was sent before is counted; an interface of that name that comes again is "
            "another one: start a new run on it.",
            device_name( way ) );
  CHECK_EQ( b->state.state, PL_STATE_REMOVED );
  CHECK_EQ( b->state.err, ENXIO );
  CHECK_STR( b->state.sentence, said );
  for( int flush = 0; flush < 2; flush++ ) {
    CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, flush, &idx ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 0UL );
    CHECK_STR( cause_of( b ), "The interface was removed." );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, flush ), PL_AIO_SUCCESS );
  }
  CHECK_EQ( b->completed, 2UL );
  CHECK( b->def->idle( b ) );
}

/* An instance on it that has sent two frames, and holds others back where it does. */
static pl_backend_t *
with_two_sent( way_t const * way ) {
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return NULL;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL && b->completed == 2UL );
  if( is_held( way ) ) CHECK_EQ( send_frames( b, 2UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  return b;
}

/* After it was deleted, and another of its name was made. */
static void
check_deleted( way_t const * way, pl_backend_t * b ) {
  check_removed( way, b );
  device_create( way, 1 );
  for( int i = 0; i < 20; i++ ) move_once( b );
  check_removed( way, b );
  device_create( way, 0 );
  b->def->settle( b );
  check_removed( way, b );
  pl_backend_close( b );
  if( !( b = open_device( way, 0.0, 0.0 ) ) ) return; /* the new one is there to be opened */
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  pl_backend_close( b );
}

static void
deleted_while_sending( void const * way ) {
  pl_backend_t * b   = with_two_sent( way );
  unsigned long  idx = 9UL;
  if( !b ) return;
  device_delete( way );
  /* A packet socket may first say that the link went down. */
  for( int i = 0; i < 3 && b->state.state != PL_STATE_REMOVED; i++ ) {
    CHECK_EQ( send_frames( b, 2UL, 2UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 0UL );
    CHECK_STR( cause_of( b ), b->state.state == PL_STATE_REMOVED ? "The interface was removed." : "The interface is down." );
  }
  check_deleted( way, b );
}

static void
deleted_while_idle( void const * way ) {
  pl_backend_t * b = with_two_sent( way );
  if( !b ) return;
  device_delete( way );
  MOVE_UNTIL( b, b->state.state == PL_STATE_REMOVED );
  check_deleted( way, b );
}

int
main( void ) {
  for_all_ways( "link down is AGAIN at the exact index, and over without reopening", link_down_and_up );
  for_all_ways( "link down is seen though nothing is sent", link_down_unasked );
  for_all_ways( "an interface that is down can be opened", down_when_it_is_opened );
  for_held_ways( "frames that wait in the ring go out after a link down", queued_frames_outlast_a_link_down );
  for_held_ways( "closing does not wait for frames that wait for the link", closed_with_frames_that_wait );
  for_all_ways( "sizes are INVAL before the call, in the words of every backend", sizes );
  for_all_ways( "another MTU is another limit, without reopening", another_mtu );
  for_all_ways( "an MTU that has become less is INVAL at the exact index", less_mtu_within_a_batch );
  for_held_ways( "frames that became too large while they waited are late errors", less_mtu_while_frames_wait );
  for_all_ways( "a deleted interface is removed, also when its name comes back: told by a send", deleted_while_sending );
  for_all_ways( "a deleted interface is removed, also when its name comes back: seen by the monitor", deleted_while_idle );
  return tap_end();
}
