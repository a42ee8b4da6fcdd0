#include "stage/fault_self.h"
#include "hash.h"
#include "run/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fields of the hash: one random decision each. */
enum { DECIDE_DROP = 0x100, DECIDE_DUPLICATE, DECIDE_REORDER, DECIDE_CORRUPT, DECIDE_BIT };

static int
decided( pl_fault_t const * self, uint32_t what, uint64_t threshold, uint64_t ordinal ) {
  return threshold && (uint64_t)pl_hash32( self->cfg.seed, 0U, what, ordinal ) < threshold;
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
  self->backend->cause = (pl_cause_t){ .id = code == PL_AIO_ERR_AGAIN ? PL_CAUSE_FAULT_AGAIN : PL_CAUSE_FAULT_INVAL, .a = ordinal };
  return code;
}

/* Sends the segment on.  SUCCESS, or the code of a packet's first copy with its
   index in *idx. */
static int
send_segment( pl_fault_t * self, unsigned long * idx ) {
  unsigned long at   = 0UL;
  int           code = PL_AIO_SUCCESS;
  while( at < self->out_cnt ) {
    unsigned long o     = 0UL;
    self->backend->plan = (pl_plan_t){ .ordinals = self->out_ordinals + at, .set = 1 };
    code                = pl_aio_send( self->dst, self->out + at, self->out_cnt - at, &o, 0 );
    pl_hop_count( &self->sent, code, self->out_cnt - at, o );
    unsigned long upto = code == PL_AIO_SUCCESS ? self->out_cnt : at + o;
    for( ; at < upto; at++ ) pl_fault_accepted( self, self->out_ordinals[at], self->out[at].buf_sz, self->second[at] );
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
  unsigned long n       = self->out_cnt++;
  self->out[n]          = (pl_aio_pkt_info_t){ .buf = (void *)(uintptr_t)buf, .buf_sz = sz };
  self->src[n]          = src;
  self->out_ordinals[n] = pl_plan_ordinal( &self->plan, src );
  self->second[n]       = (uint8_t)second;
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
  self->did.delayed += self->cfg.delay_ns != 0UL;
}

/* Puts packets from *next on into one segment, and holds those that are held.
   Returns the code that packet *next is refused with here, SUCCESS when the
   segment just ends. */
static int
gather( pl_fault_t * self, pl_aio_pkt_info_t const * batch, unsigned long cnt, unsigned long * next ) {
  for( int cut = 0; *next < cnt && self->out_cnt + 2UL <= SEGMENT && !cut; ++*next ) {
    pl_aio_pkt_info_t const * pkt     = &batch[*next];
    uint64_t                  ordinal = pl_plan_ordinal( &self->plan, *next );
    int                       code    = injected( self, ordinal );
    if( code != PL_AIO_SUCCESS ) return code;
    cut = pl_fault_awaited( self, ordinal );
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
      uint8_t const * buf = bytes_of( self, pkt, ordinal, self->scratch[0] );
      if( !pl_fault_hold( self, buf, pkt->buf_sz, ordinal, copies, reordered ) ) {
        self->backend->cause = (pl_cause_t){ .id = PL_CAUSE_FAULT_SLOTS, .by_ring = 1, .a = SLOTS };
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
    if( self->slots ) (void)pl_fault_service( self, pl_clock_ns() );
    if( self->blocked && !self->cfg.delay_ns ) return PL_AIO_ERR_AGAIN; /* nobody overtakes a packet whose turn it is */
    unsigned long next = *done;
    int           here = gather( self, batch, cnt, &next );
    unsigned long idx  = next;
    int           there = send_segment( self, &idx );
    for( unsigned long k = *done; k < idx; k++ ) count_done( self, &batch[k], pl_plan_ordinal( &self->plan, k ) );
    if( idx > *done && !self->cfg.delay_ns ) self->passed = pl_plan_ordinal( &self->plan, idx - 1UL );
    *done = idx;
    if( there != PL_AIO_SUCCESS ) return there;
    if( here == PL_AIO_SUCCESS ) continue;
    int slots_full = here == PL_AIO_ERR_AGAIN && injected( self, pl_plan_ordinal( &self->plan, next ) ) != here;
    return slots_full ? here : inject( self, here, pl_plan_ordinal( &self->plan, next ) );
  }
  return PL_AIO_SUCCESS;
}

static int
fault_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
            int flush ) {
  pl_fault_t *  self = ctx;
  unsigned long done = 0UL;
  self->plan     = self->backend->plan.set ? self->backend->plan : (pl_plan_t){ .base = self->own };
  int        code = pass( self, batch, batch_cnt, &done );
  pl_cause_t why  = self->backend->cause;
  if( self->slots ) (void)pl_fault_service( self, pl_clock_ns() );
  self->backend->cause = why; /* and not that of a held packet */
  if( flush ) {
    self->flushed = self->slot_tail;
    (void)!pl_aio_send( self->dst, NULL, 0UL, NULL, 1 ); /* always SUCCESS */
  }
  self->own += done + ( code == PL_AIO_ERR_INVAL );
  self->backend->plan.set = 0;
  (void)pl_fault_extra( self );
  pl_hop_count( &self->hop, code, batch_cnt, done );
  if( code != PL_AIO_SUCCESS && opt_batch_idx ) *opt_batch_idx = done;
  return code;
}

static uint64_t
threshold( double share ) {
  return (uint64_t)( share * 4294967296.0 + 0.5 );
}

pl_fault_t *
pl_fault_new( pl_aio_t const * dst, pl_fault_cfg_t const * cfg, pl_backend_t * backend ) {
  pl_fault_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  if( cfg->reorder > 0 || cfg->delay_ns ) self->slots = calloc( SLOTS, sizeof( fault_slot_t ) );
  if( ( cfg->reorder > 0 || cfg->delay_ns ) && !self->slots ) {
    free( self );
    return NULL;
  }
  self->aio       = (pl_aio_t){ .ctx = self, .send_func = fault_send };
  self->dst       = dst;
  self->cfg       = *cfg;
  self->backend   = backend;
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
pl_fault_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  if( cause->id == PL_CAUSE_FAULT_SLOTS )
    snprintf( buf, buf_sz, "The fault stage holds %lu packets already; it takes no more until some may go.", cause->a );
  else
    snprintf( buf, buf_sz, "The fault stage answers %s for packet %lu of the plan, as it was asked to.",
              cause->id == PL_CAUSE_FAULT_AGAIN ? "AGAIN" : "INVAL", cause->a );
}
