/* ticker.h: the clock of a run's thread.  It is CLOCK_MONOTONIC, but reading that
   twice per call costs more than everything else a call of one packet needs.  Where
   the kernel itself keeps time by the processor's counter (clock source "tsc"), the
   ticker reads the counter and carries on from an anchor that is at most 1 ms old.

   It never goes back, and is within 10 us of CLOCK_MONOTONIC at any moment: a
   counter that jumps (a virtual machine that moved) is off for one anchor at most.
   The counter is read without a fence, so a duration may be off by some ns. */

#ifndef PL_TICKER_H
#define PL_TICKER_H

#include "run/clock.h"

typedef struct {
  uint64_t last;       /* was returned last */
  uint64_t ns, ticks;  /* the anchor */
  uint64_t span;       /* ticks for which it is good; 0 = read the clock */
  uint64_t ratio;      /* ns per tick, times 2^32; 0 = not known now */
  uint64_t measured;   /* the ratio over the last ms and more */
  uint64_t from_ns, from_ticks; /* it is measured from here on */
  int      counts;     /* the kernel keeps time by the counter */
} pl_ticker_t;

/* Finds out whether the counter can be used. */
void pl_ticker_start( pl_ticker_t * self );

/* Reads CLOCK_MONOTONIC and starts anew from there.  For after a wait. */
uint64_t pl_ticker_look( pl_ticker_t * self );

static inline uint64_t
pl_ticker_ns( pl_ticker_t * self ) {
#ifdef __x86_64__
  uint64_t past = __builtin_ia32_rdtsc() - self->ticks;
  if( past < self->span ) {
    uint64_t ns = self->ns + ( past * self->ratio >> 32 );
    if( ns > self->last ) self->last = ns;
    return self->last;
  }
#endif
  return pl_ticker_look( self );
}

#endif /* PL_TICKER_H */
