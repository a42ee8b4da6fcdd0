/* receiver.h: an AIO that frames are handed to when they have arrived.  It passes them to
   the backend's recorder, if there is one, keeps the last of what that took, and analyses
   signatures if it was asked to: it never refuses anything itself.  Definitions of the
   figures: pl_receive.h.

   A backend hands over what arrives in batches:

     pl_aio_t const * sink = pl_receive_sink( &self->head );   (NULL: only count)
     unsigned long    idx  = 0UL;
     if( sink && pl_aio_send( sink, batch, n, &idx, 0 ) != PL_AIO_SUCCESS ) taken = idx;

   on the thread that services it.  What was not taken is to be handed over again, or is
   lost by this receiver and counted in the backend's peer_dropped.  Who is faster than
   frames can be kept asks pl_receiver_pass first.

   Packets that are handed over need stay only for the time of the call.  Nothing is
   allocated after pl_receiver_new. */

#ifndef PL_RECEIVER_H
#define PL_RECEIVER_H

#include "pl_receive.h"
#include "receive/frames.h"
#include "run/hist.h"
#include "run/publish.h"
#include "stage/recorder.h"

/* One stream.  Numbers [base, end) are those of the sender's current run; which of the
   last PL_SEQ_WINDOW of them have arrived is a bit each. */
typedef struct {
  uint64_t  base, end;
  uint64_t  here;    /* how many of them have arrived */
  uint64_t  before;  /* lost of the sender's earlier runs */
  uint64_t  sent_ns; /* send time of the highest that arrived */
  uint64_t  came_ns; /* arrival of the frame before; 0 = none */
  uint64_t  arrived[PL_SEQ_WINDOW / 64UL];
  pl_hist_t latency, gap;
} pl_rx_track_t;

#define PL_RX_WORDS ( sizeof( pl_rx_totals_t ) / sizeof( uint64_t ) )

typedef struct pl_receiver {
  pl_aio_t       aio;
  pl_backend_t * head;
  int            attached; /* what it receives was sent by another one */
  pl_rx_totals_t now;      /* counted here, published from time to time */

  _Alignas( 64 ) _Atomic uint64_t seq;
  _Atomic uint64_t word[PL_RX_WORDS];
  pl_frames_t      frames;
  uint64_t         kept_from, kept; /* the millisecond that is kept of, and how many */
  pl_rx_track_t *  track; /* PL_STREAMS; NULL: signatures are not read */
} pl_receiver_t;

/* signatures: whether they are read.  NULL when memory ran out. */
pl_receiver_t * pl_receiver_new( pl_backend_t * head, int signatures );
void            pl_receiver_delete( pl_receiver_t * self );

/* What frames that have arrived are handed to; NULL when they are only counted. */
static inline pl_aio_t const *
pl_receive_sink( pl_backend_t const * head ) {
  if( head->receiver ) return &head->receiver->aio;
  return head->recorder ? &head->recorder->aio : NULL;
}

#define PL_KEEP_NS (1000000UL)

/* Whether cnt frames that arrive at now are passed over: nobody looks into them, and
   enough of this millisecond was kept.  1: they are counted and need not be handed over. */
static inline int
pl_receiver_pass( pl_receiver_t * self, unsigned long cnt, uint64_t now ) {
  pl_backend_t const * head = self->head;
  if( self->track || head->recorder || head->to_come <= PL_FRAMES + PL_BATCH_MAX ) return 0;
  if( now - self->kept_from >= PL_KEEP_NS ) {
    self->kept_from = now;
    self->kept      = 0UL;
  }
  if( self->kept < PL_FRAMES_KEPT ) return 0;
  pl_frames_pass( &self->frames, cnt );
  return 1;
}

/* Analyses frames that arrived: at now, CLOCK_MONOTONIC ns, or when the backend says. */
void pl_receiver_take( pl_receiver_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, uint64_t now );

/* The run is through, nothing is in flight: so many packets of the stream were taken. */
void pl_receiver_sent( pl_receiver_t * self, unsigned long stream, uint64_t cnt );

/* Makes the totals visible to readers. */
void pl_receiver_publish( pl_receiver_t * self );
void pl_receiver_read( pl_receiver_t * self, pl_rx_totals_t * out );

#endif /* PL_RECEIVER_H */
