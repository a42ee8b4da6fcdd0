/* End B of the loopback: what becomes of packets that leave the ring. */

#include "backend/loopback.h"
#include "hash.h"
#include "receive/receiver.h"

#include <string.h>

/* Fields of the hash: one random decision each. */
enum { DECIDE_LOSS = 1, DECIDE_DUPLICATE, DECIDE_REORDER };

#define RX_BATCH (64UL)

/* Whether somebody wants to see the next n packets. */
static int
looks( pl_loopback_t * self, unsigned long n ) {
  pl_receiver_t * receiver = self->head.receiver;
  return receiver ? !pl_receiver_pass( receiver, n, self->head.served_at ) : self->head.recorder != NULL;
}

/* Hands n packets to sink; NULL only counts.  Returns how many were taken. */
static unsigned long
hand_over( pl_loopback_t * self, pl_aio_t const * sink, pl_aio_pkt_info_t const * batch, unsigned long n ) {
  unsigned long taken = n, idx = 0UL;
  if( sink && pl_aio_send( sink, batch, n, &idx, 0 ) != PL_AIO_SUCCESS ) taken = idx;
  self->head.received += taken;
  for( unsigned long i = 0UL; i < taken; i++ ) self->head.received_bytes += batch[i].buf_sz;
  return taken;
}

static unsigned long
receive( pl_loopback_t * self, pl_aio_pkt_info_t const * batch, unsigned long n ) {
  return hand_over( self, looks( self, n ) ? pl_receive_sink( &self->head ) : NULL, batch, n );
}

/* Hands n packets that come out of the ring to whoever is attached, else to end B.
   Returns how many were taken. */
static unsigned long
deliver( pl_loopback_t * self, pl_aio_pkt_info_t const * batch, unsigned long n ) {
  long put = self->to ? pl_wire_put( self->to, batch, n ) : -1L;
  if( put >= 0L ) {
    self->head.elsewhere += (unsigned long)put;
    return (unsigned long)put;
  }
  return self->from ? n : receive( self, batch, n );
}

uint64_t
pl_loopback_take_wire( pl_loopback_t * self, uint64_t now ) {
  if( !self->from ) return UINT64_MAX;
  pl_aio_pkt_info_t batch[RX_BATCH];
  unsigned long     left = PL_WIRE_SLOTS; /* a sender that is never slower must not keep this thread from Stop */
  for( unsigned long n; ( n = pl_wire_peek( self->from, batch, left < RX_BATCH ? left : RX_BATCH ) ); ) {
    unsigned long got = receive( self, batch, n );
    pl_wire_release( self->from, got );
    if( got < n ) break;
    if( !( left -= got ) ) return now;
  }
  return now + WIRE_NS;
}

static int
decided( pl_loopback_t const * self, uint32_t what, uint64_t threshold, uint64_t ordinal ) {
  return threshold && (uint64_t)pl_hash32( self->seed, 0U, what, ordinal ) < threshold;
}

int
pl_loopback_release( pl_loopback_t * self, uint64_t upto ) {
  while( self->held_cnt && self->held[0].release_at <= upto ) {
    held_t * h = &self->held[0];
    while( h->copies ) {
      pl_aio_pkt_info_t pkt = { .buf = h->buf, .buf_sz = h->sz };
      if( !deliver( self, &pkt, 1UL ) ) return 0;
      h->copies--;
    }
    self->held_cnt--;
    memmove( &self->held[0], &self->held[1], self->held_cnt * sizeof( held_t ) );
  }
  return 1;
}

/* Takes the packet at cons out of the ring through the model.  Returns 0 when
   the recorder has no room: the packet stays and is decided alike next time. */
static int
take_modelled( pl_loopback_t * self ) {
  uint64_t ordinal = self->cons; /* in the ring */
  uint64_t planned = self->ordinals[ordinal % self->cap];
  slot_t   slot    = self->slots[ordinal % self->cap];
  if( ordinal && !pl_loopback_release( self, ordinal - 1UL ) ) return 0; /* the recorder had no room for it before */
  if( !decided( self, DECIDE_LOSS, self->loss, planned ) ) {
    unsigned copies = decided( self, DECIDE_DUPLICATE, self->duplicate, planned ) ? 2U : 1U;
    if( decided( self, DECIDE_REORDER, self->reorder, planned ) ) {
      held_t * h    = &self->held[self->held_cnt++];
      h->release_at = ordinal + REORDER_GAP;
      h->sz         = slot.sz;
      h->copies     = (uint8_t)copies;
      memcpy( h->buf, self->data + slot.off, slot.sz );
    } else {
      pl_aio_pkt_info_t pkt = { .buf = self->data + slot.off, .buf_sz = slot.sz };
      for( ; self->copy_done < copies; self->copy_done++ )
        if( !deliver( self, &pkt, 1UL ) ) return 0;
      self->copy_done = 0U;
    }
  }
  self->cons++;
  self->head.completed++;
  (void)pl_loopback_release( self, ordinal );
  return 1;
}

/* Takes up to n published packets straight through.  Returns how many left. */
static uint64_t
take_plain( pl_loopback_t * self, uint64_t n ) {
  uint64_t done = 0UL;
  while( done < n ) {
    uint64_t  cnt       = n - done < RX_BATCH ? n - done : RX_BATCH;
    uint64_t  got       = cnt;
    int const elsewhere = self->from || ( self->to && pl_wire_attached( self->to ) );
    int const seen      = !elsewhere && looks( self, cnt );
    if( elsewhere || seen ) {
      pl_aio_pkt_info_t batch[RX_BATCH];
      for( uint64_t i = 0; i < cnt; i++ ) {
        slot_t slot = self->slots[( self->cons + i ) % self->cap];
        batch[i]    = (pl_aio_pkt_info_t){ .buf = self->data + slot.off, .buf_sz = slot.sz };
      }
      got = seen ? hand_over( self, pl_receive_sink( &self->head ), batch, cnt ) : deliver( self, batch, cnt );
    } else {
      uint64_t at = self->cons % self->cap;
      for( uint64_t i = 0; i < cnt; i++ ) {
        self->head.received_bytes += self->slots[at].sz;
        if( ++at == self->cap ) at = 0UL;
      }
      self->head.received += cnt;
    }
    self->cons += got;
    self->head.completed += got;
    done += got;
    if( got < cnt ) break;
  }
  return done;
}

uint64_t
pl_loopback_take( pl_loopback_t * self, uint64_t n ) {
  if( !self->model ) return take_plain( self, n );
  uint64_t done = 0UL;
  while( done < n && take_modelled( self ) ) done++;
  return done;
}
