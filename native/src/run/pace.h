/* pace.h: when packets are due at a given rate.  Pure: time is passed in.

   Packet k of a schedule is due at base + k/pps.  A batch waits for its last
   packet as long as that is due within 1 ms of its first; so at low rates
   batches are smaller than asked for rather than late.  Whoever falls behind
   catches up by at most 20 ms of packets (or one batch): the rate is a cap. */

#ifndef PL_PACE_H
#define PL_PACE_H

#include <stdint.h>

typedef struct {
  double   pps;
  uint64_t batch;
  uint64_t base; /* ns */
  uint64_t next; /* packets since base that were already given out */
} pl_pace_t;

void pl_pace_start( pl_pace_t * pace, double pps, uint64_t batch, uint64_t now );

/* How many packets (at most batch and want) are due at now.  0: none yet, and
   *due says when to ask again. */
uint64_t pl_pace_due( pl_pace_t * pace, uint64_t now, uint64_t want, uint64_t * due );

/* n packets were given out. */
void pl_pace_taken( pl_pace_t * pace, uint64_t n );

#endif /* PL_PACE_H */
