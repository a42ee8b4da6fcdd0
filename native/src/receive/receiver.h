/* receiver.h: an AIO that frames are handed to when they have arrived.  It passes them to
   the backend's recorder, if there is one, and analyses what that took: it never refuses
   anything itself.  Definitions of the figures: pl_receive.h.

   A backend hands over what arrives in batches:

     pl_aio_t const * sink = pl_receive_sink( &self->head );   (NULL: only count)
     unsigned long    idx  = 0UL;
     if( sink && pl_aio_send( sink, batch, n, &idx, 0 ) != PL_AIO_SUCCESS ) taken = idx;

   on the thread that services it.  What was not taken is to be handed over again, or is
   lost by this receiver and counted in the backend's peer_dropped.

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
  pl_rx_track_t    track[PL_STREAMS];
} pl_receiver_t;

/* NULL when memory ran out. */
pl_receiver_t * pl_receiver_new( pl_backend_t * head );
void            pl_receiver_delete( pl_receiver_t * self );

/* What frames that have arrived are handed to; NULL when they are only counted. */
static inline pl_aio_t const *
pl_receive_sink( pl_backend_t const * head ) {
  if( head->receiver ) return &head->receiver->aio;
  return head->recorder ? &head->recorder->aio : NULL;
}

/* Analyses frames that arrived at now, CLOCK_MONOTONIC ns. */
void pl_receiver_take( pl_receiver_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, uint64_t now );

/* The run is through, nothing is in flight: so many packets of the stream were taken. */
void pl_receiver_sent( pl_receiver_t * self, unsigned long stream, uint64_t cnt );

/* Makes the totals visible to readers. */
void pl_receiver_publish( pl_receiver_t * self );
void pl_receiver_read( pl_receiver_t * self, pl_rx_totals_t * out );

#endif /* PL_RECEIVER_H */
