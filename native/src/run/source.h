/* source.h: where the packets of a run come from: templates (the same frames
   round and round), a capture (streamed, and read again for each pass), or
   several of these one after the other. */

#ifndef PL_SOURCE_H
#define PL_SOURCE_H

#include "pl_capture.h"

typedef struct pl_source pl_source_t;

/* One packet of the plan. */
typedef struct {
  void *   buf; /* valid until the batch it was read for is settled */
  uint64_t sz;
  int      truncated; /* the capture had cut it by its snap length */
  uint16_t link;
  uint16_t stream; /* which part of a chain it came from; 0 without */
  uint64_t gap_ns; /* since the frame before it in the capture (backward time: 0); the first of a later pass: the mean gap */
} pl_packet_t;

/* A source over copies of cnt frames.  NULL with err. */
pl_source_t *
pl_source_templates( uint8_t const * const * frames, uint32_t const * sizes, unsigned long cnt, pl_err_t * err );

/* A source over a capture.  batch is the most packets that are in use at once.
   NULL with err: not readable, or no frame of it can be sent. */
pl_source_t * pl_source_capture( char const * path, unsigned long batch, pl_err_t * err );

/* A source that gives the packets of each part in turn, one pass over all of
   them being its own pass.  The parts become its own, also on failure. */
pl_source_t * pl_source_chain( pl_source_t ** parts, unsigned long cnt, pl_err_t * err );

/* From now on each packet of a batch of that many has bytes of its own, so that they may
   be written to.  0, or -1 with err. */
int pl_source_own( pl_source_t * self, unsigned long batch, pl_err_t * err );

void pl_source_delete( pl_source_t * self );

/* Forgets the packets given out, their batch is settled; all but keep (NULL: none),
   whose bytes are moved. */
void pl_source_recycle( pl_source_t * self, pl_packet_t * keep );

/* The next packet: 1, 0 at the end of a pass (the next call starts another), or
   -1 where the capture is damaged (pl_source_problem). */
int          pl_source_next( pl_source_t * self, pl_packet_t * packet );
char const * pl_source_problem( pl_source_t const * self );

/* For a single template of a sendable size: it, so that the runner can skip the
   source altogether.  Else NULL. */
uint8_t * pl_source_only( pl_source_t const * self, uint16_t * sz );

#endif /* PL_SOURCE_H */
