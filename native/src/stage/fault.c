#include "stage/fault.h"
#include "hash.h"
#include "run/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of the hash: one random decision each. */
enum { DECIDE_DROP = 0x100, DECIDE_DUPLICATE, DECIDE_REORDER, DECIDE_CORRUPT, DECIDE_BIT };

#define SEGMENT     (64UL)   /* packets sent on in one call, copies included */
#define SLOTS       (1024UL) /* packets held at once */
#define REORDER_GAP (3UL)    /* later packets that pass a reordered one */
#define RETRY_NS    (100000UL) /* a destination without room is asked again after this */

typedef struct {
  uint64_t due;    /* ns; 0 = waits for an ordinal */
  uint64_t after;  /* goes when the packet with this ordinal has passed */
  uint16_t sz;
  uint8_t  copies;
  uint8_t  first; /* no copy has gone yet */
  uint8_t  buf[PL_AIO_PKT_INFO_BUF_MAX];
} slot_t;

struct pl_fault {
  pl_aio_t         aio;
  pl_aio_t const * dst;
  pl_fault_cfg_t   cfg;
  uint64_t         drop, duplicate, reorder, corrupt; /* thresholds out of 2^32 */
  pl_cause_t *     cause;
  pl_hop_t         hop, sent;
  pl_fault_did_t   did;

  uint64_t const * ordinals;
  uint64_t         base;
  int              planned;    /* ordinals or base are set for the next send */
  uint64_t         own;        /* packets settled so far: the ordinals of whoever sets none */
  uint64_t         passed;     /* highest ordinal that has passed; UINT64_MAX once no later one comes */
  uint64_t         again_from; /* ordinals below have had their AGAIN */

  /* What goes on in one call: copies keep the index of their packet. */
  pl_aio_pkt_info_t out[SEGMENT];
  unsigned long     src[SEGMENT];
  uint8_t           second[SEGMENT]; /* a duplicate */
  unsigned long     out_cnt;
  uint8_t           scratch[SEGMENT][PL_AIO_PKT_INFO_BUF_MAX]; /* corrupted copies */

  slot_t *      slots; /* ring of SLOTS in order of arrival; NULL when nothing is ever held */
  uint64_t      slot_head, slot_tail;
};

static int
decided( pl_fault_t const * self, uint32_t what, uint64_t threshold, uint64_t ordinal ) {
  return threshold && (uint64_t)pl_hash32( self->cfg.seed, 0U, what, ordinal ) < threshold;
}

static uint64_t
ordinal_of( pl_fault_t const * self, unsigned long i ) {
  return self->ordinals ? self->ordinals[i] : self->base + i;
}

static int
nth( uint64_t every, uint64_t ordinal ) {
  return every && ( ordinal + 1UL ) % every == 0UL;
}

/* Whether the packet is to be refused here, and with which code. */
static int
injected( pl_fault_t const * self, uint64_t ordinal ) {
  int again = nth( self->cfg.again_every, ordinal ) || ordinal == self->cfg.again_at;
  if( again && ordinal >= self->again_from ) return PL_AIO_ERR_AGAIN;
  int inval = nth( self->cfg.inval_every, ordinal ) || ordinal == self->cfg.inval_at;
  return inval ? PL_AIO_ERR_INVAL : PL_AIO_SUCCESS;
}

/* Refuses the packet for real: an AGAIN is not repeated. */
static int
inject( pl_fault_t * self, int code, uint64_t ordinal ) {
  if( code == PL_AIO_ERR_AGAIN ) {
    self->again_from = ordinal + 1UL;
    self->did.again++;
  } else {
    self->did.inval++;
  }
  *self->cause = (pl_cause_t){ .id = code == PL_AIO_ERR_AGAIN ? PL_CAUSE_FAULT_AGAIN : PL_CAUSE_FAULT_INVAL, .a = ordinal };
  return code;
}

/* Sends the segment on.  SUCCESS, or the code of a packet's first copy with its
   index in *idx. */
static int
send_segment( pl_fault_t * self, unsigned long * idx ) {
  unsigned long at   = 0UL;
  int           code = PL_AIO_SUCCESS;
  while( at < self->out_cnt ) {
    unsigned long o = 0UL;
    code            = pl_aio_send( self->dst, self->out + at, self->out_cnt - at, &o, 0 );
    pl_hop_count( &self->sent, code, self->out_cnt - at, o );
    unsigned long upto = code == PL_AIO_SUCCESS ? self->out_cnt : at + o;
    for( ; at < upto; at++ ) self->did.extra += self->second[at];
    if( code == PL_AIO_SUCCESS ) break;
    if( !self->second[at] ) {
      *idx = self->src[at];
      break;
    }
    self->did.lost_duplicates++; /* its first copy was taken */
    at++;
    code = PL_AIO_SUCCESS;
  }
  self->out_cnt = 0UL;
  return code;
}

/* The bytes to send for a packet: its own, or a copy with one bit turned. */
static uint8_t const *
bytes_of( pl_fault_t * self, pl_aio_pkt_info_t const * pkt, uint64_t ordinal, uint8_t * copy ) {
  if( !decided( self, DECIDE_CORRUPT, self->corrupt, ordinal ) ) return pkt->buf;
  uint32_t bit = pl_hash32( self->cfg.seed, 0U, DECIDE_BIT, ordinal ) % ( pkt->buf_sz * 8U );
  memcpy( copy, pkt->buf, pkt->buf_sz );
  copy[bit / 8U] ^= (uint8_t)( 1U << bit % 8U );
  return copy;
}

static void
add_out( pl_fault_t * self, uint8_t const * buf, uint16_t sz, unsigned long src, int second ) {
  unsigned long n  = self->out_cnt++;
  self->out[n]     = (pl_aio_pkt_info_t){ .buf = (void *)(uintptr_t)buf, .buf_sz = sz };
  self->src[n]     = src;
  self->second[n]  = (uint8_t)second;
}

/* Offers a held packet.  0 when the destination has no room for it now. */
static int
release( pl_fault_t * self, slot_t * slot ) {
  pl_aio_pkt_info_t const pkt = { .buf = slot->buf, .buf_sz = slot->sz };
  for( ; slot->copies; slot->copies-- ) {
    int code = pl_aio_send( self->dst, &pkt, 1UL, NULL, 1 );
    pl_hop_count( &self->sent, code, 1UL, 0UL );
    if( code == PL_AIO_ERR_AGAIN ) return 0;
    if( slot->first ) {
      self->did.lost_held += code == PL_AIO_ERR_INVAL;
    } else {
      self->did.extra += code == PL_AIO_SUCCESS;
      self->did.lost_duplicates += code == PL_AIO_ERR_INVAL;
    }
    slot->first = 0U;
  }
  return 1;
}

/* Lets go of slots in order of arrival: delayed ones when due, reordered ones
   when enough have passed. */
static void
release_ready( pl_fault_t * self, uint64_t now ) {
  uint64_t kept = self->slot_head;
  for( uint64_t i = self->slot_head; i != self->slot_tail; i++ ) {
    slot_t * slot = &self->slots[i % SLOTS];
    if( !slot->sz ) continue;
    int ready = slot->due ? slot->due <= now : slot->after <= self->passed;
    if( ready && release( self, slot ) ) {
      slot->sz = 0U;
      self->did.held--;
    } else if( ready || self->cfg.delay_ns ) {
      break; /* those behind it wait, too */
    }
  }
  while( kept != self->slot_tail && !self->slots[kept % SLOTS].sz ) kept++;
  self->slot_head = kept;
}

/* Copies a packet into a slot.  0 when none is free. */
static int
hold( pl_fault_t * self, pl_aio_pkt_info_t const * pkt, uint64_t ordinal, int copies, int reordered ) {
  if( self->slot_tail - self->slot_head == SLOTS ) return 0;
  slot_t * slot = &self->slots[self->slot_tail++ % SLOTS];
  memcpy( slot->buf, bytes_of( self, pkt, ordinal, self->scratch[0] ), pkt->buf_sz );
  slot->sz     = pkt->buf_sz;
  slot->copies = (uint8_t)copies;
  slot->first  = 1U;
  slot->due    = reordered ? 0UL : pl_clock_ns() + self->cfg.delay_ns;
  slot->after  = ordinal + REORDER_GAP;
  self->did.held++;
  return 1;
}

/* Whether a held packet goes when this ordinal has passed. */
static int
awaited( pl_fault_t const * self, uint64_t ordinal ) {
  if( !self->reorder ) return 0;
  for( uint64_t i = self->slot_head; i != self->slot_tail; i++ ) {
    slot_t const * slot = &self->slots[i % SLOTS];
    if( slot->sz && !slot->due && slot->after <= ordinal ) return 1;
  }
  return 0;
}

/* Counts what was decided about packet i, now that it is taken. */
static void
count_done( pl_fault_t * self, pl_aio_pkt_info_t const * pkt, uint64_t ordinal ) {
  if( !pkt->buf_sz ) return;
  if( decided( self, DECIDE_DROP, self->drop, ordinal ) ) {
    self->did.dropped++;
    return;
  }
  self->did.duplicated += (uint64_t)decided( self, DECIDE_DUPLICATE, self->duplicate, ordinal );
  self->did.corrupted += (uint64_t)decided( self, DECIDE_CORRUPT, self->corrupt, ordinal );
  if( decided( self, DECIDE_REORDER, self->reorder, ordinal ) ) self->did.reordered++;
  else if( self->cfg.delay_ns ) self->did.delayed++;
}

/* Puts packets from *next on into one segment, and holds those that are held.
   Returns the code that packet *next is refused with here, SUCCESS when the
   segment just ends. */
static int
gather( pl_fault_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, unsigned long * next ) {
  for( int cut = 0; *next < cnt && self->out_cnt + 2UL <= SEGMENT && !cut; ++*next ) {
    pl_aio_pkt_info_t const * pkt     = &batch[*next];
    uint64_t                  ordinal = ordinal_of( self, *next );
    int                       code    = injected( self, ordinal );
    if( code != PL_AIO_SUCCESS ) return code;
    cut = awaited( self, ordinal );
    if( !pkt->buf_sz ) { /* nothing to do wrong about it */
      add_out( self, NULL, 0U, *next, 0 );
      continue;
    }
    if( decided( self, DECIDE_DROP, self->drop, ordinal ) ) continue;
    int copies    = 1 + decided( self, DECIDE_DUPLICATE, self->duplicate, ordinal );
    int reordered = decided( self, DECIDE_REORDER, self->reorder, ordinal );
    if( pkt->buf_sz > PL_AIO_PKT_INFO_BUF_MAX ) { /* for the destination to refuse */
      add_out( self, pkt->buf, pkt->buf_sz, *next, 0 );
    } else if( reordered || self->cfg.delay_ns ) {
      if( self->out_cnt ) return PL_AIO_SUCCESS; /* what comes before it goes first */
      if( !hold( self, pkt, ordinal, copies, reordered ) ) {
        *self->cause = (pl_cause_t){ .id = PL_CAUSE_FAULT_SLOTS, .by_ring = 1, .a = SLOTS };
        return PL_AIO_ERR_AGAIN;
      }
      cut = 1;
    } else {
      uint8_t const * buf = bytes_of( self, pkt, ordinal, self->scratch[self->out_cnt] );
      for( int c = 0; c < copies; c++ ) add_out( self, buf, pkt->buf_sz, *next, c );
    }
  }
  return PL_AIO_SUCCESS;
}

/* Works through the batch until something refuses.  *done ends as the index of
   the first packet that is not taken. */
static int
pass( pl_fault_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, unsigned long * done ) {
  while( *done < cnt ) {
    unsigned long next = *done;
    int           here = gather( self, batch, cnt, &next );
    unsigned long idx  = next;
    int           there = send_segment( self, &idx );
    for( unsigned long k = *done; k < idx; k++ ) count_done( self, &batch[k], ordinal_of( self, k ) );
    if( idx > *done ) self->passed = ordinal_of( self, idx - 1UL );
    *done = idx;
    if( self->slots ) release_ready( self, pl_clock_ns() );
    if( there != PL_AIO_SUCCESS ) return there;
    if( here == PL_AIO_SUCCESS ) continue;
    int slots_full = here == PL_AIO_ERR_AGAIN && injected( self, ordinal_of( self, next ) ) != here;
    return slots_full ? here : inject( self, here, ordinal_of( self, next ) );
  }
  return PL_AIO_SUCCESS;
}

static int
fault_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
            int flush ) {
  pl_fault_t *  self = ctx;
  unsigned long done = 0UL;
  if( !self->planned ) {
    self->ordinals = NULL;
    self->base     = self->own;
  }
  int code = pass( self, batch, batch_cnt, &done );
  if( flush ) (void)!pl_aio_send( self->dst, NULL, 0UL, NULL, 1 ); /* always SUCCESS */
  self->own     = ( self->planned ? self->own : self->base ) + done + ( code == PL_AIO_ERR_INVAL );
  self->planned = 0;
  pl_hop_count( &self->hop, code, batch_cnt, done );
  if( code != PL_AIO_SUCCESS && opt_batch_idx ) *opt_batch_idx = done;
  return code;
}

static uint64_t
threshold( double share ) {
  return (uint64_t)( share * 4294967296.0 + 0.5 );
}

pl_fault_t *
pl_fault_new( pl_aio_t const * dst, pl_fault_cfg_t const * cfg, pl_cause_t * cause ) {
  pl_fault_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  if( cfg->reorder > 0 || cfg->delay_ns ) self->slots = calloc( SLOTS, sizeof( slot_t ) );
  if( ( cfg->reorder > 0 || cfg->delay_ns ) && !self->slots ) {
    free( self );
    return NULL;
  }
  self->aio       = (pl_aio_t){ .ctx = self, .send_func = fault_send };
  self->dst       = dst;
  self->cfg       = *cfg;
  self->cause     = cause;
  self->drop      = threshold( cfg->drop );
  self->duplicate = threshold( cfg->duplicate );
  self->reorder   = threshold( cfg->reorder );
  self->corrupt   = threshold( cfg->corrupt );
  return self;
}

void
pl_fault_delete( pl_fault_t * self ) {
  if( !self ) return;
  free( self->slots );
  free( self );
}

pl_aio_t const *
pl_fault_aio( pl_fault_t const * self ) {
  return &self->aio;
}

pl_hop_t const *
pl_fault_hop( pl_fault_t const * self ) {
  return &self->hop;
}

pl_fault_did_t const *
pl_fault_did( pl_fault_t const * self ) {
  return &self->did;
}

pl_hop_t const *
pl_fault_sent( pl_fault_t const * self ) {
  return &self->sent;
}

void
pl_fault_plan( pl_fault_t * self, uint64_t const * ordinals, uint64_t base ) {
  self->ordinals = ordinals;
  self->base     = base;
  self->planned  = 1;
}

uint64_t
pl_fault_service( pl_fault_t * self, uint64_t now ) {
  if( !self->slots || !self->did.held ) return UINT64_MAX;
  release_ready( self, now );
  for( uint64_t i = self->slot_head; i != self->slot_tail; i++ ) {
    slot_t const * slot = &self->slots[i % SLOTS];
    if( slot->sz && slot->due ) return slot->due > now ? slot->due : now + RETRY_NS;
  }
  return self->did.held && self->passed == UINT64_MAX ? now + RETRY_NS : UINT64_MAX;
}

void
pl_fault_settle( pl_fault_t * self ) {
  self->passed = UINT64_MAX;
  if( self->slots ) release_ready( self, pl_clock_ns() );
}

void
pl_fault_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  if( cause->id == PL_CAUSE_FAULT_SLOTS )
    snprintf( buf, buf_sz, "The fault stage holds %lu packets already; it takes no more until some may go.", cause->a );
  else
    snprintf( buf, buf_sz, "The fault stage answers %s for packet %lu of the plan, as it was asked to.",
              cause->id == PL_CAUSE_FAULT_AGAIN ? "AGAIN" : "INVAL", cause->a );
}
