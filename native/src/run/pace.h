/* pace.h: when packets are due at a given rate.  Pure: time is passed in.

   Each packet is due a gap after the one before it; the gap comes from the rate:
   1/pps, the wire time of the packet before at a bit rate, nothing within a burst,
   or the time between the two frames in the capture.  Whoever falls behind catches
   up by at most 20 ms (or one batch): the rate is a cap. */

#ifndef PL_PACE_H
#define PL_PACE_H

#include "pl_run.h"

typedef struct {
  pl_rate_t rate;
  double    due;      /* of the packet given out last, ns since base; negative before the first */
  uint64_t  base;
  uint64_t  given;    /* packets so far */
  uint64_t  last_sz;  /* bytes of the packet given out last */
} pl_pace_t;

void pl_pace_start( pl_pace_t * pace, pl_rate_t const * rate, uint64_t now );

/* When the next packet is due, in ns; UINT64_MAX = never.  gap_ns is the time
   between it and the packet before it in the capture. */
uint64_t pl_pace_due( pl_pace_t const * pace, uint64_t gap_ns );

/* The next packet, of sz bytes, was given out. */
void pl_pace_give( pl_pace_t * pace, uint64_t gap_ns, uint64_t sz );

/* Gives up what is more than 20 ms, or the time of a batch, behind now. */
void pl_pace_forgive( pl_pace_t * pace, uint64_t now, uint64_t gap_ns, uint64_t batch );

#endif /* PL_PACE_H */
