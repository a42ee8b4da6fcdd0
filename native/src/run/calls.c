#include "run/calls.h"

#include <stdatomic.h>

_Static_assert( sizeof( pl_call_slot_t ) == 64UL, "a call fills one cache line" );

/* What the slot holds, if it is the call of that number (0: whichever it is). */
static int
slot_read( pl_call_slot_t * slot, uint64_t seq, pl_call_t * call ) {
  uint64_t word[PL_CALL_WORDS];
  uint64_t stamp = atomic_load_explicit( &slot->stamp, memory_order_acquire );
  if( !stamp || ( seq && stamp != seq ) ) return 0;
  for( unsigned i = 0; i < PL_CALL_WORDS; i++ ) word[i] = atomic_load_explicit( &slot->word[i], memory_order_relaxed );
  atomic_thread_fence( memory_order_acquire );
  if( atomic_load_explicit( &slot->stamp, memory_order_relaxed ) != stamp ) return 0;
  *call = (pl_call_t){ .seq        = stamp,
                       .t_ns       = word[0],
                       .dur_ns     = word[1],
                       .occ_before = (uint32_t)word[2],
                       .occ_after  = (uint32_t)( word[2] >> 32 ),
                       .cnt        = (uint16_t)word[3],
                       .idx        = (uint16_t)( word[3] >> 16 ),
                       .code       = (int8_t)( word[3] >> 32 ),
                       .flush      = (uint8_t)( word[3] >> 40 ),
                       .cause      = (uint16_t)( word[3] >> 48 ),
                       .a          = word[4],
                       .b          = word[5],
                       .c          = word[6] };
  return 1;
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
