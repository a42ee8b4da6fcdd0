#include "running.h"
#include "captured.h"
#include "run/clock.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

#define PATIENCE_NS (30000000000UL)

pl_rate_t
rate_pps( double pps ) {
  return (pl_rate_t){ .kind = pps == INFINITY ? PL_RATE_MAX : PL_RATE_PPS, .value = pps };
}

pl_run_cfg_t
plain_cfg( void ) {
  return (pl_run_cfg_t){ .batch = 8UL, .flush_every = 1UL, .stall_ns = 10000000000UL };
}

pl_source_t *
made_source( uint32_t const * sizes, unsigned long cnt ) {
  uint8_t ** frames = calloc( cnt, sizeof( uint8_t * ) );
  pl_err_t   err    = { 0 };
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    frames[i] = malloc( sizes[i] + 1UL );
    frame_fill( frames[i], sizes[i], i, 0x0800 );
  }
  pl_source_t * source = pl_source_templates( (uint8_t const * const *)frames, sizes, cnt, &err );
  if( !source ) CHECK_STR( err.sentence, "" );
  for( unsigned long i = 0UL; i < cnt; i++ ) free( frames[i] ); /* the source has copies */
  free( frames );
  return source;
}

pl_source_t *
one_frame( uint32_t sz ) {
  return made_source( &sz, 1UL );
}

pl_source_t *
capture_source( char const * name, unsigned long batch ) {
  pl_err_t      err    = { 0 };
  pl_source_t * source = pl_source_capture( fixture_path( name ), batch, &err );
  if( !source ) CHECK_STR( err.sentence, "" );
  return source;
}

int
running_start( running_t * self, pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg ) {
  pl_err_t err = { 0 };
  memset( self, 0, sizeof( *self ) );
  self->cfg = *cfg;
  self->run = pl_run_start( backend, source, cfg, NULL, NULL, &err );
  if( !self->run ) CHECK_STR( err.sentence, "" );
  return self->run != NULL;
}

void
running_look( running_t * self, pl_snapshot_t * s ) {
  pl_run_snapshot( self->run, s );
  pl_counters_t const * c = &s->counters;
  pl_counters_t const * b = &self->before;
  CHECK_EQ( c->offered, c->taken + c->refused + c->unexamined );
  CHECK( c->completed <= c->taken );
  CHECK( c->pending <= self->cfg.batch );
  if( self->cfg.count ) CHECK( c->offered + c->pending <= self->cfg.count );
  CHECK( c->settled_ns >= c->first_ns || !c->offered );
  CHECK( c->t_ns >= c->settled_ns || !c->t_ns );
  CHECK( c->t_ns >= b->t_ns && c->offered >= b->offered && c->taken >= b->taken && c->refused >= b->refused &&
         c->unexamined >= b->unexamined && c->retried >= b->retried && c->completed >= b->completed &&
         c->received >= b->received && c->bytes >= b->bytes && c->calls_success >= b->calls_success &&
         c->calls_inval >= b->calls_inval && c->calls_again >= b->calls_again && c->flushes >= b->flushes &&
         c->kicks >= b->kicks && c->truncated >= b->truncated && c->not_captured >= b->not_captured );
  uint64_t reasons = 0UL;
  for( unsigned long i = 0UL; i < PL_REASON_MAX; i++ ) reasons += s->reasons[i].inval ? s->reasons[i].cnt : 0UL;
  CHECK( reasons <= c->refused );
  self->before = *c;
}

void
breathe( void ) {
  struct timespec const nap = { .tv_nsec = 200000L };
  nanosleep( &nap, NULL );
}

void
running_wait( running_t * self, pl_snapshot_t * s ) {
  uint64_t const until = pl_clock_ns() + PATIENCE_NS;
  while( !pl_run_ended( self->run ) ) {
    running_look( self, s );
    if( !CHECK( pl_clock_ns() < until ) ) {
      pl_run_stop( self->run );
      break;
    }
    breathe();
  }
  for( int i = 0; i < 100000 && !pl_run_ended( self->run ); i++ ) breathe();
  running_look( self, s );
  CHECK_EQ( s->counters.pending, 0UL );
  CHECK( s->counters.stopped_by != 0UL );
  CHECK_EQ( s->counters.stopped_by == PL_STOP_FAULT, pl_run_fault( self->run ) && s->counters.stopped_by == PL_STOP_FAULT );
  uint64_t latency[6];
  pl_run_latency( self->run, latency );
  CHECK_EQ( latency[0], s->counters.calls_success + s->counters.calls_inval + s->counters.calls_again );
  CHECK( latency[1] <= latency[2] && latency[2] <= latency[3] && latency[3] <= latency[4] && latency[4] <= latency[5] );
}

void
run_through( pl_backend_t * backend, pl_source_t * source, pl_run_cfg_t const * cfg, pl_snapshot_t * s,
             pl_state_t * fault ) {
  running_t r;
  memset( s, 0, sizeof( *s ) );
  if( fault ) *fault = (pl_state_t){ .state = -1 };
  if( !source || !running_start( &r, backend, source, cfg ) ) return;
  running_wait( &r, s );
  pl_state_t const * of = pl_run_fault( r.run );
  if( fault && of ) *fault = *of;
  if( !fault && of ) CHECK_STR( of->sentence, "" );
  pl_run_delete( r.run );
}

pl_reason_t const *
reason_of( pl_snapshot_t const * s, int inval, int id ) {
  for( unsigned long i = 0UL; i < PL_REASON_MAX; i++ )
    if( s->reasons[i].cnt && s->reasons[i].inval == (uint64_t)inval && s->reasons[i].first.id == (uint64_t)id )
      return &s->reasons[i];
  return NULL;
}
