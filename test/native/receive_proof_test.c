/* The receiver proves itself: what it reports is what the fault stage says it did, to the
   packet, and a far end that stands still shows in the latency. */

#include "opened.h"
#include "pl_receive.h"
#include "receive/receiver.h"
#include "run/clock.h"
#include "running.h"
#include "stage/chain.h"
#include "tap.h"

#include <stdlib.h>

#define STALL_NS    (200000000UL)
#define STALL_FROM  (30000UL) /* packets that have left the ring before it */
#define STALL_HOLDS (1000UL)  /* packets in the ring when its time begins to count */

/* A far end that stands still once: from a packet on, until 200 ms have gone by since so
   many packets were waiting.  So it is these that have waited that long, however busy the
   machine is. */
static uint64_t stall_began, stall_over;

static uint64_t
stalling_service( pl_backend_t * head, uint64_t now ) {
  if( head->completed < STALL_FROM || stall_over ) return pl_backend_loopback.service( head, now );
  uint64_t clock = pl_clock_ns();
  if( !stall_began && head->ring_occ >= STALL_HOLDS ) stall_began = clock;
  if( stall_began && clock - stall_began >= STALL_NS ) stall_over = clock;
  return now + 1000000UL;
}

/* UDP packets over IPv4 with 24 and more bytes of payload; of each stream another one. */
static pl_source_t *
udp_source( unsigned long streams, unsigned long each ) {
  pl_source_t * parts[PL_STREAMS];
  pl_err_t      err = { 0 };
  for( unsigned long s = 0UL; s < streams; s++ ) {
    uint8_t         bytes[4][128];
    uint8_t const * frames[4];
    uint32_t        sizes[4];
    for( unsigned long i = 0UL; i < each; i++ ) {
      uint32_t payload = (uint32_t)( 24UL + s + i ), total = 28U + payload;
      uint8_t  start[42] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, (uint8_t)total, 0, 0, 0x40, 0, 64, 17, 0,
                             0, 198, 18, 0, 1, 198, 19, 0, 1, 0xc0, 0, 0, 9, 0, (uint8_t)( 8U + payload ) };
      memset( bytes[i], (int)( 'a' + s ), sizeof( bytes[i] ) );
      memcpy( bytes[i], start, sizeof( start ) );
      frames[i] = bytes[i];
      sizes[i]  = 14U + total;
    }
    parts[s] = pl_source_templates( frames, sizes, each, &err );
    CHECK( parts[s] );
  }
  return pl_source_chain( parts, streams, &err );
}

typedef struct {
  pl_counters_t  c;
  pl_rx_totals_t rx;
  uint64_t       latency[6], gap[6];
} result_t;

/* A run on loopback behind the fault stage, to its end. */
static void
play( pl_fault_cfg_t const * fault, pl_opt_t const * opts, unsigned long opt_cnt, pl_backend_def_t const * def,
      pl_source_t * source, pl_run_cfg_t const * cfg, result_t * out ) {
  running_t      r;
  pl_snapshot_t  s;
  pl_err_t       err     = { 0 };
  pl_backend_t * backend = pl_backend_open( "loopback", opts, opt_cnt, 0, &err );
  memset( out, 0, sizeof( *out ) );
  if( !CHECK( backend ) ) return;
  if( def ) backend->def = def;
  CHECK( !pl_chain_set_fault( backend, fault, &err ) );
  if( running_start( &r, backend, source, cfg ) ) {
    running_wait( &r, &s );
    out->c = s.counters;
    CHECK( pl_run_received( r.run, &out->rx ) );
    pl_run_stream_times( r.run, 0UL, out->latency, out->gap );
    pl_run_delete( r.run );
  }
  pl_backend_close( backend );
}

/* The sums over all streams are the fault stage's figures.  The stage knows one order, that
   of the plan; a packet that only packets of other streams have passed is in order. */
static void
check_exact( result_t const * got, unsigned long streams ) {
  pl_counters_t const * c = &got->c;
  pl_rx_stream_t        sum = { 0 };
  for( unsigned long i = 0UL; i < PL_STREAMS; i++ ) {
    sum.received += got->rx.stream[i].received;
    sum.lost += got->rx.stream[i].lost;
    sum.reordered += got->rx.stream[i].reordered;
    sum.duplicated += got->rx.stream[i].duplicated;
  }
  CHECK_EQ( sum.lost, c->fault_dropped + c->fault_lost_held );
  if( streams == 1UL ) CHECK_EQ( sum.reordered, c->fault_reordered );
  else CHECK( sum.reordered <= c->fault_reordered );
  CHECK_EQ( sum.duplicated, c->fault_duplicated - c->fault_lost_duplicates );
  CHECK_EQ( sum.received, c->taken - sum.lost );
  CHECK_EQ( c->received, sum.received + sum.duplicated );
  CHECK_EQ( got->rx.unsigned_cnt, 0UL );
  CHECK_EQ( got->rx.too_late, 0UL );
  CHECK_EQ( got->rx.own_loss, 0UL );
}

static pl_fault_cfg_t
faults( double drop, double reorder, double duplicate, uint32_t seed ) {
  return (pl_fault_cfg_t){ .drop     = drop,
                           .reorder  = reorder,
                           .duplicate = duplicate,
                           .seed     = seed,
                           .again_at = PL_FAULT_NEVER,
                           .inval_at = PL_FAULT_NEVER };
}

/* 0.3 % loss, 1 % reordered, 0.5 % twice, and once 200 ms of nothing, at 200 kpps. */
static void
the_proof( void ) {
  pl_backend_def_t def = pl_backend_loopback;
  def.service          = stalling_service;
  stall_began = stall_over = 0UL;
  pl_opt_t const       ring  = { .name = "ring", .num = 65536 };
  pl_fault_cfg_t const fault = faults( 0.003, 0.01, 0.005, 20261126U );
  pl_run_cfg_t         cfg   = plain_cfg();
  result_t             got;
  cfg.batch = 64UL;
  cfg.count = 200000UL;
  cfg.rate  = rate_pps( 200000 );
  cfg.sign  = 1;
  play( &fault, &ring, 1UL, &def, udp_source( 1UL, 1UL ), &cfg, &got );
  check_exact( &got, 1UL );
  CHECK( stall_over );
  CHECK_EQ( got.c.taken, cfg.count );
  CHECK( got.c.fault_dropped > 400UL && got.c.fault_reordered > 1500UL && got.c.fault_duplicated > 700UL );
  CHECK_EQ( got.latency[0], got.rx.stream[0].received );
  CHECK_EQ( got.gap[0], got.c.received - 1UL );
  CHECK( got.latency[4] >= STALL_NS ); /* p99.9: a thousand of two hundred thousand have waited */
  CHECK( got.latency[5] >= got.latency[4] && got.gap[5] >= STALL_NS );
}

/* Short runs of many seeds, so that losses and held packets meet the end of the plan. */
static void
to_the_packet( void ) {
  for( uint32_t seed = 0U; seed < 60U; seed++ ) {
    pl_fault_cfg_t const fault = faults( 0.2, 0.3, 0.2, seed );
    pl_run_cfg_t         cfg   = plain_cfg();
    result_t             got;
    cfg.batch = 1UL + seed % 70U;
    cfg.count = 1UL + seed * 7U;
    cfg.sign  = 1;
    unsigned long streams = seed % 4U == 3U ? 3UL : 1UL;
    play( &fault, NULL, 0UL, NULL, udp_source( streams, 1UL + seed % 3U ), &cfg, &got );
    check_exact( &got, streams );
  }
}

/* Refusals: a retry keeps its number, and who is refused for good leaves no gap. */
static void
refusals( void ) {
  int const policies[] = { PL_AGAIN_RETRY, PL_AGAIN_DROP };
  for( unsigned i = 0U; i < 8U; i++ ) {
    pl_opt_t const opts[] = { { .name = "ring", .num = 16 }, { .name = "drain", .num = 200000 } };
    pl_fault_cfg_t fault  = faults( i & 1U ? 0.05 : 0, i & 2U ? 0.05 : 0, 0, i );
    pl_run_cfg_t   cfg    = plain_cfg();
    result_t       got;
    fault.inval_every = 7UL;
    fault.again_every = 5UL;
    cfg.again         = policies[i / 4U];
    cfg.batch         = 32UL;
    cfg.count         = 5000UL;
    cfg.sign          = 1;
    unsigned long streams = i == 3U ? 2UL : 1UL;
    play( &fault, opts, 2UL, NULL, udp_source( streams, 1UL ), &cfg, &got );
    check_exact( &got, streams );
    CHECK( got.c.refused >= 5000UL / 7UL && ( i >= 4U || got.c.retried > 0UL ) );
  }
}

/* Without the setting nothing is written and nobody looks for signatures; the last frames are
   kept all the same, those at the end of the plan without a gap. */
static void
off( void ) {
  pl_err_t                err     = { 0 };
  pl_backend_t *          backend = pl_backend_open( "loopback", NULL, 0UL, 0, &err );
  pl_run_cfg_t            cfg     = plain_cfg();
  static pl_frame_copy_t  last[PL_FRAMES];
  running_t      r;
  pl_snapshot_t  s;
  pl_rx_totals_t rx;
  uint64_t       total = 1UL;
  cfg.count            = 1000000UL;
  cfg.batch            = 37UL;
  if( running_start( &r, backend, udp_source( 1UL, 1UL ), &cfg ) ) {
    running_wait( &r, &s );
    CHECK( !pl_run_received( r.run, &rx ) );
    CHECK( backend->receiver && !backend->receiver->track );
    CHECK_EQ( s.counters.received, cfg.count );
    CHECK_EQ( s.counters.received_bytes, cfg.count * 66UL );
    CHECK_EQ( pl_run_frames( r.run, last, PL_FRAMES, &total ), PL_FRAMES );
    CHECK_EQ( total, cfg.count );
    for( unsigned long i = 0UL; i < PL_FRAMES; i++ ) {
      CHECK_EQ( last[i].seq, cfg.count - PL_FRAMES + 1UL + i );
      CHECK( last[i].sz == 66U && last[i].buf[65] == 'a' );
    }
    pl_run_delete( r.run );
  }
  pl_backend_close( backend );
}

int
main( void ) {
  tap_run( "0.3 % loss, 1 % reordered, 0.5 % twice, one stall of 200 ms at 200 kpps", the_proof );
  tap_run( "many seeds, to the packet", to_the_packet );
  tap_run( "refusals leave no gaps", refusals );
  tap_run( "off", off );
  return tap_end();
}
