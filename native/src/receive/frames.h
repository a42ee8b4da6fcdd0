/* frames.h: the last frames that arrived, each cut to its beginning.  One writer that
   never waits; any thread may read.

   Not every frame has to be kept: what is passed over has its number, and no place. */

#ifndef PL_FRAMES_H
#define PL_FRAMES_H

#include "pl_receive.h"

#include <stdatomic.h>

/* The stamp is the frame's number among those kept, 0 while it is written. */
typedef struct {
  _Alignas( 64 ) _Atomic uint64_t stamp;
  _Atomic uint64_t no; /* its number among all that arrived */
  _Atomic uint64_t t_ns;
  _Atomic uint64_t sz;
  _Atomic uint64_t word[PL_FRAME_MAX / 8UL];
} pl_frame_slot_t;

typedef struct {
  pl_frame_slot_t  ring[PL_FRAMES];
  _Atomic uint64_t last;    /* how many were kept */
  _Atomic uint64_t arrived; /* how many there were */
} pl_frames_t;

/* Passes cnt frames over. */
static inline void
pl_frames_pass( pl_frames_t * self, uint64_t cnt ) {
  atomic_store_explicit( &self->arrived, atomic_load_explicit( &self->arrived, memory_order_relaxed ) + cnt,
                         memory_order_release );
}

/* Keeps one frame that arrived at now. */
void pl_frames_write( pl_frames_t * self, uint8_t const * frame, uint16_t sz, uint64_t now );

/* See pl_run_frames. */
unsigned long pl_frames_list( pl_frames_t * self, pl_frame_copy_t * out, unsigned long max, uint64_t * total );

#endif /* PL_FRAMES_H */
