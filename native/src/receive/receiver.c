#include "receive/receiver.h"
#include "run/clock.h"

#include <stdlib.h>
#include <string.h>

_Static_assert( sizeof( pl_rx_totals_t ) % sizeof( uint64_t ) == 0, "totals are made of words" );

static int
bit_of( pl_rx_track_t const * t, uint64_t seq ) {
  return (int)( t->arrived[seq % PL_SEQ_WINDOW / 64UL] >> seq % 64UL & 1UL );
}

static void
mark( pl_rx_track_t * t, uint64_t seq ) {
  t->arrived[seq % PL_SEQ_WINDOW / 64UL] |= 1UL << seq % 64UL;
}

/* Moves the end behind seq; the numbers skipped have not arrived. */
static void
advance( pl_rx_track_t * t, uint64_t seq ) {
  if( seq - t->end >= PL_SEQ_WINDOW ) {
    memset( t->arrived, 0, sizeof( t->arrived ) );
  } else {
    for( uint64_t i = t->end; i <= seq; i++ ) t->arrived[i % PL_SEQ_WINDOW / 64UL] &= ~( 1UL << i % 64UL );
  }
  t->end = seq + 1UL;
}

static void
begin( pl_rx_track_t * t, uint64_t seq ) {
  memset( t->arrived, 0, sizeof( t->arrived ) );
  t->base = t->end = seq;
  t->here          = 0UL;
}

/* A signed frame: what its number says.  1 when the number arrived for the first time. */
static int
number( pl_receiver_t * self, pl_rx_track_t * t, pl_rx_stream_t * c, pl_signature_t const * s ) {
  if( !c->seen ) {
    c->seen = 1UL;
    begin( t, self->attached ? s->seq : 0UL );
  } else if( self->attached && s->seq < t->end && s->t_ns > t->sent_ns ) {
    t->before = c->lost; /* the sender has begun anew */
    begin( t, s->seq );
  }
  if( s->seq >= t->end ) {
    advance( t, s->seq );
    t->sent_ns = s->t_ns;
  } else if( t->end - s->seq > PL_SEQ_WINDOW ) {
    self->now.too_late++;
    return 0;
  } else if( bit_of( t, s->seq ) ) {
    c->duplicated++;
    return 0;
  } else {
    c->reordered++;
    if( s->seq < t->base ) t->base = s->seq;
  }
  mark( t, s->seq );
  t->here++;
  c->received++;
  return 1;
}

/* Reads the signature of a frame that arrived at now. */
static void
analyse( pl_receiver_t * self, pl_aio_pkt_info_t const * pkt, uint64_t now ) {
  pl_signature_t s;
  if( !pl_signature_read( pkt->buf, pkt->buf_sz, &s ) || s.stream >= PL_STREAMS ) {
    self->now.unsigned_cnt++;
    return;
  }
  pl_rx_track_t *  t = &self->track[s.stream];
  pl_rx_stream_t * c = &self->now.stream[s.stream];
  if( number( self, t, c, &s ) ) pl_hist_add( &t->latency, now > s.t_ns ? now - s.t_ns : 0UL );
  if( t->came_ns ) pl_hist_add( &t->gap, now > t->came_ns ? now - t->came_ns : 0UL );
  t->came_ns = now;
  c->lost    = t->before + t->end - t->base - t->here;
}

void
pl_receiver_take( pl_receiver_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, uint64_t now ) {
  uint64_t const * arrivals = self->head->arrivals;
  self->kept += cnt;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    uint64_t const at = arrivals ? arrivals[i] : now;
    pl_frames_write( &self->frames, batch[i].buf, batch[i].buf_sz, at );
    if( self->track ) analyse( self, &batch[i], at );
  }
}

void
pl_receiver_sent( pl_receiver_t * self, unsigned long stream, uint64_t cnt ) {
  pl_rx_track_t *  t = &self->track[stream];
  pl_rx_stream_t * c = &self->now.stream[stream];
  if( self->attached || cnt <= t->end ) return;
  c->seen = 1UL;
  c->lost += cnt - t->end;
  t->end = cnt;
}

static int
receiver_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
               int flush ) {
  pl_receiver_t * self  = ctx;
  pl_recorder_t * to    = self->head->recorder;
  unsigned long   taken = batch_cnt;
  int             code  = to ? pl_aio_send( &to->aio, batch, batch_cnt, &taken, flush ) : PL_AIO_SUCCESS;
  if( code == PL_AIO_SUCCESS ) taken = batch_cnt;
  else if( opt_batch_idx ) *opt_batch_idx = taken;
  uint64_t now = self->head->served_at; /* near enough where nobody measures */
  if( taken && ( self->track || !now ) ) now = pl_clock_ns();
  if( taken && !pl_receiver_pass( self, taken, now ) ) pl_receiver_take( self, batch, taken, now );
  return code;
}

pl_receiver_t *
pl_receiver_new( pl_backend_t * head, int signatures ) {
  pl_receiver_t * self = aligned_alloc( 64UL, sizeof( *self ) );
  if( !self ) return NULL;
  memset( self, 0, sizeof( *self ) );
  if( signatures && !( self->track = calloc( PL_STREAMS, sizeof( *self->track ) ) ) ) {
    free( self );
    return NULL;
  }
  self->aio      = (pl_aio_t){ .ctx = self, .send_func = receiver_send };
  self->head     = head;
  self->attached = head->attached;
  return self;
}

void
pl_receiver_delete( pl_receiver_t * self ) {
  if( !self ) return;
  free( self->track );
  free( self );
}

void
pl_receiver_publish( pl_receiver_t * self ) {
  self->now.own_loss = self->head->peer_dropped;
  pl_words_write( &self->seq, self->word, (uint64_t const *)(void const *)&self->now, PL_RX_WORDS );
}

void
pl_receiver_read( pl_receiver_t * self, pl_rx_totals_t * out ) {
  pl_words_read( &self->seq, self->word, (uint64_t *)(void *)out, PL_RX_WORDS );
}
