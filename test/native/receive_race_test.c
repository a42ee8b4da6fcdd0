/* Readers of what a far end has received, while it receives. */

#include "frames.h"
#include "pl_receive.h"
#include "running.h"
#include "tap.h"

#include <stdlib.h>

#define SZ (90U)

static pl_source_t *
payload_only( void ) {
  uint8_t         frame[SZ];
  uint8_t const * frames[1] = { frame };
  uint32_t const  sizes[1]  = { SZ };
  pl_err_t        err       = { 0 };
  frame_fill( frame, SZ, 1UL, 0x88b5 );
  return pl_source_templates( frames, sizes, 1UL, &err );
}

/* Every reading is one moment: what is there and what is missing are all numbers there
   were, and a frame is whole and of its number. */
static void
read_all( pl_run_t * run, pl_frame_copy_t * f, pl_bucket_t * b, pl_rx_totals_t * before ) {
  pl_rx_totals_t now;
  uint64_t       latency[6], gap[6], total, sum = 0UL;
  CHECK( pl_run_received( run, &now ) );
  pl_rx_stream_t const * s = &now.stream[0];
  CHECK( s->received >= before->stream[0].received && !s->reordered && !s->duplicated && !s->lost );
  pl_run_stream_times( run, 0UL, latency, gap );
  CHECK( latency[0] + 1UL >= s->received && latency[1] <= latency[5] );
  unsigned long n = pl_run_stream_buckets( run, 0UL, 1, b, PL_LATENCY_BUCKETS );
  for( unsigned long i = 0UL; i < n; i++ ) sum += b[i].cnt;
  CHECK( sum + 1UL >= gap[0] );
  n = pl_run_frames( run, f, PL_FRAMES, &total );
  CHECK( n <= PL_FRAMES && n <= total );
  for( unsigned long i = 0UL; i < n; i++ ) {
    pl_signature_t of;
    CHECK( f[i].sz == SZ && pl_signature_read( f[i].buf, f[i].sz, &of ) && of.seq + 1UL == f[i].seq );
    CHECK( !i || f[i].seq > f[i - 1UL].seq );
  }
  *before = now;
}

static void
while_it_receives( void ) {
  pl_err_t          err     = { 0 };
  pl_backend_t *    backend = pl_backend_open( "loopback", NULL, 0UL, 0, &err );
  pl_run_cfg_t      cfg     = plain_cfg();
  pl_frame_copy_t * f       = calloc( PL_FRAMES, sizeof( *f ) );
  pl_bucket_t *     b       = calloc( PL_LATENCY_BUCKETS, sizeof( *b ) );
  pl_rx_totals_t    before  = { 0 };
  cfg.count                 = 100000UL;
  cfg.batch                 = 48UL;
  cfg.sign                  = 1;
  pl_run_t * run            = pl_run_start( backend, payload_only(), &cfg, NULL, NULL, &err );
  if( CHECK( run ) ) {
    while( !pl_run_ended( run ) ) read_all( run, f, b, &before );
    read_all( run, f, b, &before );
    CHECK_EQ( before.stream[0].received, cfg.count );
    pl_run_delete( run );
  }
  pl_backend_close( backend );
  free( f );
  free( b );
}

int
main( void ) {
  tap_run( "readers while it receives", while_it_receives );
  return tap_end();
}
