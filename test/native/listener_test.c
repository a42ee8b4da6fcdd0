/* An instance that only receives on an interface: it counts what has arrived, also what its
   ring still holds when it is stopped, and ends with its interface. */

#include "frames.h"
#include "handed.h"
#include "net/monitor.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <sys/socket.h>
#include <unistd.h>

static int from; /* a packet socket on pl0a */

/* A receiver on pl0b, with that at the other end to be sent from. */
static pl_backend_t *
open_listener( void ) {
  pl_device_t device;
  if( !netns_device( &device ) ) return NULL;
  from = device.send_fd;
  close( device.tag_fd );
  int const recv_fd = device.recv_fd;
  if( !netns_describe( &device, PL_LAB_END_B, "pl0b" ) ) return NULL;
  device.send_fd = device.tag_fd = -1;
  device.recv_fd = recv_fd;
  return open_on( "af_packet", &device, NULL );
}

static void
send_from_a( unsigned long cnt ) {
  uint8_t frame[60];
  frame_fill( frame, sizeof( frame ), 1UL, 0x0800 );
  for( unsigned long i = 0UL; i < cnt; i++ )
    if( !CHECK_EQ( send( from, frame, sizeof( frame ), 0 ), sizeof( frame ) ) ) return;
}

static void
stopped_it_has_counted_all( void ) {
  for( int turn = 0; turn < 20; turn++ ) {
    running_t      r;
    pl_snapshot_t  s;
    pl_run_cfg_t   cfg = plain_cfg();
    pl_backend_t * b   = open_listener();
    if( !b || !running_start( &r, b, NULL, &cfg ) ) return;
    send_from_a( 1UL + (unsigned long)turn * 500UL );
    pl_run_stop( r.run );
    running_wait( &r, &s );
    CHECK_EQ( s.counters.received, 1UL + (unsigned long)turn * 500UL );
    CHECK_EQ( s.counters.received_bytes, 60UL * s.counters.received );
    CHECK_EQ( s.counters.peer_dropped, 0UL );
    CHECK_EQ( s.counters.offered, 0UL );
    pl_run_delete( r.run );
    pl_backend_close( b );
    close( from );
  }
}

static void
it_ends_behind_so_many( void ) {
  running_t      r;
  pl_snapshot_t  s;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_backend_t * b   = open_listener();
  cfg.count          = 100UL;
  if( !b || !running_start( &r, b, NULL, &cfg ) ) return;
  send_from_a( 150UL );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.received, 100UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  pl_run_delete( r.run );
  pl_backend_close( b );
  close( from );
}

static void
it_ends_with_its_interface( void ) {
  running_t      r;
  pl_snapshot_t  s;
  pl_run_cfg_t   cfg = plain_cfg();
  pl_backend_t * b   = open_listener();
  if( !b || !running_start( &r, b, NULL, &cfg ) ) return;
  send_from_a( 3UL );
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.received < 3UL );
  netns_delete();
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_EQ( s.counters.received, 3UL );
  pl_run_delete( r.run );
  pl_backend_close( b );
  close( from );
  netns_create( 1500U );
}

static void
it_sends_nothing( void ) {
  pl_backend_t * b   = open_listener();
  unsigned long  idx = 9UL;
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 0UL );
  CHECK_STR( cause_of( b ), "The kernel takes no more frames: Operation not supported." );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  pl_backend_close( b );
  close( from );
}

int
main( void ) {
  char const * why = netns_enter();
  if( why ) {
    tap_run_with( "receivers on a veth pair", netns_skip, why );
    return tap_end();
  }
  tap_run( "stopped, it has counted all that arrived", stopped_it_has_counted_all );
  tap_run( "it ends behind so many frames", it_ends_behind_so_many );
  tap_run( "it ends with its interface", it_ends_with_its_interface );
  tap_run( "it sends nothing", it_sends_nothing );
  return tap_end();
}
