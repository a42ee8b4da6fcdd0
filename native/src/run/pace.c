#include "run/pace.h"

#define DEPTH_NS (20e6)

/* A packet that is due later than this (31 years) never is. */
#define FOREVER_NS (1e18)

static double
wire_bits( int kind, uint64_t sz ) {
  double padded = sz < 60UL ? 60.0 : (double)sz;
  return 8.0 * ( padded + ( kind == PL_RATE_L1 ? 24.0 : 4.0 ) );
}

/* Time between the packet given out last and the next. */
static double
gap( pl_pace_t const * pace, uint64_t gap_ns ) {
  pl_rate_t const * rate = &pace->rate;
  switch( rate->kind ) {
  case PL_RATE_PPS:     return 1e9 / rate->value;
  case PL_RATE_L1:
  case PL_RATE_L2:      return wire_bits( rate->kind, pace->last_sz ) * 1e9 / rate->value;
  case PL_RATE_BURST:   return pace->given % rate->burst ? 0.0 : (double)rate->gap_ns;
  case PL_RATE_CAPTURE: return (double)gap_ns;
  default:              return 0.0;
  }
}

static double
due_of( pl_pace_t const * pace, uint64_t gap_ns ) {
  return pace->given ? pace->due + gap( pace, gap_ns ) : 0.0;
}

void
pl_pace_start( pl_pace_t * pace, pl_rate_t const * rate, uint64_t now ) {
  *pace = (pl_pace_t){ .rate = *rate, .base = now };
}

uint64_t
pl_pace_due( pl_pace_t const * pace, uint64_t gap_ns ) {
  double due = due_of( pace, gap_ns );
  return due < FOREVER_NS ? pace->base + (uint64_t)( due + 0.5 ) : UINT64_MAX;
}

void
pl_pace_give( pl_pace_t * pace, uint64_t gap_ns, uint64_t sz ) {
  pace->due = due_of( pace, gap_ns );
  pace->given++;
  pace->last_sz = sz;
}

void
pl_pace_forgive( pl_pace_t * pace, uint64_t now, uint64_t gap_ns, uint64_t batch ) {
  double depth = DEPTH_NS;
  if( pace->given && (double)batch * gap( pace, gap_ns ) > depth ) depth = (double)batch * gap( pace, gap_ns );
  double behind = (double)( now - pace->base ) - due_of( pace, gap_ns );
  if( behind > depth ) pace->base += (uint64_t)( behind - depth );
}
