/* The fault stage: what it holds, what of it is completed, and whose the decisions
   are.  test/lab/stages.test.ts looks at it from the command's side. */

#include "files.h"
#include "frames.h"
#include "hash.h"
#include "opened.h"
#include "run/clock.h"
#include "running.h"
#include "stage/chain.h"
#include "tap.h"

#define MS (1000000UL)

static pl_fault_cfg_t
no_fault( void ) {
  return (pl_fault_cfg_t){ .seed = 7U, .again_at = PL_FAULT_NEVER, .inval_at = PL_FAULT_NEVER };
}

/* Frames 0 to n-1 through the stage into a file. */
static void
through( pl_fault_cfg_t const * cfg, unsigned long n, frames_t * arrived ) {
  static uint32_t sizes[400];
  char const *    path = files_new();
  pl_backend_t *  b    = open_pcapng( path, 0.0, 0.0 );
  pl_run_cfg_t    run  = plain_cfg();
  pl_snapshot_t   s;
  for( unsigned long i = 0UL; i < n; i++ ) sizes[i] = 60U;
  run.once = 1;
  CHECK( !pl_chain_set_fault( b, cfg, NULL ) );
  run_through( b, made_source( sizes, n ), &run, &s, NULL );
  CHECK_EQ( s.counters.taken, n );
  CHECK_EQ( s.counters.completed, n );
  CHECK_EQ( s.counters.fault_held, 0UL );
  CHECK_EQ( s.counters.fault_delayed, cfg->delay_ns ? n : 0UL );
  pl_backend_close( b );
  CHECK( frames_load( arrived, path ) );
}

/* Reordering comes behind the delay: the order is the same with and without. */
static void
delay_keeps_the_disorder( void ) {
  double const shares[] = { 0.05, 0.3, 0.9, 1.0 };
  for( int i = 0; i < 4; i++ ) {
    pl_fault_cfg_t cfg   = no_fault();
    frames_t       plain = { 0 }, late = { 0 };
    unsigned long  moved = 0UL;
    cfg.reorder          = shares[i];
    through( &cfg, 200UL, &plain );
    cfg.delay_ns = 3UL * MS;
    through( &cfg, 200UL, &late );
    if( CHECK_EQ( plain.cnt, 200UL ) && CHECK_EQ( late.cnt, 200UL ) )
      for( unsigned long k = 0UL; k < 200UL; k++ ) {
        moved += !frames_match( &plain, k, 60UL, k );
        if( !CHECK( !memcmp( plain.at[k].data, late.at[k].data, 60UL ) ) ) break;
      }
    CHECK( shares[i] == 1.0 ? !moved : moved > 0UL ); /* where all wait, none is passed */
    frames_free( &plain );
    frames_free( &late );
  }
}

static int
send_chain( pl_backend_t * b, unsigned long n, int flush ) {
  static uint8_t    buf[60];
  pl_aio_pkt_info_t batch[64];
  frame_fill( buf, sizeof( buf ), 1UL, 0x0800 );
  for( unsigned long i = 0UL; i < n; i++ ) batch[i] = (pl_aio_pkt_info_t){ .buf = buf, .buf_sz = sizeof( buf ) };
  return pl_aio_send( pl_chain_entry( b ), batch, n, NULL, flush );
}

/* A packet is completed with its first copy, at every moment, and the count only
   grows. */
static void
duplicates_are_completed_once( void ) {
  pl_backend_t * b   = open_loopback( "drain", 1000.0, NULL );
  pl_fault_cfg_t cfg = no_fault();
  cfg.duplicate      = 1.0;
  CHECK( !pl_chain_set_fault( b, &cfg, NULL ) );
  uint64_t now = pl_clock_ns(), before = 0UL;
  for( int i = 0; i < 200; i++, now += 3UL * MS ) {
    if( i < 10 ) CHECK_EQ( send_chain( b, 8UL, 1 ), PL_AIO_SUCCESS );
    (void)pl_chain_service( b, now );
    uint64_t done = pl_chain_completed( b );
    CHECK_EQ( done, ( b->completed + 1UL ) / 2UL );
    CHECK( done >= before );
    before = done;
  }
  CHECK_EQ( b->completed, 160UL );
  CHECK_EQ( before, 80UL );
  pl_backend_close( b );
}

/* A ring that is full when a held packet's turn has come: nobody overtakes it, so
   the order is the same for every ring and batch, and refusals keep their cause. */
static void
nobody_overtakes( void ) {
  enum { N = 200 };
  frames_t first = { 0 };
  for( int way = 0; way < 6; way++ ) {
    static uint32_t sizes[N];
    static double const rings[6] = { 1024.0, 1.0, 2.0, 3.0, 5.0, 7.0 };
    char const *    path = files_new();
    pl_backend_t *  b    = open_loopback( "ring", rings[way], "mtu", 100.0, NULL );
    pl_fault_cfg_t  cfg  = no_fault();
    pl_run_cfg_t    run  = plain_cfg();
    pl_snapshot_t   s;
    frames_t        got = { 0 };
    for( int i = 0; i < N; i++ ) sizes[i] = i % 11 == 5 ? 200U : 60U;
    cfg.reorder = 0.3;
    run.once    = 1;
    run.batch   = way % 2 ? 64UL : 8UL;
    record_peer( b, path );
    CHECK( !pl_chain_set_fault( b, &cfg, NULL ) );
    run_through( b, made_source( sizes, N ), &run, &s, NULL );
    pl_backend_close( b );
    CHECK( frames_load( &got, path ) );
    for( unsigned long i = 0UL; i < PL_REASON_MAX; i++ ) /* full is AGAIN, too long is INVAL */
      if( s.reasons[i].cnt ) CHECK_EQ( s.reasons[i].first.id == 1UL, !s.reasons[i].inval );
    if( !way ) first = got;
    if( CHECK_EQ( got.cnt, first.cnt ) )
      for( unsigned long i = 0UL; i < got.cnt; i++ )
        if( !CHECK( !memcmp( got.at[i].data, first.at[i].data, 60UL ) ) ) break;
    if( way ) frames_free( &got );
  }
  frames_free( &first );
}

/* A held packet goes on with flush when it was asked to be flushed, else without. */
static void
held_packets_are_flushed_when_asked( void ) {
  pl_fault_cfg_t cfg = no_fault();
  cfg.delay_ns       = 1UL * MS;
  for( int way = 0; way < 3; way++ ) { /* never, with the send, by a send of no packets */
    pl_backend_t * b = open_loopback( NULL );
    CHECK( !pl_chain_set_fault( b, &cfg, NULL ) );
    CHECK_EQ( send_chain( b, 4UL, way == 1 ), PL_AIO_SUCCESS );
    if( way == 2 ) CHECK_EQ( send_chain( b, 0UL, 1 ), PL_AIO_SUCCESS );
    CHECK_EQ( pl_fault_did( b->fault )->held, 4UL );
    (void)pl_chain_service( b, pl_clock_ns() + 10UL * MS );
    CHECK_EQ( pl_fault_did( b->fault )->held, 0UL );
    CHECK_EQ( b->ring_occ, way ? 0UL : 4UL );
    CHECK_EQ( b->received, way ? 4UL : 0UL );
    CHECK_EQ( send_chain( b, 0UL, 1 ), PL_AIO_SUCCESS );
    (void)pl_chain_service( b, pl_clock_ns() + 10UL * MS );
    CHECK_EQ( b->received, 4UL );
    pl_backend_close( b );
  }
}

/* The loopback's loss belongs to the packet of the plan, whatever was refused, held
   or dropped before it: packet i is lost in each of these runs or in none. */
static void
loss_belongs_to_the_plan( void ) {
  enum { N = 400 };
  for( int way = 0; way < 4; way++ )
    for( unsigned long batch = 1UL; batch <= 64UL; batch *= 8UL ) {
      static uint32_t sizes[N];
      char const *    path = files_new();
      pl_backend_t *  b    = open_loopback( "mtu", 100.0, "loss", 0.3, "seed", 5.0, NULL );
      pl_fault_cfg_t  cfg  = no_fault();
      pl_run_cfg_t    run  = plain_cfg();
      pl_snapshot_t   s;
      frames_t        want = { 0 }, got = { 0 };
      for( int i = 0; i < N; i++ ) {
        uint8_t frame[60];
        int     bad = way == 1 && i % 7 == 0, dropped = 0;
        sizes[i]    = bad ? 200U : 60U;
        if( way == 2 ) dropped = ( i + 1 ) % 5 == 0; /* refused by the stage */
        if( bad || dropped || pl_hash32( 5U, 0U, 1U, (uint64_t)i ) < 0.3 * 4294967296.0 ) continue;
        frame_fill( frame, sizeof( frame ), (uint64_t)i, 0x0800 );
        frames_add( &want, frame, sizeof( frame ), sizeof( frame ) );
      }
      run.once  = 1;
      run.batch = batch;
      if( way == 2 ) cfg.inval_every = 5UL;
      if( way == 3 ) cfg.delay_ns = 1UL * MS;
      if( way >= 2 ) CHECK( !pl_chain_set_fault( b, &cfg, NULL ) );
      record_peer( b, path );
      run_through( b, made_source( sizes, N ), &run, &s, NULL );
      CHECK_EQ( s.counters.received, want.cnt );
      pl_backend_close( b );
      CHECK( frames_load( &got, path ) );
      if( CHECK_EQ( got.cnt, want.cnt ) )
        for( unsigned long i = 0UL; i < got.cnt; i++ )
          if( !CHECK( !memcmp( got.at[i].data, want.at[i].data, 60UL ) ) ) break;
      frames_free( &got );
      frames_free( &want );
    }
}

int
main( void ) {
  tap_run( "delay keeps the disorder", delay_keeps_the_disorder );
  tap_run( "duplicates are completed once", duplicates_are_completed_once );
  tap_run( "nobody overtakes a packet whose turn it is", nobody_overtakes );
  tap_run( "held packets are flushed when they were asked to be", held_packets_are_flushed_when_asked );
  tap_run( "loss belongs to the packet of the plan", loss_belongs_to_the_plan );
  return tap_end();
}
