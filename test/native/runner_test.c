/* The runner over real backends: what is sent, when it ends, what is counted. */

#include "captured.h"
#include "files.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static pl_backend_t *
open_null( void ) {
  return pl_backend_open( "null", NULL, 0UL, 0, NULL );
}

static void
count_is_exact( void ) {
  uint64_t const      counts[]  = { 1UL, 7UL, 8UL, 9UL, 1000UL, 100003UL };
  unsigned long const batches[] = { 1UL, 8UL, 64UL, 4096UL };
  for( int kind = 0; kind < 3; kind++ ) /* a lone template, three of them, a capture */
    for( unsigned long c = 0UL; c < 6UL; c++ )
      for( unsigned long b = 0UL; b < 4UL; b++ ) {
        uint32_t const sizes[3] = { 60U, 61U, 62U };
        pl_snapshot_t  s;
        pl_backend_t * null   = open_null();
        pl_run_cfg_t   cfg    = plain_cfg();
        pl_source_t *  source = kind == 2 ? capture_source( "nano.pcap", batches[b] ) : made_source( sizes, kind ? 3UL : 1UL );
        cfg.count             = counts[c];
        cfg.batch             = batches[b];
        run_through( null, source, &cfg, &s, NULL );
        CHECK_EQ( s.counters.offered, counts[c] );
        CHECK_EQ( s.counters.taken, counts[c] );
        CHECK_EQ( s.counters.completed, counts[c] );
        CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
        CHECK_EQ( s.counters.calls_success, ( counts[c] + batches[b] - 1UL ) / batches[b] );
        CHECK_EQ( s.counters.flushes, s.counters.calls_success );
        CHECK_EQ( s.counters.retried, 0UL );
        if( kind == 0 ) CHECK_EQ( s.counters.bytes, counts[c] * 60UL );
        if( kind == 1 ) CHECK_EQ( s.counters.bytes, counts[c] / 3UL * 183UL + ( counts[c] % 3UL ) * 60UL + ( counts[c] % 3UL == 2UL ) );
        if( kind == 2 && counts[c] == 1000UL ) CHECK_EQ( s.counters.bytes, 1000UL / 22UL * 1700UL + 4UL * 42UL + 6UL * 98UL );
        pl_backend_close( null );
      }
}

static void
once( void ) {
  uint32_t const sizes[2] = { 60U, 0U };
  pl_run_cfg_t   cfg      = plain_cfg();
  pl_snapshot_t  s;
  cfg.once = 1;
  for( unsigned long n = 1UL; n <= 2UL; n++ ) {
    pl_backend_t * null = open_null();
    run_through( null, made_source( sizes, n ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.offered, n );
    CHECK_EQ( s.counters.taken, n );
    CHECK_EQ( s.counters.bytes, 60UL );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_END );
    pl_backend_close( null );
  }
  pl_backend_t * null = open_null();
  run_through( null, capture_source( "http.pcap", 8UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 86UL );
  CHECK_EQ( s.counters.bytes, 43619UL );
  CHECK_EQ( s.counters.calls_success, 11UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_END );
  pl_backend_close( null );
}

/* A capture through loopback to its peer's file, and into a file: the same frames. */
static void
frames_arrive( void ) {
  static char const * const names[] = { "http.pcap", "ping6-be.pcapng", "vlan.pcapng", "sizes.pcap", "two-sections.pcapng" };
  for( unsigned long f = 0UL; f < 5UL; f++ )
    for( int to_file = 0; to_file < 2; to_file++ )
      for( unsigned long passes = 1UL; passes <= 3UL; passes += 2UL ) {
        captured_t *   want = captured_fixture( names[f] );
        char const *   path = files_new();
        pl_backend_t * b    = to_file ? open_pcapng( path, 0.0, 0.0 ) : open_loopback( "ring", 16.0, NULL );
        pl_run_cfg_t   cfg  = plain_cfg();
        pl_snapshot_t  s;
        unsigned long  n = passes * want->frames.cnt;
        if( !to_file ) record_peer( b, path );
        cfg.once  = passes == 1UL;
        cfg.count = cfg.once ? 0UL : n;
        run_through( b, capture_source( names[f], 8UL ), &cfg, &s, NULL );
        CHECK_EQ( s.counters.taken, n );
        CHECK_EQ( s.counters.completed, n );
        if( !to_file ) CHECK_EQ( s.counters.received, n );
        pl_backend_close( b );
        frames_t got = { 0 };
        CHECK( frames_load( &got, path ) );
        CHECK_EQ( got.cnt, n );
        for( unsigned long i = 0UL; i < got.cnt; i++ ) {
          frame_t const * frame = &want->frames.at[i % want->frames.cnt];
          CHECK( got.at[i].sz == frame->sz && !memcmp( got.at[i].data, frame->data, frame->sz ) );
        }
        frames_free( &got );
        captured_delete( want );
      }
}

static void
frames_over_4096( void ) {
  for( int passes = 1; passes <= 10; passes += 9 ) {
    pl_backend_t * null = open_null();
    pl_run_cfg_t   cfg  = plain_cfg();
    pl_snapshot_t  s;
    if( passes == 1 ) cfg.once = 1;
    else cfg.count = 7UL * (uint64_t)passes;
    run_through( null, capture_source( "jumbo.pcap", 8UL ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.offered, 7 * passes );
    CHECK_EQ( s.counters.taken, 4 * passes );
    CHECK_EQ( s.counters.refused, 3 * passes );
    CHECK_EQ( s.counters.completed, 4 * passes );
    CHECK_EQ( s.counters.calls_inval, 0UL ); /* they never reached the backend */
    pl_reason_t const * r = reason_of( &s, 1, PL_CAUSE_OVER_MAX );
    if( CHECK( r ) ) {
      CHECK_EQ( r->cnt, 3 * passes );
      CHECK_EQ( r->first.ordinal, 2UL );
      CHECK_EQ( r->first.call, 0UL );
      CHECK_EQ( r->first.a, 4097UL );
      CHECK_EQ( r->last.ordinal, 7 * passes - 2 );
      CHECK_EQ( r->last.a, 65535UL );
    }
    pl_backend_close( null );
  }
}

static void
frames_of_other_links( void ) {
  pl_backend_t * null = open_null();
  pl_run_cfg_t   cfg  = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  char           text[PL_SENTENCE_MAX];
  cfg.once = 1;
  if( !running_start( &r, null, capture_source( "mixed-interfaces.pcapng", 8UL ), &cfg ) ) return;
  running_wait( &r, &s );
  CHECK_EQ( s.counters.offered, 32UL );
  CHECK_EQ( s.counters.taken, 22UL );
  CHECK_EQ( s.counters.refused, 10UL );
  pl_reason_t const * reason = reason_of( &s, 1, PL_CAUSE_NOT_ETHERNET );
  if( CHECK( reason ) ) {
    CHECK_EQ( reason->cnt, 10UL );
    pl_run_cause_text( r.run, &reason->first, text, sizeof( text ) );
    CHECK_STR( text, "Frame of Linux cooked v1 (link type 113) is not Ethernet: refused before it reached the backend." );
  }
  pl_run_delete( r.run );
  pl_backend_close( null );
}

/* Nothing that could be sent in a whole batch, over and over: the run still ends. */
static void
only_unsendable( void ) {
  pl_backend_t * null     = open_null();
  pl_run_cfg_t   cfg      = plain_cfg();
  uint32_t const sizes[2] = { 5000U, 65535U };
  pl_snapshot_t  s;
  cfg.count = 1001UL;
  run_through( null, made_source( sizes, 2UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, 1001UL );
  CHECK_EQ( s.counters.refused, 1001UL );
  CHECK_EQ( s.counters.calls_success, 0UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_COUNT );
  pl_backend_close( null );

  null            = open_null();
  cfg.count       = 0UL;
  cfg.duration_ns = 20000000UL;
  run_through( null, one_frame( 5000U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 0UL );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_DURATION );
  pl_backend_close( null );
}

static void
truncated_and_empty_frames( void ) {
  pl_backend_t * null = open_null();
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_snapshot_t  s;
  cfg.once = 1;
  run_through( null, capture_source( "snapped.pcap", 8UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 36UL );
  CHECK_EQ( s.counters.truncated, 36UL );
  CHECK_EQ( s.counters.bytes, 36UL * 40UL );
  pl_backend_close( null );
  pl_backend_t * b = open_loopback( NULL );
  run_through( b, capture_source( "zero-frame.pcap", 8UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.taken, 3UL );
  CHECK_EQ( s.counters.completed, 3UL );
  CHECK_EQ( s.counters.bytes, 158UL );
  pl_backend_close( b );
}

static void
damaged_capture( void ) {
  for( int by_count = 0; by_count < 2; by_count++ ) {
    pl_backend_t * null = open_null();
    pl_run_cfg_t   cfg  = plain_cfg();
    pl_snapshot_t  s;
    pl_state_t     fault;
    cfg.once  = !by_count;
    cfg.count = by_count ? 100UL : 0UL;
    run_through( null, capture_source( "bad-length.pcapng", 8UL ), &cfg, &s, &fault );
    CHECK_EQ( s.counters.offered, 2UL );
    CHECK_EQ( s.counters.taken, 2UL );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
    CHECK_EQ( fault.state, PL_STATE_UP ); /* of the device: there is nothing wrong with it */
    CHECK_STR( fault.step, "read capture" );
    CHECK_HAS( fault.sentence, "the block at byte offset 272" );
    CHECK_HAS( fault.sentence, "the 2 frames before it are kept" );
    pl_backend_close( null );
  }
}

/* Cut to its header while it is sent over and over. */
static void
emptied_capture( void ) {
  unsigned long  sz;
  uint8_t *      bytes = file_read( fixture_path( "sizes.pcap" ), &sz );
  char const *   path  = files_new();
  pl_backend_t * null  = open_null();
  pl_run_cfg_t   cfg   = plain_cfg();
  running_t      r;
  pl_snapshot_t  s;
  CHECK( file_write( path, bytes, sz ) );
  free( bytes );
  cfg.rate = rate_pps( 20000.0 );
  if( !running_start( &r, null, pl_source_capture( path, 8UL, NULL ), &cfg ) ) return;
  CHECK( !truncate( path, 24 ) );
  running_wait( &r, &s );
  CHECK_EQ( s.counters.stopped_by, PL_STOP_FAULT );
  CHECK_HAS( pl_run_fault( r.run )->sentence, "capture" );
  pl_run_delete( r.run );
  pl_backend_close( null );
}

static void
duration( void ) {
  double const rates[] = { INFINITY, 1000.0, 0.1 };
  for( int i = 0; i < 3; i++ ) {
    pl_backend_t * b   = open_loopback( NULL );
    pl_run_cfg_t   cfg = plain_cfg();
    pl_snapshot_t  s;
    cfg.rate        = rate_pps( rates[i] );
    cfg.duration_ns = 150000000UL;
    run_through( b, one_frame( 60U ), &cfg, &s, NULL );
    CHECK_EQ( s.counters.stopped_by, PL_STOP_DURATION );
    CHECK( s.counters.taken > 0UL );
    pl_backend_close( b );
  }
}

/* Stop, from another thread, in every kind of waiting and at full rate. */
static void
stop( void ) {
  for( int kind = 0; kind < 6; kind++ ) {
    pl_backend_t * b = kind == 0   ? open_null()
                       : kind == 1 ? open_pcapng( files_new(), 2e7, 0.0 )
                       : kind == 2 ? open_loopback( "ring", 8.0, "drain", 0.0, NULL ) /* waits out AGAIN */
                                   : open_loopback( NULL );
    pl_run_cfg_t   cfg = plain_cfg();
    running_t      r;
    pl_snapshot_t  s;
    cfg.flush_every = kind == 4 ? 0UL : 1UL;
    if( kind >= 3 ) cfg.rate = rate_pps( kind == 3 ? 0.001 : INFINITY );
    if( kind == 5 ) cfg.count = UINT64_MAX;
    if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
    do {
      running_look( &r, &s );
      breathe();
    } while( !s.counters.taken && !pl_run_ended( r.run ) );
    pl_run_stop( r.run );
    pl_run_stop( r.run ); /* twice is once */
    running_wait( &r, &s );
    CHECK( s.counters.stopped_by == PL_STOP_USER || kind == 1 );
    CHECK( !pl_run_fault( r.run ) );
    pl_run_flush( r.run ); /* too late, and harmless */
    pl_run_stop( r.run );
    pl_run_delete( r.run );
    pl_backend_close( b );
  }
}

/* Delete stops and waits; the backend is free afterwards. */
static void
delete_while_running( void ) {
  for( int i = 0; i < 20; i++ ) {
    pl_backend_t * b   = i % 2 ? open_null() : open_loopback( NULL );
    pl_run_cfg_t   cfg = plain_cfg();
    running_t      r;
    if( !running_start( &r, b, one_frame( 60U ), &cfg ) ) return;
    if( i > 10 ) breathe();
    pl_run_delete( r.run );
    CHECK( !b->stop );
    pl_backend_close( b );
  }
  pl_run_delete( NULL );
}

static atomic_int done_calls;

static void
on_done( void * ctx ) {
  *(int *)ctx = 42;
  atomic_fetch_add( &done_calls, 1 );
}

static void
called_back( void ) {
  int            mark = 0;
  pl_err_t       err  = { 0 };
  pl_backend_t * null = open_null();
  pl_run_cfg_t   cfg  = plain_cfg();
  cfg.count           = 100UL;
  pl_run_t * run      = pl_run_start( null, one_frame( 60U ), &cfg, on_done, &mark, &err );
  for( int i = 0; i < 100000 && !atomic_load( &done_calls ); i++ ) breathe();
  CHECK( pl_run_ended( run ) );
  pl_run_delete( run );
  CHECK_EQ( atomic_load( &done_calls ), 1 );
  CHECK_EQ( mark, 42 );
  pl_backend_close( null );
}

static void
bad_settings( void ) {
  pl_backend_t * null      = open_null();
  double const   rates[]   = { 0.0, -1.0, NAN, -INFINITY };
  unsigned long  batches[] = { 0UL, PL_BATCH_MAX + 1UL, ~0UL };
  for( int i = 0; i < 7; i++ ) {
    pl_err_t     err = { 0 };
    pl_run_cfg_t cfg = plain_cfg();
    if( i < 4 ) cfg.rate = rate_pps( rates[i] );
    else cfg.batch = batches[i - 4];
    CHECK( !pl_run_start( null, one_frame( 60U ), &cfg, NULL, NULL, &err ) ); /* and the source is not leaked */
    CHECK_HAS( err.sentence, "A batch has 1 to 4096 packets" );
  }
  pl_backend_close( null );
}

/* Only frames that were offered count as truncated: the second one waits for its time. */
static void
truncated_when_offered( void ) {
  pl_backend_t * null = open_null();
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_snapshot_t  s;
  cfg.rate        = rate_pps( 0.5 );
  cfg.duration_ns = 30000000UL;
  run_through( null, capture_source( "snapped.pcap", 8UL ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.offered, 1UL );
  CHECK_EQ( s.counters.truncated, 1UL );
  pl_backend_close( null );
}

/* The counters of a backend are those of its one run. */
static void
one_run_each( void ) {
  pl_backend_t * null = open_null();
  pl_run_cfg_t   cfg  = plain_cfg();
  pl_snapshot_t  s;
  pl_err_t       err = { 0 };
  cfg.count          = 10UL;
  run_through( null, one_frame( 60U ), &cfg, &s, NULL );
  CHECK_EQ( s.counters.completed, 10UL );
  CHECK( !pl_run_start( null, one_frame( 60U ), &cfg, NULL, NULL, &err ) ); /* and the source is not leaked */
  CHECK_STR( err.sentence, "This backend has had its run; open it again for another." );
  pl_backend_close( null );
}

int
main( void ) {
  tap_run( "a count is kept to the packet", count_is_exact );
  tap_run( "a source is sent once", once );
  tap_run( "frames arrive as they were captured", frames_arrive );
  tap_run( "frames over 4096 B are refused and counted", frames_over_4096 );
  tap_run( "frames of other links are refused by name", frames_of_other_links );
  tap_run( "a source without a frame that could be sent", only_unsendable );
  tap_run( "truncated frames and frames of no bytes", truncated_and_empty_frames );
  tap_run( "a damaged capture", damaged_capture );
  tap_run( "a capture that loses its frames", emptied_capture );
  tap_run( "a duration", duration );
  tap_run( "stop", stop );
  tap_run( "delete while it runs", delete_while_running );
  tap_run( "the end is called back once", called_back );
  tap_run( "settings that are not possible", bad_settings );
  tap_run( "truncated counts what was offered", truncated_when_offered );
  tap_run( "a backend has one run", one_run_each );
  return tap_end();
}
