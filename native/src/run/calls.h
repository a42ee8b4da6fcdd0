/* calls.h: what is kept of single send calls: a ring of the latest, the first of
   each code, and how many packets calls carried.  One writer that never waits; any
   thread may read. */

#ifndef PL_CALLS_H
#define PL_CALLS_H

#include "pl_run.h"

#include <stdatomic.h>

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

static inline void
pl_call_word( pl_call_slot_t * slot, unsigned i, uint64_t value ) {
  atomic_store_explicit( &slot->word[i], value, memory_order_relaxed );
}

static inline void
pl_call_slot_write( pl_call_slot_t * slot, pl_call_t const * call ) {
  atomic_store_explicit( &slot->stamp, 0UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  pl_call_word( slot, 0U, call->t_ns );
  pl_call_word( slot, 1U, call->dur_ns );
  pl_call_word( slot, 2U, (uint64_t)call->occ_before | (uint64_t)call->occ_after << 32 );
  pl_call_word( slot, 3U,
                (uint64_t)call->cnt | (uint64_t)call->idx << 16 | (uint64_t)(uint8_t)call->code << 32 |
                    (uint64_t)call->flush << 40 | (uint64_t)call->cause << 48 );
  pl_call_word( slot, 4U, call->a );
  pl_call_word( slot, 5U, call->b );
  pl_call_word( slot, 6U, call->c );
  atomic_store_explicit( &slot->stamp, call->seq, memory_order_release );
}

/* Keeps one call; numbers go up by one from 1.  Inline, so that the call is never laid
   out in memory: reading its narrow fields back as words would make the processor wait
   for each of them. */
static inline void
pl_calls_write( pl_calls_t * self, pl_call_t const * call ) {
  pl_call_slot_write( &self->ring[call->seq % PL_CALLS], call );
  pl_call_slot_t * first = &self->first[-call->code];
  if( !atomic_load_explicit( &first->stamp, memory_order_relaxed ) ) pl_call_slot_write( first, call );
  _Atomic uint64_t * b = &self->batches[call->cnt];
  atomic_store_explicit( b, atomic_load_explicit( b, memory_order_relaxed ) + 1UL, memory_order_relaxed );
  atomic_store_explicit( &self->last, call->seq, memory_order_release );
}

/* The call of that number.  1, or 0 when it is not there (any more). */
int pl_calls_read( pl_calls_t * self, uint64_t seq, pl_call_t * call );

/* The first call that answered code.  1, or 0 when there is none. */
int pl_calls_first( pl_calls_t * self, int code, pl_call_t * call );

/* Calls with numbers from first on, at most max, oldest first. */
unsigned long pl_calls_list( pl_calls_t * self, uint64_t first, pl_call_t * out, unsigned long max );

/* The batch sizes that occurred, smallest first; see pl_run_batches. */
unsigned long pl_calls_batches( pl_calls_t * self, pl_bucket_t * out, unsigned long max );

#endif /* PL_CALLS_H */
