/* loopback: a send with flush and a turn of the far end that only counts, against a
   bare single-producer single-consumer ring (two indices, release and acquire) that
   copies packets in and counts them out.  One thread works both ends on either
   side. */

#include "pair.h"
#include "run/clock.h"

#include "pl_backend.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (256UL) /* of the bare ring: at 1500 B it just fits the second-level cache of a small core */

typedef struct {
  _Alignas( 64 ) _Atomic uint64_t prod;
  _Alignas( 64 ) _Atomic uint64_t cons;
  _Alignas( 64 ) unsigned long stride;
  uint16_t  sz[SLOTS];
  uint8_t * data;
} ring_t;

typedef struct {
  ring_t              ring; /* first: aligned with the whole */
  pl_backend_t *      backend;
  unsigned long       cnt;
  pl_aio_pkt_info_t * batch;
  uint64_t            bytes; /* what the bare consumer saw */
} loopback_pair_t;

static void
loopback_close( void * ctx ) {
  loopback_pair_t * self = ctx;
  pl_backend_close( self->backend );
  frames_free( self->batch );
  free( self->ring.data );
  free( self );
}

static void *
loopback_open( pair_cfg_t const * cfg, int * skip ) {
  (void)skip;
  loopback_pair_t * self = aligned_alloc( 64UL, sizeof( *self ) );
  if( !self ) return NULL;
  memset( self, 0, sizeof( *self ) );
  self->cnt         = cfg->batch;
  self->batch       = frames_make( cfg->sz, cfg->batch );
  self->backend     = pl_backend_open( "loopback", NULL, 0UL, 0, NULL );
  self->ring.stride = ( cfg->sz + 63UL ) & ~63UL;
  self->ring.data   = aligned_alloc( 64UL, SLOTS * self->ring.stride );
  if( self->batch && self->backend && self->ring.data ) {
    memset( self->ring.data, 1, SLOTS * self->ring.stride );
    return self;
  }
  loopback_close( self );
  fprintf( stderr, "The rings could not be made: out of memory.\n" );
  return NULL;
}

static double __attribute__((noinline, aligned( 64 )))
loopback_ours( void * ctx, uint64_t * units ) {
  loopback_pair_t * self    = ctx;
  pl_backend_t *    backend = self->backend;
  uint64_t          calls   = *units / self->cnt;
  uint64_t          before  = backend->received;
  int               bad     = 0;
  uint64_t          t0      = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) {
    unsigned long idx = 0UL;
    bad |= pl_aio_send( &backend->aio, self->batch, self->cnt, &idx, 1 );
    (void)backend->def->service( backend, t0 );
  }
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = backend->received - before;
  return bad || *units != calls * self->cnt ? -1.0 : ns;
}

/* Copies packets in as far as there is room; returns how many. */
static unsigned long __attribute__((noinline))
ring_put( ring_t * ring, pl_aio_pkt_info_t const * batch, unsigned long cnt ) {
  uint64_t      prod = atomic_load_explicit( &ring->prod, memory_order_relaxed );
  uint64_t      room = SLOTS - ( prod - atomic_load_explicit( &ring->cons, memory_order_acquire ) );
  unsigned long n    = cnt < room ? cnt : room;
  for( unsigned long i = 0UL; i < n; i++ ) {
    uint64_t slot  = ( prod + i ) % SLOTS;
    ring->sz[slot] = batch[i].buf_sz;
    memcpy( ring->data + slot * ring->stride, batch[i].buf, batch[i].buf_sz );
  }
  atomic_store_explicit( &ring->prod, prod + n, memory_order_release );
  return n;
}

/* Takes out what is there; returns the bytes of it. */
static uint64_t __attribute__((noinline))
ring_take( ring_t * ring ) {
  uint64_t cons  = atomic_load_explicit( &ring->cons, memory_order_relaxed );
  uint64_t prod  = atomic_load_explicit( &ring->prod, memory_order_acquire );
  uint64_t bytes = 0UL;
  for( ; cons != prod; cons++ ) bytes += ring->sz[cons % SLOTS];
  atomic_store_explicit( &ring->cons, cons, memory_order_release );
  return bytes;
}

static double __attribute__((noinline, aligned( 64 )))
loopback_bare( void * ctx, uint64_t * units ) {
  loopback_pair_t * self  = ctx;
  uint64_t          calls = *units / self->cnt;
  uint64_t          put   = 0UL;
  uint64_t          t0    = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) {
    put += ring_put( &self->ring, self->batch, self->cnt );
    self->bytes += ring_take( &self->ring );
  }
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = put;
  return put == calls * self->cnt ? ns : -1.0;
}

pair_t const pair_loopback = {
    .name = "loopback", .open = loopback_open, .ours = loopback_ours, .bare = loopback_bare, .close = loopback_close };
