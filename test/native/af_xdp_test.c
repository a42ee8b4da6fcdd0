/* af_xdp: what only its kicks and rings say, each situation really made.  The rest is
   device_errors_test.c and device_runs_test.c. */

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

/* XDP_MAX_TX_SKB_BUDGET of linux/if_xdp.h, from 6.17 on. */
#define TX_BUDGET (9)

/* The kernel takes 32 in a kick and says EAGAIN, unless it was told to take all: nobody sees
   that but who counts kicks. */
static void
more_than_32_in_a_kick( void ) {
  pl_device_t device;
  pl_err_t    err    = { 0 };
  uint32_t    budget = 32U;
  if( !handed_xdp( &device, 1024U, 1024U ) ) return;
  pl_backend_t * b = pl_backend_open_on( "af_xdp", NULL, 0UL, &device, &err );
  CHECK_STR( err.sentence, "" );
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 1000UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 1000UL );
  MOVE_UNTIL( b, b->received == 1000UL );
  uint64_t const kicks = b->kicks;
  if( setsockopt( device.send_fd, SOL_XDP, TX_BUDGET, &budget, sizeof( budget ) ) ) CHECK( kicks >= 1000UL / 32UL );
  else CHECK( kicks < 1000UL / 32UL );
  CHECK_EQ( send_frames( b, 1000UL, 1000UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK( b->kicks - kicks >= 1000UL / 32UL );
  CHECK_EQ( b->completed, 2000UL );
  MOVE_UNTIL( b, b->received == 2000UL );
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

/* Frames that wait when the peer goes down are lost at their kick like those of the call: each is
   taken, completed and counted, none is blamed, and no index is given. */
static void
peer_down_while_frames_wait( void ) {
  pl_backend_t * b   = open_xdp( 0.0 );
  unsigned long  idx = 0UL;
  if( !b ) return;
  CHECK_EQ( send_frames( b, 0UL, 3UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  netns_link( PL_LAB_END_B, 0 );
  netns_await( PL_LAB_END_A, 1, 0, -1L );
  CHECK_EQ( send_frames( b, 3UL, 2UL, 1514UL, 1, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( idx, 2UL ); /* as it was */
  MOVE_UNTIL( b, b->completed == 5UL );
  CHECK_EQ( b->no_carrier, 5UL );
  CHECK_EQ( b->late_errors + b->received + b->ring_occ, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK( b->kicks >= 5UL ); /* the kernel drops one with each */
  CHECK( b->def->idle( b ) );
  netns_link( PL_LAB_END_B, 1 );
  netns_await( PL_LAB_END_A, 1, 1, -1L );
  CHECK_EQ( send_frames( b, 5UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 2UL && b->completed == 7UL );
  pl_backend_close( b );
}

/* The peer has a smaller MTU: the kernel drops such frames and completes them. */
static void
over_the_mtu_of_the_peer( void ) {
  pl_backend_t * b = open_xdp( 64.0 );
  char           text[PL_SENTENCE_MAX];
  if( !b ) return;
  netns_mtu_of( PL_LAB_END_B, 1000U );
  netns_await( PL_LAB_END_B, 1, 1, 1000L );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 1014UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 3UL, 2UL, 1514UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 3UL && b->completed == 5UL );
  CHECK_EQ( b->late_errors, 2UL );
  CHECK_EQ( b->no_carrier, 0UL );
  b->def->cause_text( &b->late, text, sizeof( text ) );
  CHECK_STR( text, "The driver dropped an earlier frame: the MTU of the peer is 1000, less than that of the interface." );
  netns_mtu( 1500U );
  netns_await( PL_LAB_END_B, 1, 1, 1500L );
  CHECK_EQ( send_frames( b, 5UL, 2UL, 1514UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 5UL );
  pl_backend_close( b );
}

/* A queue that takes four packets and lets one go in a second is not on its way. */
static void
past_a_full_queue( void ) {
  int const      limited = netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a root handle 1: tbf rate 8kbit burst 1600 limit 1000000" ) &&
                      netns_command( PL_LAB_END_A, "tc qdisc add dev pl0a parent 1: pfifo limit 4" );
  pl_backend_t * b       = open_xdp( 0.0 );
  if( !b ) return;
  if( !limited ) tap_skip( "tc is missing; on Debian: apt-get install iproute2" );
  CHECK_EQ( send_frames( b, 0UL, 40UL, 1514UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 40UL && b->completed == 40UL );
  CHECK_EQ( b->late_errors + b->no_carrier, 0UL );
  netns_command( PL_LAB_END_A, "tc qdisc del dev pl0a root" );
  pl_backend_close( b );
}

/* The kernel has no room to say what it is done with (the completion ring's consumer index is
   put back by a whole ring, as if nobody ever reaped): a kick is EAGAIN for ever.  Frames wait, the send
   that finds no chunk is AGAIN at the exact index, and all go out once there is room. */
static void
no_room_for_completions( void ) {
  pl_device_t             device;
  struct xdp_mmap_offsets off;
  socklen_t               off_sz = sizeof( off );
  unsigned long           idx    = 9UL;
  if( !handed_xdp( &device, 8U, 256U ) ) return;
  CHECK( !getsockopt( device.send_fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &off_sz ) );
  size_t const map_sz = off.cr.desc + 256UL * sizeof( uint64_t );
  uint8_t *    map = mmap( NULL, map_sz, PROT_READ | PROT_WRITE, MAP_SHARED, device.send_fd, (off_t)XDP_UMEM_PGOFF_COMPLETION_RING );
  if( !CHECK( map != MAP_FAILED ) ) return;
  uint32_t *     consumer = (uint32_t *)(void *)( map + off.cr.consumer );
  pl_backend_t * b        = open_on( "af_xdp", &device, "ring", 8.0, NULL );
  if( !b ) return;
  uint32_t const at = pl_xsk_load( consumer );
  for( uint64_t n = 0UL; n < 256UL; n += 8UL ) { /* the kernel looks at that index once the ring seems full */
    CHECK_EQ( send_frames( b, n, 8UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    MOVE_UNTIL( b, b->received == n + 8UL && !b->ring_occ );
  }
  pl_xsk_store( consumer, at );
  CHECK_EQ( send_frames( b, 0UL, 5UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->ring_occ, 5UL );
  CHECK_EQ( send_frames( b, 5UL, 5UL, 60UL, 1, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 3UL );
  CHECK_STR( cause_of( b ), "Transmit ring full: all 8 frames are waiting for a flush or with the kernel." );
  for( int i = 0; i < 20; i++ ) move_once( b );
  CHECK_EQ( send_frames( b, 8UL, 1UL, 60UL, 0, &idx ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( b->cause.by_ring, 0 ); /* a larger ring would be no help */
  CHECK_EQ( b->completed, 256UL );
  CHECK_EQ( b->late_errors, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK( !b->def->idle( b ) );
  pl_xsk_store( consumer, at + 256U );
  MOVE_UNTIL( b, b->completed == 264UL && b->received == 264UL );
  CHECK_EQ( send_frames( b, 8UL, 8UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  MOVE_UNTIL( b, b->received == 272UL && !b->ring_occ );
  munmap( map, map_sz );
  pl_backend_close( b );
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

int
main( void ) {
  char const * why = netns_enter();
  if( !why ) why = handed_no_xdp();
  if( why ) {
    tap_run_with( "af_xdp", netns_skip, why );
    return tap_end();
  }
  tap_run( "rings of one slot, of seven, and larger than a batch", rings_of_every_size );
  tap_run( "what is never flushed arrives all the same", without_a_flush );
  tap_run( "a full ring is AGAIN at the exact index, and kicked", ring_full );
  tap_run( "more than 32 frames go with one flush", more_than_32_in_a_kick );
  tap_run( "peer down: completed, lost, and counted so", peer_down );
  tap_run( "peer down: frames that wait are lost with those of the call", peer_down_while_frames_wait );
  tap_run( "a frame over the MTU of the peer is a late error", over_the_mtu_of_the_peer );
  tap_run( "a full queue of the interface is not on its way", past_a_full_queue );
  tap_run( "a completion ring without room is AGAIN once no chunk is free", no_room_for_completions );
  tap_run( "descriptors the kernel will not send are late errors, and cost no room", invalid_descriptors );
  tap_run( "an instance leaves nothing behind that keeps the queue busy", opened_over_and_over );
  tap_run( "only a socket with room for the ring is taken", only_what_fits );
  return tap_end();
}
