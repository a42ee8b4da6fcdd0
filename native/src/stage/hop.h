/* hop.h: what passes one hop of a chain, counted per call: SUCCESS n taken;
   INVAL at i: i taken, 1 refused, n-i-1 unexamined; AGAIN at i: i taken, n-i
   refused. */

#ifndef PL_HOP_H
#define PL_HOP_H

#include "pl_aio.h"

typedef struct {
  uint64_t offered, taken, refused, unexamined;
} pl_hop_t;

static inline void
pl_hop_count( pl_hop_t * hop, int code, unsigned long cnt, unsigned long idx ) {
  hop->offered += cnt;
  if( code == PL_AIO_SUCCESS ) {
    hop->taken += cnt;
    return;
  }
  hop->taken += idx;
  hop->refused += code == PL_AIO_ERR_INVAL ? 1UL : cnt - idx;
  hop->unexamined += code == PL_AIO_ERR_INVAL ? cnt - idx - 1UL : 0UL;
}

#endif /* PL_HOP_H */
