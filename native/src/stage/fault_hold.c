/* What the fault stage holds back and lets go of, and which copies are completed. */

#include "stage/fault_self.h"
#include "run/clock.h"

#include <string.h>

#define RETRY_NS (100000UL) /* a destination without room is asked again after this */

void
pl_fault_accepted( pl_fault_t * self, uint64_t ordinal, uint16_t sz, int second ) {
  if( sz && ordinal >= self->sent_top ) self->sent_top = ordinal + 1UL;
  if( !self->duplicate ) return;
  uint64_t * word = &self->seconds[self->accepted % COPIES / 64UL];
  uint64_t   bit  = 1UL << self->accepted % 64UL;
  *word           = second ? *word | bit : *word & ~bit;
  self->accepted++;
}

uint64_t
pl_fault_extra( pl_fault_t * self ) {
  uint64_t done = self->backend->completed < self->accepted ? self->backend->completed : self->accepted;
  for( ; self->counted < done; self->counted++ )
    self->extra += self->seconds[self->counted % COPIES / 64UL] >> self->counted % 64UL & 1UL;
  return self->extra;
}

/* Offers a held packet.  0 when the destination has no room for it now. */
static int
release( pl_fault_t * self, fault_slot_t * slot, int flush ) {
  pl_aio_pkt_info_t const pkt = { .buf = slot->buf, .buf_sz = slot->sz };
  for( ; slot->copies; slot->copies-- ) {
    self->backend->plan = (pl_plan_t){ .base = slot->ordinal, .set = 1 };
    int code            = pl_aio_send( self->dst, &pkt, 1UL, NULL, flush );
    self->backend->plan.set = 0;
    pl_hop_count( &self->sent, code, 1UL, 0UL );
    if( code == PL_AIO_ERR_AGAIN ) return 0;
    if( code == PL_AIO_SUCCESS ) {
      if( slot->first && slot->ordinal < self->sent_top ) self->did.reordered++;
      pl_fault_accepted( self, slot->ordinal, slot->sz, !slot->first );
    }
    else if( slot->first ) self->did.lost_held++;
    else self->did.lost_duplicates++;
    slot->first = 0U;
  }
  slot->sz = 0U;
  self->did.held--;
  return 1;
}

/* Looks through the slots in order of arrival and sends the first packet that may
   go: 1.  0 when none may; *next is then when one will. */
static int
release_one( pl_fault_t * self, uint64_t now, uint64_t * next ) {
  uint64_t waits = UINT64_MAX; /* the oldest that waits for later packets */
  uint64_t pick  = UINT64_MAX;
  *next          = UINT64_MAX;
  for( uint64_t i = self->slot_head; i != self->slot_tail && pick == UINT64_MAX; i++ ) {
    fault_slot_t const * slot = &self->slots[i % SLOTS];
    if( !slot->sz ) continue;
    if( slot->due > now ) { /* as is every one behind it */
      *next = slot->due;
      return 0;
    }
    if( slot->ordinal > self->passed ) self->passed = slot->ordinal;
    if( !slot->reordered ) pick = i;
    else if( waits == UINT64_MAX ) waits = i;
    if( waits != UINT64_MAX && pick == UINT64_MAX && self->passed >= self->slots[waits % SLOTS].ordinal + REORDER_GAP )
      pick = waits;
  }
  if( pick == UINT64_MAX && self->ending ) pick = waits;
  if( pick == UINT64_MAX ) return 0;
  if( release( self, &self->slots[pick % SLOTS], pick < self->flushed ) ) return 1;
  self->blocked = 1;
  *next         = now + RETRY_NS;
  return 0;
}

uint64_t
pl_fault_service( pl_fault_t * self, uint64_t now ) {
  uint64_t next = UINT64_MAX;
  int      more = self->did.held != 0UL;
  self->blocked = 0;
  while( more ) {
    more = release_one( self, now, &next );
    while( self->slot_head != self->slot_tail && !self->slots[self->slot_head % SLOTS].sz ) self->slot_head++;
  }
  return next;
}

void
pl_fault_settle( pl_fault_t * self ) {
  self->ending = 1;
  (void)pl_fault_service( self, pl_clock_ns() );
}

int
pl_fault_hold( pl_fault_t * self, uint8_t const * buf, uint16_t sz, uint64_t ordinal, int copies, int reordered ) {
  if( self->slot_tail - self->slot_head == SLOTS ) return 0;
  fault_slot_t * slot = &self->slots[self->slot_tail++ % SLOTS];
  memcpy( slot->buf, buf, sz );
  slot->sz        = sz;
  slot->reordered = (uint8_t)reordered;
  slot->copies    = (uint8_t)copies;
  slot->first     = 1U;
  slot->due       = self->cfg.delay_ns ? pl_clock_ns() + self->cfg.delay_ns : 0UL;
  slot->ordinal   = ordinal;
  self->did.held++;
  return 1;
}

int
pl_fault_awaited( pl_fault_t const * self, uint64_t ordinal ) {
  if( self->cfg.delay_ns ) return 0; /* every packet is held, and each looked at when it is due */
  for( uint64_t i = self->slot_head; i != self->slot_tail; i++ ) {
    fault_slot_t const * slot = &self->slots[i % SLOTS];
    if( slot->sz && slot->ordinal + REORDER_GAP <= ordinal ) return 1;
  }
  return 0;
}
