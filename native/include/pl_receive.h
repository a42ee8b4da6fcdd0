/* pl_receive.h: what a run's receiver makes of the frames that arrive, read by any thread.
   It is there when the run's backend receives (pl_backend_t.receives), and keeps the last
   frames.  When the run signs its packets (pl_run_cfg_t.sign) it reads signatures, too:

   Per stream, by the sequence numbers of signatures (pl_signature.h):

     received     numbers that arrived, each once
     duplicated   frames whose number had arrived before
     reordered    numbers that arrived after a higher one (RFC 4737: smaller than the next
                  expected); of a number that arrives twice the first time counts
     lost         numbers that are missing below the highest that arrived.  One that comes
                  after all is not missing any more, so this may fall while a run is on.
                  When a run is through and nothing is in flight, the packets behind the
                  highest that were taken and never arrived are lost, too.
     latency      arrival - send time, of the frames that received counts: one way, by one
                  clock, CLOCK_MONOTONIC of this host.  Frames of other hosts have no
                  latency that means anything.
     gap          between arrivals of frames of the stream one after the other

   Arrival on an interface is the kernel's time stamp of the frame, carried from the wall
   clock to CLOCK_MONOTONIC (native/src/net/rx_ring.h).  Elsewhere it is when a batch of
   frames is handed over: its frames arrive together.

   A far end that receives what another instance sends counts from the first number that
   arrives (or a lower one that comes late), and begins anew when the other one does: when
   a number that is not above the highest was sent later than that one.  What was missing
   then stays lost. */

#ifndef PL_RECEIVE_H
#define PL_RECEIVE_H

#include "pl_run.h"
#include "pl_signature.h"

/* A number so far below the highest, or farther, can't be told from a copy any more. */
#define PL_SEQ_WINDOW (65536UL)

typedef struct {
  uint64_t seen; /* something is known of the stream */
  uint64_t received, lost, reordered, duplicated;
} pl_rx_stream_t;

typedef struct {
  uint64_t       unsigned_cnt; /* frames without a whole signature of ours */
  uint64_t       too_late;     /* frames so far behind (PL_SEQ_WINDOW) that nothing can be said; their numbers stay lost */
  uint64_t       own_loss;     /* frames that arrived and this receiver itself lost: its receive ring was full; a message that was to be cut counts once */
  pl_rx_stream_t stream[PL_STREAMS];
} pl_rx_totals_t;

/* 1, or 0 when the run reads no signatures.  In a run that has ended they are final. */
int pl_run_received( pl_run_t * run, pl_rx_totals_t * out );

/* Latency and gap of one stream: n, p50, p90, p99, p999, max in ns. */
void pl_run_stream_times( pl_run_t * run, unsigned long stream, uint64_t latency[6], uint64_t gap[6] );

/* The buckets in use of latency (gap = 0) or gap, at most max; see pl_run_latency_buckets. */
unsigned long pl_run_stream_buckets( pl_run_t * run, unsigned long stream, int gap, pl_bucket_t * out,
                                     unsigned long max );

/* The last frames that arrived.  A run that signs or records keeps each.  Any other keeps
   PL_FRAMES_KEPT in a millisecond, from its first frame on, passes over what comes beyond
   that, and keeps again all that belongs to the last PL_FRAMES packets of a plan whose end
   is known, or comes after the run was stopped. */
#define PL_FRAMES_KEPT (512UL)
#define PL_FRAMES    (256UL)
#define PL_FRAME_MAX (256UL) /* bytes kept of each */

typedef struct {
  uint64_t seq;  /* 1-based number of the frame at this receiver, also of those passed over */
  uint64_t t_ns; /* arrival, CLOCK_MONOTONIC */
  uint16_t sz;   /* of the frame; min( sz, PL_FRAME_MAX ) bytes of it are in buf */
  uint8_t  buf[PL_FRAME_MAX];
} pl_frame_copy_t;

/* Copies the last frames that were kept, at most max, oldest first; those that are
   overwritten meanwhile are skipped.  Returns how many.  *total is how many have arrived. */
unsigned long pl_run_frames( pl_run_t * run, pl_frame_copy_t * out, unsigned long max, uint64_t * total );

#endif /* PL_RECEIVE_H */
