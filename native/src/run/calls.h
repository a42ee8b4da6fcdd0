/* calls.h: what is kept of single send calls: a ring of the latest, the first of
   each code, and how many packets calls carried.  One writer that never waits; any
   thread may read. */

#ifndef PL_CALLS_H
#define PL_CALLS_H

#include "pl_run.h"

#define PL_CODES (3) /* success, inval, again: the code with its sign turned is the place */

#define PL_CALL_WORDS (7)

/* One entry fills a cache line.  Its stamp is the number of its call, 0 while it is
   written. */
typedef struct {
  _Alignas( 64 ) _Atomic uint64_t stamp;
  _Atomic uint64_t word[PL_CALL_WORDS];
} pl_call_slot_t;

typedef struct {
  pl_call_slot_t ring[PL_CALLS];
  pl_call_slot_t first[PL_CODES]; /* kept when the ring has long gone on */
  _Atomic uint64_t last;          /* number of the latest call */
  _Atomic uint64_t batches[PL_BATCH_MAX + 1UL]; /* calls by the packets they carried */
} pl_calls_t;

/* Keeps one call; numbers go up by one from 1. */
void pl_calls_write( pl_calls_t * self, pl_call_t const * call );

/* The call of that number.  1, or 0 when it is not there (any more). */
int pl_calls_read( pl_calls_t * self, uint64_t seq, pl_call_t * call );

/* The first call that answered code.  1, or 0 when there is none. */
int pl_calls_first( pl_calls_t * self, int code, pl_call_t * call );

/* Calls with numbers from first on, at most max, oldest first. */
unsigned long pl_calls_list( pl_calls_t * self, uint64_t first, pl_call_t * out, unsigned long max );

/* The batch sizes that occurred, smallest first; see pl_run_batches. */
unsigned long pl_calls_batches( pl_calls_t * self, pl_bucket_t * out, unsigned long max );

#endif /* PL_CALLS_H */
