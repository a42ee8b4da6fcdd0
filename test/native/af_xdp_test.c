/* af_xdp: what was sent is what the peer received, byte for byte; everything its kicks and
   rings say, each situation really made. */

#include "files.h"
#include "frames.h"
#include "handed.h"
#include "net/xsk.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_xdp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sizes from the least to the largest, in turn. */
static uint32_t const sizes[] = { 60U, 14U, 1514U, 61U, 128U, 1000U, 1513U };
#define SIZES ( sizeof( sizes ) / sizeof( sizes[0] ) )

/* A run of count frames in batches, through a ring of that many slots. */
static void
run_of( double ring, uint64_t count, unsigned long batch, uint64_t flush_every ) {
  char           path[128];
  frames_t       arrived = { 0 };
  pl_snapshot_t  s;
  pl_backend_t * b = open_xdp( ring );
  if( !b ) return;
  strcpy( path, files_new() );
  record_peer( b, path );
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = count;
  cfg.batch        = batch;
  cfg.flush_every  = flush_every;
  run_through( b, made_source( sizes, SIZES ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, count );
  CHECK_EQ( s.counters.completed, count );
  CHECK_EQ( s.counters.received, count );
  CHECK_EQ( s.counters.no_carrier + s.counters.late_errors + s.counters.peer_dropped, 0UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  pl_backend_close( b );
  CHECK( frames_load( &arrived, path ) );
  if( CHECK_EQ( arrived.cnt, count ) )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ )
      if( !CHECK( frames_match( &arrived, i, sizes[i % SIZES], i % SIZES ) ) ) break;
  frames_free( &arrived );
}

static void
everything_arrives( void ) {
  run_of( 0.0, 20000UL, 64UL, 1UL );
}

static void
rings_of_every_size( void ) {
  run_of( 1.0, 300UL, 8UL, 1UL );
  run_of( 7.0, 1000UL, 64UL, 1UL );
  run_of( 2048.0, 5000UL, 4096UL, 1UL );
}

static void
without_a_flush( void ) {
  run_of( 64.0, 5000UL, 16UL, 0UL );
}

/* Without a kick there is room for so many, and not one more. */
static void
ring_full( void ) {
  pl_backend_t * b = open_xdp( 100.0 );
  unsigned long  idx = 0UL;
  if( !b ) return;
  CHECK_EQ( b->ring_cap, 100UL );
  CHECK_EQ( send_frames( b, 0UL, 60UL, 60UL, 0, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( b->ring_occ, 60UL );
  CHECK_EQ( send_frames( b, 60UL, 50UL, 60UL, 0, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 40UL );
  CHECK_STR( cause_of( b ), "Transmit ring full: all 100 frames are waiting for a flush or with the kernel." );
  CHECK_EQ( b->cause.by_ring, 1 );
  CHECK( b->kicks > 0UL ); /* a full ring is kicked, or nothing would ever move */
  CHECK_EQ( send_frames( b, 100UL, 50UL, 60UL, 0, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 150UL );
  CHECK_EQ( b->completed, 150UL );
  CHECK_EQ( b->ring_occ, 0UL );
  pl_backend_close( b );
}

/* The kernel takes 32 in a kick and says EAGAIN: nobody sees that. */
static void
more_than_32_in_a_kick( void ) {
  pl_backend_t * b = open_xdp( 0.0 );
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 1000UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK( b->kicks >= 1000UL / 32UL );
  CHECK_EQ( b->completed, 1000UL );
  MOVE_UNTIL( b, b->received == 1000UL );
  pl_backend_close( b );
}

static void
link_down_and_up( void ) {
  pl_backend_t *    b = open_xdp( 0.0 );
  uint8_t           bytes[60];
  pl_aio_pkt_info_t batch[] = { { NULL, 0 }, { bytes, 60 }, { bytes, 60 }, { bytes, 60 } };
  unsigned long     idx     = 9UL;
  if( !b ) return;
  frame_fill( bytes, 60UL, 3UL, 0x0800 );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS ); /* these wait, and stay taken */
  netns_link( PL_LAB_END_A, 0 );
  for( int flush = 1; flush >= 0; flush-- ) {
    CHECK_EQ( pl_aio_send( &b->aio, batch, 4UL, &idx, flush ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( idx, 1UL );
    CHECK_STR( cause_of( b ), "The interface is down." );
    CHECK_EQ( b->state.state, PL_STATE_LINK_DOWN );
    CHECK_EQ( b->state.err, ENETDOWN );
    CHECK_STR( b->state.sentence, "pl0a is down: frames wait until it is set up again." );
    CHECK_EQ( b->ring_occ, 3UL );
  }
  CHECK_EQ( b->completed, 2UL ); /* the packets of no bytes */
  netns_link( PL_LAB_END_A, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  MOVE_UNTIL( b, b->received == 3UL ); /* by themselves */
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_EQ( pl_aio_send( &b->aio, batch + 1, 3UL, &idx, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 6UL );
  CHECK_EQ( b->completed, 8UL );
  pl_backend_close( b );
}

static void
link_down_unasked( void ) {
  pl_backend_t * b = open_xdp( 0.0 );
  if( !b ) return;
  netns_link( PL_LAB_END_A, 0 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_LINK_DOWN );
  netns_link( PL_LAB_END_A, 1 );
  MOVE_UNTIL( b, b->state.state == PL_STATE_UP );
  pl_backend_close( b );
}

/* The kernel completes what it drops: SUCCESS, completed, and told as lost. */
static void
peer_down( void ) {
  pl_backend_t * b = open_xdp( 0.0 );
  if( !b ) return;
  netns_link( PL_LAB_END_B, 0 );
  netns_await( PL_LAB_END_A, 1, 0, -1L );
  CHECK_EQ( send_frames( b, 0UL, 50UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  MOVE_UNTIL( b, b->completed == 50UL );
  CHECK_EQ( b->no_carrier, 50UL );
  CHECK_EQ( b->late_errors, 0UL );
  move_all( b );
  CHECK_EQ( b->received, 0UL );
  CHECK_EQ( b->ring_occ, 0UL );
  netns_link( PL_LAB_END_B, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  CHECK_EQ( send_frames( b, 50UL, 4UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 4UL );
  CHECK_EQ( b->completed, 54UL );
  CHECK_EQ( b->no_carrier, 50UL );
  pl_backend_close( b );
}

/* One send of one frame. */
static int
offer( pl_backend_t * b, unsigned long sz, uint16_t ethertype ) {
  static uint8_t          bytes[65536];
  pl_aio_pkt_info_t const pkt = { .buf = bytes, .buf_sz = (uint16_t)sz };
  frame_fill( bytes, sz, 1UL, ethertype );
  return pl_aio_send( &b->aio, &pkt, 1UL, NULL, 1 );
}

/* The kernel would send any size. */
static void
sizes_are_refused_before( void ) {
  pl_backend_t * b        = open_xdp( 0.0 );
  pl_backend_t * loopback = open_loopback( "mtu", 1500.0, NULL );
  if( !b || !loopback ) return;
  struct {
    unsigned long sz;
    uint16_t      ethertype;
  } const over[] = { { 1515UL, 0x0800 }, { 1519UL, 0x8100 }, { 1519UL, 0x88a8 }, { 4096UL, 0x0800 }, { 4097UL, 0x0800 } };
  for( unsigned long i = 0UL; i < sizeof( over ) / sizeof( over[0] ); i++ ) {
    char said[PL_SENTENCE_MAX];
    CHECK_EQ( offer( loopback, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    strcpy( said, cause_of( loopback ) );
    CHECK_EQ( offer( b, over[i].sz, over[i].ethertype ), PL_AIO_ERR_INVAL );
    CHECK_STR( cause_of( b ), said );
  }
  for( unsigned long sz = 1UL; sz < 14UL; sz++ ) CHECK_EQ( offer( b, sz, 0 ), PL_AIO_ERR_INVAL );
  CHECK_STR( cause_of( b ), "Frame of 13 B is shorter than an Ethernet header (14 B)." );
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( offer( b, 14UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1514UL, 0x0800 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1518UL, 0x8100 ), PL_AIO_SUCCESS );
  CHECK_EQ( offer( b, 1518UL, 0x88a8 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->completed == 4UL );
  netns_mtu( 9000U );
  netns_await( PL_LAB_END_A, 1, 1, 9000L );
  for( int i = 0; i < 20; i++ ) move_once( b );
  CHECK_EQ( offer( b, 4096UL, 0x0800 ), PL_AIO_SUCCESS ); /* a whole chunk */
  CHECK_EQ( offer( b, 4097UL, 0x0800 ), PL_AIO_ERR_INVAL );
  MOVE_UNTIL( b, b->received == 5UL );
  netns_mtu( 1500U );
  netns_await( PL_LAB_END_A, 1, 1, 1500L );
  pl_backend_close( b );
  pl_backend_close( loopback );
}

/* A descriptor that went bad in the ring: the kick says nothing, the statistics do. */
static void
invalid_descriptors( void ) {
  pl_device_t             device;
  struct xdp_mmap_offsets off;
  socklen_t               off_sz = sizeof( off );
  char                    text[PL_SENTENCE_MAX];
  if( !handed_xdp( &device, 8U, 256U ) ) return;
  CHECK( !getsockopt( device.send_fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &off_sz ) );
  size_t const map_sz = off.tx.desc + 256UL * sizeof( struct xdp_desc );
  uint8_t *    map    = mmap( NULL, map_sz, PROT_READ | PROT_WRITE, MAP_SHARED, device.send_fd, XDP_PGOFF_TX_RING );
  if( !CHECK( map != MAP_FAILED ) ) return;
  struct xdp_desc * ring = (struct xdp_desc *)(void *)( map + off.tx.desc );
  pl_backend_t *    b    = open_on( "af_xdp", &device, "ring", 8.0, NULL );
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  ring[1].len  = PL_LAB_FRAME_SZ + 1U; /* too long for its chunk */
  ring[3].addr = 1UL << 30;            /* outside the memory */
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->completed >= 3UL && b->received == 3UL );
  b->def->settle( b );
  CHECK_EQ( b->late_errors, 2UL );
  b->def->cause_text( &b->late, text, sizeof( text ) );
  CHECK_STR( text, "The kernel dropped 2 earlier frames: the descriptors in the transmit ring were not valid." );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  uint64_t const completed = b->completed; /* with or without the two: that is the kernel's to choose */
  CHECK( completed == 3UL || completed == 5UL );
  CHECK_EQ( b->ring_occ, 0UL );
  for( uint64_t n = 5UL; n < 205UL; n += 8UL ) { /* no chunk is lost to it */
    CHECK_EQ( send_frames( b, n, 8UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->ring_occ == 0UL );
  }
  CHECK_EQ( b->completed, completed + 200UL );
  CHECK_EQ( b->late_errors, 2UL );
  munmap( map, map_sz );
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
  CHECK_STR( cause_of( b ), "The interface was removed." );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK( b->def->idle( b ) );
}

static void
deleted_and_made_again( void const * by_errno ) {
  pl_backend_t * b = open_xdp( 0.0 );
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  netns_delete();
  if( by_errno ) CHECK_EQ( send_frames( b, 2UL, 2UL, 60UL, 1, NULL ), PL_AIO_ERR_AGAIN );
  else MOVE_UNTIL( b, b->state.state == PL_STATE_REMOVED );
  check_removed( b );
  netns_create( 1500U );
  for( int i = 0; i < 20; i++ ) move_once( b );
  check_removed( b );
  CHECK_EQ( b->completed, 2UL );
  pl_backend_close( b );
  b = open_xdp( 0.0 ); /* the new one is there to be opened */
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL );
  pl_backend_close( b );
}

/* The queue is free again with the last unmapped ring: nothing of an instance is left. */
static void
opened_over_and_over( void ) {
  for( int i = 0; i < 30; i++ ) {
    pl_backend_t * b = open_xdp( 16.0 );
    if( !b ) return;
    CHECK_EQ( send_frames( b, 0UL, 4UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    pl_backend_close( b );
  }
}

static void
refuses( pl_device_t const * device, char const * option, double value, char const * sentence ) {
  pl_opt_t const opt = { .name = option, .num = value };
  pl_err_t       err = { 0 };
  CHECK( !pl_backend_open_on( "af_xdp", &opt, option ? 1UL : 0UL, device, &err ) );
  CHECK_HAS( err.sentence, sentence );
}

/* What is no such socket, or has not the room asked for, is refused and stays the caller's. */
static void
only_what_fits( void ) {
  pl_device_t good, bad;
  pl_err_t    err;
  if( !handed_xdp( &good, 300U, 256U ) ) return;
  refuses( &good, "ring", 257.0, "its memory holds 300 frames, its rings 256." );
  bad         = good;
  bad.send_fd = good.recv_fd;
  refuses( &bad, NULL, 0.0, "af_xdp needs an AF_XDP socket that is bound to pl0a" );
  bad        = good;
  bad.mem_fd = memfd_create( "unsealed", MFD_CLOEXEC );
  CHECK( !ftruncate( bad.mem_fd, 1048576 ) );
  refuses( &bad, "ring", 8.0, "af_xdp could not take over its socket on pl0a" );
  close( bad.mem_fd );
  pl_opt_t const zero_copy[] = { { "mode", 0, "zero-copy" }, { "ring", 8.0, NULL } };
  CHECK( !pl_backend_open_on( "af_xdp", zero_copy, 2UL, &good, &err ) );
  CHECK_STR( err.sentence, "af_xdp option mode is zero-copy, and the socket on pl0a works in mode copy." );
  CHECK( fcntl( good.send_fd, F_GETFD ) >= 0 && fcntl( good.recv_fd, F_GETFD ) >= 0 && fcntl( good.mem_fd, F_GETFD ) >= 0 );
  pl_backend_t * b = open_on( "af_xdp", &good, "ring", 256.0, NULL ); /* all that was tried did no harm */
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 256UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 256UL );
  pl_backend_close( b );
}

static void
a_run_waits_for_the_link( void ) {
  running_t      r;
  pl_snapshot_t  s;
  pl_backend_t * b = open_xdp( 0.0 );
  if( !b ) return;
  pl_run_cfg_t cfg = plain_cfg();
  cfg.count        = 2000UL;
  cfg.rate         = rate_pps( 20000.0 );
  cfg.stall_ns     = 50000000UL; /* the clock of it does not run while the link is down */
  if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.taken < 100UL );
  netns_link( PL_LAB_END_A, 0 );
  do {
    breathe();
    running_look( &r, &s );
  } while( s.counters.state != PL_STATE_LINK_DOWN );
  for( int i = 0; i < 600; i++ ) breathe();
  running_look( &r, &s );
  CHECK( !pl_run_ended( r.run ) && s.counters.taken < cfg.count );
  netns_link( PL_LAB_END_A, 1 );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  CHECK_EQ( s.counters.taken, cfg.count );
  CHECK_EQ( s.counters.completed, cfg.count );
  CHECK_EQ( s.counters.received + s.counters.no_carrier, cfg.count );
  CHECK( s.counters.calls_again > 0UL );
  pl_run_delete( r.run );
  pl_backend_close( b );
}

int
main( void ) {
  char const * why = netns_enter();
  if( !why ) why = handed_no_xdp();
  if( why ) {
    tap_run_with( "af_xdp", netns_skip, why );
    return tap_end();
  }
  tap_run( "everything arrives as it was sent", everything_arrives );
  tap_run( "rings of one slot, of seven, and larger than a batch", rings_of_every_size );
  tap_run( "what is never flushed arrives all the same", without_a_flush );
  tap_run( "a full ring is AGAIN at the exact index, and kicked", ring_full );
  tap_run( "more than 32 frames go with one flush", more_than_32_in_a_kick );
  tap_run( "link down is AGAIN at the exact index, and over without reopening", link_down_and_up );
  tap_run( "link down is seen though nothing is sent", link_down_unasked );
  tap_run( "peer down: completed, lost, and counted so", peer_down );
  tap_run( "sizes are INVAL before the call, in the words of every device", sizes_are_refused_before );
  tap_run( "descriptors the kernel will not send are late errors, and cost no room", invalid_descriptors );
  tap_run_with( "a deleted interface is removed: seen by the monitor", deleted_and_made_again, NULL );
  tap_run_with( "a deleted interface is removed: told by the kick", deleted_and_made_again, "kick" );
  tap_run( "an instance leaves nothing behind that keeps the queue busy", opened_over_and_over );
  tap_run( "only a socket with room for the ring is taken", only_what_fits );
  tap_run( "a run waits for the link", a_run_waits_for_the_link );
  return tap_end();
}
