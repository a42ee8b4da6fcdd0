#include "run/publish.h"

#include <sched.h>

_Static_assert( sizeof( pl_snapshot_t ) % sizeof( uint64_t ) == 0, "snapshots are made of words" );

void
pl_words_write( _Atomic uint64_t * seq, _Atomic uint64_t * word, uint64_t const * from, unsigned long cnt ) {
  uint64_t at = atomic_load_explicit( seq, memory_order_relaxed );
  atomic_store_explicit( seq, at + 1UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  for( unsigned long i = 0UL; i < cnt; i++ ) atomic_store_explicit( &word[i], from[i], memory_order_relaxed );
  atomic_store_explicit( seq, at + 2UL, memory_order_release );
}

void
pl_words_read( _Atomic uint64_t * seq, _Atomic uint64_t * word, uint64_t * to, unsigned long cnt ) {
  for( ;; ) {
    uint64_t before = atomic_load_explicit( seq, memory_order_acquire );
    for( unsigned long i = 0UL; i < cnt; i++ ) to[i] = atomic_load_explicit( &word[i], memory_order_relaxed );
    atomic_thread_fence( memory_order_acquire );
    if( !( before & 1UL ) && atomic_load_explicit( seq, memory_order_relaxed ) == before ) return;
    sched_yield(); /* the writer may have been preempted in the middle */
  }
}

void
pl_publish_write( pl_publish_t * self, pl_snapshot_t const * from ) {
  pl_words_write( &self->seq, self->word, (uint64_t const *)(void const *)from, PL_SNAPSHOT_WORDS );
}

void
pl_publish_read( pl_publish_t * self, pl_snapshot_t * to ) {
  pl_words_read( &self->seq, self->word, (uint64_t *)(void *)to, PL_SNAPSHOT_WORDS );
}
