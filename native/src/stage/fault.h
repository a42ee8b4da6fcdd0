/* fault: an AIO that misbehaves on purpose and repeatably.  Random decisions are
   a function of (seed, ordinal of the packet in the plan), drawn once and never
   again on a retry.

   A dropped packet counts as taken.  A packet whose first copy was taken is taken;
   a duplicate that the destination refuses is only a counter.  Held packets
   (delay, reorder) are copied into slots allocated at the start; slots full is
   AGAIN.  Reordering comes behind the delay.  A packet that was asked to be flushed
   while it was held is sent on with flush. */

#ifndef PL_FAULT_H
#define PL_FAULT_H

#include "pl_backend.h"
#include "stage/hop.h"

#define PL_FAULT_NEVER (UINT64_MAX)

typedef struct {
  double   drop, duplicate, reorder, corrupt; /* shares, 0 to 1 */
  uint64_t delay_ns;
  uint32_t seed;
  uint64_t again_every, inval_every; /* each Nth packet of the plan; 0 = none */
  uint64_t again_at, inval_at;       /* 0-based ordinal, fires once; PL_FAULT_NEVER = none */
} pl_fault_cfg_t;

/* What it did, cumulative; held is a gauge.  reordered: packets that went when a later one
   had gone; one that was held and that no later one passed (they were dropped, or it was
   the last) is not among them. */
typedef struct {
  uint64_t dropped, duplicated, lost_duplicates, reordered, corrupted, delayed, again, inval, held, lost_held;
} pl_fault_did_t;

typedef struct pl_fault pl_fault_t;

/* backend is where the chain ends: refusals are explained in its cause, and packets
   have the ordinals of its plan.  NULL when memory ran out. */
pl_fault_t * pl_fault_new( pl_aio_t const * dst, pl_fault_cfg_t const * cfg, pl_backend_t * backend );
void         pl_fault_delete( pl_fault_t * self );

pl_aio_t const *       pl_fault_aio( pl_fault_t const * self );
pl_hop_t const *       pl_fault_hop( pl_fault_t const * self );
pl_fault_did_t const * pl_fault_did( pl_fault_t const * self );
pl_hop_t const *       pl_fault_sent( pl_fault_t const * self ); /* what it offered to its destination */

/* Duplicates among the copies that the backend has completed. */
uint64_t pl_fault_extra( pl_fault_t * self );

/* Lets go of what is due at now; returns when to call again. */
uint64_t pl_fault_service( pl_fault_t * self, uint64_t now );

/* No later packet will come: lets go of what waits for one, with delay as soon as it
   is due. */
void pl_fault_settle( pl_fault_t * self );

/* Causes, told apart from those of backends. */
#define PL_CAUSE_FAULT       (2000)
#define PL_CAUSE_FAULT_AGAIN (2001) /* a: ordinal */
#define PL_CAUSE_FAULT_INVAL (2002) /* a: ordinal */
#define PL_CAUSE_FAULT_SLOTS (2003) /* a: slots */
void pl_fault_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz );

#endif /* PL_FAULT_H */
