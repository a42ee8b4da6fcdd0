#include "run/pace.h"

#include <math.h>

#define GROUP_S (1e-3)
#define DEPTH_S (20e-3)

/* A packet that is due later than this (31 years) never is. */
#define FOREVER_NS (1e18)

static double
min_d( double a, double b ) {
  return a < b ? a : b;
}

void
pl_pace_start( pl_pace_t * pace, double pps, uint64_t batch, uint64_t now ) {
  *pace = (pl_pace_t){ .pps = pps, .batch = batch, .base = now };
}

uint64_t
pl_pace_due( pl_pace_t * pace, uint64_t now, uint64_t want, uint64_t * due ) {
  double gap   = 1e9 / pace->pps;
  double most  = (double)( want < pace->batch ? want : pace->batch );
  double group = min_d( most, fmax( 1.0, ceil( pace->pps * GROUP_S ) ) );
  double at    = ( (double)pace->next + group - 1.0 ) * gap; /* since base */
  if( (double)( now - pace->base ) < at ) {
    *due = at < FOREVER_NS ? pace->base + (uint64_t)ceil( at ) : UINT64_MAX;
    return 0UL;
  }
  double ready = floor( (double)( now - pace->base ) / gap ) + 1.0 - (double)pace->next;
  double depth = fmax( (double)pace->batch, pace->pps * DEPTH_S ) + group;
  if( ready > depth ) { /* too far behind: what is over the depth is given up */
    pace->base = now - (uint64_t)( depth * gap );
    pace->next = 0UL;
    ready      = depth;
  }
  return (uint64_t)min_d( most, fmax( ready, group ) );
}

void
pl_pace_taken( pl_pace_t * pace, uint64_t n ) {
  pace->next += n;
}
