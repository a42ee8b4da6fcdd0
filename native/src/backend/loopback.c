/* loopback: an in-memory ring between end A (send) and end B (a counting
   receiver), with a settable model.  Produces every code deterministically.

   flush: publishes the producer index, so that end B may take what is there.
   Without it packets are held until the ring is half full and then published.
   completed: packets that left the ring, lost ones included.

   One thread works both ends: the runner calls send and then service.

   Another instance may attach to end B (option attach, wire.h).  While it does,
   what comes out of the ring goes to it and end B counts nothing.  An instance
   that is attached counts and records what comes over the wire; its own packets
   leave its ring and are not counted as received.

   prod ─── next slot to fill          [cons, pub)  visible to end B
   pub  ─── published up to here       [pub, prod)  held back
   cons ─── next slot end B takes

   Slots hold a position in one byte buffer.  The buffer starts over whenever
   the ring runs empty, so a drained ring stays inside the cache. */

#include "backend/loopback.h"
#include "run/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPT_RING, OPT_DRAIN, OPT_MTU, OPT_LOSS, OPT_DUPLICATE, OPT_REORDER, OPT_DELAY, OPT_SEED, OPT_ATTACH, OPT_CNT };

static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_RING]      = { .name = "ring", .kind = PL_OPT_WHOLE, .min = 1, .max = 65536, .dflt = 1024 },
    [OPT_DRAIN]     = { .name = "drain", .kind = PL_OPT_RATE, .min = 0, .max = 1e9, .dflt = INFINITY },
    [OPT_MTU]       = { .name = "mtu", .kind = PL_OPT_WHOLE, .min = 1, .max = 4082, .dflt = 4082 },
    [OPT_LOSS]      = { .name = "loss", .kind = PL_OPT_PROBABILITY, .min = 0, .max = 1 },
    [OPT_DUPLICATE] = { .name = "duplicate", .kind = PL_OPT_PROBABILITY, .min = 0, .max = 1 },
    [OPT_REORDER]   = { .name = "reorder", .kind = PL_OPT_PROBABILITY, .min = 0, .max = 1 },
    [OPT_DELAY]     = { .name = "delay", .kind = PL_OPT_DURATION, .min = 0, .max = 10e9 },
    [OPT_SEED]      = { .name = "seed", .kind = PL_OPT_WHOLE, .min = 0, .max = 4294967295.0, .dflt = 1 },
    [OPT_ATTACH]    = { .name = "attach", .kind = PL_OPT_INSTANCE },
};

enum { CAUSE_FULL = 1, CAUSE_BUF_MAX, CAUSE_LIMIT };

/* A recorder without room (a pipe nobody reads) is asked again after this. */
#define RETRY_NS (1000000UL)

static void
publish( pl_loopback_t * self ) {
  if( self->pub == self->prod ) return;
  if( self->ready_at ) {
    uint64_t at = pl_clock_ns() + self->delay_ns;
    for( uint64_t i = self->pub; i != self->prod; i++ ) self->ready_at[i % self->cap] = at;
  }
  self->pub = self->prod;
  self->head.kicks++;
}

static int
refuse( pl_loopback_t * self, unsigned long i, unsigned long * opt_batch_idx, int id, uint64_t a, uint64_t b ) {
  /* An end B that left nothing behind takes all it sees: only slots are missing. */
  self->head.cause = (pl_cause_t){ .id = id, .by_ring = id == CAUSE_FULL && !self->busy, .a = a, .b = b };
  if( opt_batch_idx ) *opt_batch_idx = i;
  return id == CAUSE_FULL ? PL_AIO_ERR_AGAIN : PL_AIO_ERR_INVAL;
}

/* The buffer is (cap+1)*4096 bytes and at most cap-1 packets are live when one is
   added, so skipping a short tail always leaves room for a packet at the start.
   What the copies could change for all the compiler knows is held in locals. */
static int
loopback_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
               int flush ) {
  pl_loopback_t * const self = ctx;
  slot_t * const        slots = self->slots;
  uint8_t * const       data = self->data;
  uint64_t * const      ordinals = self->ordinals;
  uint64_t const        cap = self->cap, cons = self->cons, mtu = self->mtu, data_sz = self->data_sz;
  uint64_t const        limit = pl_frame_limit( mtu, NULL, 0UL ); /* without a VLAN tag */
  uint64_t              prod = self->prod, at = self->data_at, slot = prod % cap;
  int                   ret = PL_AIO_SUCCESS;
  for( unsigned long i = 0UL; i < batch_cnt; i++ ) {
    uint8_t const * buf = batch[i].buf;
    uint64_t const  sz  = batch[i].buf_sz;
    if( !sz ) {
      self->head.completed++;
      continue;
    }
    if( sz > PL_AIO_PKT_INFO_BUF_MAX ) {
      ret = refuse( self, i, opt_batch_idx, CAUSE_BUF_MAX, sz, 0UL );
      break;
    }
    if( sz > limit && sz > pl_frame_limit( mtu, buf, sz ) ) {
      ret = refuse( self, i, opt_batch_idx, CAUSE_LIMIT, sz, pl_frame_limit( mtu, buf, sz ) );
      self->head.cause.c = mtu;
      break;
    }
    if( prod - cons >= cap ) {
      ret = refuse( self, i, opt_batch_idx, CAUSE_FULL, cap, 0UL );
      break;
    }
    if( prod == cons || data_sz - at < sz ) at = 0UL;
    memcpy( data + at, buf, sz );
    slots[slot] = (slot_t){ .off = (uint32_t)at, .sz = (uint16_t)sz };
    if( ordinals ) ordinals[slot] = self->head.plan.set ? pl_plan_ordinal( &self->head.plan, i ) : prod;
    at += sz;
    prod++;
    if( ++slot == cap ) slot = 0UL;
  }
  self->prod    = prod;
  self->data_at = at;
  if( flush || 2UL * ( prod - cons ) >= cap ) publish( self );
  self->head.ring_occ = prod - cons;
  return ret;
}

static uint64_t
loopback_service( pl_backend_t * head, uint64_t now ) {
  pl_loopback_t * self = (pl_loopback_t *)head;
  uint64_t     want = self->pub - self->cons;
  head->served_at   = now;

  uint64_t next = pl_loopback_take_wire( self, now );
  if( self->ready_at ) { /* delay is constant, so the oldest is due first */
    uint64_t due = 0UL;
    while( due < want && self->ready_at[( self->cons + due ) % self->cap] <= now ) due++;
    if( due < want && self->ready_at[( self->cons + due ) % self->cap] < next )
      next = self->ready_at[( self->cons + due ) % self->cap];
    want = due;
  }
  uint64_t allowed = want;
  if( !isinf( self->drain ) ) { /* a busy end B keeps its rate; an idle one saves up one packet at most */
    if( now > self->credit_at ) self->credit += (double)( now - self->credit_at ) * 1e-9 * self->drain;
    self->credit_at = now;
    if( !self->busy ) self->credit = fmin( self->credit, 1.0 );
    if( (double)want > self->credit ) allowed = (uint64_t)self->credit;
  }
  uint64_t done = pl_loopback_take( self, allowed );
  if( !isinf( self->drain ) ) self->credit -= (double)done;
  self->busy     = done < want;
  head->ring_occ = self->prod - self->cons;

  if( done < allowed ) {
    uint64_t retry = now + ( self->head.recorder ? RETRY_NS : WIRE_NS );
    return retry < next ? retry : next;
  }
  if( done < want && self->drain > 0.0 ) {
    uint64_t at = now + (uint64_t)( fmax( 1.0 - self->credit, 0.0 ) / self->drain * 1e9 ) + 1UL;
    if( at < next ) next = at;
  }
  return next;
}

static int
loopback_idle( pl_backend_t const * head ) {
  pl_loopback_t const * self = (pl_loopback_t const *)head;
  return self->cons == self->prod;
}

static void
loopback_settle( pl_backend_t * head ) {
  pl_loopback_t * self = (pl_loopback_t *)head;
  (void)pl_loopback_release( self, UINT64_MAX );
  if( !self->from ) return;
  pl_wire_detach( self->from ); /* from here on the other's own end B takes its packets */
  (void)pl_loopback_take_wire( self, 0UL );
}

static int
loopback_join( pl_backend_t * head, char const * name, pl_err_t * err ) {
  pl_loopback_t * self = (pl_loopback_t *)head;
  if( !self->to ) self->to = pl_wire_open_sender( name, err );
  return self->to ? 0 : -1;
}

static void
loopback_close( pl_backend_t * head ) {
  pl_loopback_t * self = (pl_loopback_t *)head;
  if( self->pub != self->prod ) { /* what was held back goes as far as it can go now */
    publish( self );
    (void)loopback_service( head, pl_clock_ns() );
  }
  loopback_settle( head );
  pl_wire_close_sender( self->to );
  pl_wire_close_receiver( self->from );
  free( self->held );
  free( self->ready_at );
  free( self->ordinals );
  free( self->slots );
  free( self->data );
  free( self );
}

static uint64_t
threshold( double probability ) {
  return (uint64_t)( probability * 4294967296.0 + 0.5 );
}

static pl_backend_t *
loopback_open( pl_opt_vals_t const * vals, int force, pl_err_t * err ) {
  (void)force;
  pl_loopback_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) goto fail;
  self->cap       = (uint64_t)vals->num[OPT_RING];
  self->mtu       = (uint64_t)vals->num[OPT_MTU];
  self->drain     = vals->num[OPT_DRAIN];
  self->delay_ns  = (uint64_t)vals->num[OPT_DELAY];
  self->seed      = (uint32_t)vals->num[OPT_SEED];
  self->loss      = threshold( vals->num[OPT_LOSS] );
  self->duplicate = threshold( vals->num[OPT_DUPLICATE] );
  self->reorder   = threshold( vals->num[OPT_REORDER] );
  self->model     = self->loss || self->duplicate || self->reorder;
  self->credit_at = pl_clock_ns();
  self->data_sz   = ( self->cap + 1UL ) * PL_AIO_PKT_INFO_BUF_MAX;
  self->slots     = calloc( self->cap, sizeof( slot_t ) );
  self->data      = malloc( self->data_sz );
  if( self->delay_ns ) self->ready_at = calloc( self->cap, sizeof( uint64_t ) );
  if( self->reorder ) self->held = calloc( HELD_MAX, sizeof( held_t ) );
  if( self->model ) self->ordinals = calloc( self->cap, sizeof( uint64_t ) );
  if( !self->slots || !self->data || ( self->delay_ns && !self->ready_at ) || ( self->reorder && !self->held ) ||
      ( self->model && !self->ordinals ) )
    goto fail;
  self->head.def      = &pl_backend_loopback;
  self->head.aio      = (pl_aio_t){ .ctx = self, .send_func = loopback_send };
  self->head.ring_cap = self->cap;
  char const * attach = vals->str[OPT_ATTACH];
  if( attach && !( self->from = pl_wire_open_receiver( attach, err ) ) ) {
    loopback_close( &self->head );
    return NULL;
  }
  self->head.attached = self->from != NULL;
  self->head.receives = 1;
  return &self->head;

fail:
  if( self ) loopback_close( &self->head );
  pl_err_set( err, 0, "memory", "loopback could not be opened: out of memory for a ring of %.0f slots.",
              vals->num[OPT_RING] );
  return NULL;
}

static void
loopback_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  if( cause->id == CAUSE_LIMIT )
    pl_frame_limit_text( cause->a, cause->b, cause->c, buf, buf_sz );
  else if( cause->id == CAUSE_BUF_MAX )
    pl_buf_max_text( cause->a, buf, buf_sz );
  else
    snprintf( buf, buf_sz, "Ring full: all %lu slots hold packets that the far end has not taken yet.", cause->a );
}

pl_backend_def_t const pl_backend_loopback = { .name       = "loopback",
                                               .opts       = opts,
                                               .opt_cnt    = OPT_CNT,
                                               .has_peer   = 1,
                                               .has_mtu    = 1,
                                               .open       = loopback_open,
                                               .join       = loopback_join,
                                               .service    = loopback_service,
                                               .idle       = loopback_idle,
                                               .settle     = loopback_settle,
                                               .close      = loopback_close,
                                               .cause_text = loopback_cause_text };
