#include "receive/frames.h"

#include <string.h>

static unsigned long
words_of( uint64_t sz ) {
  return ( ( sz < PL_FRAME_MAX ? sz : PL_FRAME_MAX ) + 7UL ) / 8UL;
}

void
pl_frames_write( pl_frames_t * self, uint8_t const * frame, uint16_t sz, uint64_t now ) {
  uint64_t          seq  = atomic_load_explicit( &self->last, memory_order_relaxed ) + 1UL;
  pl_frame_slot_t * slot = &self->ring[seq % PL_FRAMES];
  unsigned long     cnt  = words_of( sz );
  unsigned long     left = sz < PL_FRAME_MAX ? sz : PL_FRAME_MAX;
  atomic_store_explicit( &slot->stamp, 0UL, memory_order_relaxed );
  atomic_thread_fence( memory_order_release );
  uint64_t no = atomic_load_explicit( &self->arrived, memory_order_relaxed ) + 1UL;
  atomic_store_explicit( &slot->no, no, memory_order_relaxed );
  atomic_store_explicit( &slot->t_ns, now, memory_order_relaxed );
  atomic_store_explicit( &slot->sz, sz, memory_order_relaxed );
  for( unsigned long i = 0UL; i < cnt; i++, left -= 8UL ) {
    uint64_t word = 0UL;
    if( left >= 8UL ) memcpy( &word, frame + 8UL * i, 8UL );
    else memcpy( &word, frame + 8UL * i, left );
    atomic_store_explicit( &slot->word[i], word, memory_order_relaxed );
    if( left < 8UL ) break;
  }
  atomic_store_explicit( &slot->stamp, seq, memory_order_release );
  atomic_store_explicit( &self->arrived, no, memory_order_relaxed );
  atomic_store_explicit( &self->last, seq, memory_order_release );
}

/* The frame that was kept as that one.  1, or 0 when it is not there (any more). */
static int
slot_read( pl_frame_slot_t * slot, uint64_t seq, pl_frame_copy_t * to ) {
  if( atomic_load_explicit( &slot->stamp, memory_order_acquire ) != seq ) return 0;
  uint64_t words[PL_FRAME_MAX / 8UL];
  to->seq  = atomic_load_explicit( &slot->no, memory_order_relaxed );
  to->t_ns = atomic_load_explicit( &slot->t_ns, memory_order_relaxed );
  to->sz   = (uint16_t)atomic_load_explicit( &slot->sz, memory_order_relaxed );
  unsigned long cnt = words_of( to->sz );
  for( unsigned long i = 0UL; i < cnt; i++ ) words[i] = atomic_load_explicit( &slot->word[i], memory_order_relaxed );
  memcpy( to->buf, words, 8UL * cnt );
  atomic_thread_fence( memory_order_acquire );
  return atomic_load_explicit( &slot->stamp, memory_order_relaxed ) == seq;
}

unsigned long
pl_frames_list( pl_frames_t * self, pl_frame_copy_t * out, unsigned long max, uint64_t * total ) {
  uint64_t      last = atomic_load_explicit( &self->last, memory_order_acquire );
  uint64_t      most = max < PL_FRAMES ? max : PL_FRAMES;
  unsigned long cnt  = 0UL;
  *total             = atomic_load_explicit( &self->arrived, memory_order_acquire );
  for( uint64_t seq = last > most ? last - most + 1UL : 1UL; seq <= last && cnt < max; seq++ )
    if( slot_read( &self->ring[seq % PL_FRAMES], seq, &out[cnt] ) ) cnt++;
  return cnt;
}
