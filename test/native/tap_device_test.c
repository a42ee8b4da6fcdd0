/* tap: what the kernel sends is read; what only a TAP device does.  The rest is
   device_errors_test.c and device_runs_test.c. */

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
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* A carrier that is switched off (TUNSETCARRIER) is a word to the other side only: the kernel
   takes what is written, and it arrives.  So nothing is told to be lost. */
static void
without_carrier( void ) {
  pl_device_t device;
  int         on = 0;
  if( !handed_tap( &device ) ) return;
  pl_backend_t * b = open_on( "tap", &device, NULL );
  if( !b || !CHECK( !ioctl( device.send_fd, TUNSETCARRIER, &on ) ) ) return;
  netns_await_of( PL_LAB_END_A, "pl0t", 1, 0, -1L );
  for( int i = 0; i < 20; i++ ) move_once( b );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 5UL );
  CHECK_EQ( b->completed, 5UL );
  CHECK_EQ( b->no_carrier, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
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
  tap_run( "what the kernel sends through it is read and counted", what_the_kernel_sends_is_read );
  tap_run( "without carrier what is written arrives all the same", without_carrier );
  tap_run( "the device goes when its instance is closed", nothing_is_left );
  tap_run( "only that TAP device is taken", only_that_tap_device );
  return tap_end();
}
