/* A counter-based 32-bit hash: the random decision for any packet by number, in
   O(1), the same at every replay of a seed.  The mixing steps are those of the
   public-domain "lowbias32" finaliser (Chris Wellons, 2018), applied once per
   input word; 32-bit arithmetic only, so that JavaScript's Math.imul can follow. */

#ifndef PL_HASH_H
#define PL_HASH_H

#include <stdint.h>

static inline uint32_t
pl_hash_mix( uint32_t x ) {
  x ^= x >> 16;
  x *= 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  x ^= x >> 16;
  return x;
}

/* Hash of (seed, stream, field, packet number).  The number counts with 64 bits. */
static inline uint32_t
pl_hash32( uint32_t seed, uint32_t stream, uint32_t field, uint64_t number ) {
  uint32_t h = pl_hash_mix( seed + 0x9e3779b9U );
  h          = pl_hash_mix( h ^ stream );
  h          = pl_hash_mix( h ^ field );
  h          = pl_hash_mix( h ^ (uint32_t)number );
  return pl_hash_mix( h ^ (uint32_t)( number >> 32 ) );
}

#endif /* PL_HASH_H */
