/* Runs on every backend on an interface: what was sent is what the peer received, byte for
   byte, and what becomes of a run whose interface changes under it. */

#include "device.h"
#include "files.h"
#include "frames.h"
#include "net/monitor.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sizes from the least to the largest, in turn. */
static uint32_t const sizes[] = { 60U, 14U, 1514U, 61U, 128U, 1000U, 1513U };
#define SIZES ( sizeof( sizes ) / sizeof( sizes[0] ) )

static void
everything_arrives( void const * way ) {
  char           path[128];
  frames_t       arrived = { 0 };
  pl_snapshot_t  s;
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  strcpy( path, files_new() );
  record_peer( b, path );
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = 20000UL;
  cfg.batch        = 64UL;
  run_through( b, made_source( sizes, SIZES ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, cfg.count );
  CHECK_EQ( s.counters.taken, cfg.count );
  CHECK_EQ( s.counters.completed, cfg.count );
  CHECK_EQ( s.counters.received, cfg.count );
  CHECK_EQ( s.counters.peer_dropped, 0UL );
  CHECK_EQ( s.counters.no_carrier, 0UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  pl_backend_close( b );
  CHECK( frames_load( &arrived, path ) );
  if( CHECK_EQ( arrived.cnt, cfg.count ) )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ )
      if( !CHECK( frames_match( &arrived, i, sizes[i % SIZES], i % SIZES ) ) ) break;
  frames_free( &arrived );
}

/* The largest batch, never flushed by the plan: it arrives all the same. */
static void
large_batches_and_no_flush( void const * way ) {
  pl_snapshot_t  s;
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = 12345UL;
  cfg.batch        = PL_BATCH_MAX;
  cfg.flush_every  = 0UL;
  run_through( b, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, cfg.count );
  CHECK_EQ( s.counters.completed, cfg.count );
  CHECK_EQ( s.counters.received, cfg.count );
  pl_backend_close( b );
}

/* Stop by hand: what the ring of the peer still holds back is counted. */
static void
a_stopped_run_counts_what_arrived( void const * way ) {
  running_t     r;
  pl_snapshot_t s;
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.rate         = rate_pps( 20000.0 );
  if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.taken < 300UL );
  pl_run_stop( r.run );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_USER );
  CHECK_EQ( s.counters.received, s.counters.completed );
  pl_run_delete( r.run );
  pl_backend_close( b );
}

static void
a_run_waits_for_the_link( void const * way ) {
  running_t     r;
  pl_snapshot_t s;
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = 10000UL; /* half a second in which the link goes */
  cfg.rate         = rate_pps( 20000.0 );
  cfg.stall_ns     = 50000000UL; /* the clock of it does not run while the link is down */
  if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.taken < 100UL );
  device_link( way, 0 );
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.state != PL_STATE_LINK_DOWN );
  for( int i = 0; i < 600; i++ ) breathe();
  running_look( &r, &s );
  CHECK( !pl_run_ended( r.run ) );
  CHECK( s.counters.taken < cfg.count );
  device_link( way, 1 );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.state, PL_STATE_UP );
  CHECK_EQ( s.counters.taken, cfg.count );
  CHECK_EQ( s.counters.completed, cfg.count );
  CHECK( s.counters.calls_again > 0UL );
  pl_run_delete( r.run );
  pl_backend_close( b );
}

/* Starts a run at that rate, deletes the interface once it has received something, and waits
   for its end. */
static void
deleted_in_a_run( way_t const * way, double pps, unsigned long batch ) {
  running_t      r;
  pl_snapshot_t  s;
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.batch        = batch;
  cfg.rate         = rate_pps( pps );
  if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.received < 1UL );
  device_delete( way );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK( s.counters.received >= 1UL );
  CHECK( s.counters.received + s.counters.peer_dropped <= s.counters.completed );
  if( pps < 1.0 ) CHECK( s.counters.offered == 1UL && s.counters.received == 1UL );
  pl_state_t const * fault = pl_run_fault( r.run );
  if( CHECK( fault ) ) {
    CHECK_EQ( fault->state, PL_STATE_REMOVED );
    CHECK_EQ( fault->err, ENXIO );
    CHECK_HAS( fault->sentence, "start a new run on it" );
  }
  pl_run_delete( r.run );
  pl_backend_close( b );
  device_create( way, 1 );
  device_create( way, 0 );
}

/* At a packet a minute nobody would find out by sending. */
static void
deleted_while_idle( void const * way ) {
  deleted_in_a_run( way, 1.0 / 60.0, 1UL );
}

static void
deleted_while_paced( void const * way ) {
  deleted_in_a_run( way, 5000.0, 8UL );
}

static void
deleted_at_full_rate( void const * way ) {
  deleted_in_a_run( way, INFINITY, 64UL );
}

/* The carrier goes and comes, at full rate: what is said to be lost for want of it was, and each
   frame was lost at most once. */
static void
no_more_lost_than_was( void const * way ) {
  running_t     r;
  pl_snapshot_t s;
  if( is_tap( way ) ) return; /* it needs no peer */
  pl_backend_t * b = open_device( way, 0.0, 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.batch        = 64UL;
  if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
  for( int turn = 0; turn < 10; turn++ ) {
    running_look( &r, &s );
    uint64_t const came = s.counters.received, lost = s.counters.no_carrier;
    do {
      breathe();
      running_look( &r, &s );
    } while( s.counters.received < came + 100UL );
    netns_link( PL_LAB_END_B, 0 );
    do {
      breathe();
      running_look( &r, &s );
    } while( !is_bypass( way ) && s.counters.no_carrier == lost );
    netns_link( PL_LAB_END_B, 1 );
  }
  pl_run_stop( r.run );
  running_wait( &r, &s );
  CHECK( is_bypass( way ) || s.counters.no_carrier > 0UL );
  CHECK( s.counters.no_carrier + s.counters.received + s.counters.peer_dropped <= s.counters.completed );
  pl_run_delete( r.run );
  pl_backend_close( b );
}

/* A peer's ring that is too small for what arrives between two looks: the loss is counted
   as its own. */
static void
what_the_peer_drops_is_counted( void const * arg ) {
  way_t const *  way    = arg;
  pl_opt_t const opts[] = { { "mode", 0, way->mode }, { "qdisc-bypass", 0, way->bypass }, { "peer-ring", 1048576, NULL } };
  pl_device_t    device;
  pl_snapshot_t  s;
  pl_err_t       err = { 0 };
  if( !netns_device( &device ) ) return;
  pl_backend_t * b = pl_backend_open_on( "af_packet", opts, 3UL, &device, &err );
  if( !CHECK( b ) ) return;
  if( !is_ring( way ) ) { /* the ring takes no more at once than its slots */
    pl_run_cfg_t cfg = plain_cfg();
    cfg.count        = 4000UL;
    cfg.batch        = 4000UL;
    run_through( b, one_frame( 1514U ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.completed, 4000UL );
    CHECK( s.counters.peer_dropped > 0UL );
    CHECK_EQ( s.counters.received + s.counters.peer_dropped, 4000UL );
  }
  pl_backend_close( b );
}

/* What is no packet socket on that interface is refused, and stays the caller's. */
static void
only_a_socket_on_that_interface( void ) {
  pl_device_t good, bad;
  pl_err_t    err;
  if( !netns_device( &good ) ) return;
  int pair[2];
  CHECK( !socketpair( AF_UNIX, SOCK_STREAM, 0, pair ) );
  for( int i = 0; i < 6; i++ ) {
    bad = good;
    if( i == 0 ) bad.port.ifindex++;
    if( i == 1 ) bad.port.ifindex = 0U;
    if( i == 2 ) bad.send_fd = pair[0];
    if( i == 3 ) bad.send_fd = bad.recv_fd = -1;
    if( i == 4 ) bad.recv_fd = pair[1];
    if( i == 5 ) bad.tag_fd = pair[0];
    CHECK( !pl_backend_open_on( "af_packet", NULL, 0UL, &bad, &err ) );
    CHECK_HAS( err.sentence, i == 3   ? "nothing to send with and nothing to receive with"
                             : i == 4 ? "The peer's receive ring"
                                      : "a raw packet socket that is bound to pl0a" );
    CHECK( fcntl( good.send_fd, F_GETFD ) >= 0 && fcntl( good.tag_fd, F_GETFD ) >= 0 && fcntl( good.recv_fd, F_GETFD ) >= 0 );
  }
  close( pair[0] );
  close( pair[1] );
  CHECK( !pl_backend_open_on( "null", NULL, 0UL, &good, &err ) );
  CHECK_STR( err.sentence, "null takes no interface." );
  CHECK( !pl_backend_open( "af_packet", NULL, 0UL, 0, &err ) );
  CHECK_STR( err.sentence, "af_packet needs an interface to send on: run it in a lab." );
  netns_device_close( &good );
}

int
main( void ) {
  for_all_ways( "everything arrives as it was sent", everything_arrives );
  for_all_ways( "the largest batches arrive, also without a flush", large_batches_and_no_flush );
  for_all_ways( "a run stopped by hand counts what arrived", a_stopped_run_counts_what_arrived );
  for_all_ways( "a run waits for the link", a_run_waits_for_the_link );
  for_all_ways( "a run ends when its interface goes: at a packet a minute", deleted_while_idle );
  for_all_ways( "a run ends when its interface goes: paced", deleted_while_paced );
  for_all_ways( "a run ends when its interface goes: at full rate", deleted_at_full_rate );
  for_all_ways( "no more is said to be lost without carrier than was", no_more_lost_than_was );
  for_packet_ways( "what the peer has no room for is counted as dropped there", what_the_peer_drops_is_counted );
  if( !netns_enter() ) tap_run( "only a packet socket on that interface is taken", only_a_socket_on_that_interface );
  return tap_end();
}
