#include "run/calls.h"

#include <stdatomic.h>
#include <string.h>

#define WORDS (8U)

_Static_assert( sizeof( pl_call_t ) == WORDS * sizeof( uint64_t ), "calls are made of eight words" );
_Static_assert( sizeof( pl_call_slot_t ) == 64UL, "a call fills one cache line" );

static void
slot_write( pl_call_slot_t * slot, pl_call_t const * call ) {
  uint64_t word[WORDS];
  memcpy( word, call, sizeof( word ) );
  atomic_store_explicit( &slot->stamp, 0UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  for( unsigned i = 0; i < WORDS - 1U; i++ )
    atomic_store_explicit( &slot->word[i], word[i + 1U], memory_order_relaxed );
  atomic_store_explicit( &slot->stamp, call->seq, memory_order_release );
}

/* What the slot holds, if it is the call of that number (0: whichever it is). */
static int
slot_read( pl_call_slot_t * slot, uint64_t seq, pl_call_t * call ) {
  uint64_t word[WORDS];
  word[0] = atomic_load_explicit( &slot->stamp, memory_order_acquire );
  if( !word[0] || ( seq && word[0] != seq ) ) return 0;
  for( unsigned i = 0; i < WORDS - 1U; i++ )
    word[i + 1U] = atomic_load_explicit( &slot->word[i], memory_order_relaxed );
  atomic_thread_fence( memory_order_acquire );
  if( atomic_load_explicit( &slot->stamp, memory_order_relaxed ) != word[0] ) return 0;
  memcpy( call, word, sizeof( word ) );
  return 1;
}

void
pl_calls_write( pl_calls_t * self, pl_call_t const * call ) {
  slot_write( &self->ring[call->seq % PL_CALLS], call );
  pl_call_slot_t * first = &self->first[-call->code];
  if( !atomic_load_explicit( &first->stamp, memory_order_relaxed ) ) slot_write( first, call );
  _Atomic uint64_t * b = &self->batches[call->cnt];
  atomic_store_explicit( b, atomic_load_explicit( b, memory_order_relaxed ) + 1UL, memory_order_relaxed );
  atomic_store_explicit( &self->last, call->seq, memory_order_release );
}

int
pl_calls_read( pl_calls_t * self, uint64_t seq, pl_call_t * call ) {
  return seq && slot_read( &self->ring[seq % PL_CALLS], seq, call );
}

int
pl_calls_first( pl_calls_t * self, int code, pl_call_t * call ) {
  return slot_read( &self->first[-code], 0UL, call );
}

unsigned long
pl_calls_list( pl_calls_t * self, uint64_t first, pl_call_t * out, unsigned long max ) {
  uint64_t      last = atomic_load_explicit( &self->last, memory_order_acquire );
  unsigned long cnt  = 0UL;
  if( first < 1UL ) first = 1UL;
  if( last >= PL_CALLS && first < last - PL_CALLS + 1UL ) first = last - PL_CALLS + 1UL;
  for( uint64_t seq = first; seq <= last && cnt < max; seq++ )
    if( pl_calls_read( self, seq, &out[cnt] ) ) cnt++;
  return cnt;
}

unsigned long
pl_calls_batches( pl_calls_t * self, pl_bucket_t * out, unsigned long max ) {
  unsigned long n = 0UL;
  for( uint64_t i = 0UL; i <= PL_BATCH_MAX && n < max; i++ ) {
    uint64_t cnt = atomic_load_explicit( &self->batches[i], memory_order_relaxed );
    if( cnt ) out[n++] = (pl_bucket_t){ .lower = i, .upper = i, .cnt = cnt };
  }
  return n;
}
