/* Every backend on an interface under random batches, flushes, link down and up, MTU changes
   and deletions, by seed: the answers are exact and the counters balance at every step, and
   what was taken and not told to be lost comes out at the peer once, in order, byte for byte. */

#include "device.h"
#include "files.h"
#include "frames.h"
#include "hash.h"
#include "net/monitor.h"
#include "opened.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS (8U)
#define STEPS (150U)
#define BATCH (100UL)
#define MOST  ( STEPS * BATCH )

/* A frame: which one, how large, and what it is tagged with. */
typedef struct {
  uint64_t n;
  uint32_t sz;
  unsigned kind;
} made_frame_t;

typedef struct {
  way_t const *  way;
  pl_backend_t * b;
  uint32_t       seed, drawn;
  unsigned       mtu;
  int            up;
  uint64_t       offered, taken, refused, unexamined;
  made_frame_t   sent[MOST]; /* taken, with bytes */
  unsigned long  sent_cnt;
  made_frame_t   at[BATCH];
  uint8_t        bytes[BATCH][8192];
  pl_aio_pkt_info_t batch[BATCH];
} play_t;

static uint32_t
draw( play_t * p, uint32_t below ) {
  return pl_hash32( p->seed, 0U, 0U, p->drawn++ ) % below;
}

/* Plain, one tag, the other tag, two tags. */
static void
fill( uint8_t * buf, made_frame_t const * f ) {
  static uint16_t const outer[] = { 0x0800, 0x8100, 0x88a8, 0x88a8 };
  frame_fill( buf, f->sz, f->n, outer[f->kind] );
  if( f->kind == 3U && f->sz >= 18U ) buf[16] = 0x81, buf[17] = 0x00;
}

static int
is_valid( play_t const * p, made_frame_t const * f ) {
  unsigned long const limit = p->mtu + 14UL + ( f->kind && f->sz >= 14U ? 4UL : 0UL );
  return !f->sz || ( f->sz >= 14U && f->sz <= limit && f->sz <= PL_AIO_PKT_INFO_BUF_MAX );
}

/* Mostly what can be sent, and every kind of what cannot. */
static uint32_t
some_size( play_t * p ) {
  switch( draw( p, 24U ) ) {
  case 0U: return 0U;
  case 1U: return draw( p, 2U ) ? 1U + draw( p, 14U ) : 0U;
  case 2U: return p->mtu + 12U + draw( p, 8U );
  case 3U: return draw( p, 3U ) ? 60U : 4090U + draw( p, 20U );
  default: return 14U + draw( p, p->mtu < 1500U ? p->mtu : 1500U );
  }
}

static void
count_sizes( play_t * p, unsigned long n ) {
  for( unsigned long i = 0UL; i < n; i++ )
    if( p->at[i].sz ) p->sent[p->sent_cnt++] = p->at[i];
}

static void
look( play_t const * p ) {
  CHECK_EQ( p->offered, p->taken + p->refused + p->unexamined );
  CHECK( p->b->completed <= p->taken );
  CHECK( p->b->received <= p->sent_cnt );
  CHECK( p->b->ring_occ <= p->b->ring_cap );
}

static void
send_some( play_t * p ) {
  unsigned long const cnt   = draw( p, 4U ) ? draw( p, 20U ) : draw( p, (uint32_t)BATCH + 1U );
  int const           flush = draw( p, 3U ) == 0U;
  int const           none  = draw( p, 16U ) == 0U; /* only packets of no bytes */
  unsigned long       idx   = 777UL, bad = cnt, sized = 0UL;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    p->at[i]    = (made_frame_t){ .n = p->offered + i, .sz = none ? 0U : some_size( p ), .kind = draw( p, 4U ) };
    if( p->at[i].sz < 24U ) p->at[i].kind = 0U; /* a tag that is cut short is dropped on arrival, by the peer's kernel */
    p->batch[i] = (pl_aio_pkt_info_t){ .buf = p->at[i].sz ? p->bytes[i] : NULL, .buf_sz = (uint16_t)p->at[i].sz };
    fill( p->bytes[i], &p->at[i] );
    if( bad == cnt && !is_valid( p, &p->at[i] ) ) bad = i;
    sized += p->at[i].sz != 0U;
  }
  int const code = pl_aio_send( &p->b->aio, p->batch, cnt, sized ? &idx : NULL, flush );
  p->offered += cnt;
  unsigned long const taken = code == PL_AIO_SUCCESS || !sized ? cnt : idx;
  if( code == PL_AIO_SUCCESS ) {
    CHECK_EQ( bad, cnt );
    CHECK_EQ( idx, 777UL );
  } else if( code == PL_AIO_ERR_INVAL ) {
    CHECK_EQ( idx, bad );
    CHECK( idx < cnt );
    p->refused += 1UL;
    p->unexamined += cnt - idx - 1UL;
  } else if( CHECK_EQ( code, PL_AIO_ERR_AGAIN ) && CHECK( sized && idx < cnt && idx <= bad ) ) {
    CHECK( p->at[idx].sz ); /* one of no bytes needs no room */
    CHECK( !p->up || is_held( p->way ) );
    p->refused += cnt - idx;
  }
  if( !p->up && sized && bad ) { /* nothing that has bytes is taken, and the first of them is it */
    unsigned long first = 0UL;
    while( !p->at[first].sz ) first++;
    CHECK_EQ( idx, first );
  }
  p->taken += taken;
  count_sizes( p, taken );
  look( p );
}

/* What is on its way has to arrive before the link goes: a TAP device is its own peer. */
static void
wait_for_arrival( play_t * p ) {
  MOVE_UNTIL( p->b, !device_missing( p->b ) );
}

static void
change( play_t * p ) {
  static unsigned const mtus[] = { 600U, 1500U, 3000U };
  wait_for_arrival( p );
  if( draw( p, 2U ) ) {
    p->up = !p->up;
    device_link( p->way, p->up );
  } else {
    p->mtu = mtus[draw( p, 3U )];
    device_mtu( p->way, p->mtu );
  }
  for( int i = 0; i < 8; i++ ) move_once( p->b ); /* known after a millisecond */
}

static void
step( play_t * p ) {
  uint32_t const what = draw( p, 20U );
  if( what < 14U ) send_some( p );
  else if( what < 17U ) move_once( p->b );
  else if( what < 18U ) CHECK_EQ( pl_aio_send( &p->b->aio, NULL, 0UL, NULL, (int)draw( p, 2U ) ), PL_AIO_SUCCESS );
  else change( p );
  look( p );
}

/* What arrived is what was taken, in order, with so many left out. */
static void
check_arrived( play_t const * p, char const * path, uint64_t lost ) {
  static uint8_t expected[8192];
  frames_t       arrived = { 0 };
  unsigned long  j       = 0UL;
  CHECK( frames_load( &arrived, path ) );
  CHECK_EQ( arrived.cnt + lost, p->sent_cnt );
  for( unsigned long i = 0UL; i < arrived.cnt; i++, j++ ) {
    for( ; j < p->sent_cnt; j++ ) {
      fill( expected, &p->sent[j] );
      if( arrived.at[i].sz == p->sent[j].sz && !memcmp( arrived.at[i].data, expected, arrived.at[i].sz ) ) break;
    }
    if( !CHECK( j < p->sent_cnt ) ) break;
  }
  frames_free( &arrived );
}

static void
play( way_t const * way, uint32_t seed, int deleted ) {
  static double const rings[] = { 1.0, 7.0, 64.0, 300.0 };
  play_t *            p       = calloc( 1UL, sizeof( *p ) );
  char                path[128];
  *p = (play_t){ .way = way, .seed = seed, .mtu = 1500U, .up = 1 };
  if( !( p->b = open_device( way, rings[draw( p, 4U )], 0.0 ) ) ) {
    free( p );
    return;
  }
  strcpy( path, files_new() );
  record_peer( p->b, path );
  for( unsigned i = 0U; i < STEPS; i++ ) step( p );
  wait_for_arrival( p );
  if( deleted ) {
    device_delete( way );
    MOVE_UNTIL( p->b, p->b->state.state == PL_STATE_REMOVED );
    p->b->def->settle( p->b );
  } else {
    if( !p->up ) device_link( way, 1 );
    device_mtu( way, 1500U );
    for( int i = 0; i < 8; i++ ) move_once( p->b );
    CHECK_EQ( pl_aio_send( &p->b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
    MOVE_UNTIL( p->b, p->b->def->idle( p->b ) && !device_missing( p->b ) );
    CHECK_EQ( p->b->completed + p->b->late_errors, p->taken );
    CHECK_EQ( p->b->state.state, PL_STATE_UP );
    CHECK_EQ( p->b->ring_occ, 0UL );
    CHECK_EQ( p->b->received + p->b->late_errors, p->sent_cnt );
  }
  if( !is_held( way ) ) CHECK_EQ( p->b->late_errors, 0UL );
  CHECK_EQ( p->b->no_carrier + p->b->peer_dropped, 0UL );
  CHECK( p->b->received <= p->b->completed );
  uint64_t const lost = p->sent_cnt - p->b->received; /* told as late errors, or left in the ring of what is gone */
  if( !is_held( way ) ) CHECK_EQ( lost, 0UL );
  pl_backend_close( p->b );
  check_arrived( p, path, lost );
  device_create( way, deleted );
  device_create( way, 0 );
  free( p );
}

static void
random_play( void const * way ) {
  for( uint32_t seed = 1U; seed <= SEEDS; seed++ ) play( way, seed, seed % 4U == 0U );
}

int
main( void ) {
  for_all_ways( "random batches, flushes, links, MTUs and deletions", random_play );
  return tap_end();
}
