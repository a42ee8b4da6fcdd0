#include "run/publish.h"

#include <sched.h>
#include <string.h>

_Static_assert( sizeof( pl_snapshot_t ) % sizeof( uint64_t ) == 0, "snapshots are made of words" );
_Static_assert( sizeof( pl_call_t ) == 5UL * sizeof( uint64_t ), "calls are made of five words" );

void
pl_publish_write( pl_publish_t * self, pl_snapshot_t const * from ) {
  uint64_t const * src = (uint64_t const *)(void const *)from;
  uint64_t         seq = atomic_load_explicit( &self->seq, memory_order_relaxed );
  atomic_store_explicit( &self->seq, seq + 1UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  for( unsigned long i = 0UL; i < PL_SNAPSHOT_WORDS; i++ )
    atomic_store_explicit( &self->word[i], src[i], memory_order_relaxed );
  atomic_store_explicit( &self->seq, seq + 2UL, memory_order_release );
}

void
pl_publish_read( pl_publish_t * self, pl_snapshot_t * to ) {
  uint64_t * dst = (uint64_t *)(void *)to;
  for( ;; ) {
    uint64_t before = atomic_load_explicit( &self->seq, memory_order_acquire );
    for( unsigned long i = 0UL; i < PL_SNAPSHOT_WORDS; i++ )
      dst[i] = atomic_load_explicit( &self->word[i], memory_order_relaxed );
    atomic_thread_fence( memory_order_acquire );
    if( !( before & 1UL ) && atomic_load_explicit( &self->seq, memory_order_relaxed ) == before ) return;
    sched_yield(); /* the writer may have been preempted in the middle */
  }
}

void
pl_calls_write( pl_call_slot_t * slots, pl_call_t const * call ) {
  pl_call_slot_t * slot = &slots[call->seq % PL_CALLS];
  uint64_t         word[5];
  memcpy( word, call, sizeof( word ) );
  atomic_store_explicit( &slot->stamp, 0UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  for( unsigned i = 0; i < 4U; i++ ) atomic_store_explicit( &slot->word[i], word[i + 1U], memory_order_relaxed );
  atomic_store_explicit( &slot->stamp, call->seq, memory_order_release );
}

int
pl_calls_read( pl_call_slot_t * slots, uint64_t seq, pl_call_t * call ) {
  pl_call_slot_t * slot = &slots[seq % PL_CALLS];
  uint64_t         word[5];
  word[0] = atomic_load_explicit( &slot->stamp, memory_order_acquire );
  if( word[0] != seq ) return 0;
  for( unsigned i = 0; i < 4U; i++ ) word[i + 1U] = atomic_load_explicit( &slot->word[i], memory_order_relaxed );
  atomic_thread_fence( memory_order_acquire );
  if( atomic_load_explicit( &slot->stamp, memory_order_relaxed ) != seq ) return 0;
  memcpy( call, word, sizeof( word ) );
  return 1;
}
