#include "run/publish.h"

#include <sched.h>

_Static_assert( sizeof( pl_snapshot_t ) % sizeof( uint64_t ) == 0, "snapshots are made of words" );

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
